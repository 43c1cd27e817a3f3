"""Splits that keep each group of clips on one side, and copies of clips in two groups.

Clips of one recording, one place or one person resemble each other in more than the action. If some of them are in the training
set and others in the test set, the score is too high: the test set has leaked.
"""

import warnings
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from sklearn.metrics import euclidean_distances, pairwise_distances_chunked
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

from ..clips.folders import one_spelling

MOST_SINGLE_GROUPS = 30  # with more groups, several are held out at a time
FOLDS = 10
MANY_CLIPS, FEW_FOLDS = 2000, 5  # with more clips, fewer splits are as precise, and each takes longer
ALIKE, NEIGHBOR = 0.33, 3  # see `alike`


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
    similar shares of each action (StratifiedGroupKFold). With more than 2000 clips, both are at most 5. Raises ValueError if
    there is only one group, or, with more than `most_single` groups, if each action has only one clip.
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
        if largest < 2:
            raise ValueError(
                "each action has only one clip, but at least one action needs 2, to learn from one and test on another."
            )
        splitter = StratifiedGroupKFold(min(folds, largest))  # when it shuffles, older scikit-learn does not stratify
        splits = splitter.split(actions, actions, groups)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        for train, test in splits:
            check_leak(groups, train, test)
            yield train, test


def alike(rows: np.ndarray, groups: Sequence[Hashable], pictures: np.ndarray) -> list[tuple[int, int]]:
    """Return pairs of clips (indices) of different groups that are so alike that one is probably a copy of the other.

    Their features, float `[clips, K]`, are equal, or their features and their middle frames are nearly so: each distance is
    divided by that from a clip to the third nearest one of another group, of which the median is taken. That of the features is
    at most 1, and its product with that of the frames, such as 8 x 8 pixels `[clips, 192]`, at most 0.33.

    Measured with MoViNet-A0 on the 120 clips of UT-Interaction, of which every fourth was copied into another group. All
    30 copies with an added byte were found, all 30 that were encoded again (H.264, CRF 23), 27 at CRF 32, 28 without the first
    half second, and all 30 without the last one. Nothing else was reported: the smallest product of two clips was 0.48 (I3D:
    0.50; the samples: 0.51). In 1,000 random subsets of 9, 18 and 40 clips, two clips were reported wrongly in 1.8, 1.6 and 0%.
    """
    ids = np.unique(np.array([str(group) for group in groups]), return_inverse=True)[1]
    if len(set(ids)) < 2:
        return []
    count = min(NEIGHBOR, len(rows) - int(np.bincount(ids).max()))  # each clip has so many of other groups
    differ = bool(np.ptp(pictures, axis=0).any())  # identical pictures carry no information

    def nearest(distances: np.ndarray, start: int) -> list[tuple[np.ndarray, ...]]:
        part = slice(start, start + len(distances))
        seen = euclidean_distances(pictures[part], pictures) if differ else np.ones_like(distances)
        same = ids[part, np.newaxis] == ids
        distances[same] = seen[same] = np.inf
        products = distances * seen
        columns = np.argpartition(products, count - 1)[:, :count].copy()  # a view would keep all distances
        thirds = [np.partition(one, count - 1)[:, count - 1] for one in (distances, seen)]
        return list(zip(columns, *(np.take_along_axis(one, columns, axis=1) for one in (distances, products)), *thirds))

    found = [one for part in pairwise_distances_chunked(rows, reduce_func=nearest, working_memory=64) for one in part]
    scale, scale_of_pictures = (float(np.median([one[place] for one in found])) for place in (3, 4))
    if not scale_of_pictures:  # most pictures are the same
        return alike(rows, groups, np.zeros((len(rows), 1)))
    pairs = equal_rows(rows, ids) + [
        (i, int(j))
        for i, (columns, distances, products, *_) in enumerate(found)
        for j in columns[(distances <= scale) & (products <= ALIKE * scale * scale_of_pictures)]
    ]
    return sorted({(min(pair), max(pair)) for pair in pairs})


def equal_rows(rows: np.ndarray, ids: np.ndarray) -> list[tuple[int, int]]:
    """Return pairs of equal rows of different groups, each with the first of these rows."""
    first: dict[bytes, int] = {}
    pairs = [(first.setdefault(row.tobytes(), i), i) for i, row in enumerate(rows)]
    return [(one, other) for one, other in pairs if ids[one] != ids[other]]
