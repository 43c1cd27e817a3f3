"""Load the features of many clips, to learn from."""

import csv
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .clip_record import ClipFeatures
from .feature_files import FAILURES, MANIFEST, ManifestRow, read_features


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
    """Read the manifest of a folder of features.

    Raises
    ------
    OSError
        If the folder has no manifest.
    """
    with open(Path(out).expanduser() / MANIFEST, encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines: list[dict[str, Any]] = list(csv.DictReader(file))
    return [ManifestRow(**{**line, "frames": int(line["frames"]), "seconds": float(line["seconds"])}) for line in lines]


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
        If the manifest is empty, or if a file is missing or damaged: run the command again.
    """
    folder, clips = Path(out).expanduser(), []
    manifest = read_manifest(folder)
    for row in manifest:
        found = read_features(folder / row.file)
        if found is None or found[1].key != row.key:
            raise ValueError(f"{folder / row.file} is missing, damaged, or from another model: run the command `features` again.")
        clips.append(found[0])
    if not clips:
        raise ValueError(f"{folder / MANIFEST} lists no clips: see {FAILURES}, and run the command `features` again.")
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
