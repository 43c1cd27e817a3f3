"""Predict the action in a clip and display the prediction."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..basics import quiet
from ..display.colors import BAR_BLUE
from ..models.video_model import VideoModel, input_of
from ..video.preprocessing import to_batch


@dataclass(frozen=True, eq=False)
class Prediction:
    """Probabilities of all actions for one clip. Displayed as text in a terminal and as a bar chart in a notebook.

    Attributes
    ----------
    labels : list of str
        Names of all actions.
    probabilities : numpy.ndarray
        float32 `[len(labels)]`, in the order of `labels`. They sum to 1.
    top : list of (str, float)
        The most probable actions and their probabilities, in descending order of probability.
    streams : dict of str to numpy.ndarray
        For a two-stream model, what each stream predicts alone: {"RGB": probabilities, "flow": probabilities}; otherwise empty.
    """

    labels: Sequence[str]
    probabilities: np.ndarray
    top: list[tuple[str, float]]
    streams: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def from_probabilities(
        cls,
        labels: Sequence[str],
        probabilities: np.ndarray,
        top: int = 5,
        min_probability: float = 0.01,
        streams: dict[str, np.ndarray] | None = None,
    ) -> "Prediction":
        """Create a prediction from probabilities, float32 `[len(labels)]`; see `predict` for the other parameters and errors."""
        require_labels(labels, probabilities)
        if top < 1:
            raise ValueError(f"top must be at least 1 action, not {top}.")
        best = np.argsort(-probabilities, kind="stable")[:top]
        named = [(labels[i], float(probabilities[i])) for i in best if probabilities[i] >= min_probability or i == best[0]]
        return cls(labels, probabilities, named, streams or {})

    @classmethod
    def from_outputs(
        cls, labels: Sequence[str], outputs: dict[str, np.ndarray], top: int = 5, min_probability: float = 0.01
    ) -> "Prediction":
        """Create a prediction from the outputs of `predict_outputs`."""
        require_labels(labels, outputs["default"])
        probabilities = {name: softmax(logits) for name, logits in outputs.items()}
        return cls.from_probabilities(labels, probabilities.pop("default"), top, min_probability, probabilities)

    def of_streams(self, label: str) -> dict[str, float]:
        """Return the probability of an action in each stream alone."""
        index = list(self.labels).index(label)
        return {name: float(probabilities[index]) for name, probabilities in self.streams.items()}

    def __str__(self) -> str:
        lines = [
            "  ".join([f"  {label}: {probability:6.1%}", *(f"{name} {p:6.1%}" for name, p in self.of_streams(label).items())])
            for label, probability in self.top
        ]
        return "\n".join(["Top actions:", *lines])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:right">{html.escape(label)}</th>'
            f'<td style="text-align:left; min-width:16em"><span aria-hidden="true" style="display:inline-block; height:1em; '
            f'width:{probability * 12:.1f}em; background:{BAR_BLUE}; vertical-align:middle"></span> {probability:.1%}</td>'
            + "".join(f"<td>{p:.1%}</td>" for p in self.of_streams(label).values())
            + "</tr>"
            for label, probability in self.top
        )
        names = "".join(f'<th scope="col">{name} alone</th>' for name in self.streams)
        head = f'<thead><tr><td></td><th scope="col" style="text-align:left">both</th>{names}</tr></thead>' if names else ""
        return f"<table><caption>Probability of each action</caption>{head}<tbody>{rows}</tbody></table>"


def predict(
    model: Callable,
    labels: Sequence[str],
    frames: Any,
    top: int = 5,
    min_probability: float = 0.01,
    value_range: tuple[float, float] | None = None,
) -> Prediction:
    """Predict the action in a clip.

    Parameters
    ----------
    model : callable
        A model from `load_i3d`, `load_movinet` or `load_model`.
    labels : sequence of str
        The name of each output of the model.
    frames : numpy.ndarray
        uint8 `[T, 224, 224, 3]`, RGB, `T` at least 9, such as `read_video` returns; for other models than I3D, and for its flow
        and two-stream models, what their own `read_video` returns.
    top : int
        Maximum number of actions in `Prediction.top`.
    min_probability : float
        Less probable actions are left out of `Prediction.top`, except the most probable one.
    value_range : (float, float), optional
        The model's input values for black and white; by default, those that it was trained with. For I3D, this is (-1, 1)
        (authors' code); older tutorials use (0, 1).

    Returns
    -------
    Prediction
        The probabilities are the softmax of the model's logits; of a two-stream model, of the sum of both networks' logits, and
        `Prediction.streams` has the probabilities of each.

    Raises
    ------
    ValueError
        If the frames have the wrong dtype or shape, if there is not one label for each output, if an output is not finite, or if
        `top` is less than 1.
    """
    require_names(labels)
    return Prediction.from_outputs(labels, predict_outputs(model, frames, value_range), top, min_probability)


def predict_logits(model: Callable, frames: Any, value_range: tuple[float, float] | None = None) -> np.ndarray:
    """Run a model on one clip: return its logits, float32 `[classes]`. For the parameters and errors, see `predict_outputs`."""
    return predict_outputs(model, frames, value_range)["default"]


def predict_outputs(model: Callable, frames: Any, value_range: tuple[float, float] | None = None) -> dict[str, np.ndarray]:
    """Run a model on one clip: return its logits, `{"default": float32 [classes]}`.

    A two-stream model has "RGB" and "flow", too, whose sum is "default". For the parameters, see `predict`.

    Raises
    ------
    ValueError
        If the frames have the wrong dtype or shape, or if the model does not return `{"default": [1, classes]}`.
    """
    if isinstance(model, VideoModel):
        outputs = model(model.to_batch(frames, value_range))
    else:
        needed = input_of(model)
        value_range = needed.value_range if value_range is None else value_range
        outputs = model(quiet.tf.constant(to_batch(frames, value_range, needed.size, needed.min_frames)))
    shapes = {name: list(np.shape(value)) for name, value in outputs.items()} if isinstance(outputs, dict) else {}
    if len(shapes.get("default", [])) != 2 or shapes["default"][0] != 1:
        found = shapes or type(outputs).__name__
        raise ValueError(
            f"the model returned {found} for one clip, but must return {{'default': [1, classes]}}, like load_i3d's models."
        )
    names = ("default", *getattr(model, "streams", ()))
    return {name: np.array(outputs[name])[0] for name in names}  # copies: a model may return the same array each time


def require_names(labels: Sequence[str] | None) -> None:
    """Raise ValueError unless labels are a sequence of names; they are None for a model whose outputs have no known names."""
    if labels is None:
        raise ValueError("labels are None: this model's outputs have no known names. Pass a list with a name for each output.")
    if isinstance(labels, str) or not isinstance(labels, (Sequence, np.ndarray)):
        raise ValueError(f"labels are a {type(labels).__name__}, but must be a list with a name for each output of the model.")


def require_labels(labels: Sequence[str], logits: np.ndarray) -> None:
    """Raise ValueError unless there is a label for each class of the logits, `[..., classes]`, and these are finite."""
    require_names(labels)
    if len(labels) != logits.shape[-1]:
        raise ValueError(f"there must be one label for each of the model's {logits.shape[-1]} outputs, not {len(labels)}.")
    if not np.isfinite(logits).all():
        raise ValueError(
            f"{np.count_nonzero(~np.isfinite(logits))} of the model's outputs are not finite. Are its weights damaged?"
        )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Convert logits to probabilities. The largest logit is subtracted first to avoid overflow.

    Parameters
    ----------
    logits : numpy.ndarray
        Numbers, `[..., classes]`.

    Returns
    -------
    numpy.ndarray
        Floats of the same shape, which sum to 1 along the last axis.

    Raises
    ------
    ValueError
        If a logit is NaN, or if the largest one is infinite.

    Examples
    --------
    >>> softmax(np.array([[1000.0, 1000.0], [0.0, 0.0]]))
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    logits = np.asarray(logits)
    if logits.dtype.kind in "biu":
        logits = logits.astype(np.float64)  # a difference of unsigned integers wraps around
    largest = logits.max(axis=-1, keepdims=True)
    if not np.isfinite(largest).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(logits))} of {logits.size} logits are not finite.")
    exponentials = np.exp(logits - largest)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
