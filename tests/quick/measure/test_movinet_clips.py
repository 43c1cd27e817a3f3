"""The stored logits of MoViNet-A0 and I3D on the same clips: what is read, and what is refused."""

import shutil

import numpy as np
import pytest

from helpers import kinetics_labels, samples
from helpers.basics.cache import file_sha256
from helpers.measure import movinet_clips as module
from helpers.measure.movinet_clips import (
    FILE,
    cartwheel_logits,
    i3d_clips,
    movinet_clips,
    movinet_label_names,
    multiply_adds_per_frame,
    read_file,
    write_file,
)
from helpers.measure.real_clips import FOUND, real_clips
from helpers.models.kinetics import SAMPLE_LABELS
from helpers.predictions.prediction import softmax

TITLES = [
    *("unchanged", "middle 2.56 s", "last frame alone", "frames averaged", "25 frames per second", "1 frame per second"),
    *("values in [-1, 1]", "values in [0, 255]", "0.875 of the square"),
]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the file, which a test may damage."""
    monkeypatch.setattr(module, "FILE", tmp_path / FILE.name)
    shutil.copy(FILE, tmp_path)
    return module.FILE


@pytest.mark.parametrize("kind, clips, groups", [("real", 23, 20), ("rendered", 20, 5)])
def test_both_networks_have_the_same_clips(kind, clips, groups):
    movinet, i3d = movinet_clips(kind), i3d_clips(kind)
    assert movinet.clips == i3d.clips and len(movinet.clips) == clips
    assert len(set(movinet.groups)) == len(set(i3d.groups)) == groups
    assert list(movinet.results) == TITLES and list(i3d.results) == ["unchanged", "whole clip"]
    for comparison, classes in ((movinet, 600), (i3d, 400)):
        for rows in comparison.results.values():
            assert rows.shape == (clips, classes)
            np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)


def test_labels_are_the_true_ones():
    for kind in ("real", "rendered"):
        for comparison, labels in ((movinet_clips(kind), movinet_label_names()), (i3d_clips(kind), kinetics_labels())):
            for i, clip in zip(comparison.true_indices, comparison.clips, strict=True):
                backflip = len(labels) == 600 and clip.action == "Backflip"
                assert labels[i] == ("backflip (human)" if backflip else clip.label)


def test_every_prediction_has_a_name():
    names = movinet_label_names()
    assert len(names) == 600 and 23 < len(set(names)) < 600
    for kind in ("real", "rendered"):
        for rows in movinet_clips(kind).results.values():
            assert all(names[i] for i in np.argsort(-rows, axis=1)[:, :5].ravel())


def test_the_stream_of_the_cartwheel_ends_with_the_prediction_for_the_whole_clip():
    rendered, names, rows = movinet_clips("rendered"), movinet_label_names(), softmax(cartwheel_logits())
    i = [clip.name for clip in rendered.clips].index("v_Cartwheel_g01_c01.avi")
    np.testing.assert_allclose(rows[-1], rendered.results["unchanged"][i], atol=1e-3)
    assert rows.shape == (13, 600) and all(names[row.argmax()] for row in rows)


def test_real_clips_are_those_of_the_other_file():
    known = {clip.sha256: clip for clip in real_clips(*FOUND).clips}
    for clip in movinet_clips("real").clips:
        assert known[clip.sha256][:3] == (clip.name, clip.action, clip.label) and known[clip.sha256].group == clip.group
    i3d, real = i3d_clips("real"), real_clips(*FOUND)
    left_out = [i for i, clip in enumerate(real.clips) if clip.label == "drinking"]
    assert len(left_out) == 1
    np.testing.assert_array_equal(i3d.results["unchanged"], np.delete(real.results["unchanged"], left_out, axis=0))


def test_rendered_clips_are_the_samples():
    clips = movinet_clips("rendered").clips
    known = {name: file_sha256(path) for name, path in samples.items() if name.split("_")[1] in SAMPLE_LABELS}
    assert {clip.name: clip.sha256 for clip in clips} == known
    assert {clip.seconds for clip in clips} == {2.56}


def test_the_file_is_small_and_says_what_was_measured():
    file = read_file()
    assert FILE.stat().st_size < 600_000
    assert file["fingerprint"].item().startswith("MoViNet-A0-Stream-6125b36e") and file["i3d_fingerprint"].item()
    assert file["date"].item() and file["processor"].item()
    assert 40e6 < multiply_adds_per_frame() < 60e6


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="kind must be 'real' or 'rendered', not 'animated'"):
        movinet_clips("animated")


@pytest.mark.parametrize("damage", ["cut", "empty", "other shape"])
def test_a_damaged_file_is_refused(copy, damage):
    if damage == "other shape":
        arrays = read_file()
        np.savez(copy, **{**arrays, "movinet_logits": arrays["movinet_logits"][..., 1:]})
    else:
        copy.write_bytes(copy.read_bytes()[:1000] if damage == "cut" else b"")
    with pytest.raises(ValueError, match="movinet_clips.npz is damaged .* git checkout samples/movinet_clips.npz"):
        movinet_clips("real")


def test_a_missing_file_is_reported(copy):
    copy.unlink()
    with pytest.raises(FileNotFoundError, match="movinet_clips.npz is missing. Download the tutorial again"):
        i3d_clips("real")


def test_what_is_written_is_read(copy):
    before = read_file()
    clips = [*movinet_clips("real").clips, *movinet_clips("rendered").clips]
    logits = {
        model: dict(zip(before[f"{model}_titles"].tolist(), before[f"{model}_logits"].astype(np.float32)))
        for model in ("movinet", "i3d")
    }
    measured = ("label_names", "cartwheel_logits", "multiply_adds", "fingerprint", "i3d_fingerprint", "date", "processor")
    copy.unlink()
    write_file(clips, logits["movinet"], logits["i3d"], **{name: before[name] for name in measured})
    after = read_file()
    assert before.keys() == after.keys()
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])
