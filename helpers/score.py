"""How well actions are recognized in clips that were not learned from, beside baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .statistics import interval

LONGEST_NAME = 24  # letters of an action in a confusion matrix


@dataclass(frozen=True, eq=False)
class Score:
    """Predictions for clips of groups that were held out, and what they amount to. Shows itself as text.

    Attributes
    ----------
    labels : list of str
        The actions.
    actions, predicted : list of str
        The true and the predicted action of each clip.
    groups : list of str
        The group of each clip.
    baselines : dict of str to list of str
        The predictions of classifiers that see no movement, for the same splits.
    others : dict of str to list of str
        The predictions of another classifier on the same features.
    """

    labels: Sequence[str]
    actions: Sequence[str]
    predicted: Sequence[str]
    groups: Sequence[str]
    baselines: Mapping[str, Sequence[str]]
    others: Mapping[str, Sequence[str]]

    @property
    def accuracy(self) -> float:
        """Share of the clips whose predicted action is correct."""
        return self.accuracy_of(self.predicted)

    @property
    def count_correct(self) -> int:
        """Number of clips whose predicted action is correct."""
        return int(self.correct(self.predicted).sum())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of the accuracy, over groups."""
        return interval(self.correct(self.predicted), self.groups)

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
        """For each action, the share of its clips whose predicted action is correct."""
        confusion = self.confusion
        return dict(zip(self.labels, (confusion.diagonal() / confusion.sum(axis=1)).tolist()))

    @property
    def confusion(self) -> np.ndarray:
        """Number of clips for each true action (row) and predicted action (column), int `[labels, labels]`."""
        counts = np.zeros((len(self.labels), len(self.labels)), int)
        index = {label: i for i, label in enumerate(self.labels)}
        np.add.at(counts, ([index[a] for a in self.actions], [index[p] for p in self.predicted]), 1)
        return counts

    def correct(self, predicted: Sequence[str]) -> np.ndarray:
        """Return 1.0 for each correct prediction, else 0.0, float64 `[clips]`."""
        return np.array([a == p for a, p in zip(self.actions, predicted)], float)

    def accuracy_of(self, predicted: Sequence[str]) -> float:
        """Return the accuracy of other predictions for the same clips."""
        return float(self.correct(predicted).mean())

    @property
    def summary(self) -> str:
        """One line, for scripts; accuracies are shares of the clips."""
        low, high = self.interval
        return (
            f"accuracy {self.accuracy:.3f} ({low:.2f} to {high:.2f}), {len(self.actions)} clips, {len(set(self.groups))} groups, "
            f"chance {self.chance:.3f}, best baseline {self.best_baseline:.2f}"
        )

    def __str__(self) -> str:
        return "\n".join([*self._accuracies(), "", *self._confusions(), "", self.summary])

    __repr__ = __str__

    def _accuracies(self):
        yield f"Accuracy on groups that were held out, with the 95 % interval over {len(set(self.groups))} groups"
        rows = {"learned from the features": self.predicted, **self.others, **self.baselines}
        width = max(map(len, rows))
        for title, predicted in rows.items():
            values = self.correct(predicted)
            low, high = interval(values, self.groups)
            if title in self.baselines and title == next(iter(self.baselines)):
                yield "Baselines, which see no movement"
            share = f"{values.mean():6.1%} ({low:.1%} to {high:.1%})"
            yield f"  {title:<{width}}  {share}, {int(values.sum())} of {len(values)} clips"

    def _confusions(self):
        yield "Confusion matrix: a row for each true action, a column for each predicted one; recall is the share in the diagonal"
        counts = self.confusion
        names = [label if len(label) <= LONGEST_NAME else f"{label[: LONGEST_NAME - 1]}…" for label in self.labels]
        width, cell = max(map(len, names)) + 4, len(str(counts.max())) + 2
        cell = max(cell, len(str(len(names))) + 2)
        yield " " * (width + 2) + "".join(f"{i:>{cell}}" for i in range(1, len(names) + 1)) + "  recall"
        for i, (name, row, recall) in enumerate(zip(names, counts, self.recall.values()), 1):
            yield f"  {i:>2} {name:<{width - 3}}" + "".join(f"{n or '·':>{cell}}" for n in row) + f"  {recall:6.1%}"
