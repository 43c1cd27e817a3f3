"""Choose a fair control for an occlusion test: cells that cover the person, too."""

import numpy as np

from .inside import CELL_FRAMES, CELL_PIXELS

CELLS_ACROSS = 7
FOREGROUND_DIFFERENCE = 30  # of 255; XviD's noise on the lawn of the samples stays below


def person_cover(frames: np.ndarray) -> np.ndarray:
    """Return how much of each cell of Mixed_5c the person covers.

    Parameters
    ----------
    frames : numpy.ndarray
        uint8 `[T, 224, 224, 3]`, one moving person before a camera that stands still.

    Returns
    -------
    numpy.ndarray
        float64 `[ceil(T / 8), 7, 7]` in [0, 1]: the share of pixels that differ from the median image of the clip.
    """
    background = np.median(frames, axis=0)
    moving = (np.abs(frames - background).max(axis=-1) > FOREGROUND_DIFFERENCE)[..., np.newaxis]
    moving = np.pad(moving, [(0, -len(frames) % CELL_FRAMES), (0, 0), (0, 0), (0, 0)], mode="edge")
    cells = moving.reshape(-1, CELL_FRAMES, CELLS_ACROSS, CELL_PIXELS, CELLS_ACROSS, CELL_PIXELS)
    return cells.mean(axis=(1, 3, 5))


def control_cells(mask: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """Return as many other cells that cover about as much of the person.

    The cells outside the mask are sorted by cover; of all runs of the needed length in that order, the one whose sum is closest
    to that of the mask is taken.

    Parameters
    ----------
    mask : numpy.ndarray
        bool `[T / 8, 7, 7]`: the cells to compare with, at most half of all.
    cover : numpy.ndarray
        float `[T / 8, 7, 7]`: what `person_cover` returns.

    Returns
    -------
    numpy.ndarray
        bool `[T / 8, 7, 7]`; no cell is in both masks.

    Raises
    ------
    ValueError
        If more than half of the cells are in the mask, so that too few are left.
    """
    count, others = int(mask.sum()), np.flatnonzero(~mask)
    if count > len(others):
        raise ValueError(f"{count} of {mask.size} cells are in the mask: needed at most half, so that as many others are left.")
    ordered = others[np.argsort(-cover.ravel()[others], kind="stable")]
    sums = np.convolve(cover.ravel()[ordered], np.ones(count), mode="valid")
    start = int(np.abs(sums - cover[mask].sum()).argmin())
    control = np.zeros(mask.size, bool)
    control[ordered[start : start + count]] = True
    return control.reshape(mask.shape)
