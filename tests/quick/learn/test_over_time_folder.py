"""Folders of features over time: what is computed again, and the arrays for other tools."""

import json
import shutil
import sys

import numpy as np
import pytest

from helpers.clips.folders import source_clips
from helpers.learn import command as learn_command
from helpers.learn.classifier import cross_validate
from helpers.learn.many_clips import command as features_command
from helpers.learn.many_clips.arrays import require_own_arrays
from helpers.learn.many_clips.run import extract_features
from helpers.learn.many_clips.table import load_features, read_manifest
from helpers.learn.many_clips.task import model_key
from helpers.learn.over_time import features_over_time, sampling
from helpers.video.writing import write_video
from tests.support.cheap_models import strided
from tests.support.many_clips import JUMPS, describe, failures, npz

MODEL = "tests.support.cheap_models:strided"
PASS, WINDOWS = sampling(8), sampling(None, 32, 16)


def short_clip(clips):
    """Add a clip of 20 frames."""
    return write_video(np.full((20, 32, 32, 3), 99, np.uint8), clips / "leap" / "short.avi")


def arrays(out):
    return {path.name: np.load(path) for path in out.glob("*.npy")}


def test_a_folder_contains_what_features_over_time_returns(clips, tmp_path):
    assert describe(clips, tmp_path / "out", MODEL, chosen=PASS).done == 3
    table = load_features(tmp_path / "out")
    assert (table.names, table.groups) == ([clip.name for clip in source_clips(clips)], ["g01", "g02", "g03"])
    for rows, name, record in zip(table.rows, table.names, table.clips):
        assert all(map(np.array_equal, record, features_over_time(strided(), clips / name)))
        assert rows.shape == (7, 3) and np.array_equal(rows, record.rows)
    first = read_manifest(tmp_path / "out")[0]
    assert (first.frames, first.seconds, first.file) == (64, 2.56, "hop/v_Jump_g01_c01.avi.npz")


def test_other_settings_are_computed_again_and_the_same_are_kept(clips, tmp_path, capsys):
    out = tmp_path / "out"
    describe(clips, out, MODEL, chosen=PASS)
    before = npz(out)
    assert describe(clips, out, MODEL, chosen=PASS).skipped == 3 and npz(out) == before
    sorted(out.rglob("*.npz"))[0].unlink()
    assert describe(clips, out, MODEL, chosen=PASS).done == 1
    assert capsys.readouterr().err == ""
    assert describe(clips, out, MODEL, chosen=WINDOWS).done == 3
    assert "contains features of 3 clips from another model, version or sampling (--every" in capsys.readouterr().err
    assert len(load_features(out).rows[0]) == 3
    keys = {model_key(MODEL, chosen) for chosen in (None, PASS, WINDOWS, sampling(16), sampling(None, 32, 8))}
    assert len(keys) == 5 and model_key(MODEL, sampling(None, 32)) == model_key(MODEL, sampling(None, 32, 32))


def test_a_clip_that_is_too_short_is_listed_and_costs_only_itself(clips, tmp_path):
    short_clip(clips)
    report = describe(clips, tmp_path / "out", MODEL, chosen=WINDOWS)
    assert (report.done, list(report.failed)) == (3, ["leap/short.avi"])
    assert "has 20 frames at 25 per second, but one row over time needs 32" in failures(tmp_path / "out")["leap/short.avi"]


def test_arrays_are_read_as_actionformer_reads_them(clips, tmp_path):
    """Its loader: `np.load(feat_folder + file_prefix + video + file_ext)`, float [T, C]; seconds as below."""
    out = tmp_path / "out"
    describe(clips, out, MODEL, chosen=WINDOWS, as_arrays=True)
    lines = dict(line.split(": ", 1) for line in (out / "dataset.yaml").read_text().splitlines()[1:])
    assert lines["file_prefix"] == "~", "none"
    for path in JUMPS:
        found = np.load(f"{json.loads(lines['feat_folder'])}/{path.stem}{lines['file_ext']}")
        record = features_over_time(strided(), path, window=32, step=16)
        assert found.dtype == np.float32 and np.array_equal(found, record.rows)
        assert found.shape[1] == int(lines["input_dim"])
        stride, length, fps = (float(lines[name]) for name in ("feat_stride", "num_frames", "default_fps"))
        np.testing.assert_allclose((np.arange(len(found)) * stride + length / 2) / fps, record.times)


