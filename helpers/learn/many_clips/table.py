"""Load the features of many clips, to learn from."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...clips.actions import NO_ACTION, without_copies
from ...clips.folders import Clip
from ...models.video_model import VideoModel
from ..record import ClipFeatures
from .files import FAILURES, MANIFEST, ManifestRow, read_features, read_table
from .task import absolute, key_of


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
    OSError, ValueError
        If the folder has no manifest; if a column is missing, or if a number is not a number.
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


def read_clips(folder: Path) -> list[tuple[ManifestRow, ClipFeatures]]:
    """Return each line of a manifest with the features of its clip; raise as `load_features`."""
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

    Warns
    -----
    UserWarning
        If a file is in the manifest twice, in two groups or under two actions.

    Raises
    ------
    OSError, ValueError
        If the folder has no manifest; if the manifest is empty or lacks a column, or if a file is missing or damaged: run the
        command again.
    """
    manifest, clips = map(list, zip(*read_clips(Path(out).expanduser())))
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


def is_features_folder(folder: Path) -> bool:
    """Return whether a folder contains the manifest of features."""
    return (folder / MANIFEST).is_file() and {"key", "file"} <= set(read_table(folder / MANIFEST)[0])


def described_clips(folder: Path) -> tuple[list[Clip], list[ClipFeatures], dict[Path, str]]:
    """Return the clips of a folder of features that have an action, as if they were in it, and their features.

    Also return what was left out, with the reasons: clips that failed, have no action, or are copies of another clip of the same
    action. Raises as `load_features`, and ValueError if a clip is under two actions.
    """
    failed = read_table(folder / FAILURES)[1] if (folder / FAILURES).is_file() else []
    left_out = {folder / str(line.get("name")): str(line.get("reason")) for line in failed}
    found = {}
    for row, record in read_clips(folder):
        clip = Clip(row.name, row.action, row.group, str(folder), sha256=row.sha256)
        if row.action:
            found[clip] = record
        else:
            left_out[clip.path] = NO_ACTION
    clips = without_copies(found, left_out, ", and run the command `features` again")
    return clips, [found[clip] for clip in clips], left_out


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
