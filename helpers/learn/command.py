"""The command `python -m helpers learn`: learn your own actions from a folder of clips."""

import argparse
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from ..basics.command_line import command_parser
from ..basics.messages import show_progress
from ..clips.actions import action_clips, readable, require_learnable, require_outside, without_copies
from ..clips.folders import Clip, with_groups
from ..clips.intervals import ActionInterval, interval_clips, read_intervals, require_learnable_intervals
from ..models.learned import saving as learned_model
from ..models.learned.rejection import NONE, reject_option
from ..models.loading import load_model
from ..models.video_model import VideoModel
from .classifier import cross_validate
from .many_clips.table import described_clips, is_features_folder, read_features, read_manifest
from .many_clips.task import absolute, key_of
from .report import write_report
from .score import number
from .temporal_iou import score_timelines
from .training import ANY_OTHER, describe, describe_intervals, learn_and_save, long_enough
from .unknown_actions import KEPT, unknown_actions

FOLDER = (
    "contains <action>/<clip>, or <action>/<group>/<clip>; or is a folder that the command `features` wrote; or contains "
    "recordings, with --intervals"
)
INTERVALS = (
    "learn from parts of the recordings in FOLDER, each of which is a group: a table with the columns file, start, end (in "
    "seconds) and action, or what BORIS or ELAN exported"
)
NO_GROUPS = """No --groups, and no <action>/<group>/<clip>: {} of {} clips count as their own groups. If clips were cut from one
recording, or show one person in one place, a model learns from some and is tested on others. The score below may then be higher
than for a new recording."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = command_parser(
        "learn",
        "Learn actions of your own from a few clips, and score them on groups of clips that were held out.",
        [
            "clips --groups groups.tsv --save my_actions --report report.html",
            "clips --model movinet-a0 --save my_gestures",
            "recordings --intervals table.csv --save my_actions",
            "features --save my_actions      (what the command features wrote)",
        ],
        "The features of each clip are cached, so an interrupted run continues where it stopped.",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help=FOLDER)
    parser.add_argument(
        "--save", metavar="MODEL", type=Path, help="folder to save the model in, for --model (default: only score)"
    )
    parser.add_argument(
        "--report",
        metavar="PAGE",
        type=Path,
        help="file to write the score to, such as report.html: one page, with a picture of each clip whose action is wrong",
    )
    parser.add_argument("--groups", metavar="TABLE", type=Path, help="a text file: in each line, a clip, a tab, and its group")
    parser.add_argument(
        "--reject",
        metavar="SHARE",
        type=reject_option,
        default=KEPT,
        help="share of the clips of these actions that the model keeps: a clip that is less similar to every action is labeled "
        f"{NONE!r}; with off, the model always names an action (default: %(default)s)",
    )
    parser.add_argument("--intervals", metavar="TABLE", type=Path, help=INTERVALS)
    parser.add_argument("--no-timeline", action="store_true", help="with --intervals: do not score timelines, which takes longer")
    parser.add_argument("--model", default="i3d", help="the model that describes the clips (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.report and options.report.is_dir():
        parser.error(f"--report {options.report} is a folder. Name a file in it, such as {options.report / 'report.html'}.")
    for path in filter(None, (options.save, options.report)):
        require_outside(path, options.folder)
    return options


def main(arguments: Sequence[str]) -> None:
    """Run the command with its arguments, those after `learn`."""
    options = parse(arguments)
    known = None  # features of the clips, if they are computed already
    left_out: dict[Path, str] = {}
    intervals: dict[Clip, ActionInterval] = {}
    if options.intervals:
        found = read_intervals(options.intervals, options.folder)
        intervals = interval_clips(found, options.folder, options.groups)
        clips = list(intervals)
    elif is_features_folder(options.folder):
        clips, known, left_out = described_clips(options.folder)
    else:
        clips, left_out = action_clips(options.folder, options.groups)
        clips = without_copies(readable(clips, left_out), left_out)
    if options.groups and not intervals:
        clips = with_groups(clips, options.groups, options.folder)
    print("\n".join([*overview(clips), *reasons(options.folder, left_out)]), flush=True)
    require_enough(clips, intervals, options.intervals)  # before the model is loaded, so that an error comes quickly
    if options.reject != "off" and any(clip.action == NONE for clip in clips):
        raise ValueError(f"{NONE!r} is the label of unknown actions. Rename the folder of that name, or add --reject off.")
    model = load_model(options.model)
    if options.save:
        learned_model.require_savable(model, options.save)
    broken: dict[Path, str] = {}
    lost: list[str] = []  # lines about intervals that were left out
    if intervals:
        records = describe_intervals(model, options.intervals, intervals, lost)
    elif known is None:
        records = describe(model, tqdm(clips, unit=" clips", disable=not show_progress()), broken)
    else:
        require_computed_with(model, options.model, options.folder)
        records = long_enough(model, dict(zip(clips, known)), broken)
    clips = list(records)
    if broken or lost:
        print("\n".join([*reasons(options.folder, broken), *lost, *overview(clips)]))
        require_enough(clips, intervals, options.intervals)
    if not options.groups and (alone := sum(clip.is_own_group for clip in clips)):
        print(f"\n{NO_GROUPS.format(alone, len(clips))}")
    actions, groups, names = zip(*((clip.action, clip.group, str(clip)) for clip in clips))
    score = cross_validate(list(records.values()), actions, groups, names=names)
    print("\n" + str(score).removesuffix(score.summary), end="", flush=True)  # what follows takes longer
    unknown = None
    if options.reject != "off":
        rows = np.stack([record.features for record in records.values()])
        unknown = unknown_actions(rows, actions, groups, options.reject)
        print(f"{unknown}\n", flush=True)
    if intervals and not options.no_timeline:
        print(f"{score_timelines(model, records)}\n")
    if options.save:
        table = options.groups.name if options.groups else None
        saved, strength = learn_and_save(model, records, score, options.save, table, unknown)
        others = f"Clips below the threshold are labeled {NONE!r}." if unknown else ANY_OTHER
        print(
            f"The model, learned from all {len(clips)} clips (C = {strength:g}), is in {saved}; the score is that of models "
            f"learned without the clips tested. {others}\n"
            f"To use it: python -m helpers --model {shlex.quote(str(saved))} CLIP\n"
        )
    if options.report:
        title = f"Actions of {options.folder.resolve().name}, learned from features of {model.name}"
        pictured = {} if intervals else {clip.name: clip.path for clip in clips}
        write_report(options.report, title, score, unknown, pictured)
        note = " It contains pictures of your clips." if pictured else ""
        print(f"The report is in {options.report}.{note}\n")
    print(score.summary)


def require_enough(clips: Sequence[Clip], intervals: Mapping[Clip, ActionInterval], table: Path | None) -> None:
    """Raise ValueError if there are too few actions or groups; for intervals of a table, name their lines."""
    if intervals:
        require_learnable_intervals(table, {clip: intervals[clip] for clip in clips})
    else:
        require_learnable(clips)


def require_computed_with(model: VideoModel, handle: str, folder: Path) -> None:
    """Raise ValueError unless a model, as loaded from its handle, computed the features in a folder."""
    key = key_of(model.network or model, absolute(handle))
    other = next((row for row in read_manifest(folder) if row.key != key), None)
    if other:
        found = read_features(folder / other.file)
        name = found[1].model if found else ""
        raise ValueError(
            f"the features in {folder} were computed with {name or 'another model'}, or with another version of the "
            f"helpers, not with {model.name} as it is now. Name their model with --model, or run the command `features` again."
        )


def overview(clips: Sequence[Clip]) -> Iterator[str]:
    """Yield lines that list the actions."""
    by_action: dict[str, list[str]] = {}  # the groups of the clips
    for clip in clips:
        by_action.setdefault(clip.action, []).append(clip.group)
    groups = {clip.group for clip in clips}
    yield f"{number(len(clips), 'clip')} of {number(len(by_action), 'action')}, in {number(len(groups), 'group')}"
    for action, own in sorted(by_action.items()):
        yield f"  {action}: {number(len(own), 'clip')} in {number(len(set(own)), 'group')}"


def reasons(folder: Path, left_out: dict[Path, str]) -> Iterator[str]:
    """Yield lines that list the files that were left out, and why."""
    if left_out:
        yield f"left out: {len(left_out)}"
        yield from (f"  {path.relative_to(folder).as_posix()}: {why}" for path, why in sorted(left_out.items()))
