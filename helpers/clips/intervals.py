"""Intervals of recordings with an action each, from a table, so that clips need not be cut."""

import math
import os
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..basics.cache import expanded
from .actions import content_sha256, is_label
from .folders import Clip, composed, one_spelling, read_groups, visible_files
from .labeling_tools import Found, Row, read_rows

CLOCK_TIME = re.compile(r"(\d+):([0-5]?\d):([0-5]?\d(?:\.\d+)?)")  # h:mm:ss, and decimals
TIE = 1e-3  # seconds by which intervals may overlap: tables are rounded to milliseconds
MOST_NAMED = 20  # problems in a message
NOT_RECORDINGS = {".eaf", ".pfsx", ".txt", ".csv", ".tsv", ".wav"}  # next to a recording, with its name


@dataclass(frozen=True)
class ActionInterval:
    """A part of a recording in which one action happens."""

    file: Path
    start: float  # seconds, as in a player
    end: float
    action: str
    line: int = 0  # of the table that states it; 0 if there is none

    def __str__(self) -> str:
        return f"{self.file.name}, {self.start:g} to {self.end:g} s, {self.action!r}"


def read_intervals(table: str | os.PathLike, folder: str | os.PathLike | None = None) -> list[ActionInterval]:
    """Read a table of intervals: a plain one, or what BORIS or ELAN exported.

    Parameters
    ----------
    table : str or Path
        Text in UTF-8. A plain table has a line with the names of its columns, among them `file`, `start`, `end` and `action`,
        separated by commas, tabs or semicolons. Times are seconds in a player (12.5), or hours, minutes and seconds (0:00:12.5).
        BORIS's aggregated and tabular events, and ELAN's tab-delimited text with a column for each tier, are recognized by the
        names of their columns.
    folder : str or Path, optional
        Folder of the recordings; by default that of the table. Files are found by their path below it, or by their bare name,
        because tools store paths of the computer on which they ran.

    Returns
    -------
    list of ActionInterval
        Sorted by recording and start. No two of one recording overlap.

    Warns
    -----
    UserWarning
        If intervals of the same action overlap, so that they are joined; if events of BORIS without duration are left out.

    Raises
    ------
    OSError
        If the table or the folder cannot be read.
    ValueError
        If the table is of no known kind, or if lines are wrong: a time that is not a number, a start that is not before its end,
        a file that is not in the folder, no action, or intervals of different actions that overlap. The message has a line for
        each of them.
    """
    table = expanded(table)
    try:
        found = read_rows(table.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(f"{table} is not UTF-8 text. Save or export it as UTF-8.") from None
    except ValueError as error:
        raise ValueError(f"{table}: {error}") from None
    problems = list(found.problems)
    intervals = sorted(checked(found, finder(expanded(folder or table.parent)), problems), key=by_time)
    joined = without_overlaps(table, intervals, problems)
    if problems:
        raise ValueError("\n".join(listed(table, problems)))
    if not joined:
        raise ValueError(f"{table} contains no interval: add a line for each (file, start, end, action).")
    if found.points:
        warnings.warn(f"{table}: events without duration are left out, on {lines_of(found.points)}.", stacklevel=2)
    return joined


def interval_clips(
    intervals: Sequence[ActionInterval], folder: str | os.PathLike, groups: str | os.PathLike | None = None
) -> dict[Clip, ActionInterval]:
    """Return intervals of recordings in a folder as clips, with the hashes of their files.

    The group of a clip is its recording, or what a table states for the recording; see `read_groups`. Raises OSError if a
    recording cannot be read, and ValueError if two recordings are the same file, or if the table has no group for one.
    """
    folder = expanded(folder)
    names = {interval.file: interval.file.relative_to(folder).as_posix() for interval in intervals}
    recordings = list(names.values())
    own = read_groups(groups, folder, recordings) if groups else one_spelling([composed(name) for name in recordings])
    group_of, first_with = dict(zip(names, own)), dict[str, Path]()
    for path in names:
        if (same := first_with.setdefault(content_sha256(path), path)) != path:
            raise ValueError(f"{names[path]} and {names[same]} are the same file: keep the intervals of one of them.")
    return {
        Clip(
            names[interval.file],
            interval.action,
            group_of[interval.file],
            str(folder),
            sha256=content_sha256(interval.file),
            start=interval.start,
            end=interval.end,
        ): interval
        for interval in intervals
    }


def require_learnable_intervals(table: str | os.PathLike | None, clips: Mapping[Clip, ActionInterval]) -> None:
    """Raise ValueError if there are fewer than two actions, or, with their lines, for actions in only one group."""
    by_action: dict[str, list[Clip]] = {}
    for clip in clips:
        by_action.setdefault(clip.action, []).append(clip)
    if len(by_action) < 2:
        found = f"one action ({next(iter(by_action))})" if by_action else "no interval that can be used"
        raise ValueError(f"{table} has {found}, but at least two actions are required.")
    alone = {action: own for action, own in by_action.items() if len({clip.group for clip in own}) == 1}
    if alone:
        raise ValueError(
            "\n".join(
                f"{table}, {lines_of(sorted(clips[clip].line for clip in own))}: {action!r} is in only one group "
                f"({own[0].group}), but each action needs at least two, to learn from one and test on another. Label it in "
                "another recording, or remove it from the table."
                for action, own in alone.items()
            )
        )


def by_time(interval: ActionInterval) -> tuple[Path, float, float]:
    """Return the key to sort intervals by."""
    return interval.file, interval.start, interval.end


def checked(found: Found, find: Callable[[str], Path], problems: list[tuple[int, str]]) -> Iterable[ActionInterval]:
    """Yield the intervals of the rows; add the rows with a mistake to `problems`."""
    for row in found.rows:
        try:
            yield interval_of(row, find)
        except ValueError as error:
            problems.append((row.line, str(error)))


def interval_of(row: Row, find: Callable[[str], Path]) -> ActionInterval:
    """Return the interval of a row, or raise ValueError."""
    start, end = to_seconds("start", row.start), to_seconds("end", row.end)
    if start >= end:
        raise ValueError(f"it starts at {start:g} s and ends at {end:g} s: the start must be before the end")
    if not is_label(row.action):
        raise ValueError(f"the action is {row.action!r}, but must be one line of text" if row.action else "it has no action")
    if not row.file:
        raise ValueError("it has no file")
    return ActionInterval(find(row.file), start, end, row.action, row.line)


def to_seconds(name: str, text: str) -> float:
    """Return a time in seconds, or raise ValueError."""
    try:
        clock = CLOCK_TIME.fullmatch(text)
        seconds = 3600 * int(clock[1]) + 60 * int(clock[2]) + float(clock[3]) if clock else float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError(f"the {name} is {text!r}, but must be in seconds, such as 12.5, or h:mm:ss, such as 0:00:12.5")
    return seconds


def finder(folder: Path) -> Callable[[str], Path]:
    """Return a function that finds the recording that a table names in a folder, or raises ValueError."""
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder. Name the folder of the recordings.")
    listing: dict[str, list[Path]] = {}  # by bare name and by bare name without suffix; listed only if a file is elsewhere

    def find(name: str) -> Path:
        path = folder / name
        is_below = not Path(name).is_absolute() and ".." not in Path(name).parts
        if is_below and path.suffix.lower() != ".eaf" and os.path.isfile(path):  # False if a name is too long
            return path
        if not listing:
            for file in visible_files(folder)[0]:
                listing.setdefault(composed(file.name), []).append(file)
                if file.suffix.lower() not in NOT_RECORDINGS:
                    listing.setdefault(composed(f"{file.stem}.eaf"), []).append(file)  # ELAN's document of a recording
        bare = composed(name.replace("\\", "/").rsplit("/", 1)[-1])
        candidates = listing.get(bare, [])
        if bare.endswith(".eaf"):
            candidates = [file for file in candidates if file.suffix.lower() not in NOT_RECORDINGS]
        if len(candidates) != 1:
            count = f"there are {len(candidates)} files with this name in" if candidates else "there is no such file in"
            raise ValueError(f"the file is {name!r}, but {count} {folder}")
        return candidates[0]

    return find


def without_overlaps(table: Path, intervals: Sequence[ActionInterval], problems: list[tuple[int, str]]) -> list[ActionInterval]:
    """Return sorted intervals, those of the same action that overlap joined; add others that overlap to `problems`."""
    separate: list[ActionInterval] = []
    joined: list[int] = []
    for interval in intervals:
        before = separate[-1] if separate and separate[-1].file == interval.file else None
        if before is None or interval.start > before.end - TIE:
            separate.append(interval)
            continue
        if before.action == interval.action:
            joined.append(interval.line)
        else:
            problems.append((interval.line, f"it ({interval}) overlaps line {before.line} ({before})"))
        separate[-1] = replace(before, end=max(before.end, interval.end))
    if joined:
        warnings.warn(f"{table}: intervals that overlap others of one action are joined, on {lines_of(joined)}.", stacklevel=3)
    return separate


def listed(table: Path, problems: Sequence[tuple[int, str]], most: int = MOST_NAMED) -> list[str]:
    """Return a line for each problem, with the name of the table, in the order of its lines; of more than `most`, the first."""
    lines = [f"{table}, line {line}: {problem}." for line, problem in sorted(problems)]
    return lines[:most] + [f"… and {len(lines) - most} more"] * (len(lines) > most)


def lines_of(lines: Sequence[int]) -> str:
    """Return "line 3", or "lines 3, 5 and 7"; of many, some."""
    if len(lines) == 1:
        return f"line {lines[0]}"
    if len(lines) > MOST_NAMED:
        return f"lines {', '.join(map(str, lines[:MOST_NAMED]))} and {len(lines) - MOST_NAMED} more"
    return f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"
