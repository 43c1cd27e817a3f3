"""Turn frames into an animation small enough for a notebook."""

import base64
import html
import io
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..preprocessing import I3D_FPS

TICKS = 100  # a GIF's clock counts hundredths of a second
SHORTEST = 2  # ticks; browsers show anything shorter as a tenth of a second


@dataclass(frozen=True)
class Animation:
    """A GIF that shows itself in a notebook."""

    data: bytes
    description: str

    def __repr__(self) -> str:
        return self.description

    def _repr_html_(self) -> str:
        encoded = base64.b64encode(self.data).decode()
        return f'<img src="data:image/gif;base64,{encoded}" alt="{html.escape(self.description)}">'


def frame_times(count: int, fps: float) -> tuple[list[int], list[int]]:
    """Return which frames a GIF can show, and the duration of each in hundredths of a second.

    30 frames a second are 3.33 ticks each, so they are given 3, 4 and 3 in turn: the clip keeps its length. Above 50 frames a
    second some frames are left out.

    >>> frame_times(3, 30)
    ([0, 1, 2], [3, 4, 3])
    >>> frame_times(4, 100)
    ([0, 2], [2, 2])
    """
    step = math.ceil(fps * SHORTEST / TICKS)
    shown = list(range(0, count, step))
    starts = [round(i * TICKS / fps) for i in [*shown, count]]
    return shown, np.diff(starts).tolist()


def to_gif(frames: np.ndarray, fps: float = I3D_FPS, path: str | os.PathLike | None = None, alt: str | None = None) -> Animation:
    """Turn frames into an animation for a notebook.

    Parameters
    ----------
    frames : numpy.ndarray
        uint8 `[T, H, W, 3]`, RGB.
    fps : float
        Frames per second, as the frames were read: 25 is what `read_video` returns.
    path : str or Path, optional
        Where to save the GIF as well (`~` is the home folder); without it no file is left behind.
    alt : str, optional
        What the frames show, in one phrase; their number and duration are added to the alternative text.

    Returns
    -------
    Animation
        Shows itself as the last line of a cell; `data` contains the bytes of the GIF.

    Raises
    ------
    ValueError
        If `frames` are not such an array, or `fps` is not above 0.
    """
    if not isinstance(frames, np.ndarray):
        raise ValueError(
            f"frames are a {type(frames).__name__}: needed an array, uint8 [T, H, W, 3]; np.stack(frames) makes one."
        )
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or not len(frames):
        raise ValueError(f"frames are {frames.dtype} {list(frames.shape)}: needed uint8 [T, H, W, 3], RGB.")
    if not 0 < fps < math.inf:
        raise ValueError(f"fps is {fps}: needed frames per second, more than 0.")
    shown, ticks = frame_times(len(frames), fps)
    # One palette for the whole clip: its colors hardly change, and what stands still costs nothing.
    images = [Image.fromarray(frames[i]) for i in shown]
    palette = shared_palette(frames)
    images = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    buffer = io.BytesIO()
    milliseconds = [tick * 1000 // TICKS for tick in ticks]
    images[0].save(buffer, "GIF", save_all=True, append_images=images[1:], duration=milliseconds, loop=0)
    data = buffer.getvalue()
    if path is not None:
        Path(os.path.expanduser(path)).write_bytes(data)
    described = f"Animation of {len(frames)} frames, {len(frames) / fps:.1f} seconds"
    return Animation(data, f"{described}: {alt}" if alt else f"{described}.")


def shared_palette(frames):
    """Return an image with a palette of 256 colors for all frames, chosen from a sample of their pixels."""
    thinned = frames[::8, ::4, ::4]
    return Image.fromarray(thinned.reshape(-1, *thinned.shape[2:])).quantize(256, method=Image.Quantize.FASTOCTREE)
