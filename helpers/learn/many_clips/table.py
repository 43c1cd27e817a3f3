"""The folder that `python -m helpers features` writes: a file for each clip, a manifest, and a list of failures.

The files of the clips are authoritative. The manifest lists them, and is rewritten at the end of each run.
"""

import csv
import io
import json
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...basics.cache import expanded, file_sha256
from ...basics.files import TEMPORARY, remove_leftovers, replace_file
from ...clips.actions import NO_ACTION, without_copies
from ...clips.folders import Clip
from ..records import ONE_ROW_EACH, ClipFeatures, FeaturesOverTime, Record, read_record, write_record

MANIFEST = "manifest.csv"
FAILURES = "failures.csv"
FAILURE_COLUMNS = ("name", "reason")


class About(NamedTuple):
    """What is stored with the features of a clip."""

    name: str  # of the clip in its source
    key: str  # of the model, of the preprocessing, and of which rows are computed
    sha256: str  # of the clip
    bytes: int  # size of the clip's file
    modified: int  # when the file was last modified (nanoseconds since 1970), on the computer that read it
    note: str = ""  # warnings, such as "the file ends early"
    model: str = ""  # name of the model, for messages


class ManifestRow(NamedTuple):
    """A line of the manifest: a clip whose features are complete. `file` is relative to the manifest's folder."""

    name: str
    action: str
    group: str
    frames: int
    seconds: float
    sha256: str
    key: str
    file: str
    note: str


def prepare(out: Path) -> None:
    """Create the folder, and remove leftovers of killed processes; raise OSError if its tables are not from here."""
    out.mkdir(parents=True, exist_ok=True)
    require_own(out / MANIFEST, ManifestRow._fields)
    require_own(out / FAILURES, FAILURE_COLUMNS)
    remove_leftovers(out, f"**/{TEMPORARY}")


def require_own(path: Path, columns: Sequence[str]) -> None:
    """Raise FileExistsError if there is a table that would be replaced, but has other columns or was saved by another program."""
    with suppress(FileNotFoundError), open(path, "rb") as file:
        if file.readline(1000) == f"{','.join(columns)}\n".encode():
            return
        if set(read_table(path)[0]) >= set(columns):
            raise FileExistsError(
                f"{path} was saved by another program, such as a spreadsheet, and would be replaced. Rename it, and run the "
                "command again; --groups accepts a table of groups."
            )
        raise FileExistsError(f"{path} exists and was not written by this command. Choose another folder with --out.")


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns and the lines of a CSV file, also with the separators and byte order mark of a spreadsheet program."""
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header = file.readline()
        file.seek(0)
        reader = csv.DictReader(file, delimiter=max(",;\t", key=header.count))
        try:
            return list(reader.fieldnames or []), list(reader)
        except csv.Error as error:
            raise ValueError(f"{path} is not a table: {error}.") from None


def write_features(out: Path, clip: Clip, record: Record, about: About) -> ManifestRow:
    """Write the features of a clip, and return its line of the manifest. Raises OSError if the file cannot be written."""
    write_record(out / clip.file, record, json.dumps(about._asdict()))
    return manifest_row(clip, record, about)


def manifest_row(clip: Clip, record: Record, about: About) -> ManifestRow:
    """Return the line of the manifest for a clip. Its action and group come from the source: they may have changed."""
    seconds = round(float(record.size[2]), 3)
    return ManifestRow(clip.name, clip.action, clip.group, record.frames, seconds, about.sha256, about.key, clip.file, about.note)


def read_features(path: Path) -> tuple[Record, About] | None:
    """Return the features of a clip and the data stored with them, or None if the file is missing or damaged."""
    if found := read_record(path):
        with suppress(ValueError, TypeError):  # it is not from here
            return found[0], About(**json.loads(found[1]))
    return None


def intact_row(out: Path, clip: Clip) -> ManifestRow | None:
    """Return the line of the manifest for a clip if its file is complete and up to date, from whichever model (see `key`)."""
    found = read_features(out / clip.file)
    if found is None or found[1].name != clip.name or not is_same_clip(found[1], clip):
        return None
    return manifest_row(clip, *found)


def is_same_clip(about: About, clip: Clip) -> bool:
    """Return whether a clip has not changed since its features were computed; one on a web page counts as unchanged."""
    if clip.page:
        return True
    try:
        status = os.stat(clip.path)
        if status.st_size != about.bytes:
            return False
        # Only the time differs after copying.
        return status.st_mtime_ns == about.modified or file_sha256(clip.path) == about.sha256
    except OSError:
        return False


def write_manifest(out: Path, clips: Iterable[Clip], rows: Mapping[str, ManifestRow], key: str) -> list[ManifestRow]:
    """Write the manifest of the clips whose features are complete and from the model with this key; return its lines.

    `rows` are known lines, by name. The files of other clips are read, because another run may have written them.
    """
    found = [rows.get(clip.name) or intact_row(out, clip) for clip in clips]
    lines = [row for row in found if row and row.key == key]
    write_table(out / MANIFEST, ManifestRow._fields, lines)
    return lines


def write_failures(out: Path, reasons: Mapping[str, str]) -> None:
    """Write the names of the clips that failed, and why."""
    write_table(out / FAILURES, FAILURE_COLUMNS, sorted(reasons.items()))


def write_table(path: Path, columns: Sequence[str], lines: Iterable[Sequence]) -> None:
    """Write a CSV file, atomically."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([columns, *lines])
    replace_file(path, text.getvalue().encode("utf-8", "surrogateescape"))  # a file name may not be valid UTF-8


