"""Perturb clips, run the model on each, and report the effect with an interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from tqdm.auto import tqdm

from .display.alternative_text import Picture
from .display.colors import BLUE, GRAY
from .model_input import input_of
from .plumbing.messages import show_progress
from .plumbing.stored_logits import StoredLogits
from .prediction import predict_logits, require_labels, softmax
from .preprocessing import check_frames
from .statistics import interval

Perturbation = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip with a known action.

    Attributes
    ----------
    action : str
        The action, as the dataset calls it.
    label : str
        Its label among those of the model; empty if the model has none for it.
    group : str
        Clips of one group are not independent: one recording, or one scene.
    frames : numpy.ndarray
        uint8 `[T, 224, 224, 3]`.
    """

    action: str
    label: str
    group: str
    frames: np.ndarray


class Experiment:
    """The same clips, perturbed in one way after another.

    Parameters
    ----------
    model : callable
        What `load_i3d` returns.
    labels : sequence of str
        A name for each output of the model.
    clips : sequence of Clip
        The clips.
    stored : StoredLogits, optional
        Logits that were computed before. Without them, each clip is computed once in this session.

    Raises
    ------
    ValueError
        If a clip has a label that is not among `labels`.
    """

    def __init__(self, model: Callable, labels: Sequence[str], clips: Sequence[Clip], stored: StoredLogits | None = None) -> None:
        self.model, self.labels, self.clips = model, labels, clips
        self.stored = StoredLogits() if stored is None else stored
        self.groups = [clip.group for clip in clips]
        unknown = sorted({clip.label for clip in clips if clip.label} - set(labels))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not among the {len(labels)} labels: needed one of them, or '' for none.")
        self.true_indices = np.array([labels.index(clip.label) for clip in clips if clip.label], int)

    def predict(
        self,
        perturbation: Perturbation = lambda frames: frames,
        value_range: tuple[float, float] | None = None,
        title: str = "unchanged",
    ) -> np.ndarray:
        """Predict the actions in all clips, perturbed.

        A clip that was computed before is not computed again. It is found by a hash of the frames that the model gets, so a
        perturbation that was edited is noticed.

        Parameters
        ----------
        perturbation : callable
            From uint8 `[T, 224, 224, 3]` to the same with any `T` of at least 9.
        value_range : (float, float), optional
            As in `predict`.
        title : str
            Shown by the progress bar.

        Returns
        -------
        numpy.ndarray
            Probabilities, float32 `[clips, labels]`.

        Raises
        ------
        ValueError
            If a perturbation returns anything but such frames, or outputs of the model are not finite.
        """
        logits, needed = [], input_of(self.model)
        value_range = needed.value_range if value_range is None else value_range
        for clip in tqdm(self.clips, desc=title, leave=False, disable=not show_progress()):
            frames = np.ascontiguousarray(perturbation(clip.frames))
            check_frames(frames, needed.size, needed.min_frames)
            logits.append(self.stored.get(self.model, frames, value_range, self.compute))
            require_labels(self.labels, logits[-1])
        return softmax(np.array(logits))

    def compute(self, frames: np.ndarray, value_range: tuple[float, float] | None = None) -> np.ndarray:
        """Run the model on one clip, uint8 `[T, 224, 224, 3]`; return its logits, float32 `[labels]`."""
        return predict_logits(self.model, frames, value_range)

    def compare(self, perturbations: dict[str, Perturbation | dict]) -> "Comparison":
        """Try each perturbation and compare it with the unchanged clips.

        Parameters
        ----------
        perturbations : dict
            For each name a function from frames to frames, or the keyword arguments of `Experiment.predict`.

        Returns
        -------
        Comparison

        Raises
        ------
        ValueError
            If a clip has no label, so that no prediction is correct. `Experiment.predict` needs none.
        """
        unlabeled = len(self.clips) - len(self.true_indices)
        if unlabeled:
            raise ValueError(
                f"{unlabeled} of {len(self.clips)} clips have no label: needed one for each. Leave them out, or call predict."
            )
        results = {"unchanged": self.predict()}
        for title, perturbation in perturbations.items():
            options = perturbation if isinstance(perturbation, dict) else {"perturbation": perturbation}
            results[title] = self.predict(title=title, **options)
        return Comparison(self, results)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Effects of perturbations: a table as text, a figure with `draw`.

    Attributes
    ----------
    experiment : Experiment
        The experiment whose clips were perturbed.
    results : dict
        For each perturbation the probabilities, float32 `[clips, labels]`; "unchanged" comes first.
    """

    experiment: Experiment
    results: dict[str, np.ndarray]

    def true_probability(self, title: str) -> np.ndarray:
        """Probability of the true label, float32 `[clips]`."""
        return self.results[title][np.arange(len(self.experiment.clips)), self.experiment.true_indices]

    def count_correct(self, title: str) -> int:
        """Number of clips whose top-1 prediction is the true label."""
        return int((self.results[title].argmax(axis=1) == self.experiment.true_indices).sum())

    def effect(self, title: str) -> tuple[float, float, float]:
        """Mean change of the true label's probability, and its 95 % interval: (mean, low, high)."""
        change = self.true_probability(title) - self.true_probability("unchanged")
        return float(change.mean()), *interval(change, self.experiment.groups)

    def __str__(self) -> str:
        clips, groups = len(self.experiment.clips), len(set(self.experiment.groups))
        lines = [f"{clips} clips in {groups} groups", f"{'':24}{'correct':>8}{'probability':>13}{'change':>9}   95 % interval"]
        for title in self.results:
            mean, low, high = (f"{round(100 * value):+d}" for value in self.effect(title))
            line = f"{title:24}{self.count_correct(title):>8}{self.true_probability(title).mean():>13.0%}"
            lines.append(line if title == "unchanged" else f"{line}{mean:>9}   {low} to {high}")
        return "\n".join(lines)

    __repr__ = __str__

    def by_action(self) -> str:
        """Return a table of the mean probability of the true label, action by action."""
        actions = list(dict.fromkeys(clip.action for clip in self.experiment.clips))
        lines = [" " * 24 + "".join(f"{action:>12}" for action in actions)]
        for title in self.results:
            probabilities = self.true_probability(title)
            means = [probabilities[[clip.action == action for clip in self.experiment.clips]].mean() for action in actions]
            lines.append(f"{title:24}" + "".join(f"{mean:>12.0%}" for mean in means))
        return "\n".join(lines)

    def draw(self) -> Picture:
        """Draw the effect of each perturbation with its interval."""
        titles = [title for title in self.results if title != "unchanged"]
        means, lows, highs = 100 * np.array([self.effect(title) for title in titles]).T
        rows = np.arange(len(titles))
        figure = Figure(figsize=(8, 0.8 + 0.4 * len(titles)), layout="constrained")
        axis = figure.subplots()
        axis.hlines(rows, lows, highs, color=BLUE, linewidth=3)
        axis.plot(means, rows, "o", color=BLUE, markersize=8)
        axis.axvline(0, color=GRAY, linestyle="--")
        axis.set(yticks=rows, yticklabels=titles, xlabel="change of the true label's probability (percentage points)")
        axis.invert_yaxis()
        axis.grid(axis="x", alpha=0.3)
        effects = (
            f"{title} {mean:+.0f} ({low:+.0f} to {high:+.0f})" for title, mean, low, high in zip(titles, means, lows, highs)
        )
        changes = "; ".join(effects)
        return Picture(figure, f"Changes in percentage points, with 95 % intervals: {changes}.")
