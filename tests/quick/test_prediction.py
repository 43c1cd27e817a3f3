import numpy as np
import pytest

from helpers import Prediction, predict
from helpers.preprocessing import to_batch

LABELS = ["waving", "running", "<resting>"]
FRAMES = np.zeros((9, 224, 224, 3), np.uint8)


def answers(*logits):
    return lambda batch: {"default": np.array([logits], np.float32)}


def test_it_returns_the_top_actions_and_prints_nothing(capsys):
    prediction = predict(answers(np.log(2), np.log(7), np.log(1)), LABELS, FRAMES, top=2)
    assert capsys.readouterr().out == ""
    assert str(prediction) == "Top actions:\n  running:  70.0%\n  waving:  20.0%"
    assert prediction.top == [("running", pytest.approx(0.7)), ("waving", pytest.approx(0.2))]
    np.testing.assert_allclose(prediction.probabilities, [0.2, 0.7, 0.1], rtol=1e-6)


def test_stored_probabilities_are_shown_as_a_prediction():
    prediction = Prediction.from_probabilities(LABELS, np.array([0.2, 0.795, 0.005], np.float32))
    assert str(prediction) == "Top actions:\n  running:  79.5%\n  waving:  20.0%"


def test_what_is_hardly_probable_is_left_out():
    assert len(predict(answers(9, 0, 0), LABELS, FRAMES).top) == 1


def test_the_first_is_named_however_improbable():
    assert len(predict(answers(1, 0, 0), LABELS, FRAMES, min_probability=0.99).top) == 1


def test_huge_logits_do_not_overflow():
    assert predict(answers(1e30, 0, 0), LABELS, FRAMES).top == [("waving", 1.0)]


def test_a_notebook_shows_bars_and_words():
    page = predict(answers(0, 0, 5), LABELS, FRAMES)._repr_html_()
    assert "&lt;resting&gt;" in page and "<resting>" not in page
    assert 'scope="row"' in page and "98.7%" in page


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 1)])
def test_black_and_white_are_the_ends_of_the_range(value_range):
    frames = np.stack([FRAMES[0], FRAMES[0] + 255] * 5)
    batch = to_batch(frames, value_range)
    assert batch.dtype == np.float32 and batch.shape == (1, 10, 224, 224, 3)
    assert (batch.min(), batch.max()) == value_range


def test_the_model_gets_the_range_that_was_asked_for():
    seen = []
    predict(lambda batch: seen.append(batch) or answers(0, 0, 0)(batch), LABELS, FRAMES, value_range=(0, 1))
    assert float(seen[0].numpy().max()) == 0


@pytest.mark.parametrize(
    "frames, hint",
    [
        (FRAMES.tolist(), "frames are a list"),
        (FRAMES.astype(np.float32), r"frames are float32 .* leave them from 0 to 255"),
        (FRAMES.astype(np.int64), "frames are int64"),
        (FRAMES[np.newaxis], "predict adds the batch axis itself"),
        (FRAMES.transpose(0, 3, 1, 2), "Channels come last"),
        (FRAMES[0], "Time is the first axis"),
        (FRAMES[:8], "T at least 9"),
        (FRAMES[:, :112], r"\[9, 112, 224, 3\]"),
        (FRAMES[..., :1], r"\[9, 224, 224, 1\]"),
    ],
)
def test_other_frames_are_refused(frames, hint):
    with pytest.raises(ValueError, match=hint):
        predict(answers(0, 0, 0), LABELS, frames)


def test_an_empty_range_is_refused():
    with pytest.raises(ValueError, match=r"value_range is \(1, 1\)"):
        predict(answers(0, 0, 0), LABELS, FRAMES, value_range=(1, 1))


def test_labels_of_another_model_are_refused():
    with pytest.raises(ValueError, match="2 labels for a model with 3 outputs"):
        predict(answers(0, 0, 0), LABELS[:2], FRAMES)


def test_an_answer_that_is_no_number_is_not_shown():
    with pytest.raises(ValueError, match="1 of the model's outputs are not finite"):
        predict(answers(0, np.nan, 0), LABELS, FRAMES)
