"""Perturb clips, run the model on each, and compare the predictions, with intervals over independent groups."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm.auto import tqdm

from ..basics.messages import show_progress
from ..basics.statistics import interval
from ..display.alternative_text import Picture, chart
from ..display.colors import BLUE, GRAY
from ..models.video_model import input_of
from ..predictions.prediction import require_labels, softmax
from ..video.preprocessing import check_frames
from .stored_logits import StoredLogits

UNCHANGED = "unchanged"
FEW_GROUPS = 10  # with fewer, the coverage of a percentile bootstrap is clearly below nominal
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


@dataclass(frozen=True, eq=False)
class Comparison:
    """Predictions for the same clips under several conditions. Displayed as a table; `draw` returns a chart."""

    results: dict[str, np.ndarray]  # finite probabilities for each condition, float32 [clips, labels]; "unchanged" comes first
    true_indices: np.ndarray  # of each clip's true label, int [clips]
    clips: Sequence  # such as `RealClip`, with an `action` and a `group`; clips of the same group are not independent
    accepted_indices: Sequence[Sequence[int]] = ()  # for each clip, other labels that also describe it

    def __post_init__(self) -> None:
        for title, probabilities in self.results.items():
            if unusable := np.count_nonzero(~np.isfinite(probabilities)):
                raise ValueError(
                    f"{unusable} of {probabilities.size} probabilities of {title!r} are not finite, so they cannot be compared."
                )

    @property
    def groups(self) -> list[str]:
        return [clip.group for clip in self.clips]

    @property
    def actions(self) -> list[str]:
        return [clip.action for clip in self.clips]

    def only(self, *titles: str) -> "Comparison":
        """Return the comparison with only "unchanged" and the named conditions, in this order."""
        return replace(self, results={title: self._result(title) for title in dict.fromkeys((UNCHANGED, *titles))})

    def true_probability(self, title: str) -> np.ndarray:
        """Probability of the true label, float32 `[clips]`."""
        return self._result(title)[np.arange(len(self.true_indices)), self.true_indices]

    def is_correct(self, title: str) -> np.ndarray:
        """Whether the top-1 prediction is the true label, bool `[clips]`."""
        return self._result(title).argmax(axis=1) == self.true_indices

    def count_correct(self, title: str) -> int:
        """Number of clips whose top-1 prediction is the true label."""
        return int(self.is_correct(title).sum())

    def count_accepted(self, title: str) -> int:
        """Number of clips whose top-1 prediction is the true label or another accepted one."""
        top = self._result(title).argmax(axis=1)
        others = self.accepted_indices or [()] * len(top)
        return sum(int(best == true or best in also) for best, true, also in zip(top, self.true_indices, others))

    def effect(self, title: str, baseline: str = UNCHANGED) -> tuple[float, float, float]:
        """Return the mean change of the true label's probability, paired by clip, and its 95 % interval over groups.

        The change is from `baseline` to `title`. Returns (mean, low, high), each from -1 to 1.
        """
        change = self.true_probability(title).astype(float) - self.true_probability(baseline)
        return float(change.mean()), *interval(change, self.groups)

    def __str__(self) -> str:
        groups, lenient = len(set(self.groups)), any(self.accepted_indices)
        header = f"{'':24}{'correct':>8}{'accepted' if lenient else '':>{10 * lenient}}"
        lines = [f"{len(self.groups)} clips in {groups} groups", f"{header}{'probability':>13}{'change':>9}   95 % interval"]
        for title in self.results:
            counts = f"{self.count_correct(title):>8}" + (f"{self.count_accepted(title):>10}" if lenient else "")
            line = f"{title:24}{counts}{self.true_probability(title).mean():>13.1%}"
            mean, low, high = points(self.effect(title))
            lines.append(line if title == UNCHANGED else f"{line}{mean:>9}   {low} to {high}")
        if groups < FEW_GROUPS:
            lines.append(f"{groups} groups: the intervals are probably too narrow")
        return "\n".join(lines)

    __repr__ = __str__

    def by_action(self) -> str:
        """Return a table of the mean probability of the true label per action."""
        actions, titles = list(dict.fromkeys(self.actions)), list(self.results)
        members = {action: np.array([own == action for own in self.actions]) for action in actions}
        means = np.array([[self.true_probability(title)[members[action]].mean() for action in actions] for title in titles])
        if len(actions) > len(titles):  # the shorter list becomes the columns
            actions, titles, means = titles, actions, means.T
        widths = [max(12, len(name) + 2) for name in actions]
        lines = [" " * 24 + "".join(f"{name:>{width}}" for name, width in zip(actions, widths))]
        for title, row in zip(titles, means):
            lines.append(f"{title:24}" + "".join(f"{mean:>{width}.0%}" for mean, width in zip(row, widths)))
        return "\n".join(lines)

    def draw(self) -> Picture:
        """Draw the effect of each condition with its interval; the alternative text lists them."""
        titles = [title for title in self.results if title != UNCHANGED]
        if not titles:
            raise ValueError(f"there is no effect to draw: the only condition is {UNCHANGED!r}. Compare it with another one.")
        effects = [self.effect(title) for title in titles]
        means, lows, highs = 100 * np.array(effects).T
        rows = np.arange(len(titles))
        figure, axis = chart(8, 1.0 + 0.4 * len(titles))
        axis.hlines(rows, lows, highs, color=BLUE, linewidth=3)
        axis.plot(means, rows, "o", color=BLUE, markersize=8)
        axis.axvline(0, color=GRAY, linestyle="--")
        axis.set(yticks=rows, yticklabels=titles, xlabel="change of the true label's probability (percentage points)")
        axis.set_ylim(len(titles) - 0.4, -0.6)  # the first at the top, with a margin at both ends
        axis.grid(axis="x", alpha=0.3)
        listed = [f"{title} {mean}, from {low} to {high}" for title, (mean, low, high) in zip(titles, map(points, effects))]
        what = "Change of the true label's probability in percentage points, with 95 % intervals"
        return Picture(figure, f"{what}: {'; '.join(listed)}.")

    def _result(self, title):
        if title not in self.results:
            raise ValueError(f"{title!r} was not measured. Choose one of {', '.join(map(repr, self.results))}.")
        return self.results[title]


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


def points(effect: Sequence[float]) -> list[str]:
    """Format fractions as percentage points: -0.1173 as "-11.7"."""
    return [f"{100 * value:+.1f}" for value in effect]


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
