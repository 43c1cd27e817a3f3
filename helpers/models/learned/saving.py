"""Save a learned classifier together with its network, as a model like any other."""

import glob
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from ...basics.cache import expanded, is_abandoned
from ...basics.messages import ModelError
from ...clips.actions import is_label
from ..loading import is_place
from ..video_model import LABELS_NAME, VideoModel
from . import files
from .card import CARD, foreign_files, write_card
from .classifier import Classifier
from .rejection import NONE, Rejection

BEFORE = "before"  # the model that is being replaced, in a temporary folder


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
    """Raise ModelError unless a model can be saved with a new classifier, in a folder that may be written."""
    if not (is_i3d(model) or (model.network or model).content):
        raise ModelError(
            f"{model.name} cannot be saved with new actions. Use I3D or a MoViNet for LiteRT, such as movinet-a0, or "
            "leave --save out to see only the score."
        )
    if not is_place(str(folder)):
        raise ModelError(f"{folder} names a published model, an address or an option, not a folder. Choose another name.")
    folder = expanded(folder)
    require_own_files(folder)
    above = next(parent for parent in folder.resolve().parents if parent.exists())
    if not above.is_dir():
        raise ModelError(f"{above} is a file, so no folder can be created in it. Choose another name.")
    if not os.access(above, os.W_OK):
        raise ModelError(f"{above} cannot be written to. Choose a folder of your own for the model.")


def require_own_files(folder: Path) -> None:
    """Raise ModelError if a folder exists and contains anything but a model that `save` wrote."""
    if not folder.exists():
        return
    if not (folder / CARD).is_file():
        raise ModelError(f"{folder} exists and is not a learned model, so it was not replaced. Choose another name.")
    if foreign := foreign_files(folder):
        raise ModelError(
            f"{folder} contains files that were not saved with the model in it, such as {foreign[0]}, so it was not replaced. "
            "Move them elsewhere, or choose another name."
        )


def is_i3d(model: VideoModel) -> bool:
    """Return whether a model is a SavedModel with the signature `features`."""
    return "features" in getattr(model.module, "signatures", {})


def save(
    model: VideoModel,
    classifier: Pipeline,
    folder: str | os.PathLike,
    card: dict[str, Any],
    rejection: Rejection | None = None,
) -> Path:
    """Save a network and a classifier of its features as one model. Return its folder, which `load_model` loads.

    For I3D, it is a SavedModel with I3D's signatures, `default`, `timeline` and `features`, and the labels as an asset; for
    MoViNet, it contains the LiteRT file, the classifier, and the labels. Both may also contain what rejects unknown actions.

    Parameters
    ----------
    model : VideoModel
        I3D, for example from `load_i3d`, or MoViNet, for example from `load_movinet`.
    classifier : sklearn.pipeline.Pipeline
        What `learn` returns.
    folder : str or Path
        A learned model is replaced, if the folder contains nothing else. What killed processes left next to it is removed.
    card : dict
        What the model was trained on and how it scored; written to `model_card.json` in the folder, with the hashes of all files.
    rejection : Rejection, optional
        What `helpers.learn.unknown_actions.learn_rejection` returns. With it, the model has one more label, "none of these".

    Raises
    ------
    ModelError
        If the model or the folder is of another kind (see `require_savable`), or if the files cannot be written.
    OSError
        If the folder cannot be created.
    ValueError
        If a label is not one line of text, or is "none of these", if the weights are not finite, or if the card contains NaN.
    """
    require_savable(model, folder)
    weights, bias = linear(classifier)
    labels = list(classifier.classes_)
    if bad := [label for label in labels if not is_label(label)]:
        raise ValueError(f"{bad[0]!r} cannot be the label of an action: it must be one line of text. Rename the action.")
    if NONE in labels and rejection:
        raise ValueError(f"{NONE!r} is the label of unknown actions. Rename the action, or save the model without a rejection.")
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise ValueError("the weights of the classifier are not finite. Check that the features are, and learn again.")
    folder = expanded(folder)
    target = folder.resolve()  # a link stays, and the folder that it leads to is replaced
    target.parent.mkdir(parents=True, exist_ok=True)
    clean_up(target)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        export = files.export_i3d if is_i3d(model) else files.export_movinet
        export(model.network or model, Classifier(weights, bias, rejection), labels, staging / "model")
        write_card(staging / "model", card)
        require_own_files(target)  # again, because exporting takes seconds
        replace_folder(target, staging / "model", staging / BEFORE)
    except OSError as error:
        raise ModelError(f"The model could not be saved in {folder}: {error}. Is the disk full?") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def clean_up(folder: Path) -> None:
    """Remove what processes killed over an hour ago left next to a model; if there is no model, move the previous one back."""
    staged = [path for path in folder.parent.glob(f".{glob.escape(folder.name)}.{'[a-z0-9_]' * 8}") if path.is_dir()]
    for staging in sorted(staged, key=os.path.getmtime, reverse=True):
        with suppress(OSError, ModelError):  # another process may have removed it
            abandoned = is_abandoned(staging)  # before its content is moved, which changes the time
            if not set(os.listdir(staging)) <= {"model", BEFORE, LABELS_NAME}:  # I3D's labels are copied from there
                continue  # `save` did not create it
            if (staging / BEFORE).is_dir() and not folder.exists():
                os.replace(staging / BEFORE, folder)
            if (staging / BEFORE).is_dir() and foreign_files(staging / BEFORE):
                continue
            if abandoned:  # a younger one may belong to a process that is still running
                shutil.rmtree(staging)


def replace_folder(folder: Path, new: Path, before: Path) -> None:
    """Move a folder that exists to `before`, and another one to its place; on an error, all is as it was."""
    if folder.exists():
        os.replace(folder, before)
    try:
        os.replace(new, folder)
    except OSError:
        if before.exists():
            os.replace(before, folder)
        raise
