"""Load the features of many clips, to learn from."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..record import ClipFeatures
from .files import FAILURES, MANIFEST, About, ManifestRow, read_features, read_table


class FeatureTable(NamedTuple):
    """The features of many clips, to learn from.

    Attributes
    ----------
    rows : numpy.ndarray
        float32 `[clips, K]`.
    actions, groups, names : list of str
        One for each clip.
    clips : list of ClipFeatures
        What `cross_validate` accepts.
    """

    rows: np.ndarray
    actions: list[str]
    groups: list[str]
    names: list[str]
    clips: list[ClipFeatures]


def read_manifest(out: str | os.PathLike) -> list[ManifestRow]:
    """Read the manifest of a folder of features, also if a spreadsheet program has saved it with other separators.

    Raises
    ------
    OSError
        If the folder has no manifest.
    ValueError
        If a column is missing, or if a number is not a number.
    """
    path = Path(out).expanduser() / MANIFEST
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


def read_clips(folder: Path) -> list[tuple[ManifestRow, ClipFeatures, About]]:
    """Return each line of a manifest with the features of its clip, and what is stored with them; raise as `load_features`."""
    clips = []
    for row in read_manifest(folder):
        found = read_features(folder / row.file)
        if found is None or found[1].key != row.key:
            raise ValueError(f"{folder / row.file} is missing, damaged, or from another model: run the command `features` again.")
        clips.append((row, *found))
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

    Warns
    -----
    UserWarning
        If a file is in the manifest twice, in two groups or under two actions.

    Raises
    ------
    OSError
        If the folder has no manifest.
    ValueError
        If the manifest is empty or lacks a column, or if a file is missing or damaged: run the command again.
    """
    found = read_clips(Path(out).expanduser())
    manifest, clips = [row for row, _, _ in found], [record for _, record, _ in found]
    warn_of_copies(manifest)
    rows = np.stack([clip.features for clip in clips])
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
