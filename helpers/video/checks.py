"""Check that arrays are RGB frames."""

from typing import Any

import numpy as np


def require_rgb(frames: Any, shape: str, name: str = "frames are") -> None:
    """Check that an array contains RGB frames.

    Parameters
    ----------
    frames : object
        What should be an array of frames.
    shape : str
        Its axes: "[T, H, W, 3]", or "[H, W, 3]" for a single frame. None may be empty.
    name : str
        Subject and verb of the error message.

    Raises
    ------
    ValueError
        If it is not such an array, uint8. The message suggests a correction.
    """
    needed = f"but must be uint8 {shape}, RGB"
    if not isinstance(frames, np.ndarray):
        hint = " np.stack(frames) returns one." if isinstance(frames, (list, tuple)) else ""
        raise ValueError(f"{name} a {type(frames).__name__}, but must be an array, uint8 {shape}.{hint}")
    found = f"{name} {frames.dtype} {list(frames.shape)}"
    if frames.ndim != shape.count(",") + 1 or frames.shape[-1] != 3 or not frames.size:
        raise ValueError(f"{found}, {needed}.")
    if frames.dtype != np.uint8:
        hint = " For values from 0 to 1: (255 * frames).round().astype(np.uint8)." if frames.dtype.kind == "f" else ""
        raise ValueError(f"{found}, {needed}.{hint}")
