"""The published weights as one of the authors' checkpoints, and random weights as one of their flow networks."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import kinetics_labels, load_i3d, load_keras_i3d
from helpers.basics.cache import git_blob_id
from helpers.models.i3d import authors
from helpers.models.i3d.network import build_i3d
from tests.support.stand_ins import write_checkpoint

FLOW_BYTES = 50_730_368  # of the arrays that flow_imagenet's index lists


def arrays(network, name):
    """Return the weights of a Keras network by the authors' names."""
    layers = [layer for layer in network.layers if layer.weights]
    pairs = (zip(authors.tensor_names(layer.name, name), layer.get_weights(), strict=True) for layer in layers)
    return {tensor: array for pair in pairs for tensor, array in pair}


def git_blobs(folder):
    return tuple(git_blob_id(folder / file) for file in authors.FILES)


def assert_same(network, other, channels):
    for weight, same in zip(network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)
    batch = np.random.default_rng(0).uniform(-1, 1, (1, 9, 224, 224, channels)).astype(np.float32)
    np.testing.assert_array_equal(network(batch), other(batch))
    return batch


def test_our_weights_are_the_authors_rgb_scratch_to_the_bit(keras_i3d, cache):
    """Written as a checkpoint, they are the authors' two files, with the CRC-32C of all 230 arrays."""
    written = arrays(keras_i3d, "rgb_scratch")
    write_checkpoint(cache / "i3d-rgb_scratch" / authors.PREFIX, written)
    assert len(written) == 230
    assert git_blobs(cache / "i3d-rgb_scratch") == authors.GIT_BLOBS["rgb_scratch"]
    assert_same(authors.load("rgb_scratch"), keras_i3d, channels=3)


def test_a_flow_network_is_loaded_to_the_bit(cache, monkeypatch):
    network, rng = build_i3d(channels=2), np.random.default_rng(0)
    for layer in network.layers:
        if layer.name.endswith(".batch_norm"):  # not the constants that a new network has
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    folder = cache / "i3d-flow_imagenet"
    write_checkpoint(folder / authors.PREFIX, arrays(network, "flow_imagenet"))
    assert (folder / authors.FILES[1]).stat().st_size == FLOW_BYTES
    monkeypatch.setitem(authors.GIT_BLOBS, "flow_imagenet", git_blobs(folder))
    batch = assert_same(load_keras_i3d("flow_imagenet"), network, channels=2)
    model = load_i3d(weights="flow_imagenet")
    np.testing.assert_allclose(model(batch)["default"], network(batch), rtol=1e-4, atol=1e-4)
    assert (model.name, model.fingerprint) == ("I3D flow_imagenet", "i3d-flow_imagenet-float32")
    assert model.labels == kinetics_labels()


@pytest.mark.parametrize("name", authors.GIT_BLOBS)
def test_names_and_shapes_are_those_of_the_authors_index(name, real_clips):
    index = real_clips.parent / "reference" / "authors" / f"{name}.index"
    if not index.is_file():
        pytest.skip("needs the authors' index files in ../reference/authors, next to the folder that REAL_CLIPS names")
    assert git_blob_id(index) == authors.GIT_BLOBS[name][0]
    listed = dict(tf.train.list_variables(str(index.with_suffix(""))))
    network = arrays(build_i3d(authors.classes(name), authors.channels(name)), name)
    assert set(network) == {tensor for tensor in listed if not tensor.endswith("/Momentum")}
    for tensor, array in network.items():
        shape = listed[tensor][-1:] if "/batch_norm/" in tensor else listed[tensor]
        assert list(array.shape) == shape, tensor