class FeatureTable(NamedTuple):
    """The features of many clips, to learn from."""

    rows: np.ndarray | list[np.ndarray]  # float32 [clips, K]; of features over time, float32 [T', K] for each clip
    actions: list[str]
    groups: list[str]
    names: list[str]
    clips: list[Any]  # ClipFeatures, which `cross_validate` accepts, or FeaturesOverTime


def read_manifest(out: str | os.PathLike) -> list[ManifestRow]:
    """Read the manifest of a folder of features, also if a spreadsheet program has saved it with other separators.

    Raises
    ------
    OSError, ValueError
        If the folder has no manifest; if a column is missing, or if a number is not a number.
    """
    path = expanded(out) / MANIFEST
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist. Name a folder that the command `features` wrote, or run it again.")
    header, lines = read_table(path)
    if missing := [column for column in ManifestRow._fields if column not in header]:
        raise ValueError(
            f"{path} has no column {missing[0]!r}, but {', '.join(map(repr, header))}. It needs "
            f"{', '.join(ManifestRow._fields)}: rename its columns, or delete the file and run the command `features` again."
        )
    return [manifest_line(path, {column: line[column] for column in ManifestRow._fields}) for line in lines]


def manifest_line(path: Path, line: dict[str, Any]) -> ManifestRow:
    """Return a line of the manifest."""
    if None in line.values():
        raise ValueError(f"{path} has a line with fewer columns than the first line: {', '.join(filter(None, line.values()))}.")
    try:
        return ManifestRow(**{**line, "frames": int(line["frames"]), "seconds": float(line["seconds"].replace(",", "."))})
    except ValueError as error:
        raise ValueError(f"{path} is damaged in the line of {line['name']}: {error}.") from None


def read_clips(folder: Path) -> list[tuple[ManifestRow, Record]]:
    """Return each line of a manifest with the features of its clip; raise the errors of `load_features`."""
    clips = []
    for row in read_manifest(folder):
        found = read_features(folder / row.file)
        if found is None or found[1].key != row.key:
            raise ValueError(f"{folder / row.file} is missing, damaged, or from another model: run the command `features` again.")
        clips.append((row, found[0]))
    if not clips:
        raise ValueError(f"{folder / MANIFEST} lists no clips: see {FAILURES}, and run the command `features` again.")
    return clips


def load_features(out: str | os.PathLike) -> FeatureTable:
    """Load the features of all clips in the manifest of a folder.

    Parameters
    ----------
    out : str or Path
        A folder that `extract_features` or `python -m helpers features` wrote.

    Returns
    -------
    FeatureTable
        `rows`, float32 `[clips, K]`; `actions`, `groups` and `names`; and `clips`, which `cross_validate` accepts. Of features
        over time, `rows` is a list of arrays, float32 `[T', K]`, and `clips` are what `features_over_time` returns.

    Warns
    -----
    UserWarning
        If a file is in the manifest twice, in two groups or under two actions.

    Raises
    ------
    OSError, ValueError
        If the folder has no manifest, if the manifest is empty or lacks a column, or if a file is missing or damaged.
    """
    manifest, clips = map(list, zip(*read_clips(expanded(out))))
    warn_of_copies(manifest)
    over_time = isinstance(clips[0], FeaturesOverTime)  # then all of them are: they have the same key
    rows = [clip.rows for clip in clips] if over_time else np.stack([clip.features for clip in clips])
    actions, groups, names = ([getattr(row, column) for row in manifest] for column in ("action", "group", "name"))
    return FeatureTable(rows, actions, groups, names, clips)


def warn_of_copies(manifest: Sequence[ManifestRow]) -> None:
    """Warn if a file may be learned from and tested on, because it is in two groups, or if it is under two actions."""
    first: dict[str, ManifestRow] = {}
    pairs = [(first.setdefault(row.sha256, row), row) for row in manifest]
    copies = [(one.name, two.name) for one, two in pairs if (one.action, one.group) != (two.action, two.group)]
    if copies:
        one, two = copies[0]
        warnings.warn(
            f"{len(copies)} of {len(manifest)} clips are copies of clips in other groups or actions, such as {two} of {one}: a "
            "model would be tested on what it learned from. Delete one of each, and run the command `features` again.",
            stacklevel=3,
        )


def is_features_folder(folder: Path) -> bool:
    """Return whether a folder contains the manifest of features."""
    return (folder / MANIFEST).is_file() and {"key", "file"} <= set(read_table(folder / MANIFEST)[0])


def described_clips(folder: Path) -> tuple[list[Clip], list[ClipFeatures], dict[Path, str]]:
    """Return the clips of a folder of features, as if they were in it, their features, and what was left out, with the reasons.

    Left out are clips that failed, have no action, or are copies of another clip of the same action. Raises the errors of
    `load_features`, and ValueError if the features are rows over time.
    """
    failed = read_table(folder / FAILURES)[1] if (folder / FAILURES).is_file() else []
    left_out = {folder / str(line.get("name")): str(line.get("reason")) for line in failed}
    found = {}
    for row, record in read_clips(folder):
        if not isinstance(record, ClipFeatures):
            raise ValueError(f"{folder} contains {ONE_ROW_EACH}")
        clip = Clip(row.name, row.action, row.group, str(folder), sha256=row.sha256)
        if row.action:
            found[clip] = record
        else:
            left_out[clip.path] = NO_ACTION
    clips = without_copies(found, left_out, ", and run the command `features` again")
    return clips, [found[clip] for clip in clips], left_out
