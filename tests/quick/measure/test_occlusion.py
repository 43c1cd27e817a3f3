"""The occlusion test and its control."""

import numpy as np
import pytest

from helpers.measure.occlusion import control_cells, occlude, person_cover, top_cells

CLIP = np.random.default_rng(0).integers(0, 256, (16, 224, 224, 3), dtype=np.uint8)


def moving_rectangle():
    """Return 20 frames with a rectangle of two by one cells, which moves one cell down and to the right every 4 frames."""
    frames = np.full((20, 224, 224, 3), 90, np.uint8)
    for t in range(20):
        step = t // 4
        frames[t, 32 * step : 32 * step + 64, 32 * step : 32 * step + 32] = 200
    return frames


def test_cover_is_the_share_of_moving_pixels():
    cover = person_cover(moving_rectangle())
    assert cover.shape == (3, 7, 7)
    assert cover[0, 0, 0] == 0.5 and cover[0, 1, 0] == 0.5 and cover[0, 1, 1] == 0.5
    assert cover[2, 4, 4] == 1.0, "the last cell covers only the remaining frames"
    assert cover.sum() == 2 + 2 + 2, "the rectangle fills two cells at any time"


def test_the_control_covers_as_much_with_other_cells():
    cover = np.random.default_rng(0).random((8, 7, 7)) ** 4
    mask = np.zeros(cover.size, bool)
    mask[np.random.default_rng(1).choice(cover.size, 39, replace=False)] = True
    mask = mask.reshape(cover.shape)
    control = control_cells(mask, cover)
    assert control.sum() == 39 and not (control & mask).any()
    assert cover[control].sum() == pytest.approx(cover[mask].sum(), rel=0.1)


def test_a_mask_of_the_entire_person_gets_the_next_best_cells():
    cover = np.zeros((1, 7, 7))
    cover[0, 0, :3] = [1, 1, 0.2]
    mask = cover == 1
    assert np.argwhere(control_cells(mask, cover)).tolist()[0] == [0, 0, 2]


def test_a_mask_of_more_than_half_is_refused():
    with pytest.raises(ValueError, match="30 of 49 cells"):
        control_cells(np.arange(49).reshape(1, 7, 7) < 30, np.zeros((1, 7, 7)))


CELLS = np.arange(2 * 49).reshape(2, 7, 7)
HOT = CELLS > 90


@pytest.mark.parametrize(
    "misuse, message",
    [
        (lambda: occlude(CLIP, CELLS / 98), "the mask is float64, but must be bool"),
        (lambda: occlude(CLIP, HOT[:1]), r"the mask is \[1, 7, 7\], but must be \[2, 7, 7\] for 16 frames"),
        (lambda: occlude(CLIP / 255, HOT), "frames are float64"),
        (lambda: person_cover(CLIP[:, :112]), r"frames are uint8 \[16, 112, 224, 3\]"),
        (lambda: top_cells(np.where(HOT, np.nan, 1)), "the heat of 7 of 98 cells is not finite"),
        (lambda: top_cells(CELLS, share=10), "share must be a fraction of the cells, from 0 to 1, not 10"),
        (lambda: control_cells(top_cells(CELLS, share=0), CELLS), "the mask has no cells"),
        (lambda: control_cells(HOT.astype(int), CELLS), "the mask is int64, but must be bool"),
        (lambda: control_cells(HOT, np.where(HOT, np.nan, 1)), "the cover of 7 of 98 cells is not finite"),
        (lambda: control_cells(HOT, CELLS[:1]), r"the mask is \[2, 7, 7\], but the cover \[1, 7, 7\]"),
    ],
)
def test_misuse_is_said(misuse, message):
    with pytest.raises(ValueError, match=message):
        misuse()


def test_occlusion_changes_only_the_cells_of_the_mask():
    mask = np.zeros((2, 7, 7), bool)
    mask[1, 0, 6] = True
    different = (occlude(CLIP, mask) != CLIP).any(axis=-1)
    assert different[8:, :32, 192:].mean() > 0.9
    different[8:, :32, 192:] = False
    assert not different.any()


def test_occlusion_works_for_clips_whose_length_is_not_a_multiple_of_8():
    mask = np.zeros((2, 7, 7), bool)
    mask[1] = True
    occluded = occlude(CLIP[:12], mask)
    assert occluded.shape == CLIP[:12].shape
    assert (occluded[:8] == CLIP[:8]).all() and len(np.unique(occluded[8:].reshape(-1, 3), axis=0)) == 1
