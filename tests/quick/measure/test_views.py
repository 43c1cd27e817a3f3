"""Views of a video: where the clips and crops are, and the stored predictions."""

import shutil

import numpy as np
import pytest

from helpers import read_video, samples
from helpers.measure import views as module
from helpers.measure.real_clips import FOUND, real_clips
from helpers.measure.views import CLIPS, CROPS, FILE, averaged_views, crop_along, iterate_views, read_file, write_file
from helpers.video.metadata import VideoError
from helpers.video.preprocessing import to_batch
from tests.support.clock_videos import record_opened, times, write_clock
from tools.notebooks.measure_views import measure

CARTWHEEL = samples["v_Cartwheel_g01_c01.avi"]


def test_there_are_30_views_of_64_frames():
    views = list(iterate_views(CARTWHEEL))
    assert len(views) == 30 and {(view.shape, view.dtype.name) for view in views} == {((64, 224, 224, 3), "uint8")}


def test_clips_are_evenly_spaced_from_the_start_to_the_end(tmp_path):
    clock = write_clock(tmp_path / "clock.mkv", 25, 46)
    starts = [times(view)[0] for view in iterate_views(clock, clips=4, crops=1, frames=16)]
    assert starts == pytest.approx([0, 0.4, 0.8, 1.2])
    [middle] = iterate_views(clock, clips=1, crops=1, frames=16)
    assert times(middle) == pytest.approx(0.6 + np.arange(16) / 25)


def test_one_view_is_the_middle_of_what_read_video_returns():
    [view] = iterate_views(CARTWHEEL, clips=1, crops=1, frames=32)
    np.testing.assert_array_equal(view, read_video(CARTWHEEL)[16:48])
    center = list(iterate_views(CARTWHEEL, clips=1, crops=3, frames=32))[1]
    np.testing.assert_array_equal(view, center)


def test_fewer_clips_are_some_of_more():
    """So the predictions of 10 clips, as stored, contain those of 4."""
    ten, four = (list(iterate_views(CARTWHEEL, clips, crops=1, frames=20)) for clips in (10, 4))
    np.testing.assert_array_equal(ten[::3], four)


def test_all_clips_of_a_short_video_are_the_whole_video(tmp_path):
    views = list(iterate_views(write_clock(tmp_path / "clock.mkv", 25, 12), clips=3, crops=1))
    assert len(views) == 3
    for view in views:
        assert times(view) == pytest.approx(np.arange(12) / 25)


def test_frames_are_resampled(tmp_path):
    *_, last = iterate_views(write_clock(tmp_path / "clock.mkv", 50, 100), clips=2, crops=1, frames=25)
    assert times(last) == pytest.approx(1 + np.arange(25) / 25, abs=0.021)


def test_crops_are_along_the_longer_side():
    """Of a frame whose red is its column and whose green is its row: 112 of 128 rows, without 8 at both ends."""
    across, down = np.arange(240, dtype=np.uint8), np.arange(128, dtype=np.uint8)
    frame = np.stack(np.broadcast_arrays(across, down[:, np.newaxis], np.uint8(0)), axis=2)
    crops = crop_along(frame, 3)
    assert crops.shape == (3, 224, 224, 3)
    assert [(crop[..., 0].min(), crop[..., 0].max()) for crop in crops] == [(0, 111), (64, 175), (128, 239)]
    assert {(crop[..., 1].min(), crop[..., 1].max()) for crop in crops} == {(8, 119)}
    np.testing.assert_array_equal(crop_along(frame.swapaxes(0, 1), 3), crops.swapaxes(1, 2))


def test_a_file_is_opened_twice_for_any_number_of_views(tmp_path, monkeypatch):
    clock = write_clock(tmp_path / "clock.mkv", 25, 30)
    opened = record_opened(monkeypatch)
    assert len(list(iterate_views(clock, frames=9))) == 30 and opened == [str(clock)] * 2


def test_a_video_that_is_too_short_is_refused(tmp_path):
    with pytest.raises(VideoError, match=r"clock.mkv has 8 frames, but I3D needs at least 9. Use a longer video"):
        next(iterate_views(write_clock(tmp_path / "clock.mkv", 25, 8)))


