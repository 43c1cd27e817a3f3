"""Turn frames into an animation small enough for a notebook."""

import base64
import html
import io
import math
import os
import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..basics.files import replacing
from ..video.preprocessing import I3D_FPS, require_rgb

TICKS = 100  # per second; a GIF stores durations in hundredths of a second
SHORTEST = 2  # ticks; browsers replace shorter durations with a tenth of a second


@dataclass(frozen=True)
class Animation:
    """A GIF, which is displayed in a notebook; `data` contains its bytes."""

    data: bytes
    description: str

    def __repr__(self) -> str:
        return self.description

    def _repr_html_(self) -> str:
        encoded = base64.b64encode(self.data).decode()
        return f'<img src="data:image/gif;base64,{encoded}" alt="{html.escape(self.description)}">'


def frame_times(count: int, fps: float) -> tuple[list[int], list[int]]:
    """Return which frames a GIF can show, and the ticks of each; above 50 frames per second, some frames are left out.

    The clip keeps its duration: at 30 frames per second, or 3.33 ticks, frames last 3, 4, and 3 ticks in turn.
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
        Frame rate of `frames`. By default, `read_video` returns 25 frames per second.
    path : str or Path, optional
        Where to save the GIF, too (`~` is the home folder). By default, no file is written.
    alt : str, optional
        What the frames show, in one phrase; their number and duration are added to the alternative text.

    Raises
    ------
    ValueError, OSError
        If `frames` is not such an array, if `fps` is not positive, or so low that a frame lasts longer than 655 seconds; if the
        file cannot be written.
    """
    require_rgb(frames, "[T, H, W, 3]")
    if not 0 < fps < math.inf:
        raise ValueError(f"fps must be positive and finite, not {fps}.")
    shown, ticks = frame_times(len(frames), fps)
    # One palette for all frames, from a sample of their pixels: the colors hardly change, and static areas then take no space.
    sample = frames[::8, ::4, ::4]
    palette = Image.fromarray(sample.reshape(-1, *sample.shape[2:])).quantize(256, method=Image.Quantize.FASTOCTREE)
    images = [Image.fromarray(frames[i]).quantize(palette=palette, dither=Image.Dither.NONE) for i in shown]
    buffer = io.BytesIO()
    milliseconds = [tick * 1000 // TICKS for tick in ticks]
    try:
        images[0].save(buffer, "GIF", save_all=True, append_images=images[1:], duration=milliseconds, loop=0)
    except (OverflowError, struct.error):  # a duration has 16 bits, and Pillow merges equal frames
        longest = "a GIF cannot show the same picture for more than 655 seconds"
        raise ValueError(f"{longest}. Pass fewer frames, or a higher fps than {fps:g}.") from None
    data = buffer.getvalue()
    if path is not None:
        with replacing(path) as part:
            part.write_bytes(data)
    described = f"Animation of {len(frames)} frames, {len(frames) / fps:.1f} seconds"
    return Animation(data, f"{described}: {alt}" if alt else f"{described}.")
