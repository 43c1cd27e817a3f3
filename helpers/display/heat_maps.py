"""Draw heat maps below the frames of a clip."""

import numpy as np
from matplotlib.figure import Figure

from ..video.preprocessing import require_rgb
from .alternative_text import Picture


def draw_heat_maps(frames: np.ndarray, maps: np.ndarray, alt: str = "", largest: float | None = None) -> Picture:
    """Draw the middle frame of each time step, with the heat map of that step below it.

    All maps share one scale with a color bar; brighter means larger.

    Parameters
    ----------
    frames : numpy.ndarray
        uint8 `[T, H, W, 3]`.
    maps : numpy.ndarray
        float `[t, h, w]`, at least 0, such as from `grad_cam`. Map `i` covers the frames from `i * T / t` on.
    alt : str
        What the maps show, in one phrase; the location of the largest value is added to the alternative text.
    largest : float, optional
        Upper end of the scale; by default, the largest value of the maps. Use the same value in figures to be compared.

    Raises
    ------
    ValueError
        If `frames` is not such an array, if `maps` do not have three axes or are not finite, or if there are more maps than
        frames.
    """
    require_rgb(frames, "[T, H, W, 3]")
    if maps.ndim != 3 or not 0 < len(maps) <= len(frames):
        raise ValueError(
            f"maps must be [t, h, w], with at most one for each of the {len(frames)} frames, not {list(maps.shape)}."
        )
    if not np.isfinite(maps).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(maps))} of {maps.size} values of the maps are not finite.")
    step = len(frames) / len(maps)
    figure = Figure(figsize=(1.4 * len(maps) + 0.6, 3.1), layout="constrained")
    axes = figure.subplots(2, len(maps), squeeze=False)
    for i, (above, below) in enumerate(axes.T):
        middle = int((i + 0.5) * step)
        above.imshow(frames[middle])
        above.set_title(f"frame {middle}", fontsize=10)
        shown = below.imshow(maps[i], cmap="inferno", vmin=0, vmax=largest or maps.max() or 1)
        above.axis("off")
        below.axis("off")
    figure.colorbar(shown, ax=list(axes[1]), label="heat", fraction=0.02, pad=0.01)
    t, row, column = np.unravel_index(maps.argmax(), maps.shape)
    where = (
        f"{len(maps)} frames with a heat map below each. Largest value: {maps.max():.2g}, at frame {int((t + 0.5) * step)}, "
        f"in row {row + 1} of {maps.shape[1]} and column {column + 1} of {maps.shape[2]}."
    )
    return Picture(figure, f"{alt.rstrip('.')}. {where}" if alt else where, colors=0)
