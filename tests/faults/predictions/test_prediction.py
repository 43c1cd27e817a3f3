"""Frames, labels and models that do not fit: `predict` raises one clear error."""

import numpy as np
import pytest

from helpers import kinetics_labels, predict
from tests.faults.conftest import assert_clear

LABELS = kinetics_labels()
FRAMES = np.random.default_rng(6).integers(0, 256, (9, 224, 224, 3), np.uint8)


def model(batch):
    """Return the same logits for every clip."""
    return {"default": np.linspace(0, 9, 400, dtype=np.float32)[np.newaxis]}


def returning(logits):
    """Return a model that returns these logits for every clip."""
    return lambda batch: {"default": np.asarray(logits, np.float32)}


def assert_refused(message, home, model=model, labels=LABELS, frames=FRAMES, **options):
    with pytest.raises(ValueError, match=message) as caught:
        predict(model, labels, frames, **options)
    assert_clear(caught.value, home)


DTYPES = "bool int8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64 complex64 object U1".split()


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_but_uint8_is_refused(dtype, home):
    message = f"frames are .*{dtype} .*, but must be uint8 .* predict scales the values itself"
    assert_refused(message, home, frames=np.zeros(FRAMES.shape, dtype))


SHAPES = {
    "one frame": (224, 224, 3),
    "no frames": (0, 224, 224, 3),
    "8 frames": (8, 224, 224, 3),
    "a batch": (1, 9, 224, 224, 3),
    "smaller": (9, 112, 112, 3),
    "larger": (9, 225, 225, 3),
    "not square": (9, 224, 320, 3),
    "gray": (9, 224, 224, 1),
    "with alpha": (9, 224, 224, 4),
    "without channels": (9, 224, 224),
    "flat": (9 * 224 * 224 * 3,),
    "without axes": (),
    "channels before height": (9, 3, 224, 224),
    "channels first": (3, 9, 224, 224),
    "time last": (224, 224, 3, 9),
}
HINTS = {"a batch": "pass one clip", "channels before height": "Channels come last"}


@pytest.mark.parametrize("kind", SHAPES)
def test_every_wrong_shape_is_refused_with_a_hint(kind, home):
    message = rf"frames are uint8 \[.*, but must be uint8 \[T, 224, 224, 3\].*{HINTS.get(kind, 'Time is the first axis')}"
    assert_refused(message, home, frames=np.zeros(SHAPES[kind], np.uint8))


OTHER_TYPES = {"None": None, "a list": FRAMES.tolist(), "a path": "samples/clip.avi", "bytes": FRAMES.tobytes(), "a number": 1}


@pytest.mark.parametrize("kind", OTHER_TYPES)
def test_frames_that_are_not_an_array_are_refused(kind, home):
    assert_refused(f"frames are a {type(OTHER_TYPES[kind]).__name__}, but must be uint8", home, frames=OTHER_TYPES[kind])


RANGES = [(1, -1), (0, 0), (np.nan, 1), (-1, np.nan), (-np.inf, 1), (0, np.inf), (0,), (0, 1, 2), 1, "01", ("0", "1")]


@pytest.mark.parametrize("value_range", RANGES, ids=repr)
def test_every_wrong_value_range_is_refused(value_range, home):
    assert_refused(r"value_range must be \(low, high\), .*, not ", home, value_range=value_range)


@pytest.mark.parametrize("count", [0, 1, 399, 401])
def test_a_wrong_number_of_labels_is_refused(count, home):
    assert_refused(f"one label for each of the model's 400 outputs, not {count}.", home, labels=(LABELS * 2)[:count])


OTHER_LABELS = {
    "None": None,
    "a str": "ab" * 200,
    "a set": set(LABELS),
    "a dict": dict.fromkeys(LABELS),
    "an iterator": iter(LABELS),
}


@pytest.mark.parametrize("kind", OTHER_LABELS)
def test_labels_that_are_not_a_list_of_names_are_refused(kind, home):
    labels = OTHER_LABELS[kind]
    found = "None" if labels is None else f"a {type(labels).__name__}"
    assert_refused(f"labels are {found}.*a list with a name for each output", home, labels=labels)


NOT_FINITE = {
    "NaN": np.full((1, 400), np.nan),
    "one NaN": np.where(np.arange(400) == 7, np.nan, 0)[np.newaxis],
    "infinity": np.full((1, 400), np.inf),
    "minus infinity": np.full((1, 400), -np.inf),
}


@pytest.mark.parametrize("kind", NOT_FINITE)
def test_logits_that_are_not_finite_are_refused(kind, home):
    count = np.count_nonzero(~np.isfinite(NOT_FINITE[kind]))
    assert_refused(f"^{count} of the model's outputs are not finite", home, model=returning(NOT_FINITE[kind]))


OTHER_OUTPUTS = {
    "without a batch axis": returning(np.zeros(400)),
    "logits for each frame": returning(np.zeros((1, 9, 400))),
    "an empty batch": returning(np.zeros((0, 400))),
    "two clips": returning(np.zeros((2, 400))),
    "another name": lambda batch: {"logits": np.zeros((1, 400))},
    "not a dict": lambda batch: np.zeros((1, 400)),
}


@pytest.mark.parametrize("kind", OTHER_OUTPUTS)
def test_outputs_in_another_form_are_refused(kind, home):
    assert_refused(r"must return \{'default': \[1, classes\]\}", home, model=OTHER_OUTPUTS[kind])


def test_predictions_are_compared_by_identity():
    one, other = (predict(model, LABELS, FRAMES) for _ in range(2))
    assert one == one and one != other
    assert len({one, other}) == 2
