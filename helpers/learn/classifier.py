"""Learn new actions from the features of a few clips, and score them on groups of clips that were held out.

Only a linear classifier (logistic regression on standardized features) is learned, as in Donahue et al., "DeCAF", ICML 2014.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ..clips.folders import one_spelling
from .features import THUMBNAIL
from .leaks import MANY_CLIPS, alike, check_leak, held_out
from .records import ONE_ROW_EACH, ClipFeatures, FeaturesOverTime
from .score import MOST_FREQUENT, WITHOUT_MIRRORED, Fold, Score

Splits = Iterable[tuple[Any, Any]]  # sequences of indices for training and for testing
STRENGTHS = (0.001, 0.01, 0.1, 1.0)  # values of C: a smaller one regularizes more
# If there are too few groups to choose. Learned from one pair or one scene of UT-Interaction (MoViNet), C changes the accuracy by
# less than 0.03; the log loss is smallest for 0.1 and 1 (1.09 and 1.12 from one pair), and larger for 0.001 (1.59).
DEFAULT_C = 1.0
NEIGHBORS = 5
INNER_FOLDS = 5  # to choose C
MOST_NAMED = 5  # pairs in a warning


def learn(rows: np.ndarray, actions: Sequence[str], groups: Sequence[str]) -> Pipeline:
    """Learn a classifier from features.

    Parameters
    ----------
    rows : numpy.ndarray
        float32 `[clips, K]`, such as `features` returns.
    actions, groups : sequence of str
        One for each clip.

    Returns
    -------
    sklearn.pipeline.Pipeline
        StandardScaler and LogisticRegression, in which each action has the same weight. Its C has the smallest log loss on
        held-out groups of these clips.

    Raises
    ------
    ValueError
        If there is only one action, or not one action and one group for each row.
    """
    require_same_length(rows, actions, groups)
    groups = one_spelling(groups)
    with few_clips_allowed(), threadpool_limits(1):  # the matrices are small: threads would wait for each other
        return head(choose_strength(rows, actions, groups)).fit(rows, actions)


def learn_from(
    fit: Callable,
    rows: np.ndarray,
    mirrored: np.ndarray | None,
    actions: Sequence[str],
    groups: Sequence[str],
    chosen: Sequence[int] | np.ndarray | None = None,
) -> Any:
    """Fit a classifier to the chosen clips, by default all, and to their mirror images, if any; both are float32 `[clips, K]`."""
    chosen = range(len(rows)) if chosen is None else chosen
    views = [rows[chosen]] if mirrored is None else [rows[chosen], mirrored[chosen]]
    own_actions, own_groups = ([values[i] for i in chosen] * len(views) for values in (actions, groups))
    return fit(np.concatenate(views), own_actions, own_groups)


def require_same_length(clips: Sized, actions: Sequence[str], groups: Sequence[str]) -> None:
    """Raise ValueError if there is not one action and one group for each clip."""
    if not len(clips) == len(actions) == len(groups):
        found = f"{len(clips)} clips, {len(actions)} actions and {len(groups)} groups"
        raise ValueError(f"each clip needs an action and a group, but there are {found}.")


@contextmanager
def few_clips_allowed() -> Iterator[None]:
    """Ignore scikit-learn's warning about many classes, which it raises if most actions have one clip."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        yield


def head(strength: float) -> Pipeline:
    """Return the classifier, before it is fitted, with a value of C."""
    return make_pipeline(StandardScaler(), logistic_regression(strength))


def logistic_regression(strength: float) -> LogisticRegression:
    """Return logistic regression in which each action has the same weight, however many clips it has.

    On UT-Interaction, with 5 clips of one action in turn, and 20 of the others, this raises its recall from 63 to 77% (I3D) and
    from 43 to 53% (MoViNet-A0), and the accuracy by 0.5 and 0.3 percentage points.
    """
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=1000)


def choose_strength(rows: np.ndarray, actions: Sequence[str], groups: Sequence[str]) -> float:
    """Return the C with the smallest log loss on held-out groups; 1 if there are too few groups to test each action."""
    groups_of_each = Counter(action for action, _ in set(zip(actions, groups)))
    if min(groups_of_each.values()) < 2:  # its only group cannot be both learned from and tested
        return DEFAULT_C
    true = np.asarray(actions)
    splits = [split for split in held_out(actions, groups, INNER_FOLDS, INNER_FOLDS) if set(true[split[0]]) == set(actions)]
    if {action for _, test in splits for action in true[test]} != set(actions):  # any C is good for the others
        return DEFAULT_C
    if len(actions) > MANY_CLIPS:  # one split tests enough of them
        splits = next(([split] for split in splits if set(true[split[1]]) == set(actions)), splits)
    losses = [log_losses(rows[train], true[train], rows[test], true[test]) for train, test in splits]
    return STRENGTHS[int(np.argmin(np.sum(losses, axis=0)))]


