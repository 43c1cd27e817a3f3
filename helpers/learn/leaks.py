"""Splits that keep each group of clips on one side, and copies of clips in two groups.

Clips of one recording, one place or one person resemble each other in more than the action. If some of them are in the training
set and others in the test set, the score is too high: the test set has leaked.
"""

import warnings
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from sklearn.metrics import pairwise_distances_chunked
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

from ..clips.folders import one_spelling

MOST_SINGLE_GROUPS = 30  # with more groups, several are held out at a time
FOLDS = 10
MANY_CLIPS, FEW_FOLDS = 2000, 5  # with more clips, fewer splits are as precise, and each takes longer
ALIKE, NEIGHBOR = 0.45, 3  # see `alike`


def check_leak(groups: Sequence[Hashable], train: Sequence[int], test: Sequence[int]) -> None:
    """Raise an error if a split has clips of one group on both sides.

    Parameters
    ----------
    groups : sequence
        The group of each clip. Names are compared as in `one_spelling`.
    train, test : sequence of int
        Indices of the clips on each side.

    Raises
    ------
    ValueError
        If a group is on both sides. The message names up to five such groups.

    Examples
    --------
    >>> check_leak(["anna", "anna", "ben"], train=[0, 1], test=[2])
    >>> check_leak(["anna", "anna", "ben"], train=[0, 2], test=[1])
    Traceback (most recent call last):
    ValueError: the split leaks: 1 group is in the training set and in the test set (anna). Keep each group on one side only.
    """
    groups = one_spelling(groups)
    shared = sorted({groups[i] for i in train} & {groups[i] for i in test}, key=str)
    if shared:
        count = f"{len(shared)} group{' is' if len(shared) == 1 else 's are'}"
        names = ", ".join(map(str, shared[:5])) + (", …" if len(shared) > 5 else "")
        raise ValueError(
            f"the split leaks: {count} in the training set and in the test set ({names}). Keep each group on one side only."
        )


def held_out(
    actions: Sequence[str], groups: Sequence[str], most_single: int = MOST_SINGLE_GROUPS, folds: int = FOLDS
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield splits (indices for training, for testing) that together test each clip once, on a group that was not trained on.

    Up to `most_single` groups, each group is held out once (LeaveOneGroupOut); with more, `folds` parts of the groups are, with
    similar shares of each action (StratifiedGroupKFold). With more than 2000 clips, both are at most 5. Raises ValueError if there
    is only one group.
    """
    groups = one_spelling(groups)
    if len(actions) > MANY_CLIPS:
        most_single, folds = min(most_single, FEW_FOLDS), min(folds, FEW_FOLDS)
    if len(set(groups)) < 2:
        raise ValueError(f"all clips are in one group ({groups[0]}), but at least 2 are required, to test on one not trained on.")
    if len(set(groups)) <= most_single:
        splits = LeaveOneGroupOut().split(actions, actions, groups)
    else:
        largest = max(list(actions).count(action) for action in set(actions))
        splitter = StratifiedGroupKFold(max(2, min(folds, largest)))  # when it shuffles, older scikit-learn does not stratify
        splits = splitter.split(actions, actions, groups)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        for train, test in splits:
            check_leak(groups, train, test)
            yield train, test


def alike(rows: np.ndarray, groups: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return pairs of clips (indices) of different groups that are so alike that one is probably a copy of the other.

    Their features, float `[clips, K]`, are equal, or nearly so: the distance is below 0.45 of the distance from a clip to the
    third nearest one of another group, of which the median is taken.

    Measured with MoViNet-A0 on the 120 clips of UT-Interaction, each of which was copied into another group: all copies with one
    byte more were found, 105 that were encoded again (H.264, CRF 23), 23 at CRF 32, 11 at half the size, and 22 without their
    first 3 frames, so no warning is no proof. Nothing else was reported, except in 1.5 % of subsets of 9 or 18 clips.
    """
    names = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    ids = np.array([names[group] for group in groups])
    count = min(NEIGHBOR, len(rows) - 1)
    if len(names) < 2:
        return []

    def nearest(distances: np.ndarray, start: int) -> list[tuple[np.ndarray, np.ndarray]]:
        distances[ids[start : start + len(distances), np.newaxis] == ids] = np.inf
        columns = np.argpartition(distances, count - 1)[:, :count].copy()  # a view would keep all distances
        return list(zip(columns, np.take_along_axis(distances, columns, axis=1)))

    found = [one for part in pairwise_distances_chunked(rows, reduce_func=nearest, working_memory=64) for one in part]
    farthest = np.array([distances.max() for _, distances in found])
    near = ALIKE * np.median(farthest[np.isfinite(farthest)]) if np.isfinite(farthest).any() else 0.0
    pairs = [(i, int(j)) for i, (columns, distances) in enumerate(found) for j in columns[distances <= near]]
    return sorted({(min(pair), max(pair)) for pair in pairs})
