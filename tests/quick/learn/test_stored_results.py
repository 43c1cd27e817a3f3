"""Stored features of the samples and scores of real clips: what is read, and what is refused."""

import numpy as np
import pytest

from helpers import samples
from helpers.learn import stored_results as module
from helpers.learn.classifier import nearest_mean
from helpers.learn.stored_results import (
    FEATURES,
    FRAMES,
    SPLITS,
    real_curve,
    real_features,
    real_score,
    real_table,
    sample_features,
    write_features,
    write_real_features,
)
from helpers.models.kinetics import SAMPLE_LABELS
from tests.support.ut_interaction import find_real_clips


def test_the_samples_features():
    every, new = sample_features(), sample_features(new=True)
    assert every.names == list(samples) and every.rows.shape == (44, 1024) and every.windows.shape == (44, 4, 1024)
    assert set(every.actions) - set(new.actions) == set(SAMPLE_LABELS) and set(every.sides) == {"g01", "g02", "g03", "g04"}
    for i, name in enumerate(new.names):
        assert name == f"v_{new.actions[i]}_{new.sides[i]}_c01.avi"
        np.testing.assert_array_equal(new.rows[i], every.rows[every.names.index(name)])
        np.testing.assert_array_equal(new.windows[i], every.windows[every.names.index(name)])
    assert {clip.frames for clip in every.clips} == {64}
    np.testing.assert_allclose([clip.size for clip in every.clips], [[320, 240, 2.56]] * 44, atol=0.01)


def test_writing_and_reading(tmp_path, monkeypatch):
    before = sample_features()
    monkeypatch.setattr(module, "FEATURES", tmp_path / FEATURES.name)
    write_features(dict(zip(before.names, before.clips)), before.windows, fingerprint="some")
    np.testing.assert_array_equal(sample_features().rows, before.rows)
    write_features({"another.avi": before.clips[0]}, before.windows[:1])
    with pytest.raises(ValueError, match="does not belong to the sample clips"):
        sample_features()
    (tmp_path / FEATURES.name).write_bytes(FEATURES.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"sample_features.npz is damaged .* git checkout samples/sample_features.npz"):
        sample_features()
    (tmp_path / FEATURES.name).unlink()
    with pytest.raises(FileNotFoundError, match="sample_features.npz is missing"):
        sample_features()


def test_the_scores_of_real_clips():
    scores = [real_score(split) for split in SPLITS]
    for score in scores:
        assert len(score.actions) == 120 and len(set(score.groups)) == 20 and len(score.labels) == 6
        assert list(score.others) == ["nearest mean of the features"] and len(score.baselines) == 8
        for predicted in (score.predicted, *score.others.values(), *score.baselines.values()):
            assert set(predicted) <= set(score.labels)
    assert scores[0].accuracy >= 0.95 and scores[1].accuracy >= 0.84, "as README and notebook 04 claim"
    files = {row["file"]: row for row in real_table()}
    assert len(files) == 120
    assert all(files[row["most similar of another pair"]]["pair"] != row["pair"] for row in files.values())
    assert all(row["most similar"] in files.keys() - {row["file"]} for row in files.values())
    for path in module.SCORES.values():
        assert path.read_text(encoding="utf-8").startswith("# Measured 20")
    with pytest.raises(ValueError, match="split must be one of 'pair', 'scene', 'random', not 'group'"):
        real_score("group")


def test_the_scores_with_movinet():
    for split in SPLITS:
        large, small = real_score(split), real_score(split, "movinet-a0")
        assert (small.actions, small.groups) == (large.actions, large.groups)
        assert small.baselines["most frequent action"] == large.baselines["most frequent action"], "the same splits"
        assert 0.7 < small.accuracy < large.accuracy
    with pytest.raises(ValueError, match="model must be one of 'i3d', 'movinet-a0', 'efficientnet-lite0', not 'a0'"):
        real_score("pair", "a0")


