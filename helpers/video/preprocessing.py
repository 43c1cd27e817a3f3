"""Prepare I3D's input: square RGB frames of 224 x 224 pixels at 25 frames per second, with values in [-1, 1]."""

from typing import Any

import cv2
import numpy as np

# Carreira & Zisserman 2017, section 2.5, and the authors' code for the value range.
I3D_SIZE = 224  # pixels
I3D_CROP_FRACTION = 0.875  # the paper resizes the shorter side to 256 pixels and crops 224 x 224 pixels
I3D_VALUE_RANGE = (-1.0, 1.0)  # input values for black and white
I3D_FPS = 25.0  # frames per second
I3D_MIN_FRAMES = 9  # three strides of 2 in time, then an average pool over 2 steps


def crop_center_square(frame: np.ndarray, crop_fraction: float = I3D_CROP_FRACTION) -> np.ndarray:
    """Crop the center square of a frame, or of each frame of a clip, so that resizing does not change the aspect ratio.

    Parameters
    ----------
    frame : numpy.ndarray
        `[H, W, C]` or `[T, H, W, C]`, any dtype.
    crop_fraction : float
        Side of the square as a fraction of the shorter side of the frame, in (0, 1]. The paper uses 0.875; older tutorials
        use 1.

    Returns
    -------
    numpy.ndarray
        A view, `[S, S, C]` or `[T, S, S, C]`, with `S = round(crop_fraction * min(H, W))`, at least 1.

    Raises
    ------
    ValueError
        If `crop_fraction` is out of range, or if `frame` has no height, width and channels.

    Examples
    --------
    >>> crop_center_square(np.zeros((240, 320, 3), np.uint8)).shape
    (210, 210, 3)
    """
    if not 0 < crop_fraction <= 1:
        raise ValueError(f"crop_fraction must be a fraction of the shorter side, more than 0 and at most 1, not {crop_fraction}.")
    if frame.ndim < 3:
        raise ValueError(f"a frame must be [H, W, C], not {list(frame.shape)}.")
    height, width = frame.shape[-3:-1]
    side = max(1, round(crop_fraction * min(height, width)))
    top, left = (height - side) // 2, (width - side) // 2
    return frame[..., top : top + side, left : left + side, :]


def crop_and_resize(frame: np.ndarray, crop_fraction: float = I3D_CROP_FRACTION, size: int = I3D_SIZE) -> np.ndarray:
    """Crop the center square of a frame, uint8 `[H, W, 3]`, and resize it to `[size, size, 3]`."""
    require_size(size)
    return cv2.resize(crop_center_square(frame, crop_fraction), (size, size))


def require_size(size: int) -> None:
    """Raise ValueError unless `size` is a number of pixels."""
    if not isinstance(size, (int, np.integer)) or size < 1:
        raise ValueError(f"size must be a number of pixels, the same for height and width, such as 224, not {size!r}.")


def to_batch(
    frames: np.ndarray,
    value_range: tuple[float, float] = I3D_VALUE_RANGE,
    size: int = I3D_SIZE,
    min_frames: int = I3D_MIN_FRAMES,
) -> np.ndarray:
    """Scale frames to the network's value range and add the batch axis.

    Parameters
    ----------
    frames : numpy.ndarray
        uint8 `[T, 224, 224, 3]`, RGB, `T` at least 9.
    value_range : (float, float)
        Values for black (0) and white (255). I3D was trained with (-1, 1); older tutorials use (0, 1).
    size, min_frames : int
        Height and width in pixels, and the smallest `T`, for other models than I3D.

    Returns
    -------
    numpy.ndarray
        float32 `[1, T, 224, 224, 3]`, values in `value_range`.

    Raises
    ------
    ValueError
        If the frames have the wrong dtype or shape, or `value_range` is not (low, high) with low < high.

    Examples
    --------
    >>> frames = np.full((9, 224, 224, 3), 255, np.uint8)
    >>> to_batch(frames).shape, float(to_batch(frames).max())
    ((1, 9, 224, 224, 3), 1.0)
    """
    check_frames(frames, size, min_frames)
    ends = np.asarray(value_range)
    if ends.shape != (2,) or ends.dtype.kind not in "iuf" or not np.isfinite(ends).all() or not ends[0] < ends[1]:
        raise ValueError(f"value_range must be (low, high), such as (-1, 1), not {value_range}.")
    low, high = value_range
    return (frames[np.newaxis] * np.float32((high - low) / 255) + np.float32(low)).astype(np.float32, copy=False)


def check_frames(frames: np.ndarray, size: int = I3D_SIZE, min_frames: int = I3D_MIN_FRAMES) -> None:
    """Raise ValueError, which suggests a correction, unless frames are a clip for a model.

    That is uint8 `[T, size, size, 3]`, `T` at least `min_frames`.
    """
    must = f"but must be uint8 [T, {size}, {size}, 3], RGB, with T at least {min_frames}, as read_video returns them"
    if not isinstance(frames, np.ndarray):
        raise ValueError(f"frames are a {type(frames).__name__}, {must}.")
    found = f"frames are {frames.dtype} {list(frames.shape)}"
    if frames.dtype != np.uint8:
        raise ValueError(f"{found}, {must}. predict scales the values itself, so leave them from 0 to 255.")
    if frames.ndim == 5:
        raise ValueError(f"{found}, {must}. predict adds the batch axis itself; pass one clip.")
    if frames.ndim == 4 and frames.shape[1] == 3:
        raise ValueError(f"{found}, {must}. Channels come last: frames.transpose(0, 2, 3, 1).")
    if frames.ndim != 4 or frames.shape[1:] != (size, size, 3) or len(frames) < min_frames:
        raise ValueError(f"{found}, {must}. Time is the first axis.")


def require_rgb(frames: Any, shape: str, name: str = "frames are") -> None:
    """Raise ValueError, which suggests a correction, unless `frames` is an array of RGB frames, uint8, of which no axis is empty.

    `shape` names its axes, "[T, H, W, 3]" or "[H, W, 3]", and `name` is the subject and verb of the message.
    """
    needed = f"but must be uint8 {shape}, RGB"
    if not isinstance(frames, np.ndarray):
        hint = " np.stack(frames) returns one." if shape.startswith("[T") and isinstance(frames, (list, tuple)) else ""
        raise ValueError(f"{name} a {type(frames).__name__}, but must be an array, uint8 {shape}.{hint}")
    found = f"{name} {frames.dtype} {list(frames.shape)}"
    if frames.ndim != shape.count(",") + 1 or frames.shape[-1] != 3 or not frames.size:
        raise ValueError(f"{found}, {needed}.")
    if frames.dtype != np.uint8:
        hint = " For values from 0 to 1: (255 * frames).round().astype(np.uint8)." if frames.dtype.kind == "f" else ""
        raise ValueError(f"{found}, {needed}.{hint}")
