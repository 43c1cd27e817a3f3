"""How well a timeline finds when actions happen, in recordings that were not learned from: temporal intersection over union."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from sklearn.pipeline import Pipeline
from tqdm.auto import tqdm

from ..basics.messages import show_progress, without_secrets
from ..basics.statistics import LEAST_GROUPS, interval
from ..clips.folders import Clip
from ..models.chunks import STEP
from ..models.learned.saving import linear
from ..models.video_model import VideoModel
from ..predictions.long_videos import default_window, learned_step
from ..predictions.timeline import Timeline
from ..video.metadata import VideoError
from ..video.reading import VideoReader
from .features import features_signature
from .over_time import features_over_time
from .records import FeaturesOverTime
from .score import Score

FOUND = 0.5  # temporal IoU from which an interval counts as found
GAP = 1.0  # seconds: `Timeline.segments` joins two segments of one action with a shorter gap between them

Segment = tuple[float, float, str]  # start and end in seconds, action


@dataclass(frozen=True, eq=False)
class TimelineScore:
    """How well timelines of recordings that were held out agree with the intervals of a table. Displayed as text."""

    overlaps: np.ndarray  # float64 [intervals]: the largest temporal IoU of each with a segment of the timeline
    baseline: np.ndarray  # the same, if the most frequent action is named for the whole recording
    groups: list[str]  # of each interval
    segments: int  # in the timelines
    without: Mapping[str, str]  # recordings that have no timeline, such as very short ones, and why

    def __str__(self) -> str:
        missing = [f"  no timeline of {name}: {why}" for name, why in self.without.items()]
        count = len(self.overlaps)
        if not count:
            return "\n".join(["No recording has a timeline that could be compared with the table.", *missing])
        bounds = interval(self.overlaps, self.groups, share=True) if len(set(self.groups)) >= LEAST_GROUPS else None
        known = f" (95%: {bounds.low:.2f} to {bounds.high:.2f})" if bounds else ""
        width = len("most frequent action, all the time")

        def line(title, overlaps, more=""):
            found = int((overlaps >= FOUND).sum())
            return f"  {title:<{width}}  {overlaps.mean():.2f}{more}; {found} of {count} intervals ({found / count:.0%}) found"

        return "\n".join(
            [
                f"Timelines of recordings that were held out: mean temporal IoU; intervals found (IoU of {FOUND} or more)",
                line("learned from the features", self.overlaps, known),
                line("most frequent action, all the time", self.baseline),
                f"The timelines have {self.segments} segments. Where the table has no interval, they name an action, too.",
                *missing,
            ]
        )

    __repr__ = __str__


def temporal_iou(one: Sequence, other: Sequence) -> float:
    """Return the intersection over union of two segments in time, (start, end, action); 0 if their actions differ.

    >>> temporal_iou((0, 4, "jog"), (2, 6, "jog")), temporal_iou((0, 4, "jog"), (0, 4, "walk"))
    (0.3333333333333333, 0.0)
    """
    if one[2] != other[2]:
        return 0.0
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, shared) / (max(one[1], other[1]) - min(one[0], other[0]))


def overlaps(true: Iterable[Sequence], found: Sequence[Sequence]) -> list[float]:
    """Return, for each true segment, the largest temporal IoU with one that was found; 0 if nothing was found."""
    return [max((temporal_iou(segment, other) for other in found), default=0.0) for segment in true]


def joined(clips: Iterable[Clip]) -> Iterator[Segment]:
    """Yield the intervals of one recording as segments; those of one action with a gap of less than a second are one."""
    last: Segment | None = None
    for start, end, action in sorted((clip.start or 0.0, clip.end or 0.0, clip.action) for clip in clips):
        if last and last[2] == action and start - last[1] < GAP:
            last = (last[0], max(last[1], end), action)
            continue
        if last:
            yield last
        last = (start, end, action)
    if last:
        yield last


def recording_rows(model: VideoModel, path: Path) -> FeaturesOverTime:
    """Return the rows from which `predict_timeline` predicts for a model of learned actions, before its classifier."""
    network = model.network or model
    if not needs_windows(network):
        return features_over_time(network, path, every=STEP)
    step = learned_step(network.input)
    return features_over_time(network, path, window=2 * step, step=step)


def needs_windows(model: VideoModel) -> bool:
    """Return whether timelines of actions learned with a model are computed from windows, not from one dense pass."""
    return features_signature(model.network or model) is None


def learned_timeline(classifier: Pipeline, rows: FeaturesOverTime, start: float, in_windows: bool) -> Timeline:
    """Return the timeline, without thumbnails, of a model with this classifier.

    `start` is the time of the first frame in seconds; `in_windows`: the rows are of windows, not of a dense pass.
    """
    weights, bias = linear(classifier)
    window = default_window(rows.step, in_windows)
    logits = rows.rows @ weights + bias
    return Timeline(list(classifier.classes_), start + rows.times, logits, rows.fps, window, step=rows.step, start=start)


def score_timelines(model: VideoModel, clips: Sequence[Clip], score: Score) -> TimelineScore:
    """Predict a timeline of each recording with the classifier that was learned without its group, and compare it with the table.

    Parameters
    ----------
    model : VideoModel
        The model that described the intervals.
    clips : list of Clip
        Intervals of recordings, each with its group.
    score : Score
        What `cross_validate` returned for these clips, in this order.

    Returns
    -------
    TimelineScore
        For each interval, the temporal IoU with the segment that fits best (`Timeline.segments`). Intervals of one action less
        than a second apart are one, as segments are.

    Raises
    ------
    DownloadError
        If the cache cannot be written to. The rows of each recording are cached.
    ValueError
        If the score has no classifiers.
    """
    if not score.folds:
        raise ValueError("the score has no classifiers to predict timelines with. Pass what cross_validate returns.")
    rows, without = dict[Path, FeaturesOverTime](), dict[str, str]()
    names = {clip.path: clip.name for clip in clips}
    for path, name in tqdm(names.items(), unit=" recordings", disable=not show_progress()):
        try:
            rows[path] = recording_rows(model, path)
        except (OSError, VideoError, cv2.error) as error:  # a run of hours must not end here
            without[name] = without_secrets(error)
    in_windows = needs_windows(model)
    found, always, of_groups, count = list[float](), list[float](), list[str](), 0
    for train, test, classifier in score.folds:
        frequent = Counter(clips[i].action for i in train).most_common(1)[0][0]
        for path in dict.fromkeys(clips[i].path for i in test if clips[i].path in rows):
            own = [clips[i] for i in test if clips[i].path == path]
            true, start = list(joined(own)), picture_start(path)
            segments = learned_timeline(classifier, rows[path], start, in_windows).segments()
            found += overlaps(true, segments)
            always += overlaps(true, [(start, start + rows[path].frames / rows[path].fps, frequent)])
            of_groups += [own[0].group] * len(true)
            count += len(segments)
    return TimelineScore(np.array(found), np.array(always), of_groups, count, without)


def picture_start(path: Path) -> float:
    """Return the time at which a player shows the first frame that can be decoded, in seconds: the header may name another."""
    reader = VideoReader(path)
    with closing(iter(reader)) as frames:
        next(frames)
        return reader.start
