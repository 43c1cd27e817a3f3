"""Rows of tables that list what happens when in recordings: plain tables, and what BORIS and ELAN export.

BORIS (Friard & Gamba 2016, https://www.boris.unito.it) exports aggregated events, with a row for each interval, and tabular
events, with a row for each start and each stop. ELAN (https://archive.mpi.nl/tla/elan) exports tab-delimited text. Each table is
recognized by the names of its columns.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

SEARCHED = 100  # lines in which the names of the columns are looked for: BORIS and ELAN may write others above them
SOUND = (".wav", ".mp3", ".m4a", ".aac", ".flac")
OFFSET = " -- offset: "  # in ELAN's lines about media files
NEEDED = (
    "The table needs a line that names the columns file, start, end and action (separated by commas, tabs or semicolons; times "
    "in seconds); or must be what BORIS exports as aggregated or tabular events (.csv or .tsv), or what ELAN exports as "
    "tab-delimited text, with a separate column for each tier and its names."
)


class Row(NamedTuple):
    """An interval as a table states it."""

    line: int  # of the table, from 1
    file: str
    start: str
    end: str
    action: str


class Found(NamedTuple):
    """What a table contains."""

    rows: list[Row]
    problems: list[tuple[int, str]]  # line, and what is wrong with it
    points: list[int]  # lines of events without duration


Cells = dict[str, str]  # by the name of the column, in lower case
Lines = Iterable[tuple[int, list[str]]]


def read_rows(text: str) -> Found:
    """Return the intervals of a table; raise ValueError if it is none of the known kinds, or cannot be split into cells."""
    header, delimiter, read = recognized(text)
    lines = list(split_lines(text, delimiter))
    names = next(cells for line, cells in lines if line >= header)
    names = [name.casefold() for name in names]
    for name in set(names) & {"file", "start", "end", "action"}:
        if names.count(name) > 1:
            raise ValueError(f"line {header}: two columns are called {name}. Rename one of them.")
    return read(names, header, lines, delimiter)


def recognized(text: str) -> tuple[int, str, Callable[..., Found]]:
    """Return the line with the names of the columns, the delimiter, and the function that reads such a table."""
    lines = text.split("\n")
    for number, line in enumerate(lines[:SEARCHED], 1):
        for delimiter in "\t,;":
            names = {cell.strip().casefold() for row in csv.reader([line], delimiter=delimiter) for cell in row}
            for is_one, read in KINDS:
                if is_one(names):
                    return number, delimiter, read
    first = next((line.strip() for line in lines if line.strip()), "")
    raise ValueError(f"the columns are not those of a known table; its first line is {first[:100]!r}. {NEEDED}")


def split_lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each line that is not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as error:
        raise ValueError(
            f"line {reader.line_num}: the cells cannot be told apart ({error}). Is a quotation mark not closed?"
        ) from None


def labeled(names: Sequence[str], header: int, lines: Lines, problems: list[tuple[int, str]]) -> Iterator[tuple[int, Cells]]:
    """Yield the number and the cells, by the names of their columns, of each line below the header."""
    for line, cells in lines:
        if line > header and any(cells[len(names) :]):
            found = f"it has {len(cells)} cells, but there are {len(names)} columns"
            problems.append((line, f"{found}: quote cells that contain the separator"))
        elif line > header:
            yield line, dict(zip(names, [*cells, *[""] * len(names)]))


def plain(names: Sequence[str], header: int, lines: Lines, delimiter: str) -> Found:
    """Read a table with the columns file, start, end and action."""
    found = Found([], [], [])
    for line, cells in labeled(names, header, lines, found.problems):
        start, end = cells["start"], cells["end"]
        if delimiter == ";":  # as a spreadsheet writes it where 1.5 is 1,5
            start, end = start.replace(",", "."), end.replace(",", ".")
        found.rows.append(Row(line, cells["file"], start, end, cells["action"]))
    return found


def boris_aggregated(names: Sequence[str], header: int, lines: Lines, delimiter: str) -> Found:
    """Read BORIS's aggregated events: a row for each interval, and for each event without duration."""
    found = Found([], [], [])
    for line, cells in labeled(names, header, lines, found.problems):
        if cells["behavior type"].upper() == "POINT":
            found.points.append(line)
        elif problem := boris_problem(cells):
            found.problems.append((line, problem))
        else:
            found.rows.append(Row(line, boris_file(cells), cells["start (s)"], cells["stop (s)"], cells["behavior"]))
    return found


