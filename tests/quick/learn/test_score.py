"""A score shows where it fails: recall of each action, wrong clips, and baselines that are as good."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from helpers.learn.classifier import cross_validate
from helpers.learn.score import Score, accuracy_interval
from helpers.learn.training import score_card
from tests.support.learning import records, separable


@pytest.fixture
def score():
    """Eight clips in four groups; one of action b is wrong."""
    names = [f"{i}.avi" for i in range(8)]
    predicted, probabilities = list("aaabbbbb"), np.linspace(0.5, 0.85, 8).tolist()
    return Score(["a", "b"], list("aaaabbbb"), predicted, list("11223344"), {"guess": list("aaaaaaaa")}, {}, names, probabilities)


def test_its_last_line_is_for_scripts(score):
    assert score.count_correct == 7 and score.recall == {"a": 0.75, "b": 1.0} and score.mean_recall == 0.875
    assert score.confusion.tolist() == [[3, 1], [0, 4]]
    *_, last = str(score).splitlines()
    known = "fewer than 5 groups: too few for a 95% interval"
    assert last == f"accuracy 0.875 ({known}), mean recall 0.875, 8 clips, 4 groups, chance 0.500, best baseline 0.50"
    more = replace(score, groups=list("11223345"))
    assert more.summary.startswith("accuracy 0.875 (0.42 to 1.00), mean recall 0.875, 8 clips, 5 groups, ")
    assert "below chance" not in str(score)
    assert "below chance (50.0%)" in str(replace(score, baselines={"most frequent action": list("bbbaaaaa")}))


def test_a_rare_action_counts_as_much_as_a_frequent_one_in_the_mean_recall(score):
    rare = replace(score, actions=list("aaaaaaab"), predicted=list("aaaaaaaa"))
    assert rare.accuracy == 0.875 and rare.mean_recall == 0.5
    assert "mean recall 50.0%" in str(rare) and "mean recall 0.500" in rare.summary


def test_each_recall_has_its_count_and_an_interval_from_five_groups(score):
    assert re.search(r"1 a +3 +1 +75.0%, 3 of 4\n", str(score)) and re.search(r"2 b +· +4 +100.0%, 4 of 4\n", str(score))
    five = replace(score, actions=list("aaaaabbb"), predicted=list("aaaabbbb"), groups=list("12345678"))
    low, high = five.recall_interval("a")
    assert f"  80.0% ({low:.1%} to {high:.1%}), 4 of 5" in str(five) and five.recall_interval("b") is None


def test_the_wrong_clips_are_listed_the_surest_first(score):
    assert [clip.name for clip in score.wrong] == ["3.avi"]
    assert "  3.avi: a, predicted b (65.0%)\n" in str(score)
    none_correct = replace(score, predicted=list("bbbbaaaa"))
    assert [clip.name for clip in none_correct.wrong][:2] == ["7.avi", "6.avi"]
    assert not replace(score, names=[]).wrong and "Wrong clips" not in str(replace(score, names=[]))


def test_a_long_list_of_wrong_clips_is_cut_off():
    count = 25
    names = [str(i) for i in range(count)]
    score = Score(["a", "b"], ["a"] * count, ["b"] * count, names, {}, {}, names, [0.5] * count)
    assert len(score.wrong) == count and "… and 5 more\n" in str(score)


def test_cross_validation_names_the_wrong_clips_and_their_probabilities():
    rows, actions, groups = separable()
    wrong = actions.copy()
    wrong[0] = "b"
    names = [f"{i}.avi" for i in range(len(rows))]
    [first] = cross_validate(records(rows), wrong, groups, [(range(6, 18), range(4))], names).wrong
    assert (first.name, first.action, first.predicted) == ("0.avi", "b", "a") and 0.5 < first.probability <= 1


@pytest.mark.parametrize("better, worse, shown", [(8, 0, False), (5, 0, True), (6, 6, True), (0, 8, True)])
def test_a_sentence_says_if_a_baseline_without_movement_is_as_good(better, worse, shown):
    actions = ["a"] * 20
    predicted = ["b"] * worse + ["a"] * (20 - worse)
    baseline = ["a"] * worse + ["b"] * better + ["a"] * (20 - worse - better)
    score = Score(["a", "b"], actions, predicted, [str(i) for i in range(20)], {"a still": baseline}, {})
    assert bool(score.verdict) is shown is ("do not show that movement is needed" in str(score))
    if shown:
        assert f"in {better} of 20 groups, the features are better than 'a still', and in {worse} worse" in score.verdict


def test_without_baselines_there_is_no_such_sentence(score):
    assert replace(score, baselines={}).verdict == ""


def test_the_card_has_the_same_numbers(score):
    card = json.loads(json.dumps(score_card(score), allow_nan=False))
    assert card["mean recall"] == 0.875 and card["recall"]["a"] == {"recall": 0.75, "clips": 4, "interval": None}
    assert card["wrong"] == [{"name": "3.avi", "action": "a", "predicted": "b", "probability": pytest.approx(0.65)}]
    assert card["verdict"] == score.verdict
    more = score_card(replace(score, groups=list("12345678"), actions=list("aaaaabbb")))
    assert more["recall"]["a"]["interval"]["method"] == "Clopper-Pearson over 5 groups"


@pytest.mark.parametrize("value, count, bounds", [(1, 5, (0.478, 1)), (0, 5, (0, 0.522)), (1, 30, (0.884, 1)), (1, 4, None)])
def test_an_interval_has_a_width_if_all_are_correct_or_wrong(value, count, bounds):
    found = accuracy_interval(np.full(2 * count, float(value)), [str(i // 2) for i in range(2 * count)])
    assert (found and tuple(found)) == (bounds and pytest.approx(bounds, abs=0.001))
