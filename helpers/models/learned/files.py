"""The files of a learned model: those of its network, its new classifier, and its labels, in one folder.

For I3D, it is a SavedModel with I3D's signatures. A MoViNet for LiteRT cannot be part of a SavedModel.
"""

import os
from pathlib import Path

from ...basics import quiet
from ...basics.cache import expanded
from ...basics.messages import ModelError
from ...basics.statistics import standardize
from ...video.preprocessing import I3D_SIZE
from ..movinet.loading import litert_model, load_litert
from ..video_model import LABELS_NAME, VideoModel
from .card import ADVICE, verify, write_labels
from .classifier import Classifier, read_classifier, write_classifier
from .rejection import Reject

NETWORK = "network.tflite"  # of a MoViNet


def export_i3d(network: VideoModel, classifier: Classifier, labels: list[str], folder: Path) -> None:
    """Write a SavedModel with the signatures `default`, `timeline` and `features`; raise OSError if that fails.

    The logits of its signatures are those of the actions. A rejection is in a file of its own, for `with_rejection`.
    """
    labels_file = folder.with_name(LABELS_NAME)  # copied into the folder as an asset
    write_labels(labels_file, labels)
    tf = quiet.tf
    spec = [tf.TensorSpec([None, None, I3D_SIZE, I3D_SIZE, 3], tf.float32, name="frames")]
    features = network.module.signatures["features"]
    module = tf.Module()
    module.network, module.labels = network.module, tf.saved_model.Asset(str(labels_file))
    module.weights, module.bias = tf.Variable(classifier.weights), tf.Variable(classifier.bias)

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
    if classifier.rejection:
        write_classifier(folder, classifier)


def export_movinet(network: VideoModel, classifier: Classifier, labels: list[str], folder: Path) -> None:
    """Write the network's file, the classifier, and the labels; raise OSError if that fails."""
    folder.mkdir()
    (folder / NETWORK).write_bytes(network.content)
    write_classifier(folder, classifier)
    write_labels(folder / LABELS_NAME, labels)


def load_learned(folder: str | os.PathLike, reject: Reject = "model") -> VideoModel:
    """Load a model that `saving.save` wrote for a MoViNet: causal, like its network, with the learned actions as labels.

    Raises ModelError if a file is missing, damaged, or from another model, and ValueError as `read_classifier` does. Warns as
    `verify` does.
    """
    folder = expanded(folder)
    verify(folder)
    network, classifier = load_litert(folder / NETWORK), read_classifier(folder, reject)
    try:
        labels = classifier.labels((folder / LABELS_NAME).read_text(encoding="utf-8").splitlines())
        learned = litert_model(network.content, NETWORK, folder.name, labels, lambda logits: classifier(standardize(logits)))
    except (OSError, ValueError) as error:
        problem = str(error).rstrip(".")
        raise ModelError(f"{folder} is damaged ({problem}). {ADVICE}") from None
    learned.network, learned.is_learned = network, True
    return learned