def test_missing_frames_are_a_warning(tmp_path):
    (tmp_path / "half.avi").write_bytes(CARTWHEEL.read_bytes()[: CARTWHEEL.stat().st_size // 2])
    with pytest.warns(UserWarning, match="half.avi: .*Is it complete"):
        assert len(list(iterate_views(tmp_path / "half.avi", 2, 1))) == 2


@pytest.mark.parametrize("clips, crops, frames", [(0, 3, 64), (10, 0, 64), (10, 3, 8)])
def test_impossible_views_are_refused(clips, crops, frames):
    with pytest.raises(ValueError, match=f"at least 1, and frames at least 9, not {clips}, {crops} and {frames}"):
        next(iterate_views(CARTWHEEL, clips, crops, frames))


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the file, which a test may damage."""
    monkeypatch.setattr(module, "FILE", tmp_path / FILE.name)
    shutil.copy(FILE, tmp_path)
    return module.FILE


def test_the_file_is_small_and_says_what_was_measured():
    file = read_file()
    assert FILE.stat().st_size < 600_000
    assert file["logits"].shape == (24, CLIPS, CROPS, 400) and file["fingerprint"].item()
    assert file["date"].item() and file["processor"].item()


def test_conditions_are_averages_of_the_stored_views():
    """The probabilities are computed again without the code under test."""
    with np.load(FILE) as file:
        logits = file["logits"].astype(float)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    found = averaged_views().results
    np.testing.assert_array_equal(found["unchanged"], real_clips(*FOUND).results["unchanged"])
    expected = {
        "4 clips": sum(probabilities[:, clip, 1] for clip in (0, 3, 6, 9)) / 4,
        "10 clips": sum(probabilities[:, clip, 1] for clip in range(10)) / 10,
        "10 clips, 3 crops": sum(probabilities[:, clip, crop] for clip in range(10) for crop in range(3)) / 30,
    }
    assert list(found) == ["unchanged", *expected]
    for title, mean in expected.items():
        np.testing.assert_allclose(found[title], mean, atol=1e-5)


def test_more_views_do_not_help_these_clips():
    """The numbers in samples/REAL_CLIPS.md."""
    stored = averaged_views()
    assert [stored.count_correct(title) for title in stored.results] == [22, 20, 22, 20]
    assert str(stored.discordant("10 clips, 3 crops")) == "0 : 2, p = 0.5" and stored.decided() == []


def test_the_clips_of_short_videos_are_the_same():
    """Two videos have fewer than 64 frames; for them, the single view of `real_clips` is each of the ten."""
    logits = read_file()["logits"].astype(float)
    short = [i for i, of_video in enumerate(logits) if (of_video == of_video[0]).all()]
    stored = averaged_views()
    assert [stored.clips[i].name for i in short] == ["hmdb51_drink.mp4", "cleaning_pool_32_frames.mp4"]
    np.testing.assert_allclose(stored.results["10 clips"][short], stored.results["unchanged"][short], atol=0.005)


@pytest.mark.parametrize("damage", ["cut", "other shape", "not finite", "other clips"])
def test_a_damaged_file_is_refused(copy, damage):
    if damage == "cut":
        copy.write_bytes(copy.read_bytes()[:1000])
    else:
        arrays = read_file()
        arrays["logits"] = arrays["logits"][..., 1:] if damage == "other shape" else arrays["logits"]
        arrays["logits"][0, 0, 0, 0] = np.nan if damage == "not finite" else 0
        arrays["sha256"] = arrays["sha256"][::-1] if damage == "other clips" else arrays["sha256"]
        np.savez(copy, **arrays)
    with pytest.raises(ValueError, match="view_logits.npz is damaged .* git checkout samples/view_logits.npz"):
        averaged_views()


def test_a_missing_file_is_reported(copy):
    copy.unlink()
    with pytest.raises(FileNotFoundError, match="samples/view_logits.npz is missing. Download the tutorial again"):
        averaged_views()


def test_what_is_written_is_read(copy):
    before = read_file()
    copy.unlink()
    write_file(**before)
    assert before.keys() == read_file().keys()
    for name, values in read_file().items():
        np.testing.assert_array_equal(values, before[name])


def test_an_interrupted_measurement_goes_on(tmp_path):
    """Equal views are computed once, and the views of a clip that was measured not again."""
    clock, batches = write_clock(tmp_path / "clock.mkv", 25, 12), []

    def model(batch):
        batches.append(np.asarray(batch))
        return {"default": np.arange(400, dtype=np.float32)[np.newaxis]}

    model.fingerprint = "stand-in"
    first = measure(clock, tmp_path / "partial" / "clock.npy", model)
    again = measure(clock, tmp_path / "partial" / "clock.npy", model)
    assert first.shape == (CLIPS, CROPS, 400) and (first == np.arange(400)).all()
    np.testing.assert_array_equal(first, again)
    [batch] = batches
    np.testing.assert_array_equal(batch, to_batch(next(iterate_views(clock))))
