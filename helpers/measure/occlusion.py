"""Occlusion test: fill the hottest cells of a heat map, and as a control other cells that also cover the person."""

import numpy as np

from ..video.preprocessing import check_frames

CELL_FRAMES, CELL_PIXELS = 8, 32  # stride of Mixed_5c: the part of the clip that one of its cells represents
CELLS_ACROSS = 7
FOREGROUND_DIFFERENCE = 30  # out of 255; compression noise on the lawn of the samples is smaller


def top_cells(heat: np.ndarray, share: float = 0.1) -> np.ndarray:
    """Return a mask, bool `[ceil(T / 8), 7, 7]`, of the top cells, a fraction `share` of all cells.

    Raises ValueError if the heat is not finite, or if `share` is not in [0, 1].
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be a fraction of the cells, from 0 to 1, not {share}.")
    _require_finite(heat, "heat")
    count = round(share * heat.size)
    mask = np.zeros(heat.size, bool)
    mask[np.argsort(-heat.ravel(), kind="stable")[:count]] = True
    return mask.reshape(heat.shape)


def occlude(frames: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fill the cells of a mask, bool `[ceil(T / 8), 7, 7]`, with the mean color of the clip, uint8 `[T, 224, 224, 3]`.

    Raises ValueError if the clip or the mask has another dtype or shape.
    """
    check_frames(frames, min_frames=1)
    cells = (-(-len(frames) // CELL_FRAMES), CELLS_ACROSS, CELLS_ACROSS)
    _require_mask(mask)
    if mask.shape != cells:
        raise ValueError(f"the mask is {list(mask.shape)}, but must be {list(cells)} for {len(frames)} frames.")
    pixels = mask.repeat(CELL_FRAMES, 0)[: len(frames)].repeat(CELL_PIXELS, 1).repeat(CELL_PIXELS, 2)
    return np.where(pixels[..., np.newaxis], frames.mean(axis=(0, 1, 2)).astype(np.uint8), frames)


def person_cover(frames: np.ndarray) -> np.ndarray:
    """Return the share of each cell of Mixed_5c that a person covers, float64 `[ceil(T / 8), 7, 7]`.

    The clip, uint8 `[T, 224, 224, 3]`, shows one moving person in front of a static camera: the pixels of the person are those
    that differ from the median image of the clip.
    """
    check_frames(frames, min_frames=1)
    background = np.median(frames, axis=0)
    moving = (np.abs(frames - background).max(axis=-1) > FOREGROUND_DIFFERENCE)[..., np.newaxis]
    moving = np.pad(moving, [(0, -len(frames) % CELL_FRAMES), (0, 0), (0, 0), (0, 0)], mode="edge")
    cells = moving.reshape(-1, CELL_FRAMES, CELLS_ACROSS, CELL_PIXELS, CELLS_ACROSS, CELL_PIXELS)
    return cells.mean(axis=(1, 3, 5))


def control_cells(mask: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """Return a mask, bool `[ceil(T / 8), 7, 7]`, of as many other cells, which cover about as much of the person.

    `mask` has at least one and at most half of the cells, and `cover` is what `person_cover` returned. The cells outside the
    mask are sorted by cover. Among all runs of the required length in that order, the one whose sum is closest to that of the
    mask is returned.
    """
    _require_mask(mask)
    _require_finite(cover, "cover")
    if mask.shape != cover.shape:
        raise ValueError(f"the mask is {list(mask.shape)}, but the cover {list(cover.shape)}. Both must be of the same clip.")
    count, others = int(mask.sum()), np.flatnonzero(~mask)
    if not count:
        raise ValueError("the mask has no cells, so there are none to compare with. Choose a larger share of the cells.")
    if count > len(others):
        raise ValueError(f"{count} of {mask.size} cells are in the mask, but at most half may be, to leave enough others.")
    ordered = others[np.argsort(-cover.ravel()[others], kind="stable")]
    sums = np.convolve(cover.ravel()[ordered], np.ones(count), mode="valid")
    start = int(np.abs(sums - cover[mask].sum()).argmin())
    control = np.zeros(mask.size, bool)
    control[ordered[start : start + count]] = True
    return control.reshape(mask.shape)


def _require_mask(mask: np.ndarray) -> None:
    if mask.dtype != bool:
        raise ValueError(f"the mask is {mask.dtype}, but must be bool, such as top_cells(heat) returns.")


def _require_finite(values: np.ndarray, what: str) -> None:
    if not np.isfinite(values).all():
        raise ValueError(f"the {what} of {np.count_nonzero(~np.isfinite(values))} of {values.size} cells is not finite.")
