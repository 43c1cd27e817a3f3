"""The control of the occlusion test."""

import numpy as np
import pytest

from helpers.occlusion import control_cells, person_cover


def moving_square():
    """A clip of 20 frames: a square of two cells by one, one cell lower and further to the right every 4 frames."""
    frames = np.full((20, 224, 224, 3), 90, np.uint8)
    for t in range(20):
        step = t // 4
        frames[t, 32 * step : 32 * step + 64, 32 * step : 32 * step + 32] = 200
    return frames


def test_cover_is_the_share_of_moving_pixels():
    cover = person_cover(moving_square())
    assert cover.shape == (3, 7, 7)
    assert cover[0, 0, 0] == 0.5 and cover[0, 1, 0] == 0.5 and cover[0, 1, 1] == 0.5
    assert cover[2, 4, 4] == 1.0, "a last cell that the clip does not fill is the cell of its last frames"
    assert cover.sum() == 2 + 2 + 2, "the square fills two cells at any time"


def test_the_control_covers_as_much_and_shares_no_cell():
    cover = np.random.default_rng(0).random((8, 7, 7)) ** 4
    mask = np.zeros(cover.size, bool)
    mask[np.random.default_rng(1).choice(cover.size, 39, replace=False)] = True
    mask = mask.reshape(cover.shape)
    control = control_cells(mask, cover)
    assert control.sum() == 39 and not (control & mask).any()
    assert cover[control].sum() == pytest.approx(cover[mask].sum(), rel=0.1)


def test_a_mask_of_the_whole_person_gets_the_next_best():
    cover = np.zeros((1, 7, 7))
    cover[0, 0, :3] = [1, 1, 0.2]
    mask = cover == 1
    assert np.argwhere(control_cells(mask, cover)).tolist()[0] == [0, 0, 2]


def test_a_mask_of_more_than_half_is_refused():
    with pytest.raises(ValueError, match="30 of 49 cells"):
        control_cells(np.arange(49).reshape(1, 7, 7) < 30, np.zeros((1, 7, 7)))