def test_missing_and_changed_arrays_are_written_again_without_computing(clips, tmp_path):
    out = tmp_path / "out"
    describe(clips, out, MODEL, chosen=PASS)
    assert arrays(out) == {}
    describe(clips, out, MODEL, chosen=PASS, as_arrays=True)
    expected = arrays(out)
    assert sorted(expected) == [f"{path.stem}.npy" for path in JUMPS]
    first, second, third = sorted(out.glob("*.npy"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-9])
    modified = third.stat().st_mtime_ns
    report = describe(clips, out, MODEL, chosen=PASS, as_arrays=True)
    assert (report.done, report.skipped) == (0, 3)
    assert all(np.array_equal(array, expected[name]) for name, array in arrays(out).items()) and len(arrays(out)) == 3
    assert third.stat().st_mtime_ns == modified


def test_an_array_of_other_settings_does_not_stay(clips, tmp_path):
    """It would be read with the new distance between rows."""
    short_clip(clips)
    out = tmp_path / "out"
    describe(clips, out, MODEL, chosen=PASS, as_arrays=True)
    assert "short.npy" in arrays(out)
    describe(clips, out, MODEL, chosen=WINDOWS, as_arrays=True)
    assert sorted(arrays(out)) == [f"{path.stem}.npy" for path in JUMPS]
    assert "feat_stride: 16\n" in (out / "dataset.yaml").read_text()


def test_arrays_of_others_are_not_replaced_and_two_clips_never_share_one(clips, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    np.save(out / f"{JUMPS[0].stem}.npy", np.zeros(3))
    with pytest.raises(FileExistsError, match="v_Jump_g01_c01.npy exists and was not written by this command. Choose another"):
        require_own_arrays(out, source_clips(clips))
    shutil.copy(JUMPS[0], clips / "hop" / "V_jump_g03_c01.mp4")
    with pytest.raises(ValueError, match="c01.mp4 and leap/v_Jump_g03_c01.avi would both be in v_Jump_g03_c01.npy: rename one"):
        require_own_arrays(tmp_path, source_clips(clips))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other limits")
def test_a_name_that_is_too_long_for_an_array_costs_one_clip(clips, tmp_path):
    shutil.copy(JUMPS[0], clips / "leap" / f"{'x' * 252}.ts")
    require_own_arrays(tmp_path / "out", source_clips(clips))
    assert describe(clips, tmp_path / "out", MODEL, chosen=PASS, as_arrays=True).done == 3
    assert len(arrays(tmp_path / "out")) == 3


def test_one_classifier_for_clips_is_not_learned_from_rows_over_time(clips, tmp_path):
    out = tmp_path / "out"
    describe(clips, out, MODEL, chosen=PASS)
    with pytest.raises(ValueError, match="out contains features over time, many rows for each clip, .* without --every and"):
        learn_command.main([str(out), "--model", MODEL])
    table = load_features(out)
    with pytest.raises(ValueError, match="these are features over time, many rows for each clip"):
        cross_validate(table.clips, table.actions, table.groups)


@pytest.mark.parametrize(
    "options, message",
    [
        (["--every", "8", "--window", "64"], "every is for one dense pass, and window and step are for separate windows"),
        (["--window", "64", "--step", "0"], "step must be a number of frames, at least 1, not 0"),
        (["--step", "8"], "step=8 is the distance between windows, but window, their length, is missing"),
        (["--format", "npy"], "format 'npy' is for rows over time: add every"),
    ],
)
def test_wrong_options_are_refused_before_anything_starts(options, message, clips, tmp_path):
    with pytest.raises(ValueError, match=message):
        features_command.main([str(clips), "--out", str(tmp_path / "out"), *options])
    assert not (tmp_path / "out").exists()


def test_what_the_model_cannot_compute_stops_the_run_not_each_clip():
    with pytest.raises(ValueError, match="every must be a multiple of 8 frames for strided"):
        model_key(MODEL, sampling(7))


def test_an_unknown_format_is_refused(clips, tmp_path):
    with pytest.raises(ValueError, match="format must be 'npz' or 'npy', not 'mat'"):
        extract_features(clips, tmp_path / "out", every=8, format="mat")
