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
    assert alike(rows[4:], groups[4:]) == [] and alike(rows, ["one"] * 20) == []
    assert alike(np.zeros((2, 4)), ["a", "b"]) == [(0, 1)]
