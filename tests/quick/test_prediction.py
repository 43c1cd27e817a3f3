"""Predictions of small models; frames, labels and models that are refused are in faults/test_predict.py."""

import numpy as np
import pytest

from helpers import Prediction, predict
from helpers.preprocessing import to_batch

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


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 1)])
def test_black_and_white_are_the_ends_of_the_range(value_range):
    frames = np.stack([FRAMES[0], FRAMES[0] + 255] * 5)
    batch = to_batch(frames, value_range)
    assert batch.dtype == np.float32 and batch.shape == (1, 10, 224, 224, 3)
    assert (batch.min(), batch.max()) == value_range


def test_the_model_receives_the_given_range():
    batches = []
    predict(lambda batch: batches.append(batch) or model_with(0, 0, 0)(batch), LABELS, FRAMES, value_range=(0, 1))
    assert float(batches[0].numpy().max()) == 0
