"""Splits that keep each group on one side, and copies in two groups."""

import numpy as np
import pytest

from helpers.learn.classifier import cross_validate
from helpers.learn.leaks import alike, check_leak, held_out
from tests.support.learning import records, separable


@pytest.mark.parametrize("groups, count", [(30, 30), (31, 10)])
def test_each_clip_is_tested_once_and_no_split_leaks(groups, count):
    _, actions, names = separable(groups=groups)
    splits = list(held_out(actions, names))
    assert len(splits) == count
    assert sorted(i for _, test in splits for i in test) == list(range(len(actions)))
    for train, test in splits:
        assert not {names[i] for i in train} & {names[i] for i in test}


def test_one_clip_of_each_action_cannot_be_learned_from_and_tested():
    names = [str(i) for i in range(31)]
    with pytest.raises(ValueError, match="each action has only one clip, but at least one action needs 2"):
        list(held_out(names, names))


def test_of_many_clips_five_parts_are_held_out():
    actions, groups = ["a", "b", "c"] * 700, [f"g{i // 84}" for i in range(2100)]
    splits = list(held_out(actions, groups))
    assert len(splits) == 5 and sorted(i for _, test in splits for i in test) == list(range(2100))


def test_a_leak_is_named():
    with pytest.raises(ValueError, match=r"2 groups are in the training set and in the test set \(anna, ben\)"):
        check_leak(["anna", "anna", "ben", "ben"], [0, 2], [1, 3])


def test_copies_in_other_groups_are_named(recwarn):
    random = np.random.default_rng(0)
    rows = random.normal(size=(20, 600)).astype(np.float32)
    rows[1], rows[3] = rows[0], rows[2] + 0.3 * random.normal(size=600)  # an appended byte, and another compression
    actions, groups = ["a", "b"] * 10, [f"g{i}" for i in range(20)]
    cross_validate(records(rows), actions, groups, names=[f"{i}.mp4" for i in range(20)])
    same, nearly = [str(warning.message) for warning in recwarn]
    assert same.startswith("clips of different groups have the same features: 0.mp4 and 1.mp4. If one is a copy")
    assert nearly.startswith("clips of different groups have nearly the same features: 2.mp4 and 3.mp4.")
    pictures = np.zeros((20, 192))
    assert alike(rows[4:], groups[4:], pictures[4:]) == [] and alike(rows, ["one"] * 20, pictures) == []


def test_a_copy_is_alike_in_features_and_in_its_middle_frame():
    random = np.random.default_rng(0)
    rows, pictures = random.normal(size=(20, 600)), random.uniform(0, 255, size=(20, 192))
    rows[1], pictures[1] = rows[0] + 0.6 * random.normal(size=600), pictures[0] + random.normal(size=192)  # a trimmed copy
    rows[3] = rows[2] + 0.6 * random.normal(size=600)  # as similar, at another place
    pictures[5] = pictures[4]  # the same place, another action
    groups = [f"g{i}" for i in range(20)]
    assert alike(rows, groups, pictures) == [(0, 1)]
    pictures[6:] = 0  # nothing to be seen in most of them, so only the features count
    assert alike(rows, groups, pictures) == []
    rows[1] = rows[0]
    assert alike(rows, groups, pictures) == [(0, 1)]


@pytest.mark.parametrize("groups", [["a", "b"], ["a", "a", "b"], ["a", "a", "b", "b"]])
def test_few_clips_are_compared_too(groups):
    last = len(groups) - 1
    rows = np.random.default_rng(0).normal(size=(len(groups), 4))
    rows[last] = rows[0]
    assert (0, last) in alike(rows, groups, rows)
