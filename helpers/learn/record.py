"""The features of one clip, and the file that stores them."""

import io
import os
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..basics.files import replace_file
from ..basics.messages import without_secrets


class ClipFeatures(NamedTuple):
    """The features of one clip, and the inputs of the baselines."""

    features: np.ndarray  # float32 [K], of all frames
    still: np.ndarray  # float32 [K], of the middle frame alone, repeated until the clip is long enough for the model
    pixels: np.ndarray  # float32 [192], the middle frame at 8 x 8 pixels, from 0 to 255
    size: np.ndarray  # float32 [3]: width and height of the file in pixels, and its length in seconds
    frames: int  # at the model's frame rate


def read_record(path: str | os.PathLike) -> tuple[ClipFeatures, str] | None:
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
        return ClipFeatures(**{**arrays, "frames": int(arrays["frames"])}), about
    except Exception as error:  # a damaged file can make zipfile and NumPy raise almost anything, such as a TokenError
        warnings.warn(without_secrets(f"the features in {path} are damaged, and are not used: {error}"), stacklevel=2)
        return None


def write_record(path: str | os.PathLike, record: ClipFeatures, about: str = "") -> None:
    """Write the features of a clip, and a text about them, to an npz file, atomically."""
    content = io.BytesIO()
    np.savez(content, about=np.array(about), **record._asdict())
    replace_file(path, content.getvalue())
