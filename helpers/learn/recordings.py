"""Learn from intervals of recordings: what a table lists, and what of it can be learned from."""

import os
from collections.abc import Mapping
from pathlib import Path

from tqdm.auto import tqdm

from ..basics.messages import show_progress, without_secrets
from ..clips.folders import Clip
from ..clips.intervals import ActionInterval, interval_clips, listed, read_intervals
from ..models.video_model import VideoModel
from .features import interval_features
from .records import ClipFeatures


def labeled_clips(
    table: str | os.PathLike, folder: str | os.PathLike, groups: str | os.PathLike | None = None
) -> dict[Clip, ActionInterval]:
    """Return the clips of a table of intervals; errors are those of `read_intervals` and `interval_clips`."""
    return interval_clips(read_intervals(table, folder), folder, groups)


def describe_intervals(
    model: VideoModel, table: Path, clips: Mapping[Clip, ActionInterval], left_out: list[str]
) -> dict[Clip, ClipFeatures]:
    """Return the features of the clips of a table; add lines about those that cannot be described to `left_out`."""
    clip_of = {interval: clip for clip, interval in clips.items()}
    records, problems = {}, []
    bar = tqdm(interval_features(model, clip_of), total=len(clip_of), unit=" intervals", disable=not show_progress())
    for interval, found in bar:
        if isinstance(found, ClipFeatures):
            records[clip_of[interval]] = found
        else:
            problems.append((interval.line, f"{interval}: {without_secrets(found)}".rstrip(".")))
    if problems:
        left_out += [f"left out: {len(problems)}", *(f"  {line}" for line in listed(table, problems))]
    return records
