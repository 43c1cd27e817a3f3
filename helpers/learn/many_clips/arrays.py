"""Rows over time as `.npy` files, in the names and the layout that ActionFormer and networks built on it read.

Zhang, Wu & Li, "ActionFormer: Localizing Moments of Actions with Transformers", ECCV 2022. Its loader for THUMOS14
(libs/datasets/thumos14.py of https://github.com/happyharrycn/actionformer_release) reads `<prefix><video><extension>` in one
folder, float `[T, C]`, and takes row `t` to be at `(t * feat_stride + num_frames / 2) / fps` seconds.
"""

import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from ...basics.files import replace_file
from ...clips.folders import Clip
from ..records import FeaturesOverTime
from .table import ManifestRow, read_features

DATASET = "dataset.yaml"
HEADER = "# These features, for the part `dataset` of a configuration of ActionFormer; seconds and frames are in manifest.csv.\n"


def array_of(out: Path, clip: Clip) -> Path:
    """Return the array file of a clip: named like its video, without the suffix, directly in the folder of features."""
    return out / f"{Path(clip.name).stem}.npy"


def require_own_arrays(out: Path, clips: Sequence[Clip]) -> None:
    """Raise ValueError if two clips would have the same array file, and FileExistsError if one exists that is not from here."""
    first: dict[str, Clip] = {}
    for clip in clips:
        path = array_of(out, clip)
        same = first.setdefault(path.name.casefold(), clip)  # some file systems ignore the case
        if same is not clip:
            raise ValueError(f"{same} and {clip} would both be in {path.name}: rename one of them, or leave out --format npy.")
        if os.path.exists(path) and not (out / DATASET).exists():  # Path.exists raises an error if the name is too long
            raise FileExistsError(f"{path} exists and was not written by this command. Choose another folder with --out.")


def write_arrays(out: Path, clips: Iterable[Clip], lines: Iterable[ManifestRow]) -> None:
    """Write the array of each clip in the manifest, unless it is there, and their description; remove that of a clip that failed.

    Without the removal, a clip that failed with new settings would be read with its old rows, and the new distance between rows.
    """
    done = {row.name: row.file for row in lines}
    for clip in clips:
        if clip.name not in done:
            if os.path.exists(path := array_of(out, clip)):
                path.unlink()
        elif found := read_features(out / done[clip.name]):
            record = cast(FeaturesOverTime, found[0])
            replace_if_different(out / DATASET, description(out, record).encode())
            content = io.BytesIO()
            np.save(content, record.rows)
            replace_if_different(array_of(out, clip), content.getvalue())


def description(out: Path, record: FeaturesOverTime) -> str:
    """Return the options of ActionFormer's loader that describe these features, as YAML."""
    options = {
        "feat_folder": json.dumps(str(out)),  # in quotes
        "file_prefix": "~",
        "file_ext": ".npy",
        "input_dim": record.rows.shape[1],
        "feat_stride": record.step,
        "num_frames": record.length,
        "default_fps": f"{record.fps:g}",
    }
    return HEADER + "".join(f"{name}: {value}\n" for name, value in options.items())


def replace_if_different(path: Path, content: bytes) -> None:
    """Write a file atomically, unless it has this content."""
    if not (path.is_file() and path.read_bytes() == content):
        replace_file(path, content)
