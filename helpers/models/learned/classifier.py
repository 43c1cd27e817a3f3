"""The classifier of a learned model: from a network's features to logits of its actions, and one for "none of these"."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...basics import quiet
from ...basics.messages import ModelError
from ..video_model import VideoModel
from .card import ADVICE
from .rejection import NONE, WORDS, Reject, Rejection, require_share

CLASSIFIER = "classifier.npz"
SHARPNESS = 20  # by how much the logit of NONE rises if the similarity falls by 1


@dataclass(frozen=True, eq=False)
class Classifier:
    """A function from features, float32 `[..., K]`, to logits, `[..., classes]`; with a rejection, one more for `NONE`."""

    weights: np.ndarray  # float32 [K, classes]
    bias: np.ndarray  # float32 [classes]
    rejection: Rejection | None = None

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        logits = rows @ self.weights + self.bias
        if self.rejection is None:
            return logits
        below = self.rejection.threshold - self.rejection.similarity(rows)
        none = logits.max(axis=-1) + SHARPNESS * below  # so it is the largest logit if the similarity is below the threshold
        return np.concatenate([logits, none[..., np.newaxis]], axis=-1).astype(np.float32)

    def labels(self, actions: Sequence[str]) -> list[str]:
        """Return a name for each logit."""
        return [*actions, NONE] if self.rejection else list(actions)


def write_classifier(folder: Path, classifier: Classifier) -> None:
    """Write a classifier to the folder of a model. Raises OSError."""
    more = asdict(classifier.rejection) if classifier.rejection else {}
    np.savez(folder / CLASSIFIER, weights=classifier.weights, bias=classifier.bias, **more)


def read_classifier(folder: Path, reject: Reject = "model") -> Classifier:
    """Read what `write_classifier` wrote; `reject` replaces the share of known clips to keep.

    Raises ModelError if the file is missing or damaged, and ValueError if `reject` is not as in `require_share`, or if it is a
    share but the model was saved without a rejection.
    """
    require_share(reject)
    try:
        with np.load(folder / CLASSIFIER) as file:
            arrays: dict[str, Any] = dict(file)
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise ValueError(f"values of {name} are not finite")
        weights, bias = arrays.pop("weights"), arrays.pop("bias")
        rejection = checked(arrays, weights.shape) if arrays else None
    except Exception as error:  # NumPy raises errors of a dozen kinds if a file is damaged
        problem = str(error).rstrip(".")
        raise ModelError(f"{folder / CLASSIFIER} is damaged ({problem}). {ADVICE}") from None
    if rejection is None:
        require_no_share(folder, reject)
    if rejection and reject != "model":
        rejection = None if reject == "off" else replace(rejection, kept=float(reject))
    return Classifier(weights, bias, rejection)


def require_no_share(folder: Path, reject: Reject) -> None:
    """Raise ValueError if a share of clips should be kept by a model that was saved without a rejection."""
    if reject not in WORDS:
        raise ValueError(f"{folder} was saved without what is needed to reject unknown actions: learn its actions again.")


def checked(arrays: dict[str, Any], shape: tuple[int, int]) -> Rejection:
    """Return a rejection from the arrays of a file, for weights of this shape; raise ValueError or TypeError for others."""
    features, classes = shape
    found = Rejection(**arrays | {name: float(arrays[name]) for name in ("kept", "reach") if name in arrays})
    shapes = [found.center.shape, found.whitening.shape, found.means.shape]
    if (
        shapes != [(features,), (features, features), (classes, features)]
        or not found.known.size
        or not 0 < found.kept < 1
        or found.reach <= 0
    ):
        raise ValueError("its arrays do not fit together")
    return found


def with_rejection(model: VideoModel, folder: Path, reject: Reject) -> VideoModel:
    """Let an I3D of learned actions, loaded from a folder, reject unknown ones, if it was saved so; return it.

    Raises as `read_classifier` does.
    """
    require_share(reject)
    if not (folder / CLASSIFIER).is_file():
        require_no_share(folder, reject)
        return model
    classifier, features = read_classifier(folder, reject), model.module.signatures["features"]
    if classifier.rejection is None:
        return model

    def predict_clips(batch):
        rows = features(frames=quiet.tf.convert_to_tensor(batch))["default"]
        return {"default": classifier(np.asarray(rows).mean(axis=1))}

    model.function, model.classify = predict_clips, classifier
    model.labels = classifier.labels(model.labels or [])
    return model
