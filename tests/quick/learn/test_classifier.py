"""Learning actions from features, and the score on groups that were held out."""

import json

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold

from helpers.learn import classifier
from helpers.learn.classifier import cross_validate, learn, log_losses
from helpers.learn.training import score_card
from tests.support.learning import records, separable


def test_what_can_be_learned_is_learned_and_noise_is_not():
    rows, actions, groups = separable()
    random = np.random.default_rng(1).normal(size=rows.shape).astype(np.float32)
    score = cross_validate(records(rows, random), actions, groups)
    assert (
        score.accuracy == 1
        and tuple(score.interval) == pytest.approx((0.025 ** (1 / 6), 1))
        and set(score.recall.values()) == {1}
    )
    assert score.best_baseline < 0.7, "of noise, and of pixels and sizes that are all zero"
    assert cross_validate(records(random), actions, groups).accuracy < 0.7


def test_c_is_not_chosen_if_one_action_cannot_be_tested():
    rows, actions, clips = np.array([[0.0, 9.0], [9.0, 0.0], [9.0, 9.0]]), ["a", "a", "b"], ["1", "2", "3"]
    learned = learn(rows, actions, clips)  # without b, nothing can be learned, so only a's clips can be tested
    assert learned.steps[-1][1].C == 1 and learned.predict([[12.0, 12.0]]) == "b"


def test_with_many_clips_c_is_chosen_by_one_split_that_tests_each_action(monkeypatch):
    rows, actions, groups = separable(groups=20, noise=1.0)
    tested = []

    def losses(*arrays):
        tested.append(sorted(set(arrays[3])))
        return log_losses(*arrays)

    monkeypatch.setattr(classifier, "log_losses", losses)
    known = learn(rows, actions, groups)
    assert len(tested) == 5
    monkeypatch.setattr(classifier, "MANY_CLIPS", 50)
    tested.clear()
    assert learn(rows, actions, groups).predict(rows).tolist() == known.predict(rows).tolist()
    assert tested == [["a", "b", "c"]]


@pytest.mark.filterwarnings("ignore:clips of different groups have nearly the same")
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("two_recordings", [True, False])
def test_two_clips_of_each_of_many_actions_are_enough_and_raise_no_warning(two_recordings):
    """Models that are tested learn from one clip of most actions, or of all of them."""
    rows, actions, groups = separable([f"action {i}" for i in range(30)], groups=2)
    groups = groups if two_recordings else [str(i) for i in range(len(rows))]
    assert cross_validate(records(rows), actions, groups).accuracy > 0.9
    assert learn(rows, actions, groups).predict(rows).tolist() == actions


@pytest.mark.filterwarnings("error")
def test_a_probability_of_zero_does_not_decide_alone():
    rows = np.array([[1.0, 1.0], [1.0, 1.001], [5.0, 9.0], [1.0, 1.002], [2.0, 9.0], [2.0, 1.0]], np.float32) * 1000
    assert np.isfinite(log_losses(rows[:2], np.array(["a", "b"]), rows[2:], np.array(["a", "a", "b", "b"]))).all()


def test_a_given_split_counts_the_clips_that_it_tests():
    rows, actions, groups = separable()
    wrong = actions.copy()
    wrong[0] = "b"  # in the first group, which is tested
    score = cross_validate(records(rows), wrong, groups, [(range(6, 18), range(4))])
    assert score.actions == ["b", "b", "c", "a"] and score.predicted == ["a", "b", "c", "a"]
    assert score.groups == ["g0", "g0", "g0", "g1"] and score.count_correct == 3
    with pytest.raises(ValueError, match=r"the split leaks: 1 group .* \(g0\)"):
        cross_validate(records(rows), actions, groups, [(range(1, 18), [0])])


def test_a_splitter_of_scikit_learn_gives_splits():
    rows, actions, groups = separable()
    assert len(cross_validate(records(rows), actions, groups, GroupKFold(3).split(rows, actions, groups)).predicted) == len(rows)


@pytest.mark.parametrize(
    "splits, message",
    [
        ([(range(6, 18), range(3)), (range(6, 18), range(2, 6))], "clip 2 is tested 2 times, so it would count 2 times"),
        ([], "the splits test no clip"),
        ([(range(3, 18), [])], "a split has no clips to learn from, or none to test"),
        ([([], [0])], "a split has no clips to learn from, or none to test"),
        ([(range(3, 18), [-1])], "must be indices of the 18 clips, from 0 to 17, not"),
        ([(range(3, 18), [True, False])], "must be indices of the 18 clips, from 0 to 17, not"),
    ],
)
def test_a_split_that_cannot_be_scored_is_an_error(splits, message):
    rows, actions, groups = separable()
    with pytest.raises(ValueError, match=message):
        cross_validate(records(rows), actions, groups, splits)


def test_clips_of_two_models_and_lists_of_different_length_are_errors():
    rows, actions, groups = separable()
    with pytest.raises(ValueError, match="there are 18 clips, 18 actions and 17 groups"):
        cross_validate(records(rows), actions, groups[1:])
    with pytest.raises(ValueError, match=r"clips have \[5, 8\] features, so they were computed with different models"):
        cross_validate([*records(rows[1:]), *records(rows[:1, :5])], actions, groups)


def test_an_action_that_is_never_tested_is_named_and_has_no_recall():
    rows, actions, groups = separable()
    with pytest.warns(UserWarning, match="no clip of 'c' is tested, so the score says nothing about it"):
        score = cross_validate(records(rows), actions, groups, [(range(6, 18), [0, 1, 3, 4])])
    assert list(score.recall) == ["a", "b"] and "not tested" in str(score)
    json.dumps(score_card(score), allow_nan=False)


def test_a_group_that_names_the_action_does_not_help():
    """Rows that identify the group, not the action: a random split would score 1."""
    random = np.random.default_rng(0)
    groups = [f"g{g}" for g in range(10) for _ in range(4)]
    actions = ["ab"[g % 2] for g in range(10) for _ in range(4)]
    places = {group: random.normal(size=30) for group in groups}
    rows = np.array([places[group] + 0.01 * random.normal(size=30) for group in groups], np.float32)
    by_clip = cross_validate(records(rows), actions, [str(i) for i in range(len(groups))])
    by_group = cross_validate(records(rows), actions, groups)
    assert by_clip.accuracy == 1 and by_group.accuracy < 0.8


def test_a_rare_action_is_recognized_among_frequent_ones_that_it_resembles():
    """Rows of both actions overlap. Without class weights, most rows of the rare action would be taken for frequent ones."""
    random = np.random.default_rng(0)

    def rows_of(count, mean):
        return random.normal(mean, size=(count, 2))

    rows, actions = np.vstack([rows_of(20, 1.5), rows_of(380, 0)]), ["rare"] * 20 + ["frequent"] * 380
    classifier = learn(rows, actions, [f"g{i % 5}" for i in range(400)])
    assert (classifier.predict(rows_of(200, 1.5)) == "rare").mean() > 0.75
    assert (classifier.predict(rows_of(200, 0)) == "frequent").mean() > 0.75
