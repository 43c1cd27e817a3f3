"""Actions that were never learned: how well they can be told from those that were, and the threshold for "none of these".

Several measures were compared on UT-Interaction, with one pair of people held out and one action left out in turn: area under the
ROC curve, and the share of unknown clips that pass if 90% of known clips do.

    measure                                                        MoViNet-A0      I3D
    highest probability                                            0.79   72%     0.80   57%
    energy (Liu et al., NeurIPS 2020)                              0.76   73%     0.77   62%
    Mahalanobis distance (Lee et al., NeurIPS 2018)                0.72   68%     0.73   64%
    cosine to the nearest clip, standardized features              0.80   44%     0.82   48%
    cosine to the nearest action's mean, standardized features     0.80   65%     0.87   52%
    the same, whitened (see `helpers.models.learned.rejection`)    0.86   46%     0.88   38%

The last one was chosen by MoViNet's numbers; I3D's confirm the choice, but are from the same clips. If the threshold is chosen
by the pairs learned from only, it keeps 89% of the known clips, and 45% (MoViNet-A0) and 37% (I3D) of the unknown ones pass.
All of these are measured without the limit of the distance, which matters for clips from elsewhere.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from sklearn.covariance import ledoit_wolf
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ..basics.statistics import LEAST_GROUPS, Interval, interval, roc_area
from ..clips.actions import NOT_LEARNED, OTHER
from ..clips.folders import one_spelling
from ..models.learned.rejection import NO_LIMIT, Rejection
from .leaks import held_out
from .score import in_parentheses

KEPT = 0.9  # share of known clips that the threshold of a model keeps by default
SHARES = (0.99, 0.95, 0.9, 0.8)  # in the table
MOST_SINGLE_ACTIONS = 10  # with more actions, several are left out at a time
PARTS = 5
FOLDS = 5  # with more than 30 groups


@dataclass(frozen=True, eq=False)
class UnknownActions:
    """Similarities of clips to actions that were learned without the clips' groups. Displayed as text.

    `own` are those to all actions, and `other` those of clips that show none of the actions. `known` and `unknown` are
    similarities to all actions but some, which were left out in turn: `unknown` of the clips of these, `known` of the rest.
    """

    own: np.ndarray  # float32 [clips], or one for each part of each clip
    known: np.ndarray
    unknown: np.ndarray  # empty for two actions: without one of them, there is nothing to choose from
    known_groups: Sequence[str]  # of each clip in `known`
    unknown_groups: Sequence[str]
    unknown_labels: Sequence[str]  # the actions of the clips in `unknown`
    kept: float = KEPT  # share of the known clips that the threshold keeps
    other: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))
    other_groups: Sequence[str] = ()
    reach: float = NO_LIMIT  # the largest distance of a clip in `own` from the center; see `Rejection`

    def passes(self, kept: float) -> np.ndarray:
        """Return which unknown clips pass a threshold that keeps this share of the known clips, bool `[n]`."""
        return self.unknown >= np.quantile(self.known, 1 - kept)

    def other_passes(self, kept: float) -> np.ndarray:
        """Return which clips in `other` pass the threshold that keeps this share of the known clips, bool `[n]`."""
        return self.other >= np.quantile(self.own, 1 - kept)

    def interval(self, kept: float) -> Interval | None:
        """Return the 95% interval of the share of unknown clips that pass, over groups; None for fewer than 5 groups."""
        return share_interval(self.passes(kept), self.unknown_groups)

    def let_through(self, kept: float) -> float | None:
        """Return the share of unknown clips that pass; None if there are none, as with two actions."""
        return float(self.passes(kept).mean()) if len(self.unknown) else None

    @cached_property
    def area(self) -> tuple[float, ...] | None:
        """Area under the ROC curve, and its 95% interval over groups if there are at least 5; None without unknown clips."""
        if not len(self.unknown):
            return None
        if len(set(self.unknown_groups)) < LEAST_GROUPS:
            is_known = np.repeat([True, False], [len(self.known), len(self.unknown)])
            return (float(roc_auc_score(is_known, np.concatenate([self.known, self.unknown]))),)
        return roc_area(self.unknown, self.known, self.unknown_groups, self.known_groups)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        if self.area is None:
            yield f"The threshold for unknown actions keeps {self.kept:.1%} of the known clips. How many clips of unknown ones it"
            yield "lets through cannot be measured with two actions, because one of them would have to be left out."
        else:
            yield "Clips of unknown actions: each action left out in turn, on groups that were held out"
            area = ("{:.1%} ({:.1%} to {:.1%})" if len(self.area) == 3 else "{:.1%}").format(*self.area)
            yield f"  an unknown clip is less similar to the actions than a known one in {area} of the comparisons; chance is 50%"
            yield from self._table("unknown clips", self.passes, self.unknown_groups)
            if any(self.passes(self.kept)) and not all(self.passes(self.kept)):
                yield f"  let through by action: {self.by_action()}"
        if len(self.other):
            yield f"{NOT_LEARNED}, and count as unknown"
            yield from self._table(f"clips in {OTHER!r}", self.other_passes, self.other_groups)

    def by_action(self) -> str:
        """Return of which actions the threshold lets the smallest and the largest share through, and how many clips."""
        passes, labels = self.passes(self.kept), np.asarray(self.unknown_labels)
        own = {name: passes[labels == name] for name in sorted(set(labels))}
        least, most = (choose(own, key=lambda name: own[name].mean()) for choose in (min, max))
        return " to ".join(f"{own[name].sum()} of {len(own[name])} ({name})" for name in (least, most))

    def _table(self, what: str, passes_at: Callable[[float], np.ndarray], groups: Sequence[str]) -> Iterator[str]:
        yield f"  known clips kept  {what} let through"
        for kept in sorted({*SHARES, self.kept}, reverse=True):
            passes = passes_at(kept)
            bounds, chosen = in_parentheses(share_interval(passes, groups)), "  <- the threshold" if kept == self.kept else ""
            yield f"  {kept:16.1%}  {passes.mean():6.1%}{bounds}, {passes.sum()} of {len(passes)}{chosen}"


def share_interval(passes: np.ndarray, groups: Sequence[str]) -> Interval | None:
    """Return the 95% interval of a share over groups; None for fewer than 5 groups."""
    return interval(passes, groups) if len(set(groups)) >= LEAST_GROUPS else None


def unknown_actions(
    rows: np.ndarray,
    actions: Sequence[str],
    groups: Sequence[str],
    kept: float = KEPT,
    other_rows: np.ndarray | None = None,
    other_groups: Sequence[str] = (),
    parts: np.ndarray | None = None,
) -> UnknownActions:
    """Measure how well unknown actions can be told from known ones: leave out each action in turn, and hold out groups.

    Parameters
    ----------
    rows : numpy.ndarray
        Features, float32 `[clips, K]`, such as `features` returns.
    actions, groups : sequence of str
        One for each clip, as in `cross_validate`. With more than 10 actions, a fifth of them is left out at a time.
    kept : float
        The share of known clips that the threshold keeps.
    other_rows : numpy.ndarray, optional
        Features of clips that show none of the actions, float32 `[n, K]`. Each is compared with actions that were learned
        without the clips of its group.
    other_groups : sequence of str
        One for each of them. A group may also have clips of actions.
    parts : numpy.ndarray, optional
        Features of parts of each clip, float32 `[clips, parts, K]`, which are compared in place of the clips, because a model
        that will see parts finds them less similar to the actions than whole clips.

    Raises
    ------
    ValueError
        If there is only one group, or not one group for each of `other_rows`.
    """
    other_rows = np.empty((0, rows.shape[1]), np.float32) if other_rows is None else other_rows
    if len(other_rows) != len(other_groups):
        raise ValueError(f"each clip needs a group, but there are {len(other_rows)} other clips and {len(other_groups)} groups.")
    every_group = one_spelling([*groups, *other_groups])
    groups, other_groups = every_group[: len(groups)], every_group[len(groups) :]
    parts = rows[:, np.newaxis] if parts is None else parts
    true, names = np.asarray(actions), sorted(set(actions))
    unlearned = [[name] for name in names] if len(names) <= MOST_SINGLE_ACTIONS else [names[i::PARTS] for i in range(PARTS)]
    own: list[float] = []
    distances: list[float] = []
    similarities: dict[bool, list[float]] = {True: [], False: []}  # of clips whose action was learned, and of the others
    tested: dict[bool, list[str]] = {True: [], False: []}  # their groups
    labels: dict[bool, list[str]] = {True: [], False: []}  # their actions
    for train, test in held_out(actions, groups, folds=FOLDS):
        for left_out in [[], *unlearned]:
            learned = train[~np.isin(true[train], left_out)]
            taught = set(true[learned])
            if len(taught) < 2:
                continue
            with threadpool_limits(1):  # as in `learn`
                rejection = Rejection(*resemblance(rows[learned], true[learned]), np.empty(0), kept)
                found, distance = rejection.cosine_and_distance(parts[test])
            if not left_out:
                own.extend(found.ravel())
                distances.extend(distance.ravel())
                continue
            for i, of_parts in zip(test, found):
                is_known = true[i] in taught
                similarities[is_known].extend(of_parts)
                tested[is_known] += [groups[i]] * len(of_parts)
                labels[is_known] += [actions[i]] * len(of_parts)
    known, unknown = (np.array(similarities[is_known], np.float32) for is_known in (True, False))
    reach = max(distances, default=0.0) or NO_LIMIT
    other = other_similarities(rows, true, np.array(groups, object), other_rows, np.array(other_groups, object), reach)
    own_similarities, of_known, of_unknown = np.array(own, np.float32), tested[True], tested[False]
    return UnknownActions(own_similarities, known, unknown, of_known, of_unknown, labels[False], kept, other, other_groups, reach)


def other_similarities(
    rows: np.ndarray, actions: np.ndarray, groups: np.ndarray, other_rows: np.ndarray, other_groups: np.ndarray, reach: float
) -> np.ndarray:
    """Return the similarity of each other clip to the actions, learned without the clips of its group, float32 `[n]`."""
    found = np.empty(len(other_rows), np.float32)
    shared = np.isin(other_groups, groups)
    for group in [*dict.fromkeys(other_groups[shared]), None]:  # None: the groups that have no clip of an action
        own, learned = (other_groups == group, groups != group) if group is not None else (~shared, np.full(len(groups), True))
        if own.any():
            with threadpool_limits(1):
                rejection = Rejection(*resemblance(rows[learned], actions[learned]), np.empty(0), KEPT, reach)
            found[own] = rejection.similarity(other_rows[own])
    return found


def learn_rejection(rows: np.ndarray, actions: Sequence[str], found: UnknownActions) -> Rejection:
    """Learn from all clips what rejects unknown actions, with the threshold of what `unknown_actions` returned for them."""
    return Rejection(*resemblance(rows, np.asarray(actions)), found.own, found.kept, found.reach)


def resemblance(rows: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return center, whitening, and means of a `Rejection`.

    The covariance within actions is that of standardized features, shrunk toward a multiple of the identity (Ledoit & Wolf,
    Journal of Multivariate Analysis 88, 2004), because there are fewer clips than features.
    """
    scaler = StandardScaler().fit(rows)
    scaled = scaler.transform(rows).astype(np.float64)
    names, indices = np.unique(actions, return_inverse=True)
    means = np.array([scaled[indices == i].mean(axis=0) for i in range(len(names))])
    within, identity = scaled - means[indices], np.eye(rows.shape[1])
    covariance = ledoit_wolf(within, assume_centered=True)[0] if within.any() else identity  # one clip of each action
    whitening = solve_triangular(cholesky(covariance, lower=True), identity, lower=True).T
    center = means.mean(axis=0)
    white = (means - center) @ whitening
    white /= np.linalg.norm(white, axis=1, keepdims=True).clip(1e-12)
    center, whitening = scaler.mean_ + scaler.scale_ * center, whitening / scaler.scale_[:, np.newaxis]
    return center.astype(np.float32), whitening.astype(np.float32), white.astype(np.float32)
