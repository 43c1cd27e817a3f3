"""Save a learned classifier together with its network, as a model like any other."""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from .plumbing.messages import ModelError
from .plumbing.quiet import tf
from .plumbing.saved_labels import LABELS_NAME
from .preprocessing import I3D_SIZE
from .video_model import VideoModel

CARD = "model_card.json"


def linear(classifier: Pipeline) -> tuple[np.ndarray, np.ndarray]:
    """Fold StandardScaler into the weights of LogisticRegression.

    Parameters
    ----------
    classifier : sklearn.pipeline.Pipeline
        What `learn` returns.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Weights, float32 `[K, classes]`, and bias, float32 `[classes]`: `rows @ weights + bias` are scikit-learn's logits
        (`decision_function`). For two actions, where scikit-learn has one logit, they are minus and plus half of it, so that
        their softmax is the same.
    """
    scaler, regression = classifier.steps[0][1], classifier.steps[-1][1]
    coefficients, bias = regression.coef_, regression.intercept_
    if len(coefficients) == 1:
        coefficients, bias = np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-bias, bias]) / 2
    weights = coefficients / scaler.scale_
    return weights.T.astype(np.float32), (bias - weights @ scaler.mean_).astype(np.float32)


def require_savable(model: VideoModel, folder: str | os.PathLike) -> None:
    """Check that a model can be saved with a new classifier, and that a folder may be written.

    Raises
    ------
    ModelError
        If the model is not a SavedModel with the signature `features`, or if `folder` exists and was not written by `save`.
    """
    if "features" not in getattr(model.module, "signatures", {}):
        raise ModelError(
            f"{model.name} cannot be saved with new actions: needed a SavedModel with the signature features, which only I3D "
            "has. Leave --save out to see its score, or use --model i3d."
        )
    folder = Path(folder).expanduser()
    if folder.exists() and not (folder / CARD).is_file():
        raise ModelError(f"{folder} exists and is not a learned model: needed a new name, so that nothing of yours is replaced.")


def save(model: VideoModel, classifier: Pipeline, folder: str | os.PathLike, card: dict[str, Any]) -> Path:
    """Save a network and a classifier of its features as a SavedModel.

    Parameters
    ----------
    model : VideoModel
        I3D, such as `load_i3d` returns.
    classifier : sklearn.pipeline.Pipeline
        What `learn` returns.
    folder : str or Path
        The folder to write; a learned model that it contains is replaced.
    card : dict
        What the model was trained on and how it scored; written to `model_card.json` in the folder.

    Returns
    -------
    Path
        The folder. `load_model` loads it. Its signatures are I3D's: `default`, `timeline` and `features`; the labels are
        an asset.

    Raises
    ------
    ModelError
        As in `require_savable`, or if the files cannot be written.
    OSError
        If the folder cannot be created.
    """
    require_savable(model, folder)
    folder = Path(folder).expanduser()
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        export(model, classifier, staging / "model", staging / LABELS_NAME)
        text = json.dumps(card, ensure_ascii=False, indent=1)
        (staging / "model" / CARD).write_text(text + "\n", encoding="utf-8", newline="\n")
        if folder.exists():
            os.replace(folder, staging / "before")
        os.replace(staging / "model", folder)
    except tf.errors.OpError as error:
        raise ModelError(f"The model could not be saved in {folder}: {error.message}. Is the disk full?") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def export(model: VideoModel, classifier: Pipeline, folder: Path, labels_file: Path) -> None:
    """Write the SavedModel."""
    write_labels(labels_file, classifier.classes_)
    network: Any = model.module
    features = network.signatures["features"]
    spec = [tf.TensorSpec([None, None, I3D_SIZE, I3D_SIZE, 3], tf.float32, name="frames")]
    module = tf.Module()
    module.network, module.labels = network, tf.saved_model.Asset(str(labels_file))
    module.weights, module.bias = map(tf.Variable, linear(classifier))

    def timeline(frames):
        return tf.einsum("ntk,kc->ntc", features(frames=frames)["default"], module.weights) + module.bias

    signatures = {
        "default": lambda frames: {"default": tf.reduce_mean(timeline(frames), axis=1)},
        "features": lambda frames: {"default": features(frames=frames)["default"]},
        "timeline": lambda frames: {"default": timeline(frames)},
    }
    functions = {name: tf.function(signature, input_signature=spec) for name, signature in signatures.items()}
    tf.get_logger().setLevel("WARNING")  # otherwise TensorFlow logs each file it writes
    tf.saved_model.save(module, str(folder), signatures=functions)


def write_labels(path: Path, labels: Sequence[str]) -> None:
    """Write one label a line."""
    path.write_text("".join(f"{label}\n" for label in labels), encoding="utf-8", newline="\n")
