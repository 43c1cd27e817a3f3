"""Draw frames side by side, and a frame next to its crop."""

import os
from collections import deque
from collections.abc import Sequence
from itertools import islice

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..video.preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_SIZE, crop_and_resize, crop_center_square, require_rgb
from ..video.reading import iterate_frames
from .alternative_text import Picture
from .colors import ORANGE


def draw_frames(frames: Sequence[np.ndarray], titles: Sequence[str], columns: int = 6, alt: str = "", **imshow) -> Picture:
    """Draw frames side by side.

    Parameters
    ----------
    frames : sequence of numpy.ndarray
        uint8 `[H, W, 3]` each, or feature maps, float `[H, W]` each.
    titles : sequence of str
        A title above each frame.
    columns : int
        Maximum number of frames in a row.
    alt : str
        What the frames show, in one phrase; their number and titles are added to the alternative text.
    **imshow
        Passed to `Axes.imshow`.

    Raises
    ------
    ValueError
        If there are no frames, one of them is neither a frame nor a feature map, the numbers of frames and titles differ, or
        `columns` is less than 1.
    """
    if not len(frames):
        raise ValueError("there are no frames to draw. Pass at least one.")
    for i, frame in enumerate(frames):
        if np.ndim(frame) != 2:
            require_rgb(frame, "[H, W, 3]", f"frame {i} is")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}.")
    if len(titles) != len(frames):
        raise ValueError(f"there must be one title for each of the {len(frames)} frames, not {len(titles)}.")
    columns = min(columns, len(frames))  # an empty cell would be a white area on a dark page
    rows = -(-len(frames) // columns)
    figure = Figure(figsize=(2 * columns, 2.2 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, frame, title in zip(axes.flat, frames, titles):
        axis.imshow(frame, **imshow)
        axis.set_title(title, fontsize=11)
    return Picture(figure, describe_frames(titles, alt))


def describe_frames(titles: Sequence[str], alt: str) -> str:
    """Return alternative text for frames with these titles.

    >>> describe_frames(["0.0 s", "0.4 s"], "A jump")
    'A jump. 2 frames: 0.0 s, 0.4 s.'
    """
    listed = ", ".join(title.replace("\n", " ") for title in titles)
    count = "1 frame" if len(titles) == 1 else f"{len(titles)} frames"
    return f"{alt.rstrip('.')}. {count}: {listed}." if alt else f"{count}: {listed}."


def draw_crop(path: str | os.PathLike, position: int = 24, crop_fraction: float = I3D_CROP_FRACTION) -> Picture:
    """Draw a frame of a video with the square that I3D sees, and the crop next to it.

    Parameters
    ----------
    path : str or Path
        The video file.
    position : int
        Index of the frame at 25 frames per second. If the video is shorter, the last frame is drawn.
    crop_fraction : float
        As in `read_video`.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, VideoError
        If the video cannot be read.
    ValueError
        If `position` is negative, or `crop_fraction` is out of range.
    """
    if position < 0:
        raise ValueError(f"position must be the index of a frame, at least 0, not {position}.")
    (frame,) = deque(islice(iterate_frames(path, I3D_FPS), position + 1), maxlen=1)
    height, width = frame.shape[:2]
    side = len(crop_center_square(frame, crop_fraction))
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[width / height, 1])
    left.imshow(frame)
    corner = ((width - side) // 2, (height - side) // 2)
    for color, line in (("white", 4.5), (ORANGE, 2.5)):  # visible on any background
        left.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=color, linewidth=line))
    left.set_title(f"the original: {width} x {height}, square of {side}", fontsize=11)
    right.imshow(crop_and_resize(frame, crop_fraction))
    right.set_title(f"the crop: {I3D_SIZE} x {I3D_SIZE}", fontsize=11)
    left.axis("off")
    right.axis("off")
    return Picture(
        figure,
        f"Left: a frame of {width} x {height} pixels with the center square of {side} pixels marked. "
        f"Right: that square, resized to {I3D_SIZE} x {I3D_SIZE}.",
    )
