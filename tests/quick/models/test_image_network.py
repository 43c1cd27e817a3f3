"""The weights of a network trained on images, read without torch, and its layers; damaged files are in faults/models."""

import numpy as np
import pytest

from helpers.models.imagenet.network import build_efficientnet, set_weights
from helpers.models.imagenet.weights import read_state_dict
from tests.support.torch_files import FloatStorage, Tensor, torch_file


@pytest.fixture(scope="module")
def network():
    return build_efficientnet()


def test_a_transposed_tensor_is_read_by_its_strides():
    """The published weights are stored in TensorFlow's order of axes."""
    kernel = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    storage = FloatStorage("a", kernel.ravel())
    tensors = {"transposed": Tensor(storage, (4, 3, 2), (1, 4, 12)), "plain": Tensor(storage, (2, 3, 4), (12, 4, 1))}
    found = read_state_dict(torch_file(tensors, [storage]))
    np.testing.assert_array_equal(found["transposed"], kernel.transpose(2, 1, 0))
    np.testing.assert_array_equal(found["plain"], kernel)


def test_tensors_share_a_storage_and_storages_have_an_order_of_their_own():
    first, second = FloatStorage("first", [1, 2, 3]), FloatStorage("second", [4])
    tensors = {"scalar": Tensor(second, (), ()), "start": Tensor(first, (2,), (1,)), "end": Tensor(first, (2,), (1,), offset=1)}
    found = read_state_dict(torch_file(tensors, [first, second]))
    assert {name: tensor.tolist() for name, tensor in found.items()} == {"scalar": 4, "start": [1, 2], "end": [2, 3]}


def test_the_network_has_the_published_number_of_weights(network):
    trainable = sum(int(np.prod(weights.shape)) for weights in network.trainable_weights)
    assert (network.count_params(), trainable) == (4_694_024, 4_652_008)
    assert [tuple(output.shape) for output in network.outputs] == [(None, 1280), (None, 1000)]


@pytest.mark.parametrize("name, before", [("conv_stem", 0), ("blocks.1.depthwise_conv", 0), ("blocks.3.depthwise_conv", 1)])
def test_padding_is_that_of_tensorflow(network, name, before):
    """With stride 2, 3 x 3 weights get no padding above and to the left, and 5 x 5 get 1. Torch's would be 1 and 2."""
    layer = network.get_layer(name)
    image = np.random.default_rng(0).random((1, 8, 8, layer.input.shape[-1]), dtype=np.float32)
    weights = np.zeros_like(layer.get_weights()[0])
    weights[before, before, 0, 0] = 1  # the output is the pixel under this weight
    original = layer.get_weights()
    layer.set_weights([weights])
    np.testing.assert_array_equal(np.asarray(layer(image))[0, :3, :3, 0], image[0, :6:2, :6:2, 0])
    layer.set_weights(original)


def test_weights_without_a_tensor_are_refused(network):
    with pytest.raises(ValueError, match="lack _conv_stem.weight, so they are not those of EfficientNet-Lite0"):
        set_weights(network, {})
    with pytest.raises(ValueError, match="lack _bn0.running_mean"):
        set_weights(network, {f"_{name}": np.zeros((32, 3, 3, 3)) for name in ("conv_stem.weight", "bn0.weight", "bn0.bias")})
