"""Learning from mirrored clips: what it helps, and what it makes impossible."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.learn import command as learn_command
from helpers.learn.classifier import cross_validate, mirror_pixels
from helpers.learn.features import clip_features
from helpers.learn.score import WITHOUT_MIRRORED
from helpers.models.learned import saving as learned_model
from helpers.models.mirror import mirrored
from helpers.models.video_model import ModelInput, VideoModel
from helpers.video.writing import write_video
from tests.support.learning import records, separable

SMALL = ModelInput(32, (0.0, 1.0), 1.0, 5.0, 1)


def sides():
    """A model whose logits are the brightness of the left and the right half, and zero."""

    def halves(batch):
        batch = np.asarray(batch)
        left, right = (half.mean(axis=(1, 2, 3, 4)) for half in (batch[:, :, :, :16], batch[:, :, :, 16:]))
        return {"default": np.stack([left, right, np.zeros(1)], axis=1)}

    return VideoModel(halves, SMALL, None, "sides", fingerprint="sides")


def write_side(path, left, white=255):
    """Write a clip of two seconds that is white on one side."""
    frame = np.zeros((32, 32, 3), np.uint8)
    frame[:, :16] = white * left
    frame[:, 16:] = white * (not left)
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(np.tile(frame, (10, 1, 1, 1)), path, 5, crf=0)


def test_a_mirrored_clip_is_described_as_its_mirror_image_and_cached_apart(cache, tmp_path):
    left, right = (write_side(tmp_path / f"{side}.mp4", side == "left") for side in ("left", "right"))
    for _ in "first", "from the cache":
        found, expected = clip_features(mirrored(sides()), left), clip_features(sides(), right)
        np.testing.assert_allclose(found.features, expected.features, atol=1e-3)
        np.testing.assert_allclose(found.still, expected.still, atol=1e-3)
    assert abs(clip_features(sides(), left).features - found.features).max() > 1


def test_the_signature_features_gets_mirrored_clips():
    network = sides()
    network.module = SimpleNamespace(signatures={"features": lambda batch: {"default": batch[:, :, 0, 0]}})
    batch = np.arange(2 * 3 * 4 * 4 * 3, dtype=np.float32).reshape(2, 3, 4, 4, 3)
    found = mirrored(network).module.signatures["features"](batch)["default"]
    np.testing.assert_array_equal(found, batch[:, :, 0, -1])


def test_the_baseline_of_pixels_learns_from_mirrored_pictures():
    picture = np.random.default_rng(0).integers(256, size=(8, 8, 3)).astype(np.float32)
    assert np.array_equal(mirror_pixels(picture.reshape(1, -1)), picture[:, ::-1].reshape(1, -1))


@pytest.mark.filterwarnings("ignore:clips of different groups have")
def test_an_action_is_recognized_from_the_other_side():
    """What tells the actions apart is the first number, but the second one in the only group that is seen from the other side."""
    actions, groups = ["a", "b"] * 6, [f"g{g}" for g in range(6) for _ in "ab"]
    rows = np.array([[1, 0], [-1, 0]] * 5 + [[0, 1], [0, -1]], np.float32)
    score = cross_validate(records(rows), actions, groups, mirrored=records(rows[:, ::-1]))
    assert score.accuracy == 1 and score.accuracy_of(score.others[WITHOUT_MIRRORED]) == 11 / 12
    assert "Mirrored clips raise the accuracy in 1 of 6 groups, and lower it in 0 (McNemar's exact test, p = 1).\n" in str(score)
    assert score.probabilities[-1] > 0.6, "the probability is that of the classifier that learned from both"


def test_actions_that_differ_by_left_and_right_become_the_same():
    rows, actions, groups = separable(("left", "right"))
    other = rows.reshape(-1, 2, 8)[:, ::-1].reshape(rows.shape)  # the mirror image of each clip is one of the other action
    score = cross_validate(records(rows), actions, groups, mirrored=records(other))
    assert score.accuracy_of(score.others[WITHOUT_MIRRORED]) == 1 and score.accuracy < 0.8
    assert "and lower it in 6 (McNemar's exact test, p = 0.031). Learn without them, above all if actions differ" in str(score)


def test_each_clip_needs_a_mirrored_one():
    rows, actions, groups = separable()
    with pytest.raises(ValueError, match="there are 18 clips, and 17 mirrored"):
        cross_validate(records(rows), actions, groups, mirrored=records(rows[1:]))


@pytest.mark.filterwarnings("ignore:clips of different groups have")
def test_the_command_learns_from_mirrored_clips_and_says_so(cache, tmp_path, monkeypatch, capsys):
    saved = []
    monkeypatch.setattr(learn_command, "load_model", lambda _: sides())
    monkeypatch.setattr(learned_model, "require_savable", lambda *place: None)
    monkeypatch.setattr(learned_model, "save", lambda *content: saved.append(content) or content[2])
    for group in "12345":
        for side in ("left", "right"):
            write_side(tmp_path / "clips" / side / group / f"{side}{group}.mp4", side == "left", 250 - 10 * int(group))
    options = [str(tmp_path / "clips"), "--reject", "off", "--save", str(tmp_path / "model")]
    for more in ([], ["--mirror"]):
        learn_command.main([*options, *more])
    plain, mirror = capsys.readouterr().out.split("10 clips of 2 actions, in 5 groups\n")[1:]
    assert "accuracy 1.000" in plain.splitlines()[-1] and WITHOUT_MIRRORED not in plain
    assert "accuracy 0.500" in mirror.splitlines()[-1], "left and right cannot be told apart any more"
    [row] = [line for line in mirror.splitlines() if WITHOUT_MIRRORED in line]
    assert "100.0%" in row and "learned from all 10 clips and their mirror images (C" in mirror
    assert [card["mirrored clips"] for _, _, _, card, _ in saved] == ["not learned from", "learned from"]
    plain, mirror = (abs(classifier[-1].coef_).max() for _, classifier, *_ in saved)
    assert plain > 0.01 > mirror


def test_a_folder_of_features_has_no_mirrored_clips(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(learn_command, "is_features_folder", lambda folder: True)
    with pytest.raises(ValueError, match="--mirror needs the clips, but .* has only their features. Name the folder"):
        learn_command.main([str(clips), "--mirror"])
