"""Draw frames side by side, a frame next to its crop, and heat maps below frames."""

import os
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
from matplotlib.patches import Rectangle

from ..video.preprocessing import I3D_FPS, I3D_SIZE, crop_and_resize, crop_center_square, require_rgb
from ..video.reading import iterate_frames
from .alternative_text import Picture, described, panels
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
        If the values are not as stated; the message says what is wrong.
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
    figure, axes = panels(2 * columns, 2.2 * rows, rows, columns)
    for axis, frame, title in zip(axes.flat, frames, titles):
        axis.imshow(frame, **imshow)
        axis.set_title(title, fontsize=11)
    count = "1 frame" if len(titles) == 1 else f"{len(titles)} frames"
    listed = ", ".join(title.replace("\n", " ") for title in titles)
    return Picture(figure, described(alt, f"{count}: {listed}."))


def draw_crop(path: str | os.PathLike, position: int = 24) -> Picture:
    """Draw a frame of a video with the square that I3D sees, and the crop next to it.

    Parameters
    ----------
    path : str or Path
        The video file. Raises OSError or VideoError if it cannot be read.
    position : int
        Index of the frame at 25 frames per second. If the video is shorter, the last frame is drawn.
    """
    if position < 0:
        raise ValueError(f"position must be the index of a frame, at least 0, not {position}.")
    (frame,) = deque(islice(iterate_frames(path, I3D_FPS), position + 1), maxlen=1)
    height, width = frame.shape[:2]
    side = len(crop_center_square(frame))
    figure, [[left, right]] = panels(8, 3.6, columns=2, width_ratios=[width / height, 1])
    left.imshow(frame)
    corner = ((width - side) // 2, (height - side) // 2)
    for color, line in (("white", 4.5), (ORANGE, 2.5)):  # visible on any background
        left.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=color, linewidth=line))
    left.set_title(f"the original: {width} x {height}, square of {side}", fontsize=11)
    right.imshow(crop_and_resize(frame))
    right.set_title(f"the crop: {I3D_SIZE} x {I3D_SIZE}", fontsize=11)
    return Picture(
        figure,
        f"Left: a frame of {width} x {height} pixels with the center square of {side} pixels marked. "
        f"Right: that square, resized to {I3D_SIZE} x {I3D_SIZE}.",
    )


def draw_heat_maps(frames: np.ndarray, maps: Mapping[str, np.ndarray], alt: str = "") -> Picture:
    """Draw the middle frame of each time step, and below it a row of heat maps for each label.

    All maps share one scale with a color bar; brighter means larger.

    Parameters
    ----------
    frames : numpy.ndarray
        uint8 `[T, H, W, 3]`.
    maps : mapping of str to numpy.ndarray
        For each label, float `[t, h, w]`, finite and at least 0, such as from `grad_cam`, with `t` from 1 to `T`. Map `i` covers
        the frames from `i * T / t` on.
    alt : str
        What the maps show, in one phrase; the location of the largest value of each label is added to the alternative text.

    Raises
    ------
    ValueError
        If the values are not as stated; the message says what is wrong.
    """
    require_rgb(frames, "[T, H, W, 3]")
    shapes = {heat.shape for heat in maps.values()}
    if len(shapes) != 1 or not all(len(shape) == 3 and 0 < shape[0] <= len(frames) for shape in shapes):
        raise ValueError(
            f"maps must be [t, h, w], of one shape for all labels, with at most one for each of the {len(frames)} frames, "
            f"not {', '.join(str(list(shape)) for shape in shapes) or 'none'}."
        )
    together = np.stack(list(maps.values()))
    if not np.isfinite(together).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(together))} of {together.size} values of the maps are not finite.")
    if together.min() < 0:
        raise ValueError(f"{np.count_nonzero(together < 0)} of {together.size} values of the maps are negative, but 0 is black.")
    steps = together.shape[1]
    middles = [int((i + 0.5) * len(frames) / steps) for i in range(steps)]
    figure, axes = panels(1.4 * steps + 0.6, 1.55 * (1 + len(maps)), 1 + len(maps), steps)
    for axis, middle in zip(axes[0], middles):
        axis.imshow(frames[middle])
        axis.set_title(f"frame {middle}", fontsize=10)
    sentences = []
    for row, (label, heat) in zip(axes[1:], maps.items()):
        for axis, cells in zip(row, heat):
            shown = axis.imshow(cells, cmap="inferno", vmin=0, vmax=together.max() or 1)
        row[0].set_title(label, fontsize=10, loc="left")
        t, y, x = np.unravel_index(heat.argmax(), heat.shape)
        sentences.append(
            f"{label}: largest value {heat.max():.2g}, at frame {middles[t]}, in row {y + 1} of {heat.shape[1]} "
            f"and column {x + 1} of {heat.shape[2]}"
        )
    figure.colorbar(shown, ax=list(axes[1:].flat), label="heat", fraction=0.02, pad=0.01)
    return Picture(figure, described(alt, f"{steps} frames with heat maps below each. {'; '.join(sentences)}."), colors=0)
