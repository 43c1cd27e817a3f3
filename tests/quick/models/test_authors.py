"""The names of the authors' networks, and batches of optical flow."""

import numpy as np
import pytest

from helpers import load_model
from helpers.models.i3d import authors, loading
from helpers.models.video_model import FLOW_INPUT, I3D_INPUT, VideoModel

LABELS = ["left", "right"]


@pytest.fixture
def flow():
    """A model whose logits are the mean of the flow in both directions."""
    return VideoModel(lambda batch: {"default": batch.mean((1, 2, 3))}, FLOW_INPUT, LABELS, "I3D flow", fingerprint="flow")


def test_load_model_has_a_name_for_each_network(monkeypatch):
    monkeypatch.setattr(loading, "load_i3d", lambda weights: weights)
    for weights in [*authors.GIT_BLOBS, *authors.TWO_STREAMS]:
        assert load_model(f"i3d-{weights.replace('_', '-')}") == weights
    assert load_model("i3d") == load_model("I3D-RGB-scratch") == "rgb_scratch"


def test_a_flow_network_accepts_flow(flow):
    batch = np.zeros((1, 9, 224, 224, 2), np.float32)
    np.testing.assert_array_equal(flow(batch)["default"], [[0, 0]])
    with pytest.raises(ValueError, match=r"must be float32 \[N, T, 224, 224, 2\].*optical flow from -1 .20 pixels to the left"):
        flow(batch[..., :1])


def test_cache_keys_are_those_of_models_without_channels():
    assert "channels" not in repr(I3D_INPUT) and FLOW_INPUT != I3D_INPUT
