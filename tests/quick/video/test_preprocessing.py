"""Crops of frames, and their values as a model's input."""

import numpy as np
import pytest

from helpers import crop_center_square
from helpers.video.preprocessing import require_rgb, to_batch


@pytest.mark.parametrize(
    "shape, crop_fraction, side",
    [((240, 320), 1.0, 240), ((240, 320), 0.875, 210), ((320, 240), 0.875, 210), ((101, 57), 1.0, 57), ((1, 1), 0.5, 1)],
)
def test_the_crop_is_square(shape, crop_fraction, side):
    assert crop_center_square(np.zeros((*shape, 3), np.uint8), crop_fraction).shape == (side, side, 3)


def test_the_crop_is_in_the_middle():
    frame = np.arange(7 * 5).reshape(7, 5, 1)
    np.testing.assert_array_equal(crop_center_square(frame, 0.6)[..., 0], frame[2:5, 1:4, 0])


@pytest.mark.parametrize("crop_fraction", [0, -1, 1.1])
def test_a_crop_fraction_out_of_range_is_an_error(crop_fraction):
    with pytest.raises(ValueError, match="more than 0 and at most 1"):
        crop_center_square(np.zeros((9, 9, 3)), crop_fraction)


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 1)])
def test_black_and_white_are_the_ends_of_the_range(value_range):
    frames = np.stack([np.zeros((224, 224, 3), np.uint8), np.zeros((224, 224, 3), np.uint8) + 255] * 5)
    batch = to_batch(frames, value_range)
    assert batch.dtype == np.float32 and batch.shape == (1, 10, 224, 224, 3)
    assert (batch.min(), batch.max()) == value_range


def test_a_clip_is_cropped_like_its_frames():
    clip = np.random.default_rng(0).integers(0, 256, (5, 24, 32, 3), np.uint8)
    np.testing.assert_array_equal(crop_center_square(clip), [crop_center_square(frame) for frame in clip])
    with pytest.raises(ValueError, match=r"a frame must be \[H, W, C\], not \[24, 32\]"):
        crop_center_square(clip[0, ..., 0])


def test_the_correction_of_a_list_fits_what_is_needed():
    frame = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(ValueError, match=r"np.stack\(frames\) returns one"):
        require_rgb([frame], "[T, H, W, 3]")
    with pytest.raises(ValueError, match=r"the frame is a list, but must be an array, uint8 \[H, W, 3\].$"):
        require_rgb([frame], "[H, W, 3]", "the frame is")
