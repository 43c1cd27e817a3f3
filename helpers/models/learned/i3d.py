"""Actions learned with I3D: a SavedModel of the network and the new classifier."""

from pathlib import Path
from typing import Any

import numpy as np

from ...basics import quiet
from ...video.preprocessing import I3D_SIZE
from ..video_model import VideoModel
from .card import LABELS_NAME, write_labels


def export(network: VideoModel, weights: np.ndarray, bias: np.ndarray, labels: list[str], folder: Path) -> None:
    """Write the SavedModel of a learned model; raise OSError if that fails.

    Its signatures are those of I3D: `default`, `timeline` and `features`; the labels are an asset. `weights` and `bias` are as
    from `linear`.
    """
    labels_file = folder.with_name(LABELS_NAME)  # copied into the folder as an asset
    write_labels(labels_file, labels)
    network_module: Any = network.module
    features = network_module.signatures["features"]
    tf = quiet.tf
    spec = [tf.TensorSpec([None, None, I3D_SIZE, I3D_SIZE, 3], tf.float32, name="frames")]
    module = tf.Module()
    module.network, module.labels = network_module, tf.saved_model.Asset(str(labels_file))
    module.weights, module.bias = tf.Variable(weights), tf.Variable(bias)

    def timeline(frames):
        return tf.einsum("ntk,kc->ntc", features(frames=frames)["default"], module.weights) + module.bias

    signatures = {
        "default": lambda frames: {"default": tf.reduce_mean(timeline(frames), axis=1)},
        "features": lambda frames: {"default": features(frames=frames)["default"]},
        "timeline": lambda frames: {"default": timeline(frames)},
    }
    functions = {name: tf.function(signature, input_signature=spec) for name, signature in signatures.items()}
    try:
        quiet.save_module(module, folder, functions)
    except tf.errors.OpError as error:
        raise OSError(f"the files cannot be written: {error.message}") from None