def log_losses(rows: np.ndarray, actions: np.ndarray, test_rows: np.ndarray, test_actions: np.ndarray) -> list[float]:
    """Return the log loss on test clips for each C.

    The training rows span at most as many dimensions as there are clips, and the learned weights lie in them, so rotating all
    rows to these dimensions changes no logit and saves most of the time, if there are fewer clips than features.
    """
    scaler = StandardScaler().fit(rows)
    scaled, test_scaled = scaler.transform(rows), scaler.transform(test_rows)
    if len(rows) < rows.shape[1]:
        axes = np.linalg.svd(scaled, full_matrices=False)[2].T
        scaled, test_scaled = scaled @ axes, test_scaled @ axes
    columns = np.searchsorted(np.unique(actions), test_actions)
    classifiers = [logistic_regression(c).fit(scaled, actions) for c in STRENGTHS]
    probabilities = [classifier.predict_proba(test_scaled)[np.arange(len(columns)), columns] for classifier in classifiers]
    return [-float(np.log(p.clip(1e-30)).sum()) for p in probabilities]  # after two clips, a probability can be 0


def cross_validate(
    clips: Sequence[ClipFeatures],
    actions: Sequence[str],
    groups: Sequence[str],
    splits: Splits | None = None,
    names: Sequence[str] | None = None,
    mirrored: Sequence[ClipFeatures] | None = None,
) -> Score:
    """Learn from all groups but some, test on these, and repeat until each clip was tested once.

    Each classifier that is tested chooses its own C, as `learn` does.

    Parameters
    ----------
    clips : list of ClipFeatures
        What `clip_features` returns for each clip.
    actions, groups : sequence of str
        One for each clip. Clips that belong together, such as those of one recording, have the same group. Names of groups are
        compared as in `helpers.clips.folders.one_spelling`.
    splits : iterable of (sequence of int, sequence of int), optional
        Indices for training and for testing, such as an official split, or what `split` of a scikit-learn splitter returns.
        Each clip is tested at most once; the score covers the tested clips. Default: `held_out`.
    names : sequence of str, optional
        Names of the clips, for warnings. Default: their indices.
    mirrored : list of ClipFeatures, optional
        Features of the same clips with left and right exchanged, such as `clip_features(mirrored(model), path)` returns (see
        `helpers.models.mirror`), to learn from as well. Only the clips themselves are tested.

    Returns
    -------
    Score
        Baselines are tested on the same splits: one middle frame's features, with the same classifier; the middle frame at
        8 x 8 pixels, and the width, height and length of the clip, with the 5 nearest neighbors; and the most frequent action.
        With `mirrored`, baselines of pictures learn from mirrored ones, too, and what is learned without them is also tested.

    Warns
    -----
    UserWarning
        If clips of different groups are probably copies (see `helpers.learn.leaks.alike`), or if no clip of an action is tested.

    Raises
    ------
    ValueError
        If there is only one group, if there is only one action in the clips to learn from, if a split leaks, tests a clip again,
        has no clips on one side, or has indices of no clip, if there is not one action, one group and, with `mirrored`, one
        mirrored clip for each clip, if the numbers of features differ, or if the features are rows over time.
    """
    require_same_length(clips, actions, groups)
    if mirrored is not None and len(mirrored) != len(clips):
        raise ValueError(f"each clip needs a mirrored one, but there are {len(clips)} clips, and {len(mirrored)} mirrored.")
    if any(isinstance(clip, FeaturesOverTime) for clip in clips):
        raise ValueError(f"these are {ONE_ROW_EACH}")
    if len(lengths := {len(clip.features) for clip in clips}) > 1:
        raise ValueError(f"clips have {sorted(lengths)} features, so they were computed with different models. Use one model.")
    true, groups = np.asarray(actions), one_spelling(groups)
    stacked = {name: np.stack([getattr(clip, name) for clip in clips]) for name in ("features", "still", "pixels", "size")}
    warn_of_copies(stacked["features"], stacked["pixels"], groups, list(map(str, range(len(clips)))) if names is None else names)
    splits = list(held_out(actions, groups)) if splits is None else checked(splits, groups)
    tested = np.sort(np.concatenate([test for _, test in splits]))
    if untested := sorted(set(actions) - set(true[tested])):
        warnings.warn(f"no clip of {', '.join(map(repr, untested))} is tested, so the score says nothing about it.", stacklevel=2)

    more: dict[str, np.ndarray] = {}
    if mirrored is not None:
        more = {name: np.stack([getattr(clip, name) for clip in mirrored]) for name in ("features", "still")}
        more["pixels"] = mirror_pixels(stacked["pixels"])

    def learned(name: str, fit: Callable, more: Mapping[str, np.ndarray] = more) -> list[Any]:
        """Return the classifier of each split."""
        with few_clips_allowed():
            return [learn_from(fit, stacked[name], more.get(name), actions, groups, train) for train, _ in splits]

    def predictions(name: str, classifiers: Sequence[Any]) -> list[str]:
        predicted = np.empty_like(true)
        for (_, test), classifier in zip(splits, classifiers):
            predicted[test] = classifier.predict(stacked[name][test])
        return predicted[tested].tolist()

    def tested_with(name: str, fit: Callable, more: Mapping[str, np.ndarray] = more) -> list[str]:
        return predictions(name, learned(name, fit, more))

    baselines = {
        "one middle frame's features": tested_with("still", learn),
        "8 x 8 pixels of the middle frame": tested_with("pixels", nearest_neighbors),
        "width, height and length": tested_with("size", nearest_neighbors),
        MOST_FREQUENT: tested_with("size", lambda rows, actions, _: DummyClassifier(strategy="most_frequent").fit(rows, actions)),
    }
    others = {"nearest mean of the features": tested_with("features", nearest_mean)}
    if more:
        others[WITHOUT_MIRRORED] = tested_with("features", learn, {})
    classifiers, probabilities = learned("features", learn), np.empty(len(true))
    for (_, test), classifier in zip(splits, classifiers):
        probabilities[test] = classifier.predict_proba(stacked["features"][test]).max(axis=1)
    return Score(
        sorted(set(actions)),
        true[tested].tolist(),
        predictions("features", classifiers),
        [groups[i] for i in tested],
        baselines,
        others,
        [] if names is None else [names[i] for i in tested],
        probabilities[tested].tolist(),
        [Fold(train, test, classifier) for (train, test), classifier in zip(splits, classifiers)],
    )


