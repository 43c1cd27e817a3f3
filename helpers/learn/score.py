"""How well actions are recognized in clips that were not learned from, beside baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.metrics import confusion_matrix

from ..basics.statistics import LEAST_GROUPS, Interval, interval

LONGEST_NAME = 24  # letters of an action in a confusion matrix
MOST_FREQUENT = "most frequent action"  # the baseline that always names it
TOO_FEW = f"fewer than {LEAST_GROUPS} groups: too few for a 95% interval"


@dataclass(frozen=True, eq=False)
class Score:
    """Predictions for clips of groups that were held out, and what they amount to. Shows itself as text."""

    labels: Sequence[str]  # the actions
    actions: Sequence[str]  # true action of each clip
    predicted: Sequence[str]  # predicted action of each clip
    groups: Sequence[str]
    baselines: Mapping[str, Sequence[str]]  # predictions of classifiers that see no movement, for the same splits
    others: Mapping[str, Sequence[str]]  # predictions of another classifier on the same features

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
        """95 % interval of the accuracy, over groups; see `accuracy_interval`."""
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

    @cached_property
    def confusion(self) -> np.ndarray:
        """Number of clips for each true action (row) and predicted action (column), int `[labels, labels]`."""
        return confusion_matrix(self.actions, self.predicted, labels=self.labels)

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
            f"accuracy {self.accuracy:.3f} ({known}), {len(self.actions)} clips, {len(set(self.groups))} groups, "
            f"chance {self.chance:.3f}, best baseline {self.best_baseline:.2f}"
        )

    def __str__(self) -> str:
        return "\n".join([*self._accuracies(), "", *self._confusions(), "", self.summary])

    __repr__ = __str__

    def _accuracies(self):
        known = f" ({TOO_FEW})" if self.interval is None else f", with the 95 % interval ({self.interval.method})"
        yield f"Accuracy on groups that were held out{known}"
        rows = {"learned from the features": self.predicted, **self.others, **self.baselines}
        width = max(map(len, rows))
        for title, predicted in rows.items():
            values = self.correct(predicted)
            bounds = accuracy_interval(values, self.groups)
            if title in self.baselines and title == next(iter(self.baselines)):
                yield "Baselines, which see no movement"
            share = f"{values.mean():6.1%}" + (" ({:.1%} to {:.1%})".format(*bounds) if bounds else "")
            yield f"  {title:<{width}}  {share}, {int(values.sum())} of {len(values)} clips"
        if MOST_FREQUENT in self.baselines and self.accuracy_of(self.baselines[MOST_FREQUENT]) < self.chance:
            yield f"A baseline can be below chance ({self.chance:.1%}): what is held out is rarer among the clips learned from."

    def _confusions(self):
        yield "Confusion matrix: a row for each true action, a column for each predicted one; recall is the share in the diagonal"
        counts, recalls = self.confusion, self.recall
        names = [label if len(label) <= LONGEST_NAME else f"{label[: LONGEST_NAME - 1]}…" for label in self.labels]
        width, cell = max(map(len, names)) + 4, len(str(counts.max())) + 2
        cell = max(cell, len(str(len(names))) + 2)
        yield " " * (width + 2) + "".join(f"{i:>{cell}}" for i in range(1, len(names) + 1)) + "  recall"
        for i, (label, name, row) in enumerate(zip(self.labels, names, counts), 1):
            recall = f"{recalls[label]:6.1%}" if label in recalls else "not tested"
            yield f"  {i:>2} {name:<{width - 3}}" + "".join(f"{n or '·':>{cell}}" for n in row) + f"  {recall}"


def accuracy_interval(correct: np.ndarray, groups: Sequence[str]) -> Interval | None:
    """Return the 95 % interval of an accuracy, from 1.0 for each correct prediction, else 0.0; None for fewer than 5 groups."""
    return interval(correct.astype(bool), groups) if len(set(groups)) >= LEAST_GROUPS else None
