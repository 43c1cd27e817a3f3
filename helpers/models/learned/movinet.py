"""Actions learned with a MoViNet: the network's file, the new classifier, and its labels, in one folder.

A MoViNet for LiteRT cannot be part of a SavedModel. `saving.save` writes the folder, and `load_model` loads it.
"""

import os
from pathlib import Path

import numpy as np

from ...basics.messages import ModelError
from ...basics.statistics import standardize
from ..movinet.loading import litert_model, load_litert
from ..video_model import VideoModel
from .card import LABELS_NAME, verify, write_labels

NETWORK, CLASSIFIER = "network.tflite", "classifier.npz"


def export(network: VideoModel, weights: np.ndarray, bias: np.ndarray, labels: list[str], folder: Path) -> None:
    """Write the files of a learned model; raise OSError if that fails. `weights` and `bias` are as from `linear`."""
    folder.mkdir()
    (folder / NETWORK).write_bytes(network.content)
    np.savez(folder / CLASSIFIER, weights=weights, bias=bias)
    write_labels(folder / LABELS_NAME, labels)


def load_learned(folder: str | os.PathLike) -> VideoModel:
    """Load a model that `saving.save` wrote for a MoViNet: causal, like its network, with the learned actions as labels.

    Raises ModelError if a file is missing, damaged, or from another model. Warns as `verify` does.
    """
    folder = Path(folder).expanduser()
    verify(folder)
    network = load_litert(folder / NETWORK)
    try:
        with np.load(folder / CLASSIFIER) as file:
            weights, bias = file["weights"], file["bias"]
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise ValueError("weights that are not finite")
        labels = (folder / LABELS_NAME).read_text(encoding="utf-8").splitlines()
        learned = litert_model(network.content, NETWORK, folder.name, labels, lambda logits: standardize(logits) @ weights + bias)
    except Exception as error:  # NumPy raises errors of a dozen kinds if a file is damaged
        problem = str(error).rstrip(".")
        raise ModelError(f"{folder} is damaged ({problem}). Copy the whole folder again, or learn its actions again.") from None
    learned.network, learned.is_learned = network, True
    return learned