def test_the_scores_of_a_network_trained_on_images():
    for split in SPLITS:
        video, images = real_score(split), real_score(split, "efficientnet-lite0")
        assert (images.actions, images.groups) == (video.actions, video.groups)
        assert images.baselines["most frequent action"] == video.baselines["most frequent action"], "the same splits"
        assert len(images.baselines["one middle frame's features"]) == 120
        assert images.chance < images.accuracy_of(images.baselines["one middle frame's features"]) < video.accuracy
        assert images.chance < images.accuracy < video.accuracy


def test_real_clips_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.delenv("REAL_ACTIONS", raising=False)
    with pytest.raises(FileNotFoundError, match="REAL_ACTIONS does not name a folder. Set it to one with .* from https://"):
        find_real_clips()
    names = [row["file"] for row in real_table()]
    (tmp_path / "lawn").mkdir()
    for i, name in enumerate(names[1:]):
        (tmp_path / ("lawn" if i % 2 else ".") / name).touch()
    monkeypatch.setenv("REAL_ACTIONS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"lacks 1 of 120 clips, such as {names[0]}. Download the segmented clips"):
        find_real_clips()
    (tmp_path / names[0]).touch()
    assert [path.name for path in find_real_clips()] == names
    (tmp_path / "lawn" / names[0]).write_bytes(b"another clip")
    with pytest.raises(ValueError, match="have the same name but are different videos. .* variable REAL_ACTIONS to a folder"):
        find_real_clips()


def test_the_learning_curve(tmp_path, monkeypatch):
    for features in ("i3d", "movinet-a0", FRAMES):
        assert list(real_curve(features)) == [1, 2, 3, 5, 10, 15]
    rows = [f"i3d\t{count}\t{pair}\t{4 * (count - 1)}\t4" for count in (2, 1) for pair in "abcde"]
    table = ["# measured", "features\tlearned from\tpair\tcorrect\ttested", *rows, "other\t1\ta\t4\t4"]
    monkeypatch.setattr(module, "CURVE", tmp_path / "curve.tsv")
    (tmp_path / "curve.tsv").write_text("\n".join(table))
    assert real_curve() == {1: (0, 0, pytest.approx(1 - 0.025**0.2)), 2: (1, pytest.approx(0.025**0.2), 1)}
    with pytest.raises(ValueError, match="features must be one of 'i3d', 'other', not 'flow'"):
        real_curve("flow")
    module.CURVE.unlink()
    with pytest.raises(FileNotFoundError, match="curve.tsv is missing"):
        real_curve()


def test_the_features_of_real_clips(tmp_path, monkeypatch):
    """The nearest mean of the stored features predicts what was stored for it, so both belong to the same clips."""
    rows, stored = real_features(), real_score("pair")
    assert rows.shape == (120, 1024) and rows.dtype == np.float32 and (rows >= 0).all()
    pairs = np.array(stored.groups)
    for pair in ("seq01", "seq20"):
        test = pairs == pair
        classifier = nearest_mean(rows[~test], np.array(stored.actions)[~test], pairs[~test])
        expected = np.array(stored.others["nearest mean of the features"])[test]
        assert classifier.predict(rows[test]).tolist() == expected.tolist()
    monkeypatch.setattr(module, "REAL_FEATURES", tmp_path / "features.npz")
    write_real_features(["another.avi"], rows[:1], "today")
    with pytest.raises(ValueError, match="does not belong to the clips of UT-Interaction"):
        real_features()


@pytest.mark.parametrize("lines", [0, 1, 2, 2.5], ids=["empty", "comment", "header", "cut off"])
def test_a_damaged_table_is_an_error_that_says_how_to_restore_it(lines, tmp_path, monkeypatch):
    text = module.SCORES["i3d"].read_text(encoding="utf-8").splitlines(keepends=True)
    damaged = tmp_path / "learned_real_clips.tsv"
    damaged.write_text("".join(text[: int(lines)]) + text[2][: 20 if lines % 1 else 0], encoding="utf-8")
    monkeypatch.setitem(module.SCORES, "i3d", damaged)
    restore = "samples/learned_real_clips.tsv is damaged .* git checkout samples/learned_real_clips.tsv"
    with pytest.raises(ValueError, match=restore):
        real_score("pair")