def boris_tabular(names: Sequence[str], header: int, lines: Lines, delimiter: str) -> Found:
    """Read BORIS's tabular events: a row for each start, each stop, and each event without duration."""
    found = Found([], [], [])
    lines = list(lines)
    above = {cells[0].casefold(): (line, cells[1]) for line, cells in lines if line < header and len(cells) > 1}
    line, offset = above.get("time offset (s)", (0, ""))
    if problem := boris_problem({"time offset (s)": offset}):
        found.problems.append((line, problem))
    started: dict[tuple[str, ...], list[tuple[int, Cells]]] = defaultdict(list)
    files = set()
    for line, cells in labeled(names, header, lines, found.problems):
        kind = (cells.get("status") or cells.get("behavior type", "")).upper()
        key = tuple(cells[name] for name in names if name in ("observation id", "subject", "behavior") or "modifier" in name)
        files.add(boris_file(cells))
        if problem := boris_problem(cells):
            found.problems.append((line, problem))
        elif kind == "POINT":
            found.points.append(line)
        elif kind == "START":
            started[key].append((line, cells))
        elif kind != "STOP":
            found.problems.append((line, f"the event is of the type {kind!r}, which is none of START, STOP and POINT"))
        elif not started[key]:
            found.problems.append((line, f"{cells['behavior']!r} stops here, but did not start"))
        else:
            first, begun = started[key].pop(0)
            found.rows.append(Row(first, boris_file(begun), begun["time"], cells["time"], cells["behavior"]))
    for first, begun in (event for events in started.values() for event in events):
        found.problems.append((first, f"{begun['behavior']!r} starts here, but does not stop"))
    if "status" in names and len(files) > 1:  # a table of older versions has one observation
        found.problems.append((header, several_files(sorted(files))))
    return found


def boris_file(cells: Cells) -> str:
    """Return the media file of a BORIS event."""
    columns = ("media file name", "media file path", "media file", "source")
    name = next((cells[column] for column in columns if cells.get(column)), "")
    return re.sub(r"^player #\d+:\s*", "", name.split("|")[0])


def boris_problem(cells: Cells) -> str:
    """Return why the times of a BORIS event are not those of one file; empty if they are."""
    files = re.sub(r"^player #\d+:\s*", "", cells.get("source", "").split("|")[0]).split(";")
    if len(files) > 1:
        return several_files(files)
    offset = cells.get("time offset (s)", "")
    try:
        unchanged = float(offset or 0) == 0
    except ValueError:
        unchanged = offset.upper() == "NA"
    return "" if unchanged else f"the observation has a time offset ({offset}): set it to 0 in BORIS, and export again"


def several_files(files: Sequence[str]) -> str:
    """Return the problem of an observation of several files, one after another."""
    found = f"the observation has {len(files)} files, and its times continue from one file to the next ({', '.join(files)})"
    return f"{found}: use one observation per file"


def elan(names: Sequence[str], header: int, lines: Lines, delimiter: str) -> Found:
    """Read ELAN's tab-delimited text with a column for each tier. Lines that begin with # name the recording of those below."""
    found = Found([], [], [])
    starts, ends = (elan_column(names, f"{which} time - ") for which in ("begin", "end"))
    others = re.compile(r"(begin time|end time|duration) - .*|file name|file path|tier|participant|")
    tiers = [i for i, name in enumerate(names) if not others.fullmatch(name)]
    media, in_block = "", False
    for line, cells in lines:
        if cells[0].startswith("#"):
            name, is_media, offset = cells[0][1:].rpartition(OFFSET)
            media, in_block = media if in_block else "", True
            if is_media and offset != "0":
                found.problems.append((line, f"{name} has an offset of {offset} ms: set it to 0 in ELAN, and export again"))
            if not media or media.lower().endswith((".eaf", *SOUND)):
                media = name if is_media else cells[0][1:]
            continue
        in_block = False
        if line == header:
            continue
        by_name = dict(zip(names, cells))
        file = media or by_name.get("file name") or by_name.get("file path") or ""
        if not file:
            raise ValueError(
                f"line {line}: the table does not name the recording. In ELAN's dialog, include the header lines with the "
                "locations of the media files, or use a table with the columns file, start, end and action."
            )
        start, end = (elan_seconds(names[i], cells[i] if i < len(cells) else "") for i in (starts, ends))
        found.rows.extend(Row(line, file, start, end, cells[i]) for i in tiers if i < len(cells) and cells[i])
    return found


def elan_column(names: Sequence[str], prefix: str) -> int:
    """Return the column of a time: in seconds, if there are several."""
    formats = ("ss.msec", "msec", "hh:mm:ss.ms")
    column = next((names.index(prefix + kind) for kind in formats if prefix + kind in names), None)
    if column is None:
        raise ValueError(f"no time is in one of ELAN's formats {', '.join(formats)}. Select one of them in its dialog.")
    return column


def elan_seconds(name: str, time: str) -> str:
    """Return a time in seconds; in milliseconds, it is converted."""
    return f"{int(time) / 1000}" if name.endswith("- msec") and time.isdecimal() else time


def has(*columns: str) -> Callable[[set[str]], bool]:
    """Return a function that tells whether all of these columns are among the names."""
    return lambda names: set(columns) <= names


def has_elan_times(names: set[str]) -> bool:
    """Return whether the names contain ELAN's columns of times."""
    return all(any(name.startswith(prefix) for name in names) for prefix in ("begin time - ", "end time - "))


KINDS: list[tuple[Callable[[set[str]], bool], Callable[..., Found]]] = [
    (has("file", "start", "end", "action"), plain),
    (has("behavior", "behavior type", "start (s)", "stop (s)"), boris_aggregated),
    (has("behavior", "behavior type", "time", "media file name"), boris_tabular),
    (has("behavior", "status", "time", "media file path"), boris_tabular),  # BORIS 7 and older
    (has_elan_times, elan),
]
