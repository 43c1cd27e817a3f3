"""When logits are read from a file, and when they are computed."""

import functools

import numpy as np
import pytest

from helpers.measure.stored_logits import FRAME_LOGITS, SAMPLE_LOGITS, StoredLogits
from helpers.models.video_model import ModelInput
from helpers.predictions.prediction import predict_logits

CLIP = np.random.default_rng(1).integers(0, 256, (16, 224, 224, 3), dtype=np.uint8)


class Published:
    """A stand-in for a model from load_i3d() that counts its calls."""

    fingerprint = "i3d-kinetics-400-float32"

    def __init__(self, factor=1.0):
        self.factor, self.calls = factor, 0

    def __call__(self, batch):
        self.calls += 1
        first, last = np.asarray(batch)[0, [0, -1]].mean(axis=(1, 2, 3))
        return {"default": np.array([[2 + first, 2 + last]], np.float32) * 3 * self.factor}


@pytest.fixture
def path(tmp_path):
    """A file with the logits of one clip."""
    model, stored = Published(), StoredLogits(tmp_path / "logits.npz")
    stored.get(model, CLIP, (-1, 1))
    stored.save(model)
    return tmp_path / "logits.npz"


def get(path, model, clip=CLIP, value_range=(-1, 1), **options):
    return StoredLogits(path, **options).get(model, clip, value_range)


def computed(model=None, clip=CLIP, value_range=(-1, 1)):
    return predict_logits(model or Published(), clip, value_range)


def test_the_file_may_have_any_name(tmp_path):
    model, stored = Published(), StoredLogits(tmp_path / "logits")
    logits = stored.get(model, CLIP, (-1, 1))
    stored.save(model)
    [(_, found)] = StoredLogits(tmp_path / "logits").stored.items()
    np.testing.assert_array_equal(found, logits)
    assert [path.name for path in tmp_path.iterdir()] == ["logits"]


def test_a_stored_clip_is_not_computed(path):
    model = Published()
    np.testing.assert_allclose(get(path, model), computed(), atol=0.01)
    assert model.calls == 1, "once, for the clip of noise that identifies the model"


def test_stored_and_computed_logits_are_the_same_numbers(path, tmp_path):
    np.testing.assert_array_equal(get(path, Published()), get(tmp_path / "nothing.npz", Published()))


@pytest.mark.parametrize(
    "clip, value_range",
    [(CLIP[::-1], (-1, 1)), (CLIP ^ 1, (-1, 1)), (CLIP[:15], (-1, 1)), (CLIP, (0, 1))],
    ids=["reversed", "one bit changed", "one frame fewer", "another value range"],
)
def test_another_clip_or_value_range_is_computed(path, clip, value_range):
    model = Published()
    np.testing.assert_allclose(get(path, model, clip, value_range), computed(None, clip, value_range), atol=0.01)
    assert model.calls == 2


def test_a_model_that_load_i3d_did_not_return_computes_its_own(path):
    def backward(batch):
        return Published()(batch[:, ::-1])

    np.testing.assert_allclose(get(path, backward), computed(backward), atol=0.01)


def test_a_wrapper_that_copies_the_fingerprint_computes_its_own(path):
    @functools.wraps(Published(), updated=())
    def backward(batch):
        return Published()(batch[:, ::-1])

    backward.fingerprint = Published.fingerprint
    with pytest.warns(UserWarning, match="not those of this network"):
        np.testing.assert_allclose(get(path, backward), computed(backward), atol=0.01)


def test_a_changed_network_computes_its_own(path):
    with pytest.warns(UserWarning, match="not those of this network"):
        changed = get(path, Published(factor=1.1))
    np.testing.assert_allclose(changed, computed(Published(factor=1.1)), atol=0.01)


