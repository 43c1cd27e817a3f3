"""The command `python -m helpers learn`: learn your own actions from a folder of clips."""

import argparse
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from ..basics.command_line import command_parser
from ..basics.messages import number, show_progress
from ..clips.actions import (
    NOT_LEARNED,
    OTHER,
    action_clips,
    is_other,
    readable,
    require_learnable,
    require_outside,
    without_copies,
)
from ..clips.folders import Clip, with_groups
from ..clips.intervals import ActionInterval, interval_clips, read_intervals, require_learnable_intervals
from ..models.learned import saving as learned_model
from ..models.learned.rejection import NONE, reject_option
from ..models.loading import load_model
from ..models.mirror import mirrored
from ..models.video_model import VideoModel
from .classifier import cross_validate
from .many_clips.table import described_clips, is_features_folder, read_features, read_manifest
from .many_clips.task import absolute, key_of
from .records import ClipFeatures
from .report import write_report
from .score import Score
from .temporal_iou import score_timelines
from .training import ANY_OTHER, describe, describe_intervals, learn_and_save, long_enough
from .unknown_actions import KEPT, UnknownActions, unknown_actions

FOLDER = (
    "contains <action>/<clip>, or <action>/<group>/<clip>; or is a folder that the command `features` wrote; or contains "
    f"recordings, with --intervals. Clips in a folder named {OTHER!r} show none of the actions: they are not learned, but "
    "tested as unknown actions, to measure how many of them the threshold lets through"
)
OWN_RECORDINGS = f"  These are from your own recordings. To count others, too, put some into a folder named {OTHER!r}."
INTERVALS = (
    "learn from parts of the recordings in FOLDER, each of which is a group: a table with the columns file, start, end (in "
    "seconds) and action, or what BORIS or ELAN exported"
)
MIRROR = (
    "learn also from each clip with left and right exchanged, which takes twice as long to compute; the score has a row without. "
    "Not for actions that differ by left and right, such as pointing left and pointing right: they would become the same "
    "(see docs/learning.md)"
)
NO_GROUPS = """No --groups, and no <action>/<group>/<clip>: {} of {} clips count as groups of their own. If clips were cut from
one recording, or show one person in one place, a model learns from some and is tested on others. The score below may then be
higher than for a new recording."""


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
        help="share of clips of the learned actions that the model's threshold keeps; a clip below the threshold is labeled "
        f"{NONE!r}; with off, the model always names an action (default: %(default)s)",
    )
    parser.add_argument("--mirror", action="store_true", help=MIRROR)
    parser.add_argument("--intervals", metavar="TABLE", type=Path, help=INTERVALS)
    parser.add_argument("--no-timeline", action="store_true", help="with --intervals: do not score timelines, which takes longer")
    parser.add_argument("--model", default="i3d", help="network for the features, such as movinet-a0 (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.report and options.report.is_dir():
        parser.error(f"--report {options.report} is a folder. Name a file in it, such as {options.report / 'report.html'}.")
    for path in filter(None, (options.save, options.report)):
        require_outside(path, options.folder)
    return options


@dataclass
class Found:
    """The clips in the folder, or the intervals of its recordings."""

    clips: list[Clip]
    left_out: dict[Path, str] = field(default_factory=dict)  # files, and why
    intervals: dict[Clip, ActionInterval] = field(default_factory=dict)
    known: Sequence[ClipFeatures] | None = None  # features of the clips, if the folder has these


@dataclass
class Described:
    """Features: of the clips to learn from, of their mirror images, and of the clips in the folder `other`."""

    learned: dict[Clip, ClipFeatures]
    mirrored: dict[Clip, ClipFeatures]
    others: dict[Clip, ClipFeatures]


def main(arguments: Sequence[str]) -> None:
    """Run the command with its arguments, those after `learn`."""
    options = parse(arguments)
    found = find_clips(options)
    print("\n".join([*overview(found.clips, bool(found.intervals)), *reasons(options.folder, found.left_out)]), flush=True)
    require_enough(found.clips, found.intervals, options.intervals)  # before the model is loaded, so that an error comes quickly
    check_labels(options, found)
    model = load_model(options.model)
    if options.save:
        learned_model.require_savable(model, options.save)
    described = describe_all(model, options, found)
    records, clips = described.learned, list(described.learned)
    if not options.groups and (alone := sum(clip.is_own_group for clip in clips)):
        print(f"\n{NO_GROUPS.format(alone, len(clips))}")
    actions, groups, names = zip(*((clip.action, clip.group, str(clip)) for clip in clips))
    more = list(described.mirrored.values()) or None
    score = cross_validate(list(records.values()), actions, groups, names=names, mirrored=more)
    print("\n" + str(score).removesuffix(score.summary), end="", flush=True)  # what follows takes longer
    unknown = None if options.reject == "off" else tested_unknown(described, options.reject)
    if unknown:
        print(unknown)
        if not described.others and not found.intervals:
            print(OWN_RECORDINGS)
        print(flush=True)
    if found.intervals and not options.no_timeline:
        print(f"{score_timelines(model, clips, score)}\n")
    if options.save:
        print(f"{save(model, options, described, score, unknown)}\n")
    if options.report:
        title = f"Actions of {options.folder.resolve().name}, learned from features of {model.name}"
        write_report(options.report, title, score, unknown, {str(clip): clip for clip in clips})
        print(f"The report is in {options.report}. It contains pictures of your clips.\n")
    print(score.summary)


def find_clips(options: argparse.Namespace) -> Found:
    """Return the clips of the folder with their actions and groups."""
    if options.intervals:
        table = read_intervals(options.intervals, options.folder)
        intervals = interval_clips(table, options.folder, options.groups)
        return Found(list(intervals), intervals=intervals)
    if not is_features_folder(options.folder):
        clips, left_out = action_clips(options.folder, options.groups)
        found = Found(without_copies(readable(clips, left_out), left_out), left_out)
    elif options.mirror:
        raise ValueError(f"--mirror needs the clips, but {options.folder} has only their features. Name the folder of the clips.")
    else:
        clips, known, left_out = described_clips(options.folder)
        found = Found(clips, left_out, known=known)
    if options.groups:
        found.clips = with_groups(found.clips, options.groups, options.folder)
    return found


def check_labels(options: argparse.Namespace, found: Found) -> None:
    """Raise ValueError if an action is named like the label of unknown ones; say if the folder `other` is not used."""
    if options.reject != "off" and any(clip.action == NONE for clip in found.clips):
        raise ValueError(f"{NONE!r} is the label of unknown actions. Rename the action, or add --reject off.")
    if options.reject == "off" and not found.intervals and any(map(is_other, found.clips)):
        print(f"{NOT_LEARNED}, and not used with --reject off.")


def describe_all(model: VideoModel, options: argparse.Namespace, found: Found) -> Described:
    """Return the features of all clips that can be described, and print why others cannot."""
    broken: dict[Path, str] = {}
    lost: list[str] = []  # lines about intervals that were left out

    def features(model: VideoModel, clips: Sequence[Clip], unit: str) -> dict[Clip, ClipFeatures]:
        if found.intervals:
            return describe_intervals(model, options.intervals, {clip: found.intervals[clip] for clip in clips}, lost)
        return describe(model, tqdm(clips, unit=unit, disable=not show_progress()), broken)

    if found.known is None:
        records = features(model, found.clips, " clips")
    else:
        require_computed_with(model, options.model, options.folder)
        records = long_enough(model, dict(zip(found.clips, found.known)), broken)
    others = {clip: records.pop(clip) for clip in list(records) if is_other(clip) and not found.intervals}
    more = features(mirrored(model), list(records), " mirrored clips") if options.mirror else {}
    if options.mirror:
        records = {clip: records[clip] for clip in more}
    if broken or lost:
        left = [*records, *others]
        print("\n".join([*reasons(options.folder, broken), *lost, *overview(left, bool(found.intervals))]))
        require_enough(left, found.intervals, options.intervals)
    return Described(records, more, others)


def tested_unknown(described: Described, kept: float) -> UnknownActions:
    """Return how well unknown actions can be told, with the clips in the folder `other` as further ones."""
    rows = np.stack([record.features for record in described.learned.values()])
    other_rows = np.array([record.features for record in described.others.values()], np.float32).reshape(-1, rows.shape[1])
    actions, groups = zip(*((clip.action, clip.group) for clip in described.learned))
    return unknown_actions(rows, actions, groups, kept, other_rows, [clip.group for clip in described.others])


def save(
    model: VideoModel, options: argparse.Namespace, described: Described, score: Score, unknown: UnknownActions | None
) -> str:
    """Learn from all clips and save the model; return what to print."""
    table = options.groups.name if options.groups else None
    learned, more = described.learned, described.mirrored
    saved, strength = learn_and_save(model, learned, score, options.save, table, unknown, described.others, more)
    also = " and their mirror images" if more else ""
    below = f"Clips below the threshold are labeled {NONE!r}." if unknown else ANY_OTHER
    return (
        f"The model, learned from all {len(learned)} clips{also} (C = {strength:g}), is in {saved}; the score is that of "
        f"models learned without the clips tested. {below}\n"
        f"To use it: python -m helpers predict CLIP --model {shlex.quote(str(saved))}"
    )


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


def overview(listed: Sequence[Clip], are_intervals: bool = False) -> Iterator[str]:
    """Yield lines that list the actions, and the clips in the folder `other`; an interval's action may have any name."""
    clips = [clip for clip in listed if are_intervals or not is_other(clip)]
    by_action: dict[str, list[str]] = {}  # the groups of the clips
    for clip in clips:
        by_action.setdefault(clip.action, []).append(clip.group)
    groups = {clip.group for clip in clips}
    yield f"{number(len(clips), 'clip')} of {number(len(by_action), 'action')}, in {number(len(groups), 'group')}"
    for action, own in sorted(by_action.items()):
        yield f"  {action}: {number(len(own), 'clip')} in {number(len(set(own)), 'group')}"
    if len(clips) < len(listed):
        yield f"{NOT_LEARNED}: {number(len(listed) - len(clips), 'clip')}"


def reasons(folder: Path, left_out: dict[Path, str]) -> Iterator[str]:
    """Yield lines that list the files that were left out, and why."""
    if left_out:
        yield f"left out: {len(left_out)}"
        yield from (f"  {path.relative_to(folder).as_posix()}: {why}" for path, why in sorted(left_out.items()))
