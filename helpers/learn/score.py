"""How well actions are recognized in clips that were not learned from, beside baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from sklearn.metrics import confusion_matrix
from sklearn.pipeline import Pipeline

from ..basics.messages import number
from ..basics.statistics import LEAST_GROUPS, Discordant, Interval, interval, mcnemar

MAIN = "learned from the features"
LONGEST_NAME = 24  # letters of an action in a confusion matrix
MOST_FREQUENT = "most frequent action"  # the baseline that always names it
WITHOUT_MIRRORED = "learned without mirrored clips"
MOST_LISTED = 20  # wrong clips in the text
SIGNIFICANT = 0.05
TOO_FEW = f"fewer than {LEAST_GROUPS} groups: too few for a 95% interval"


class Wrong(NamedTuple):
    """A clip whose predicted action is wrong."""

    name: str
    action: str
    predicted: str
    probability: float  # of the predicted action

    def __str__(self) -> str:
        return f"{self.name}: {self.action}, predicted {self.predicted} ({self.probability:.1%})"


class Fold(NamedTuple):
    """A split of the clips, and the classifier that was learned from the features of its training clips."""

    train: np.ndarray  # int: indices of the clips
    test: np.ndarray
    classifier: Pipeline


@dataclass(frozen=True, eq=False)
class Score:
    """Predictions for clips of groups that were held out, and what they amount to. Displayed as text."""

    labels: Sequence[str]  # the actions
    actions: Sequence[str]  # true action of each clip
    predicted: Sequence[str]  # predicted action of each clip
    groups: Sequence[str]
    baselines: Mapping[str, Sequence[str]]  # predictions of classifiers that see no movement, for the same splits
    others: Mapping[str, Sequence[str]]  # predictions of another classifier on the same features
    names: Sequence[str] = ()  # of the clips, if they are known
    probabilities: Sequence[float] = ()  # of the predicted actions, if they are known
    folds: Sequence[Fold] = ()  # what was learned and tested, if `cross_validate` did

    @property
    def accuracy(self) -> float:
        """Share of the clips whose predicted action is correct."""
        return self.accuracy_of(self.predicted)

    @property
    def count_correct(self) -> int:
        """Number of clips whose predicted action is correct."""
        return int(self.correct(self.predicted).sum())

    @cached_property
    def interval(self) -> Interval | None:
        """95% interval of the accuracy, over groups; see `accuracy_interval`."""
        return accuracy_interval(self.correct(self.predicted), self.groups)

    @property
    def chance(self) -> float:
        """Share of the most frequent action: the accuracy of always naming it."""
        return max(list(self.actions).count(label) for label in self.labels) / len(self.actions)

    @property
    def best_baseline(self) -> float:
        """Accuracy of the best classifier that sees no movement."""
        return max(map(self.accuracy_of, self.baselines.values()), default=float("nan"))

    @property
    def recall(self) -> dict[str, float]:
        """For each action that was tested, the share of its clips whose predicted action is correct."""
        rows = zip(self.labels, self.confusion.diagonal().tolist(), self.confusion.sum(axis=1).tolist())
        return {label: correct / count for label, correct, count in rows if count}

    @property
    def mean_recall(self) -> float:
        """Mean of the recalls, in which a rare action counts as much as a frequent one; also called balanced accuracy."""
        return self.mean_recall_of(self.predicted)

    def mean_recall_of(self, predicted: Sequence[str]) -> float:
        """Return the mean recall of other predictions for the same clips."""
        correct, actions = self.correct(predicted), np.asarray(self.actions)
        return float(np.mean([correct[actions == label].mean() for label in self.recall]))

    def recall_interval(self, label: str) -> Interval | None:
        """Return the 95% interval of an action's recall, over the groups of its clips; None for fewer than 5 groups."""
        own = [i for i, action in enumerate(self.actions) if action == label]
        return accuracy_interval(self.correct(self.predicted)[own], [self.groups[i] for i in own])

    @property
    def wrong(self) -> list[Wrong]:
        """The clips whose predicted action is wrong, those with the highest probability first; empty without names."""
        rows = map(Wrong, self.names, self.actions, self.predicted, self.probabilities)
        return sorted((row for row in rows if row.action != row.predicted), key=lambda row: -row.probability)

    @cached_property
    def against_baseline(self) -> tuple[str, Discordant] | None:
        """The best baseline, and in how many groups the features are better, or it is, with the p-value; None without one."""
        if not self.baselines:
            return None
        best = max(self.baselines, key=lambda title: self.accuracy_of(self.baselines[title]))
        return best, mcnemar(self.correct(self.predicted), self.correct(self.baselines[best]), self.groups)

    @property
    def verdict(self) -> str:
        """A sentence if these clips do not show that movement is needed, because a baseline is as good; otherwise empty."""
        if self.against_baseline is None:
            return ""
        best, found = self.against_baseline
        if found.first > found.second and found.p <= SIGNIFICANT:
            return ""
        return (
            f"These clips do not show that movement is needed: in {found.first} of {number(len(set(self.groups)), 'group')}, the "
            f"features are better than {best!r}, and in {found.second} worse (McNemar's exact test, p = {found.p:.2g})."
        )

    @property
    def of_mirrored(self) -> str:
        """A sentence about the effect of mirrored clips, and what to do if they lower the accuracy; empty if there are none."""
        if WITHOUT_MIRRORED not in self.others:
            return ""
        found = mcnemar(self.correct(self.predicted), self.correct(self.others[WITHOUT_MIRRORED]), self.groups)
        advice = " Learn without them, above all if actions differ by left and right." if found.second > found.first else ""
        return (
            f"Mirrored clips raise the accuracy in {found.first} of {number(len(set(self.groups)), 'group')}, and lower it in "
            f"{found.second} (McNemar's exact test, p = {found.p:.2g}).{advice}"
        )

    @cached_property
    def confusion(self) -> np.ndarray:
        """Number of clips for each true action (row) and predicted action (column), int `[labels, labels]`."""
        return confusion_matrix(self.actions, self.predicted, labels=self.labels)

    def rows(self) -> list[tuple[str, Sequence[str]]]:
        """Return the title and the predictions of each classifier that was tested."""
        return [(MAIN, self.predicted), *self.others.items(), *self.baselines.items()]

    def correct(self, predicted: Sequence[str]) -> np.ndarray:
        """Return 1.0 for each correct prediction, else 0.0, float64 `[clips]`."""
        return np.array([a == p for a, p in zip(self.actions, predicted)], float)

    def accuracy_of(self, predicted: Sequence[str]) -> float:
        """Return the accuracy of other predictions for the same clips."""
        return float(self.correct(predicted).mean())

    @property
    def summary(self) -> str:
        """One line, for scripts; accuracies are shares of the clips."""
        known = TOO_FEW if self.interval is None else "{:.2f} to {:.2f}".format(*self.interval)
        return (
            f"accuracy {self.accuracy:.3f} ({known}), mean recall {self.mean_recall:.3f}, {len(self.actions)} clips, "
            f"{len(set(self.groups))} groups, chance {self.chance:.3f}, best baseline {self.best_baseline:.2f}"
        )

    def __str__(self) -> str:
        parts = [self._accuracies(), self._confusions(), self._wrong(), [self.summary]]
        return "\n\n".join(filter(None, ("\n".join(part) for part in parts)))

    __repr__ = __str__

    def _accuracies(self):
        known = f" ({TOO_FEW})" if self.interval is None else f", with the 95% interval ({self.interval.method})"
        yield f"Accuracy and mean recall on groups that were held out{known}"
        width = max(len(title) for title, _ in self.rows())
        for title, predicted in self.rows():
            values = self.correct(predicted)
            bounds = in_parentheses(accuracy_interval(values, self.groups))
            if title in self.baselines and title == next(iter(self.baselines)):
                yield "Baselines, which see no movement"
            count, recall = f"{int(values.sum())} of {len(values)} clips", self.mean_recall_of(predicted)
            yield f"  {title:<{width}}  {values.mean():6.1%}{bounds}, {count}; mean recall {recall:.1%}"
        if MOST_FREQUENT in self.baselines and self.accuracy_of(self.baselines[MOST_FREQUENT]) < self.chance:
            yield f"A baseline can be below chance ({self.chance:.1%}): the action held out is rarer in the training clips."
        yield from filter(None, (self.verdict, self.of_mirrored))

    def _confusions(self):
        yield "Confusion matrix: a row for each true action, a column for each predicted one; recall is the share in the diagonal"
        counts, recalls = self.confusion, self.recall
        names = [label if len(label) <= LONGEST_NAME else f"{label[: LONGEST_NAME - 1]}…" for label in self.labels]
        width, cell = max(map(len, names)) + 4, len(str(counts.max())) + 2
        cell = max(cell, len(str(len(names))) + 2)
        yield " " * (width + 2) + "".join(f"{i:>{cell}}" for i in range(1, len(names) + 1)) + "  recall"
        for i, (label, name, row) in enumerate(zip(self.labels, names, counts), 1):
            recall = "not tested"
            if label in recalls:
                recall = f"{recalls[label]:6.1%}{in_parentheses(self.recall_interval(label))}, {row[i - 1]} of {row.sum()}"
            yield f"  {i:>2} {name:<{width - 3}}" + "".join(f"{n or '·':>{cell}}" for n in row) + f"  {recall}"

    def _wrong(self):
        wrong = self.wrong
        if wrong:
            yield "Wrong clips, and the probability of the predicted action"
        for clip in wrong[:MOST_LISTED]:
            yield f"  {clip}"
        if len(wrong) > MOST_LISTED:
            yield f"  … and {len(wrong) - MOST_LISTED} more"


def in_parentheses(bounds: Interval | None) -> str:
    """Return " (93.9% to 99.8%)", or nothing."""
    return " ({:.1%} to {:.1%})".format(*bounds) if bounds else ""


def accuracy_interval(correct: np.ndarray, groups: Sequence[str]) -> Interval | None:
    """Return the 95% interval of an accuracy, from 1.0 for each correct prediction, else 0.0; None for fewer than 5 groups."""
    return interval(correct.astype(bool), groups) if len(set(groups)) >= LEAST_GROUPS else None