def checked(splits: Splits, groups: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the indices of splits as arrays, or raise the errors of `cross_validate`."""
    arrays = [(np.asarray(list(train)), np.asarray(list(test))) for train, test in splits]
    for indices in (indices for pair in arrays for indices in pair):
        if not len(indices):
            raise ValueError(
                "a split has no clips to learn from, or none to test. Each side needs the index of at least one clip."
            )
        if indices.dtype.kind not in "iu" or indices.min() < 0 or indices.max() >= len(groups):
            raise ValueError(
                f"the splits must be indices of the {len(groups)} clips, from 0 to {len(groups) - 1}, not {indices}."
            )
    tests = Counter(i for _, test in arrays for i in test.tolist())
    if not tests:
        raise ValueError("the splits test no clip. Pass at least one pair of indices, for training and for testing.")
    clip, count = tests.most_common(1)[0]
    if count > 1:
        raise ValueError(f"clip {clip} is tested {count} times, so it would count {count} times. Test each clip at most once.")
    for train, test in arrays:
        check_leak(groups, train.tolist(), test.tolist())
    return arrays


def warn_of_copies(rows: np.ndarray, pictures: np.ndarray, groups: Sequence[str], names: Sequence[str]) -> None:
    """Warn of clips whose features are equal, or nearly so, but which are in different groups."""
    pairs = alike(rows, groups, pictures)
    equal = {pair for pair in pairs if np.array_equal(*rows[list(pair)])}
    for some, how in ((sorted(equal), "the same"), ([pair for pair in pairs if pair not in equal], "nearly the same")):
        if some:
            listed = "; ".join(f"{names[i]} and {names[j]}" for i, j in some[:MOST_NAMED])
            more = f"; … ({len(some)} pairs)" if len(some) > MOST_NAMED else ""
            warnings.warn(
                f"clips of different groups have {how} features: {listed}{more}. If one is a copy of the other, the score is too "
                "high: delete one of them, or put both into one group.",
                stacklevel=3,
            )


def mirror_pixels(rows: np.ndarray) -> np.ndarray:
    """Exchange left and right in the pictures of a baseline, float32 `[clips, 192]`."""
    return rows.reshape(-1, THUMBNAIL, THUMBNAIL, 3)[:, :, ::-1].reshape(rows.shape)


def nearest_mean(rows: np.ndarray, actions: Sequence[str], groups: Sequence[str]) -> BaseEstimator:
    """Return a classifier that names the action whose mean is nearest."""
    with np.errstate(invalid="ignore"):  # the deviations of one clip of each action, which the prediction does not use
        return make_pipeline(StandardScaler(), NearestCentroid()).fit(rows, actions)


def nearest_neighbors(rows: np.ndarray, actions: Sequence[str], groups: Sequence[str]) -> BaseEstimator:
    """Return a classifier that lets the 5 nearest clips vote."""
    return make_pipeline(StandardScaler(), KNeighborsClassifier(min(NEIGHBORS, len(rows)))).fit(rows, actions)
