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
from .card import verify
from .labels import LABELS_NAME, write_labels

NETWORK, CLASSIFIER = "network.tflite", "classifier.npz"


def export(network: VideoModel, weights: np.ndarray, bias: np.ndarray, labels: list[str], folder: Path) -> None:
    """Write the files of a learned model.

    Parameters
    ----------
    network : VideoModel
        A model from `load_movinet` or `load_litert`.
    weights, bias : numpy.ndarray
        float32 `[K, classes]` and `[classes]`, as from `helpers.models.learned.saving.linear`.
    labels : list of str
        A name for each class.
    folder : Path
        The folder to create.

    Raises
    ------
    OSError
        If the files cannot be written.
    """
    folder.mkdir()
    (folder / NETWORK).write_bytes(network.content)
    np.savez(folder / CLASSIFIER, weights=weights, bias=bias)
    write_labels(folder / LABELS_NAME, labels)


def load_learned(folder: str | os.PathLike) -> VideoModel:
    """Load a model that `saving.save` wrote for a MoViNet.

    Parameters
    ----------
    folder : str or Path
        The folder.

    Returns
    -------
    VideoModel
        Causal, like its network, with the learned actions as labels.

    Warns
    -----
    UserWarning
        As in `helpers.models.learned.card.verify`.

    Raises
    ------
    ModelError
        If a file is missing, damaged, or from another model.
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
