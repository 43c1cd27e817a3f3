"""Change clips in many ways, ask the model each time, and say what the change did, with an interval."""

from dataclasses import dataclass

import numpy as np

from .drawings import BLUE, GREY
from .plumbing.messages import show_progress
from .prediction import check_frames, logits_of, require_labels, softmax, to_batch
from .stored_logits import StoredLogits


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip whose action is known.

    Attributes
    ----------
    name : str
        Of the action, as the dataset calls it.
    label : str
        What a right answer would be; empty where there is none among the model's labels.
    group : str
        Clips of one group are not independent: one recording, or one scene.
    frames : numpy.ndarray
        uint8 `[T, 224, 224, 3]`.
    """

    name: str
    label: str
    group: str
    frames: np.ndarray


class Experiment:
    """The same clips, asked about again and again, each time changed in another way.

    Parameters
    ----------
    model : callable
        What `load_i3d` returns.
    labels : list of str
        A name for each of the model's outputs.
    clips : list of Clip
        What to ask about.
    stored : StoredLogits, optional
        Logits that were computed before. Without them, each clip is computed once in this session.

    Raises
    ------
    ValueError
        If a clip has a label that is not among `labels`.
    """

    def __init__(self, model, labels, clips, stored=None):
        self.model, self.labels, self.clips = model, labels, clips
        self.stored = StoredLogits() if stored is None else stored
        self.groups = [clip.group for clip in clips]
        unknown = sorted({clip.label for clip in clips if clip.label} - set(labels))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not among the {len(labels)} labels: needed one of them, or '' for none.")
        self.right = [labels.index(clip.label) if clip.label else None for clip in clips]

    def answers(self, change=lambda frames: frames, value_range=(-1, 1), title="unchanged"):
        """Ask about all clips, changed.

        A clip that was computed before is not computed again; it is known by a hash of the frames that the model sees, so a
        change of the change is noticed.

        Parameters
        ----------
        change : callable
            From uint8 `[T, 224, 224, 3]` to the same with any `T` of at least 9.
        value_range : (float, float)
            As in `predict`.
        title : str
            What the progress bar says.

        Returns
        -------
        numpy.ndarray
            The model's probabilities, float32 `[clips, labels]`.

        Raises
        ------
        ValueError
            If a change gives anything but such frames, or the model something that is no number.
        """
        from tqdm.auto import tqdm

        rows = []
        for clip in tqdm(self.clips, desc=title, leave=False, disable=not show_progress()):
            frames = np.ascontiguousarray(change(clip.frames))
            check_frames(frames)
            rows.append(self.stored.get(self.model, frames, value_range, self.compute))
            require_labels(self.labels, rows[-1])
        return np.array([softmax(row) for row in rows])

    def compute(self, frames, value_range=(-1, 1)):
        """Run the model on one clip, uint8 `[T, 224, 224, 3]`; return its logits, float32 `[labels]`."""
        import tensorflow as tf

        return logits_of(self.model(tf.constant(to_batch(frames, value_range))))

    def compare(self, changes):
        """Try each change and compare it with the unchanged clips.

        Parameters
        ----------
        changes : dict
            For each name a function from frames to frames, or the keywords of `answers`.

        Returns
        -------
        Comparison

        Raises
        ------
        ValueError
            If a clip has no label: nothing could be right or wrong about it. `answers` needs none.
        """
        unlabeled = sum(index is None for index in self.right)
        if unlabeled:
            raise ValueError(f"{unlabeled} of {len(self.clips)} clips have no label: compare needs one for each. Leave them out, or call answers.")
        results = {"unchanged": self.answers()}
        for title, change in changes.items():
            options = change if isinstance(change, dict) else {"change": change}
            results[title] = self.answers(title=title, **options)
        return Comparison(self, results)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changes did to a model's answers: a table as text, a picture with `draw`.

    Attributes
    ----------
    experiment : Experiment
        Whose clips were changed.
    results : dict
        For each change the probabilities, float32 `[clips, labels]`; "unchanged" comes first.
    """

    experiment: Experiment
    results: dict

    def right(self, title):
        """Probability of the right action, float32 `[clips]`."""
        return self.results[title][np.arange(len(self.experiment.clips)), self.experiment.right]

    def count(self, title):
        """How many clips have the right action as the first answer."""
        return int((self.results[title].argmax(axis=1) == self.experiment.right).sum())

    def effect(self, title):
        """Mean change of the right action's probability, with its interval: (mean, low, high)."""
        change = self.right(title) - self.right("unchanged")
        return float(change.mean()), *interval(change, self.experiment.groups)

    def __str__(self):
        clips, groups = len(self.experiment.clips), len(set(self.experiment.groups))
        lines = [f"{clips} clips in {groups} groups", f"{'':24}{'right':>6}{'probability':>13}{'change':>9}   95 % interval"]
        for title in self.results:
            mean, low, high = (f"{round(100 * value):+d}" for value in self.effect(title))
            line = f"{title:24}{self.count(title):>6}{self.right(title).mean():>13.0%}"
            lines.append(line if title == "unchanged" else f"{line}{mean:>9}   {low} to {high}")
        return "\n".join(lines)

    __repr__ = __str__

    def by_action(self):
        """Write the mean probability of the right action, action by action, as a table."""
        names = list(dict.fromkeys(clip.name for clip in self.experiment.clips))
        lines = [" " * 24 + "".join(f"{name:>12}" for name in names)]
        for title in self.results:
            means = [self.right(title)[[clip.name == name for clip in self.experiment.clips]].mean() for name in names]
            lines.append(f"{title:24}" + "".join(f"{mean:>12.0%}" for mean in means))
        return "\n".join(lines)

    def draw(self):
        """Draw each change's effect with its interval; returns a matplotlib figure."""
        import matplotlib.pyplot as plt

        titles = [title for title in self.results if title != "unchanged"]
        means, lows, highs = 100 * np.array([self.effect(title) for title in titles]).T
        rows = np.arange(len(titles))
        figure, axis = plt.subplots(figsize=(8, 0.8 + 0.4 * len(titles)), layout="constrained")
        axis.hlines(rows, lows, highs, color=BLUE, linewidth=3)
        axis.plot(means, rows, "o", color=BLUE, markersize=8)
        axis.axvline(0, color=GREY, linestyle="--")
        axis.set(yticks=rows, yticklabels=titles, xlabel="change of the right action's probability (percentage points)")
        axis.invert_yaxis()
        axis.grid(axis="x", alpha=0.3)
        return figure


def interval(values, groups, rounds=10_000, seed=0):
    """Return the 95 % bootstrap interval of a mean, drawing whole groups.

    Parameters
    ----------
    values : numpy.ndarray
        float `[n]`.
    groups : list of str
        `n` names; values of one group are drawn together, because they are not independent.
    rounds : int
        How many means to draw.
    seed : int
        Of the draws.

    Returns
    -------
    (float, float)
        The 2.5th and the 97.5th percentile of the means.

    Notes
    -----
    Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3, with groups as the units.

    >>> interval(np.array([1.0, 1.0, 3.0, 3.0]), ["a", "a", "b", "b"])
    (1.0, 3.0)
    """
    members = [values[[group == name for group in groups]] for name in sorted(set(groups))]
    sums, counts = np.array([m.sum() for m in members]), np.array([len(m) for m in members])
    draws = np.random.default_rng(seed).integers(len(members), size=(rounds, len(members)))
    low, high = np.percentile(sums[draws].sum(axis=1) / counts[draws].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)

