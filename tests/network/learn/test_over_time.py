"""Features over time with real networks: the dense pass and the windows are those of a plain loop."""

import shutil

import numpy as np
import pytest

from helpers import features, features_over_time, load_features, read_video, samples
from helpers.basics.quiet import tf
from helpers.learn import over_time
from helpers.learn.over_time import rows_over_time, sampling
from helpers.video.preprocessing import to_batch
from helpers.video.writing import join_clips
from tests.support.command_line import run

NAMES = ["v_Crawl_g01_c01.avi", "v_Dance_g02_c01.avi", "v_Jump_g03_c01.avi"]


@pytest.fixture(scope="module")
def frames():
    """Three clips, one after the other: 192 frames."""
    return np.concatenate([read_video(samples[name]) for name in NAMES])


def of_whole_clip(model, frames):
    """Return the network's rows of a clip, in one call, as a reader would write it."""
    return model.module.signatures["features"](frames=tf.constant(to_batch(frames)))["default"].numpy()[0]


def test_a_dense_pass_in_chunks_is_one_call_of_the_network(model, frames, monkeypatch):
    expected = of_whole_clip(model, frames)
    monkeypatch.setattr(over_time, "CHUNK_FRAMES", 64)
    found = np.array(list(rows_over_time(model, frames, sampling(8))))
    assert found.shape == (23, 1024)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert np.abs(expected[8:16] - of_whole_clip(model, frames[64:136])).max() > 0.1, "without context, rows differ"


def test_windows_are_those_of_a_plain_loop(model, frames):
    plain = [of_whole_clip(model, frames[start : start + 64]).mean(axis=0) for start in (0, 48, 96)]
    np.testing.assert_allclose(list(rows_over_time(model, frames[:180], sampling(None, 64, 48))), plain, atol=1e-5)


def test_a_row_sees_what_it_says(model, frames):
    """Only frames that are in `sees` change a row of I3D."""
    record = features_over_time(model, samples[NAMES[0]])
    assert record.sees[6].tolist() == [4, 64] and record.rows.shape == (7, 1024)
    clip = frames[:64].copy()
    before = of_whole_clip(model, clip)
    np.testing.assert_allclose(record.rows, before, rtol=1e-4, atol=1e-5)
    clip[:4] = 255 - clip[:4]
    after = of_whole_clip(model, clip)
    assert np.array_equal(after[6], before[6]) and not np.array_equal(after[5], before[5])
    clip[4] = 255 - clip[4]
    assert not np.array_equal(of_whole_clip(model, clip)[6], before[6])


def test_the_command_with_movinet(movinet, tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    for name in NAMES:
        shutil.copy(samples[name], clips)
    join_clips([samples[name] for name in NAMES], clips / "joined.mp4")
    options = ["--model", "movinet-a0", "--every", "5", "--format", "npy", "--dashboard", "off", "--workers", "1"]
    finished = run("-m", "helpers", "features", clips, "--out", out, *options)
    assert finished.returncode == 0 and finished.stderr == "", finished.stderr
    assert finished.stdout.splitlines()[-1].startswith("done 4, skipped 0, failed 0, ")
    table = load_features(out)
    assert [len(rows) for rows in table.rows] == [7, 2, 2, 2]
    for rows, name in zip(table.rows, table.names):
        assert np.array_equal(np.load(out / f"{name[:-4]}.npy"), rows)
        assert np.array_equal(features_over_time(movinet, clips / name, every=5).rows, rows)
    np.testing.assert_array_equal(
        features_over_time(movinet, clips / NAMES[0], window=13).rows, features(movinet, [clips / NAMES[0]])
    )
