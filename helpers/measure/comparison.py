"""Predictions for the same clips under several conditions, with intervals over independent groups."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..basics.statistics import LEAST_GROUPS, Discordant, holm, interval, mcnemar, p_value
from ..display.alternative_text import Picture, chart
from ..display.colors import BLUE, GRAY

UNCHANGED = "unchanged"


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

    def of(self, action: str) -> "Comparison":
        """Return the comparison of one action's clips; the mean over several can hide effects of opposite directions."""
        chosen = [i for i, own in enumerate(self.actions) if own == action]
        if not chosen:
            raise ValueError(f"no clip shows {action!r}. Choose one of {', '.join(map(repr, dict.fromkeys(self.actions)))}.")
        accepted = [self.accepted_indices[i] for i in chosen] if len(self.accepted_indices) else ()
        results = {title: rows[chosen] for title, rows in self.results.items()}
        return Comparison(results, self.true_indices[chosen], [self.clips[i] for i in chosen], accepted)

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

    def changes(self, title: str, baseline: str = UNCHANGED) -> np.ndarray:
        """Change of the true label's probability from `baseline` to `title`, float64 `[clips]`."""
        return self.true_probability(title).astype(float) - self.true_probability(baseline)

    def effect(self, title: str, baseline: str = UNCHANGED) -> tuple[float, float, float]:
        """Return the mean of `changes`, paired by clip, and its 95% interval over groups, each from -1 to 1; see `interval`."""
        changes = self.changes(title, baseline)
        low, high = interval(changes, self.groups)
        return float(changes.mean()), max(low, -1.0), min(high, 1.0)

    def decided(self) -> list[str]:
        """Return the conditions whose mean change has p < 0.05 (t-test over groups), after Holm's correction for their number."""
        titles = [title for title in self.results if title != UNCHANGED]
        adjusted = holm([p_value(self.changes(title), self.groups) for title in titles])
        return [title for title, p in zip(titles, adjusted) if p < 0.05]

    def discordant(self, title: str) -> Discordant:
        """Count the clips that are correct only with `title`, and those that are only unchanged; see `mcnemar`."""
        return mcnemar(self.is_correct(title), self.is_correct(UNCHANGED), self.groups)

    def __str__(self) -> str:
        groups, lenient = len(set(self.groups)), any(self.accepted_indices)
        titles = [title for title in self.results if title != UNCHANGED]
        enough = groups >= LEAST_GROUPS
        header = f"{'':24}{'correct':>8}{'accepted' if lenient else '':>{10 * lenient}}{'probability':>13}"
        header += f"{'change':>9}{'   95% interval' if enough else ''}" if titles else ""
        lines = [f"{len(self.groups)} clips in {groups} groups", header]
        for title in self.results:
            counts = f"{self.count_correct(title):>8}" + (f"{self.count_accepted(title):>10}" if lenient else "")
            line = f"{title:24}{counts}{self.true_probability(title).mean():>13.1%}"
            if title != UNCHANGED:
                mean, *bounds = points(self.effect(title) if enough else [self.changes(title).mean()])
                line += f"{mean:>9}" + (f"   {' to '.join(bounds)}" if enough else "")
            lines.append(line)
        if titles and not enough:
            lines.append(f"{groups} groups: too few for an interval")
        elif titles:
            correction = f" after Holm's correction for {len(titles)}" if len(titles) > 1 else ""
            lines.append(f"intervals: t over {groups} groups; p < 0.05{correction}: {', '.join(self.decided()) or 'none'}")
        return "\n".join(lines)

    __repr__ = __str__

    def draw(self) -> Picture:
        """Draw the effect of each condition with its interval, and a small dot for each group."""
        titles = [title for title in self.results if title != UNCHANGED]
        if not titles:
            raise ValueError(f"there is no effect to draw: the only condition is {UNCHANGED!r}. Compare it with another one.")
        enough = len(set(self.groups)) >= LEAST_GROUPS
        effects = [self.effect(title) if enough else (self.changes(title).mean(),) * 3 for title in titles]
        means, lows, highs = 100 * np.array(effects).T
        rows = np.arange(len(titles))
        figure, axis = chart(8, 1.0 + 0.4 * len(titles))
        axis.hlines(rows, lows, highs, color=BLUE, linewidth=3, alpha=0.5)
        axis.plot(means, rows, "o", color=BLUE, markersize=8)
        for row, title in zip(rows, titles):
            of_groups = 100 * self.means_of_groups(title)
            axis.plot(of_groups, np.full(len(of_groups), row + 0.22), "o", color=GRAY, markersize=3)
        axis.axvline(0, color=GRAY, linestyle="--")
        axis.set(yticks=rows, yticklabels=titles, xlabel="change of the true label's probability (percentage points)")
        axis.set_ylim(len(titles) - 0.4, -0.6)  # the first at the top, with a margin at both ends
        axis.grid(axis="x", alpha=0.3)
        bounds = [f", from {low} to {high}" if enough else "" for _, low, high in map(points, effects)]
        listed = [f"{title} {points(effect)[0]}{ends}" for title, effect, ends in zip(titles, effects, bounds)]
        what = f"Change of the true label's probability in percentage points{', with 95% intervals' if enough else ''}"
        return Picture(figure, f"{what}, and a dot for each group: {'; '.join(listed)}.")

    def means_of_groups(self, title: str) -> np.ndarray:
        """Mean of `changes` for each group, float64 `[groups]`."""
        changes, groups = self.changes(title), np.array(self.groups)
        return np.array([changes[groups == group].mean() for group in dict.fromkeys(self.groups)])

    def _result(self, title):
        if title not in self.results:
            raise ValueError(f"{title!r} was not measured. Choose one of {', '.join(map(repr, self.results))}.")
        return self.results[title]


def points(effect: Sequence[float]) -> list[str]:
    """Format fractions as percentage points: -0.1173 as "-11.7"."""
    return [f"{100 * value:+.1f}" for value in effect]