def test_rechecked_logits_are_computed_again_and_compared(path):
    model = Published()
    get(path, model, recheck=1)
    assert model.calls == 2
    with np.load(path) as file:
        contents = dict(file)
    np.savez(path, **{**contents, "logits": contents["logits"] + np.float16(1)})
    with pytest.raises(ValueError, match="differ by up to 1.0.*make notebooks RECOMPUTE=1"):
        get(path, model, recheck=1)


def test_each_clip_is_rechecked_at_most_once(path):
    model, stored = Published(), StoredLogits(path, recheck=1)
    for _ in range(3):
        stored.get(model, CLIP, (-1, 1))
    assert model.calls == 2, "the clip of noise and the clip"


def test_the_logits_of_one_model_are_saved(path):
    model, other, stored = Published(), Published(factor=2.0), StoredLogits(path)
    with pytest.warns(UserWarning, match="not those of this network"):
        stored.get(other, CLIP, (-1, 1))
    stored.get(model, CLIP, (-1, 1))
    stored.save(model)
    np.testing.assert_allclose(get(path, model), computed(), atol=0.01)


@pytest.mark.parametrize("damage", ["cut", "method", "data"])
def test_if_the_file_is_damaged_all_logits_are_computed(path, damage):
    content = bytearray(path.read_bytes())
    if damage == "cut":
        del content[100:]
    elif damage == "method":
        content[content.index(b"PK\x01\x02") + 10] ^= 1  # of compression: zipfile raises NotImplementedError
    else:
        name, extra = np.frombuffer(content[26:30], "<u2")
        content[30 + name + extra] = 0xFF  # the first byte of the compressed data: zlib.error
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="logits.npz cannot be read"):
        np.testing.assert_allclose(get(path, Published()), computed(), atol=0.01)


class Small(Published):
    """A stand-in for a model with an input of its own."""

    fingerprint, input = "small", ModelInput(172, (0.0, 1.0), 1.0, 5.0, 20)

    def __call__(self, batch):
        assert batch.shape[2:] == (172, 172, 3) and batch.shape[1] >= 20 and np.min(batch) >= 0
        return super().__call__(batch)


def test_a_model_with_another_input_has_stored_logits_too(tmp_path):
    clip, path = CLIP[:, :172, :172].repeat(2, axis=0), str(tmp_path / "logits.npz")
    model, stored = Small(), StoredLogits(path)
    stored.get(model, clip, (0, 1))
    stored.save(model)
    np.testing.assert_allclose(get(path, (again := Small()), clip, (0, 1)), computed(model, clip, (0, 1)), atol=0.01)
    assert again.calls == 1, "once, for the clip of noise"


def test_a_model_without_a_fingerprint_has_no_stored_logits(tmp_path):
    model, stored = Published(), StoredLogits(tmp_path / "logits.npz")
    model.fingerprint = ""
    for calls in (1, 2):
        stored.get(model, CLIP, (-1, 1))
        assert model.calls == calls
    with pytest.raises(ValueError, match="whose fingerprint is ''"):
        stored.save(model)


def test_only_the_logits_that_were_used_are_saved(path):
    model, stored = Published(), StoredLogits(path)
    stored.get(model, CLIP[::-1], (-1, 1))
    stored.save(model)
    for clip, calls in [(CLIP[::-1], 1), (CLIP, 2)]:
        model = Published()
        get(path, model, clip)
        assert model.calls == calls
    assert [file.name for file in path.parent.iterdir()] == ["logits.npz"]


@pytest.mark.parametrize(
    "path, fingerprint", [(SAMPLE_LOGITS, Published.fingerprint), (FRAME_LOGITS, "i3d-kinetics-400-frame-by-frame")]
)
def test_the_files_in_the_repository_are_small_and_complete(path, fingerprint):
    assert path.stat().st_size < 1_000_000
    stored = StoredLogits(path)
    assert stored.fingerprint == fingerprint
    assert {logits.shape for logits in stored.stored.values()} == {(400,)}
    assert all(np.isfinite(logits).all() for logits in stored.stored.values())
