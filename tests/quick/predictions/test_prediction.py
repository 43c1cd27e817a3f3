"""Predictions of small models; frames, labels and models that are refused are in faults/predictions/test_prediction.py."""

import numpy as np
import pytest

from helpers import Prediction, predict
from helpers.predictions.prediction import predict_logits, softmax

LABELS = ["waving", "running", "<resting>"]
FRAMES = np.zeros((9, 224, 224, 3), np.uint8)


def model_with(*logits):
    return lambda batch: {"default": np.array([logits], np.float32)}


def test_it_returns_the_top_actions_and_prints_nothing(capsys):
    prediction = predict(model_with(np.log(2), np.log(7), np.log(1)), LABELS, FRAMES, top=2)
    assert capsys.readouterr().out == ""
    assert str(prediction) == "Top actions:\n  running:  70.0%\n  waving:  20.0%"
    assert prediction.top == [("running", pytest.approx(0.7)), ("waving", pytest.approx(0.2))]
    np.testing.assert_allclose(prediction.probabilities, [0.2, 0.7, 0.1], rtol=1e-6)


def test_stored_probabilities_are_shown_as_a_prediction():
    prediction = Prediction.from_probabilities(LABELS, np.array([0.2, 0.795, 0.005], np.float32))
    assert str(prediction) == "Top actions:\n  running:  79.5%\n  waving:  20.0%"


def test_improbable_actions_are_left_out():
    assert len(predict(model_with(9, 0, 0), LABELS, FRAMES).top) == 1


def test_the_most_probable_action_is_never_left_out():
    assert len(predict(model_with(1, 0, 0), LABELS, FRAMES, min_probability=0.99).top) == 1


def test_a_notebook_shows_a_table():
    page = predict(model_with(0, 0, 5), LABELS, FRAMES)._repr_html_()
    assert "&lt;resting&gt;" in page and "<resting>" not in page
    assert 'scope="row"' in page and "98.7%" in page


def test_the_model_receives_the_given_range():
    batches = []
    predict(lambda batch: batches.append(batch) or model_with(0, 0, 0)(batch), LABELS, FRAMES, value_range=(0, 1))
    assert float(batches[0].numpy().max()) == 0


def test_the_logits_of_a_clip_stay_when_the_model_uses_its_array_again():
    logits = np.zeros((1, 3), np.float32)
    first = predict_logits(lambda batch: {"default": logits}, FRAMES)
    logits += 1
    assert first.tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, list])
def test_the_softmax_of_numbers_of_any_type(dtype):
    logits = [1.0, 2.0, 3.0] if dtype is list else np.array([1, 2, 3], dtype)
    np.testing.assert_allclose(softmax(logits), [0.09, 0.245, 0.665], atol=1e-3)
    assert softmax(np.array([0, -np.inf])).tolist() == [1, 0]


@pytest.mark.parametrize("logits, count", [([np.nan, 1], 1), ([np.inf, 1], 1), ([-np.inf, -np.inf], 2)])
def test_there_is_no_softmax_of_logits_that_are_not_finite(logits, count):
    with pytest.raises(ValueError, match=f"{count} of 2 logits are not finite"):
        softmax(np.array(logits))


def test_stored_probabilities_are_checked_like_a_models_outputs():
    with pytest.raises(ValueError, match="1 of the model's outputs are not finite"):
        Prediction.from_probabilities(LABELS, np.array([0.2, np.nan, 0.1]))
    with pytest.raises(ValueError, match="one label for each of the model's 2 outputs, not 3"):
        Prediction.from_probabilities(LABELS, np.array([0.2, 0.8]))
    with pytest.raises(ValueError, match="top must be at least 1 action, not 0"):
        Prediction.from_probabilities(LABELS, np.array([0.2, 0.7, 0.1]), top=0)
