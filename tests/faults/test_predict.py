"""Frames, labels and models that do not fit: predict says so before it shows anything."""

import numpy as np
import pytest

from helpers import kinetics_labels, predict
from tests.faults.conftest import assert_clear

LABELS = kinetics_labels()
FRAMES = np.random.default_rng(6).integers(0, 256, (9, 224, 224, 3), np.uint8)


def model(batch):
    """Answer the same for every clip."""
    return {"default": np.linspace(0, 9, 400, dtype=np.float32)[np.newaxis]}


def always(answer):
    return lambda batch: {"default": np.asarray(answer, np.float32)}


def assert_refused(message, home, capsys, model=model, labels=LABELS, frames=FRAMES, **options):
    with pytest.raises(ValueError, match=message) as caught:
        predict(model, labels, frames, **options)
    assert_clear(caught.value, home)
    assert capsys.readouterr().out == "", "nothing is shown"
    assert len(predict(lambda batch: {"default": np.zeros((1, 400), np.float32)}, LABELS, FRAMES).labels) == 400, (
        "the next try works"
    )


DTYPES = "bool int8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64 complex64 object U1".split()


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_wrong_dtype(dtype, home, capsys):
    assert_refused("frames are .*: needed uint8", home, capsys, frames=np.zeros(FRAMES.shape, dtype))


SHAPES = {
    "one frame": (224, 224, 3),
    "no frames": (0, 224, 224, 3),
    "8 frames": (8, 224, 224, 3),
    "a batch": (1, 9, 224, 224, 3),
    "smaller": (9, 112, 112, 3),
    "larger": (9, 225, 225, 3),
    "no square": (9, 224, 320, 3),
    "gray": (9, 224, 224, 1),
    "with alpha": (9, 224, 224, 4),
    "without channels": (9, 224, 224),
    "flat": (9 * 224 * 224 * 3,),
    "no axis": (),
    "layout: channels before height": (9, 3, 224, 224),
    "layout: channels first": (3, 9, 224, 224),
    "layout: time last": (224, 224, 3, 9),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_every_wrong_shape_and_layout(kind, home, capsys):
    hint = "Channels come last" if kind.endswith("before height") else ""
    assert_refused(
        rf"frames are uint8 \[.*: needed uint8 \[T, 224, 224, 3\].*{hint}", home, capsys, frames=np.zeros(SHAPES[kind], np.uint8)
    )


NO_ARRAYS = {"None": None, "a list": FRAMES.tolist(), "a path": "samples/clip.avi", "bytes": FRAMES.tobytes(), "a number": 1}


@pytest.mark.parametrize("kind", NO_ARRAYS)
def test_no_array_at_all(kind, home, capsys):
    assert_refused("frames are a .*: needed uint8", home, capsys, frames=NO_ARRAYS[kind])


FLOATS = {
    "range 0 to 1": FRAMES / 255,
    "range -1 to 1": FRAMES / 127.5 - 1,
    "range 0 to 255": FRAMES.astype(np.float32),
    "NaN": np.full(FRAMES.shape, np.nan),
    "infinite": np.full(FRAMES.shape, np.inf),
}


@pytest.mark.parametrize("kind", FLOATS)
def test_frames_that_were_scaled_already(kind, home, capsys):
    assert_refused("predict scales the values itself", home, capsys, frames=FLOATS[kind])


RANGES = [(1, -1), (0, 0), (np.nan, 1), (-1, np.nan), (-np.inf, 1), (0, np.inf), (0,), (0, 1, 2), 1, None, "01", ("0", "1")]


@pytest.mark.parametrize("value_range", RANGES, ids=repr)
def test_every_wrong_value_range(value_range, home, capsys):
    assert_refused(r"value_range is .*: needed \(low, high\)", home, capsys, value_range=value_range)


@pytest.mark.parametrize("count", [0, 1, 399, 401])
def test_399_labels(count, home, capsys):
    assert_refused(f"{count} labels for a model with 400 outputs", home, capsys, labels=(LABELS * 2)[:count])


ANSWERS = {
    "NaN": np.full((1, 400), np.nan),
    "one NaN": np.where(np.arange(400) == 7, np.nan, 0)[np.newaxis],
    "infinite": np.full((1, 400), np.inf),
    "minus infinite": np.full((1, 400), -np.inf),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_model_that_answers(kind, home, capsys):
    assert_refused("of the model's outputs are not finite", home, capsys, model=always(ANSWERS[kind]))


OTHER_ANSWERS = {
    "no batch": always(np.zeros(400)),
    "an answer for each frame": always(np.zeros((1, 9, 400))),
    "nothing": always(np.zeros((0, 400))),
    "two clips": always(np.zeros((2, 400))),
    "another name": lambda batch: {"logits": np.zeros((1, 400))},
    "a bare array": lambda batch: np.zeros((1, 400)),
}


@pytest.mark.parametrize("kind", OTHER_ANSWERS)
def test_a_model_that_answers_in_another_form(kind, home, capsys):
    assert_refused(r"needed \{'default': \[1, classes\]\}", home, capsys, model=OTHER_ANSWERS[kind])


def test_predictions_are_told_apart_by_identity():
    one, other = (predict(model, LABELS, FRAMES) for _ in range(2))
    assert one == one and one != other
    assert len({one, other}) == 2
