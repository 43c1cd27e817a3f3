"""The folder that `python -m helpers features` writes: a file for each clip, a manifest, and a list of failures.

The files of the clips are authoritative. The manifest lists them, and is rewritten at the end of each run.
"""

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ...basics.cache import file_sha256
from ...basics.files import TEMPORARY, remove_leftovers, replace_file
from ...clips.folders import Clip
from ..record import ClipFeatures, read_record, write_record

MANIFEST = "manifest.csv"
FAILURES = "failures.csv"
FAILURE_COLUMNS = ("name", "reason")


class About(NamedTuple):
    """What is stored with the features of a clip."""

    name: str  # of the clip in its source
    key: str  # of the model and of the preprocessing
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
    """Create the folder, and remove temporary files older than an hour, which killed processes left behind.

    Raises OSError if the folder cannot be created or read, or if it has a manifest or failures that are not from here.
    """
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
    """Return the columns and the lines of a CSV file, also if a spreadsheet program has saved it.

    Such programs separate by commas, semicolons or tabs, and begin the file with a byte order mark.
    """
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header = file.readline()
        file.seek(0)
        reader = csv.DictReader(file, delimiter=max(",;\t", key=header.count))
        try:
            return list(reader.fieldnames or []), list(reader)
        except csv.Error as error:
            raise ValueError(f"{path} is not a table: {error}.") from None


def write_features(out: Path, clip: Clip, record: ClipFeatures, about: About) -> ManifestRow:
    """Write the features of a clip, and return its line of the manifest. Raises OSError if the file cannot be written."""
    write_record(out / clip.file, record, json.dumps(about._asdict()))
    return manifest_row(clip, record, about)


def manifest_row(clip: Clip, record: ClipFeatures, about: About) -> ManifestRow:
    """Return the line of the manifest for a clip. Its action and group come from the source: they may have changed."""
    seconds = round(float(record.size[2]), 3)
    return ManifestRow(clip.name, clip.action, clip.group, record.frames, seconds, about.sha256, about.key, clip.file, about.note)


def read_features(path: Path) -> tuple[ClipFeatures, About] | None:
    """Return the features of a clip and the data stored with them, or None if the file is missing or damaged."""
    found = read_record(path)
    if found is None:
        return None
    try:
        return found[0], About(**json.loads(found[1]))
    except (ValueError, TypeError):
        return None


def intact_row(out: Path, clip: Clip) -> ManifestRow | None:
    """Return the line of the manifest for a clip if its file is complete and up to date, from whichever model (see `key`)."""
    found = read_features(out / clip.file)
    if found is None or found[1].name != clip.name or not is_same_clip(found[1], clip):
        return None
    return manifest_row(clip, *found)


def is_same_clip(about: About, clip: Clip) -> bool:
    """Return whether a clip has not changed since its features were computed; one on a web page counts as unchanged.

    A file counts as unchanged if its size and modification time are the same. If only the time differs, as after copying, the
    hashes are compared.
    """
    if clip.page:
        return True
    try:
        status = os.stat(clip.path)
        if status.st_size != about.bytes:
            return False
        return status.st_mtime_ns == about.modified or file_sha256(clip.path) == about.sha256
    except OSError:
        return False


def write_manifest(out: Path, clips: Iterable[Clip], rows: Mapping[str, ManifestRow], key: str) -> list[ManifestRow]:
    """Write the manifest of the clips whose features are complete and from the model with this key, and return its lines.

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
