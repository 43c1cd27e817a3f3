"""A clip that resembles no action is labeled "none of these"; what that needs is saved with the model."""

from argparse import ArgumentTypeError
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.basics.messages import ModelError
from helpers.models.learned import saving as learned_model
from helpers.models.learned.classifier import CLASSIFIER, Classifier, read_classifier, with_rejection, write_classifier
from helpers.models.learned.rejection import NONE, Rejection, reject_option
from helpers.models.loading import load_model
from helpers.models.video_model import VideoModel
from helpers.predictions.long_videos import long_clip_logits, predict_timeline
from helpers.predictions.prediction import predict
from tests.support.cheap_models import SMALL25
from tests.support.learning import separable, stand_in

ACTIONS = ["left", "right"]
LEFT, RIGHT = np.array([-1.0, 0.0], np.float32), np.array([1.0, 0.0], np.float32)


@pytest.fixture
def rejection():
    """Two actions, to the left and to the right of the center. Similarities of known clips: 0.01, 0.02, … 1."""
    return Rejection(np.zeros(2, np.float32), np.eye(2, dtype=np.float32), np.array([LEFT, RIGHT]), np.arange(1, 101) / 100, 0.9)


@pytest.fixture
def classifier(rejection):
    return Classifier(np.array([LEFT, RIGHT]).T, np.zeros(2, np.float32), rejection)


def test_the_similarity_is_the_cosine_to_the_nearest_mean(rejection):
    rows = np.array([[3.0, 0.0], [0.0, 2.0], [-1.0, 1.0], [0.0, 0.0]], np.float32)
    np.testing.assert_allclose(rejection.similarity(rows), [1, 0, 0.5**0.5, 0], atol=1e-6)
    assert rejection.threshold == pytest.approx(0.109) and replace(rejection, kept=0.5).threshold == pytest.approx(0.505)


def test_a_clip_farther_away_than_all_known_ones_is_less_similar(rejection, classifier):
    near, far = np.array([[4, 0], [0, 5]], np.float32), np.array([[6, 0], [500, 0]], np.float32)
    limited = replace(rejection, reach=5.0)
    np.testing.assert_array_equal(limited.similarity(near), rejection.similarity(near))
    np.testing.assert_allclose(limited.similarity(far), [0.8, -98], rtol=1e-6)
    labels = classifier.labels(ACTIONS)
    assert labels[classifier(far[1]).argmax()] == "right"
    assert labels[replace(classifier, rejection=limited)(far[1]).argmax()] == NONE


@pytest.mark.parametrize("row, label", [([-2, 0.1], "left"), ([2, -9], "right"), ([0.2, 9], NONE)])
def test_none_of_these_has_the_largest_logit_below_the_threshold(classifier, row, label):
    logits = classifier(np.array(row, np.float32))
    assert logits.dtype == np.float32 and classifier.labels(ACTIONS)[logits.argmax()] == label
    assert logits[:2].tolist() == (np.array(row, np.float32) @ classifier.weights).tolist(), "the others stay as they are"


def test_what_is_saved_is_loaded_and_the_share_can_be_changed(classifier, tmp_path):
    write_classifier(tmp_path, classifier)
    rows = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_array_equal(read_classifier(tmp_path)(rows), classifier(rows))
    assert read_classifier(tmp_path, 0.5).rejection.threshold == pytest.approx(0.505)
    assert read_classifier(tmp_path, "off")(rows).shape == (5, 2)
    limited = replace(classifier, rejection=replace(classifier.rejection, reach=0.5))
    write_classifier(tmp_path, limited)
    np.testing.assert_array_equal(read_classifier(tmp_path)(rows), limited(rows))
    assert (limited(rows) != classifier(rows)).any()


def test_a_rejection_saved_without_a_reach_has_no_limit(classifier, tmp_path):
    write_classifier(tmp_path, classifier)
    with np.load(tmp_path / CLASSIFIER) as file:
        arrays = {name: array for name, array in file.items() if name != "reach"}
    np.savez(tmp_path / CLASSIFIER, **arrays)
    rows = 1e6 * np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_array_equal(read_classifier(tmp_path)(rows), classifier(rows))


def test_a_model_saved_before_always_names_an_action(classifier, tmp_path):
    write_classifier(tmp_path, Classifier(classifier.weights, classifier.bias))
    assert read_classifier(tmp_path).labels(ACTIONS) == read_classifier(tmp_path, "off").labels(ACTIONS) == ACTIONS
    with pytest.raises(ValueError, match="was saved without what is needed to reject unknown actions: learn its actions again"):
        read_classifier(tmp_path, 0.9)


@pytest.mark.parametrize("reject", [0, 1, -0.5, 90, float("nan"), True, "0.9", "on"])
def test_only_a_share_and_two_words_can_be_chosen(reject, tmp_path):
    with pytest.raises(ValueError, match="reject must be the share of clips of known actions to keep, more than 0"):
        load_model(tmp_path, reject=reject)


def test_the_option_is_a_share_or_off():
    assert (reject_option("0.9"), reject_option("off")) == (0.9, "off")


@pytest.mark.parametrize("text", ["model", "on", "", "0", "1", "90%", "nan"])
def test_anything_else_is_an_error_that_says_what_is_needed(text):
    with pytest.raises(ArgumentTypeError, match=f"must be the share of clips of known .*, or off, not {text}"):
        reject_option(text)


