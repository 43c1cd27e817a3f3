"""The features of a clip, and their file: in the cache, or in the folder that the command `features` writes."""

import hashlib
import io
import os
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..basics.cache import cache_folder
from ..basics.files import replace_file
from ..basics.messages import without_secrets
from ..models.video_model import VideoModel

VERSION = 3  # part of the cache key: increase it when the numbers below change


class ClipFeatures(NamedTuple):
    """The features of one clip, and the inputs of the baselines."""

    features: np.ndarray  # float32 [K], of all frames
    still: np.ndarray  # float32 [K], of the middle frame alone, repeated until the clip is long enough for the model
    pixels: np.ndarray  # float32 [192], the middle frame at 8 x 8 pixels, from 0 to 255
    size: np.ndarray  # float32 [3]: width and height of the file in pixels, and the length of the clip in seconds
    frames: int  # at the model's frame rate


class FeaturesOverTime(NamedTuple):
    """The features of one clip, row by row. Row `i` is about the `length` frames from frame `step * i` on."""

    rows: np.ndarray  # float32 [T', K]
    times: np.ndarray  # float64 [T']: the center of each row, (step * i + length / 2) / fps, in seconds from the first frame
    sees: np.ndarray  # int64 [T', 2]: the first frame that can change the row, and the one after the last
    size: np.ndarray  # as in ClipFeatures
    frames: int  # of the clip, at the model's frame rate
    fps: float  # the model's frame rate
    step: int
    length: int


Record = ClipFeatures | FeaturesOverTime
ONE_ROW_EACH = (
    "features over time, many rows for each clip, but learning actions from clips needs one row for each: compute them without "
    "--every and --window, in another folder. docs/features.md shows how to learn from rows over time."
)


def recipe(model: VideoModel, settings: str = "") -> str:
    """Return what features depend on besides the content of a clip: the model's weights, and how videos are read.

    `settings` says which rows over time are computed; it is empty for one row for each clip.
    """
    return " ".join(filter(None, [f"{VERSION} {model.fingerprint} {model.input}", settings]))


def cache_path(model: VideoModel, sha256: str, settings: str = "") -> Path:
    """Return the file in the cache for a model and a clip, which depends on the content of the clip, not on its name."""
    key = hashlib.sha256(f"{recipe(model, settings)} {sha256}".encode()).hexdigest()
    return cache_folder() / "features" / key[:2] / f"{key}.npz"


def read_record(path: str | os.PathLike) -> tuple[Record, str] | None:
    """Return the features of a clip that `write_record` wrote, and the text stored with them; None if there are none.

    A damaged file counts as missing, with a warning; each array in it has a checksum (CRC-32).
    """
    if not os.path.exists(path):
        return None
    try:
        with np.load(io.BytesIO(Path(path).read_bytes())) as file:
            if damaged := file.zip.testzip():  # before NumPy reads it: a damaged header of an array may name another shape
                raise ValueError(f"the checksum of {damaged} is wrong")
            arrays: dict[str, Any] = dict(file)
        about = str(arrays.pop("about", ""))
        fields = {name: array if array.ndim else array.item() for name, array in arrays.items()}
        kind = FeaturesOverTime if "rows" in fields else ClipFeatures
        return kind(**fields), about
    except Exception as error:  # a damaged file can make zipfile and NumPy raise almost anything, such as a TokenError
        warnings.warn(without_secrets(f"the features in {path} are damaged, and are not used: {error}"), stacklevel=2)
        return None


def write_record(path: str | os.PathLike, record: Record, about: str = "") -> None:
    """Write the features of a clip, and a text about them, to an npz file, atomically."""
    content = io.BytesIO()
    np.savez(content, about=np.array(about), **record._asdict())
    replace_file(path, content.getvalue())
