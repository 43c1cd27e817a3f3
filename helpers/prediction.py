"""Ask a model what is done in a clip, and show its answer."""

import html
from dataclasses import dataclass

import numpy as np

from .video import I3D_MIN_FRAMES, I3D_SIZE


@dataclass(frozen=True, eq=False)  # arrays have no one truth value to compare or hash by
class Prediction:
    """A model's answer.

    Attributes
    ----------
    labels : list of str
        Names of all actions.
    probabilities : numpy.ndarray
        float32 `[len(labels)]`, in the order of `labels`, sum 1.
    top : list of (str, float)
        The most probable actions that were asked for, with their probabilities, the first first.
    """

    labels: list
    probabilities: np.ndarray
    top: list

    def __str__(self):
        lines = [f"  {label}: {probability:6.1%}" for label, probability in self.top]
        return "\n".join(["Top actions:", *lines])

    __repr__ = __str__

    def _repr_html_(self):
        rows = "".join(
            f'<tr><th scope="row" style="text-align:right">{html.escape(label)}</th>'
            f'<td style="text-align:left; min-width:16em"><span aria-hidden="true" style="display:inline-block; height:1em; '
            f'width:{probability * 12:.1f}em; background:#4c78a8; vertical-align:middle"></span> {probability:.1%}</td></tr>'
            for label, probability in self.top
        )
        return f"<table><caption>How probable I3D finds each action</caption><tbody>{rows}</tbody></table>"


def predict(model, labels, frames, top=5, at_least=0.01, value_range=(-1, 1)):
    """Print and return the actions that a model sees in a clip.

    Parameters
    ----------
    model : callable
        What `load_i3d` returns.
    labels : list of str
        A name for each of the model's outputs.
    frames : numpy.ndarray
        uint8 `[T, 224, 224, 3]`, RGB, `T` at least 9: what `read_video` returns.
    top : int
        How many actions to name at most.
    at_least : float
        Actions below this probability are left out, but for the first.
    value_range : (float, float)
        What black and white become. (-1, 1) is what I3D was trained on, says its authors' code; (0, 1) is what older tutorials
        feed it.

    Returns
    -------
    Prediction

    Raises
    ------
    ValueError
        If the frames have another dtype or shape, if the labels are not as many as the outputs, or if the model answers
        something that is no number.
    """
    prediction = classify(model, labels, frames, top, at_least, value_range)
    print(prediction)
    return prediction


def classify(model, labels, frames, top=5, at_least=0.01, value_range=(-1, 1)):
    """Do what `predict` does, without a word."""
    import tensorflow as tf

    logits = logits_of(model(tf.constant(to_batch(frames, value_range))))
    require_labels(labels, logits)
    probabilities = softmax(logits)
    best = np.argsort(-probabilities, kind="stable")[:top]
    named = [(labels[i], float(probabilities[i])) for i in best if probabilities[i] >= at_least or i == best[0]]
    return Prediction(labels, probabilities, named)


def require_labels(labels, logits):
    """Refuse outputs, `[..., classes]`, that the labels do not name one by one, or that are no numbers."""
    if len(labels) != logits.shape[-1]:
        raise ValueError(f"{len(labels)} labels for a model with {logits.shape[-1]} outputs: needed one each, in their order.")
    if not np.isfinite(logits).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(logits))} of the model's outputs are no numbers: are its weights damaged?")


def to_batch(frames, value_range=(-1, 1)):
    """Turn frames into what the network takes: float32 `[1, T, 224, 224, 3]`, black and white at the ends of `value_range`."""
    check_frames(frames)
    ends = np.asarray(value_range)
    if ends.shape != (2,) or ends.dtype.kind not in "iuf" or not np.isfinite(ends).all() or not ends[0] < ends[1]:
        raise ValueError(f"value_range is {value_range}: needed (low, high), such as (-1, 1).")
    low, high = value_range
    return (frames[np.newaxis] * np.float32((high - low) / 255) + np.float32(low)).astype(np.float32, copy=False)


def check_frames(frames):
    needed = f"needed uint8 [T, {I3D_SIZE}, {I3D_SIZE}, 3], RGB, T at least {I3D_MIN_FRAMES}: what read_video returns"
    if not isinstance(frames, np.ndarray):
        raise ValueError(f"frames are a {type(frames).__name__}: {needed}.")
    found = f"frames are {frames.dtype} {list(frames.shape)}"
    if frames.dtype != np.uint8:
        raise ValueError(f"{found}: {needed}. predict scales the values itself, so leave them from 0 to 255.")
    if frames.ndim == 5:
        raise ValueError(f"{found}: {needed}. predict adds the batch axis itself; give it one clip.")
    if frames.ndim == 4 and frames.shape[1] == 3:
        raise ValueError(f"{found}: {needed}. Channels come last: frames.transpose(0, 2, 3, 1).")
    if frames.ndim != 4 or frames.shape[1:] != (I3D_SIZE, I3D_SIZE, 3) or len(frames) < I3D_MIN_FRAMES:
        raise ValueError(f"{found}: {needed}. Time is the first axis.")


def logits_of(answer):
    """Return what a model answered for its one clip."""
    found = {name: list(np.shape(value)) for name, value in answer.items()} if isinstance(answer, dict) else type(answer).__name__
    if not isinstance(answer, dict) or len(found.get("default", [])) != 2 or found["default"][0] != 1:
        raise ValueError(f"the model answered {found} for one clip: needed {{'default': [1, classes]}}, as load_i3d's models do.")
    return np.asarray(answer["default"])[0]


def softmax(logits):
    """Turn logits into probabilities; the largest is taken off first, so that nothing overflows.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()
