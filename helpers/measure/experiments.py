"""Perturb clips, run the model on each, and compare the predictions."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from ..basics.messages import show_progress
from ..models.video_model import input_of
from ..predictions.prediction import require_labels, softmax
from ..video.preprocessing import check_frames
from .comparison import UNCHANGED, Comparison
from .stored_logits import StoredLogits

Perturbation = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip with a known action.

    Attributes
    ----------
    action, label : str
        The action, as named in the dataset, and the model's label for it; empty if it has none.
    group : str
        Recording or scene of the clip. Clips of the same group are not independent.
    frames : numpy.ndarray
        uint8 `[T, 224, 224, 3]`, or of the model's own size. Read-only: all conditions share them.
    also_accepted : tuple of str
        Other labels that also describe the clip; only `Comparison.count_accepted` counts them.
    """

    action: str
    label: str
    group: str
    frames: np.ndarray
    also_accepted: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.frames, np.ndarray):
            frames = self.frames.view()  # the caller's own array stays writeable
            frames.flags.writeable = False
            object.__setattr__(self, "frames", frames)


class Experiment:
    """Predictions for the same clips under different perturbations.

    Parameters
    ----------
    model : callable
        A model from `load_i3d`, `load_movinet` or `load_model`.
    labels : sequence of str
        A name for each output of the model. The labels of the clips must be among them.
    clips : sequence of Clip
        At least one.
    stored : StoredLogits, optional
        Logits that were computed before. By default, a model with a `fingerprint` computes each clip once per session. Without
        one, as for a model of your own that may still be trained, every clip is computed each time.
    """

    def __init__(self, model: Callable, labels: Sequence[str], clips: Sequence[Clip], stored: StoredLogits | None = None) -> None:
        self.model, self.labels, self.clips = model, list(labels), list(clips)
        if not self.clips:
            raise ValueError("there are no clips. Pass at least one.")
        self.stored = StoredLogits() if stored is None else stored
        self.groups = [clip.group for clip in self.clips]
        named = {label for clip in self.clips for label in (clip.label, *clip.also_accepted) if label}
        if unknown := sorted(named - set(self.labels)):
            raise ValueError(f"{unknown[0]!r} is not among the {len(self.labels)} labels. Use one of them, or '' for none.")
        self.true_indices = np.array([self.labels.index(clip.label) for clip in self.clips if clip.label], int)

    def predict(
        self,
        perturbation: Perturbation = lambda frames: frames,
        value_range: tuple[float, float] | None = None,
        title: str = UNCHANGED,
    ) -> np.ndarray:
        """Predict the actions in all clips, perturbed. Returns probabilities, float32 `[clips, labels]`.

        Logits that a model with a `fingerprint` computed before are reused. Their key is a hash of the perturbed frames, so an
        edited perturbation is computed again. Raises ValueError if a perturbation writes into the frames or returns anything
        other than such frames, or if an output of the model is not finite.

        Parameters
        ----------
        perturbation : callable
            A function that maps frames, uint8 `[T, 224, 224, 3]`, to such frames; `T` may change, but must be at least 9. Models
            other than I3D have their own size and minimum length. The frames that it is passed are read-only.
        value_range : (float, float), optional
            As in `predict`.
        title : str
            Title of the progress bar.
        """
        logits, needed = [], input_of(self.model)
        value_range = needed.value_range if value_range is None else value_range
        for clip in tqdm(self.clips, desc=title, leave=False, disable=not show_progress()):
            frames = np.ascontiguousarray(_perturbed(clip.frames, perturbation))
            check_frames(frames, needed.size, needed.min_frames)
            logits.append(self.stored.get(self.model, frames, value_range))
            require_labels(self.labels, logits[-1])
        return softmax(np.array(logits))

    def compare(self, perturbations: dict[str, Perturbation | dict]) -> Comparison:
        """Apply each perturbation, and compare the predictions with those for the unchanged clips.

        `perturbations` has, for each name, a function from frames to frames, or the keyword arguments of `predict`. Raises
        ValueError if a name is "unchanged", or if a clip has no label, so that no prediction can be correct.
        """
        if UNCHANGED in perturbations:
            raise ValueError(f"{UNCHANGED!r} is the name of the baseline. Give the perturbation another one.")
        if unlabeled := len(self.clips) - len(self.true_indices):
            raise ValueError(
                f"{unlabeled} of {len(self.clips)} clips have no label, but each needs one. Leave them out, or call predict."
            )
        results = {UNCHANGED: self.predict()}
        for title, perturbation in perturbations.items():
            options = perturbation if isinstance(perturbation, dict) else {"perturbation": perturbation}
            results[title] = self.predict(title=title, **options)
        accepted = [[self.labels.index(label) for label in clip.also_accepted] for clip in self.clips]
        return Comparison(results, self.true_indices, self.clips, accepted)


def _perturbed(frames: np.ndarray, perturbation: Perturbation) -> np.ndarray:
    """Return the perturbed frames. If the perturbation writes into the clip's own frames, the error says to copy them."""
    try:
        return perturbation(frames)
    except Exception as error:  # NumPy raises ValueError, and OpenCV its own error
        if not re.search("read-?only", str(error)):
            raise
        raise ValueError(
            "the perturbation writes into the frames of the clip, which all conditions share. Change a copy of them instead: "
            "frames = frames.copy()"
        ) from error
