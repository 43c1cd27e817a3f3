"""Predict the action in a clip, and show the prediction."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from . import plumbing
from .model_input import input_of
from .preprocessing import to_batch
from .video_model import VideoModel


@dataclass(frozen=True, eq=False)
class Prediction:
    """Probabilities of all actions for one clip: text in a terminal, a bar chart in a notebook.

    Attributes
    ----------
    labels : list of str
        Names of all actions.
    probabilities : numpy.ndarray
        float32 `[len(labels)]`, in the order of `labels`, sum 1.
    top : list of (str, float)
        The most probable actions and their probabilities, in descending order.
    """

    labels: Sequence[str]
    probabilities: np.ndarray
    top: list[tuple[str, float]]

    def __str__(self) -> str:
        lines = [f"  {label}: {probability:6.1%}" for label, probability in self.top]
        return "\n".join(["Top actions:", *lines])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:right">{html.escape(label)}</th>'
            f'<td style="text-align:left; min-width:16em"><span aria-hidden="true" style="display:inline-block; height:1em; '
            f'width:{probability * 12:.1f}em; background:#4c78a8; vertical-align:middle"></span> {probability:.1%}</td></tr>'
            for label, probability in self.top
        )
        return f"<table><caption>Probability of each action</caption><tbody>{rows}</tbody></table>"


def predict(
    model: Callable,
    labels: Sequence[str],
    frames: np.ndarray,
    top: int = 5,
    min_probability: float = 0.01,
    value_range: tuple[float, float] | None = None,
) -> Prediction:
    """Predict the action in a clip.

    Parameters
    ----------
    model : callable
        What `load_i3d`, `load_movinet` or `load_model` returns.
    labels : sequence of str
        A name for each output of the model.
    frames : numpy.ndarray
        uint8 `[T, 224, 224, 3]`, RGB, `T` at least 9: what `read_video` returns; for other models than I3D, what their own
        `read_video` returns.
    top : int
        Largest number of actions in `Prediction.top`.
    min_probability : float
        Actions less probable than this are left out of `Prediction.top`, except the most probable one.
    value_range : (float, float), optional
        The values of black and white; the model's own by default. I3D was trained with (-1, 1) (authors' code); older tutorials
        use (0, 1).

    Returns
    -------
    Prediction
        The probabilities are the softmax of the logits.

    Raises
    ------
    ValueError
        If the frames have another dtype or shape, if the number of labels is not that of the outputs, or if outputs are not
        finite.
    """
    logits = predict_logits(model, frames, value_range)
    require_labels(labels, logits)
    probabilities = softmax(logits)
    best = np.argsort(-probabilities, kind="stable")[:top]
    named = [(labels[i], float(probabilities[i])) for i in best if probabilities[i] >= min_probability or i == best[0]]
    return Prediction(labels, probabilities, named)


def predict_logits(model: Callable, frames: np.ndarray, value_range: tuple[float, float] | None = None) -> np.ndarray:
    """Run a model on one clip; see `predict` for the parameters.

    Returns
    -------
    numpy.ndarray
        float32 `[classes]`.

    Raises
    ------
    ValueError
        If the frames have another dtype or shape, or the model returns anything but `{"default": [1, classes]}`.
    """
    needed = input_of(model)
    batch = to_batch(frames, needed.value_range if value_range is None else value_range, needed.size, needed.min_frames)
    outputs = model(batch if isinstance(model, VideoModel) else plumbing.quiet.tf.constant(batch))
    shapes = {name: list(np.shape(value)) for name, value in outputs.items()} if isinstance(outputs, dict) else {}
    if len(shapes.get("default", [])) != 2 or shapes["default"][0] != 1:
        found = shapes or type(outputs).__name__
        raise ValueError(f"the model returned {found} for one clip: needed {{'default': [1, classes]}}, as load_i3d's models do.")
    return np.asarray(outputs["default"])[0]


def require_labels(labels: Sequence[str], logits: np.ndarray) -> None:
    """Raise ValueError if there is not one label for each output, `[..., classes]`, or if outputs are not finite."""
    if len(labels) != logits.shape[-1]:
        raise ValueError(f"{len(labels)} labels for a model with {logits.shape[-1]} outputs: needed one each, in their order.")
    if not np.isfinite(logits).all():
        raise ValueError(
            f"{np.count_nonzero(~np.isfinite(logits))} of the model's outputs are not finite: are its weights damaged?"
        )


def softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn logits into probabilities; the largest is subtracted first, so that nothing overflows.

    >>> softmax(np.array([[1000.0, 1000.0], [0.0, 0.0]]))
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    exponentials = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)