@pytest.mark.parametrize("handle", ["i3d", "movinet-a0", "no_such_folder"])
def test_only_models_of_learned_actions_can_reject(handle):
    with pytest.raises(ValueError, match=f"reject is for models of learned actions, not for {handle}. Leave it out"):
        load_model(handle, reject=0.9)


@pytest.mark.parametrize(
    "changes, problem",
    [
        ({"means": np.full((2, 2), np.nan, np.float32)}, "values of means are not finite"),
        ({"center": np.zeros(3, np.float32)}, "its arrays do not fit together"),
        ({"whitening": np.eye(3, dtype=np.float32)}, "its arrays do not fit together"),
        ({"means": np.array([LEFT])}, "its arrays do not fit together"),
        ({"known": np.empty(0)}, "its arrays do not fit together"),
        ({"kept": 90.0}, "its arrays do not fit together"),
        ({"reach": 0.0}, "its arrays do not fit together"),
        ({"kept": None}, "kept"),
        ({"more": np.zeros(1)}, "more"),
    ],
)
def test_a_damaged_file_is_an_error(classifier, tmp_path, changes, problem):
    write_classifier(tmp_path, classifier)
    with np.load(tmp_path / CLASSIFIER) as file:
        arrays = {**file, **changes}
    np.savez(tmp_path / CLASSIFIER, **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(ModelError, match=f"{CLASSIFIER} is damaged .*{problem}.* Copy the whole folder again, or learn"):
        read_classifier(tmp_path)


def test_so_is_a_missing_one(tmp_path):
    with pytest.raises(ModelError, match="is damaged .*No such file"):
        read_classifier(tmp_path)


def test_none_of_these_is_not_the_name_of_an_action(classifier, tmp_path):
    from helpers.learn.classifier import learn  # here, because the other tests need no scikit-learn

    model = stand_in()
    model.content = b"a network"
    learned = learn(*separable((NONE, "b")))
    with pytest.raises(ValueError, match="'none of these' is the label of unknown actions. Rename the action, or save"):
        learned_model.save(model, learned, tmp_path / "mine", {}, classifier.rejection)
    assert not list(tmp_path.iterdir())


def test_an_i3d_that_was_saved_without_a_rejection_cannot_reject(tmp_path):
    model = VideoModel(lambda batch: None, SMALL25, ACTIONS, "I3D")
    with pytest.raises(ValueError, match="was saved without what is needed to reject unknown actions: learn its actions again"):
        with_rejection(model, tmp_path, 0.9)
    for reject in ("model", "off"):
        assert with_rejection(model, tmp_path, reject) is model


@pytest.fixture
def i3d(classifier, tmp_path):
    """A model with I3D's signatures: for each 8 frames, the features are red and green of the frame at their end."""
    write_classifier(tmp_path, classifier)

    def features(frames):
        return {"default": np.asarray(frames)[:, 8::8].mean(axis=(2, 3))[..., :2]}

    model = VideoModel(lambda batch: None, SMALL25, ACTIONS, "I3D")
    model.module = SimpleNamespace(signatures={"features": features, "timeline": None})
    return with_rejection(model, tmp_path, "model")


def frames_of(*colors):
    """Frames, uint8 [T, 8, 8, 3], one for each color."""
    return np.repeat(np.repeat(np.array(colors, np.uint8)[:, np.newaxis, np.newaxis], 8, axis=1), 8, axis=2)


RED, GREEN = (255, 0, 0), (0, 255, 0)


def test_i3d_rejects_by_the_mean_of_its_features(i3d):
    assert i3d.labels == ["left", "right", NONE]
    assert predict(i3d, i3d.labels, frames_of(*[RED] * 64)).top[0][0] == "right"
    assert predict(i3d, i3d.labels, frames_of(*[GREEN] * 64)).top[0][0] == NONE
    assert predict(i3d, i3d.labels, frames_of(*[RED, *[GREEN] * 7] * 8)).top[0][0] == "right", "frames 8, 16, … are red"
    np.testing.assert_allclose(long_clip_logits(i3d, frames_of(*[RED] * 999)), long_clip_logits(i3d, frames_of(*[RED] * 64)))


def test_a_timeline_averages_the_features_before_it_rejects(i3d):
    """Each row alone is half unlike both actions, and their mean is not."""
    frames = frames_of(*[RED] * 80, *[GREEN] * 80)
    timeline = predict_timeline(i3d, i3d.labels, frames)
    assert [label for _, _, label, _ in timeline.segments()] == ["right", NONE]
    assert timeline.features.shape == (19, 2) and timeline.logits.shape == timeline.probabilities.shape == (19, 3)
    middle = timeline.features[6:13].mean(axis=0)
    expected = np.exp(i3d.classify(middle)) / np.exp(i3d.classify(middle)).sum()
    np.testing.assert_allclose(timeline.probabilities[9], expected, atol=1e-6)


def test_a_timeline_is_resumed(i3d):
    frames = frames_of(*[RED] * 80, *[GREEN] * 80)
    part = predict_timeline(i3d, i3d.labels, frames[:96])
    whole = predict_timeline(i3d, i3d.labels, frames)
    resumed = predict_timeline(i3d, i3d.labels, frames, after=part)
    np.testing.assert_allclose(resumed.probabilities, whole.probabilities, atol=1e-6)
