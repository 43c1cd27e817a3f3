"""Features of clips and their cache. The network is a small stand-in."""

import errno
import shutil

import numpy as np
import pytest

from helpers.basics.messages import DownloadError
from helpers.learn.features import clip_features, features, mean_features
from tests.support import TOP
from tests.support.clock_videos import write_clock
from tests.support.learning import stand_in

SAMPLE = TOP / "samples" / "v_Jump_g01_c01.avi"


def test_features_have_one_row_a_clip():
    rows = features(model := stand_in(), [SAMPLE, SAMPLE])
    assert rows.shape == (2, 4) and rows.dtype == np.float32
    assert 13 in model.frames, "2.56 s at 5 frames per second"
    np.testing.assert_allclose([rows.mean(axis=1), rows.std(axis=1)], [[0, 0], [1, 1]], atol=1e-6, err_msg="standardized")


def test_features_are_cached_by_content_and_by_model(cache, tmp_path):
    model = stand_in("one")
    first = clip_features(model, SAMPLE)
    copy = shutil.copy(SAMPLE, tmp_path / "another_name.avi")
    again = clip_features(model, copy)
    assert model.calls == 2, "all frames, and the middle one; nothing for the copy"
    assert all(np.array_equal(a, b) for a, b in zip(first, again))
    other = stand_in("another")
    clip_features(other, SAMPLE)
    assert other.calls == 2


def test_a_damaged_cache_file_is_computed_again(cache):
    model = stand_in("one")
    first = clip_features(model, SAMPLE)
    (file,) = (cache / "features").rglob("*.npz")
    for content in (b"", file.read_bytes()[:200]):
        file.write_bytes(content)
        assert np.array_equal(clip_features(model, SAMPLE).features, first.features)


def test_a_full_disk_is_an_error_that_names_the_cache(cache, monkeypatch):
    def full(*arguments, **arrays):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(DownloadError, match="cannot be written to: No space left on device. Free some space"):
        clip_features(stand_in("one"), SAMPLE)
    assert not list((cache / "features").rglob("*.npz"))


def test_a_short_clip_is_looped_and_says_so(cache, tmp_path):
    clip = write_clock(tmp_path / "short.mkv", 25, 25)
    model = stand_in("one")
    for _ in "first", "from the cache":
        with pytest.warns(UserWarning, match="short.mkv has 5 frames, but stand-in needs 9, so it was looped"):
            features(model, [clip])
    assert model.frames == [9, 9], "all frames, and the middle one"


def test_a_clip_without_frames_has_no_features():
    with pytest.raises(ValueError, match="has no frames"):
        mean_features(stand_in(), np.empty((0, 32, 32, 3), np.uint8))


def test_a_loop_begins_again_with_the_first_frame():
    frames = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    looped = frames[[0, 1, 2, 3, 0, 1, 2, 3, 0]]
    np.testing.assert_array_equal(mean_features(stand_in(), frames), mean_features(stand_in(), looped))
