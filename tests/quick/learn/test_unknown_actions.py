"""Actions that were never learned are told from those that were, on groups that were held out."""

import re
from dataclasses import replace

import numpy as np
import pytest

from helpers.learn.stored_results import real_features, real_table, sample_features
from helpers.learn.unknown_actions import learn_rejection, unknown_actions
from helpers.models.learned.rejection import NO_LIMIT, Rejection
from tests.support.learning import separable


def test_clips_of_an_action_that_was_left_out_are_less_similar():
    rows, actions, groups = separable("abcd")
    found = unknown_actions(rows, actions, groups)
    assert len(found.own) == len(found.unknown) == len(rows) and len(found.known) == 3 * len(rows)
    assert found.area[0] > 0.95 and found.area[1] > 0.5 and found.let_through(0.9) < 0.1
    assert "unknown clips let through\n" in str(found) and "of 24  <- the threshold" in str(found)


def test_nothing_is_told_apart_in_noise():
    rows, actions, groups = separable("abcd", groups=20)
    noise = np.random.default_rng(0).normal(size=rows.shape)
    found = unknown_actions(noise, actions, groups)
    assert found.area[1] < 0.5 < found.area[2] and found.let_through(0.9) > 0.75


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_the_threshold_keeps_a_share_of_the_clips_compared_without_their_groups(kept):
    rows, actions, groups = separable(groups=10, noise=1)
    found = unknown_actions(rows, actions, groups, kept)
    rejection = learn_rejection(rows, actions, found)
    assert (found.own >= rejection.threshold).mean() == pytest.approx(kept, abs=1 / len(rows))


@pytest.mark.parametrize("other", ["a clip as far as the known ones", "a clip from elsewhere"])
def test_clips_from_elsewhere_are_rejected_by_their_distance(other):
    rows, actions, groups = separable("abc")
    rejection = learn_rejection(rows, actions, unknown_actions(rows, actions, groups))
    times = 20 if other == "a clip from elsewhere" else 1
    similar = rejection.similarity(rejection.center + times * (rows - rejection.center)) >= rejection.threshold
    assert similar.mean() == 0 if times == 20 else similar.mean() > 0.8


def test_with_few_real_clips_learned_rendered_ones_are_rejected():
    """By the angle alone, half of them pass."""
    table, rows = real_table(), real_features()
    pairs = sorted({clip["pair"] for clip in table})[:4]
    few = [i for i, clip in enumerate(table) if clip["pair"] in pairs and clip["action"] in ("hug", "kick", "shake_hands")]
    actions, groups = ([table[i][column] for i in few] for column in ("action", "pair"))
    rejection = learn_rejection(rows[few], actions, unknown_actions(rows[few], actions, groups))
    rendered = sample_features().rows
    by_angle = replace(rejection, reach=NO_LIMIT).similarity(rendered) >= rejection.threshold
    assert (rejection.similarity(rendered) >= rejection.threshold).mean() < 0.2 < 0.4 < by_angle.mean()


def test_a_common_action_is_not_taken_for_unknown():
    """If the center were the mean of all clips, that of the common action would be nearly there, and have no direction."""
    rows, actions, groups = separable("abc", groups=40)
    few = [i for i, action in enumerate(actions) if action == "a" or int(groups[i][1:]) < 3]
    rows, actions, groups = rows[few], [actions[i] for i in few], [groups[i] for i in few]
    found = unknown_actions(rows, actions, groups)
    assert np.median(found.own) > 0.5


def test_with_two_actions_there_is_a_threshold_but_no_unknown_action():
    rows, actions, groups = separable("ab")
    found = unknown_actions(rows, actions, groups)
    assert len(found.own) == len(rows) and found.area is None and found.let_through(0.9) is None
    assert "cannot be measured with two actions" in str(found)


@pytest.mark.parametrize("groups", [2, 4])
def test_few_groups_have_no_interval(groups):
    """From two groups, models learn from one clip of each action."""
    rows, actions, groups = separable("abcd", groups)
    found = unknown_actions(rows, actions, groups)
    assert len(found.area) == 1 and found.interval(0.9) is None and np.isfinite(found.own).all()
    assert "100.0% of the comparisons" in str(found) and "0.0%, 0 of" in str(found)


def test_clips_in_other_are_unknown():
    rows, actions, groups = separable("abc")
    strangers = np.random.default_rng(1).normal(size=(10, 8)).astype(np.float32)
    found = unknown_actions(rows, actions, groups, 0.9, strangers, ["elsewhere"] * 5 + ["g0"] * 5)
    without = unknown_actions(rows, actions, groups)
    np.testing.assert_array_equal(found.own, without.own)  # so the threshold is the same, too
    np.testing.assert_array_equal(found.unknown, without.unknown)
    assert found.other_passes(0.9).sum() <= 3
    assert str(found).startswith(str(without)) and "known clips kept  clips in 'other' let through" in str(found)


def test_a_clip_in_other_is_compared_without_the_clips_of_its_group():
    """The clip in `other` is the same as a clip of an action, in a group that alone looks like that."""
    rows, actions, groups = separable("ab")
    rows[0] = [0, 0, 0, 0, 0, 0, 0, 90]
    same, elsewhere = (unknown_actions(rows, actions, groups, 0.9, rows[:1], [group]).other for group in (groups[0], "elsewhere"))
    assert elsewhere > 0.7 and same < 0.5


def test_with_two_actions_only_clips_in_other_are_unknown():
    rows, actions, groups = separable("ab")
    found = str(unknown_actions(rows, actions, groups, 0.9, rows[:2], groups[:2]))
    assert "cannot be measured with two actions" in found and re.search(r"90.0% +\d+.0%, \d of 2  <- the threshold", found)
    with pytest.raises(ValueError, match="there are 2 other clips and 1 groups"):
        unknown_actions(rows, actions, groups, 0.9, rows[:2], ["one"])


def test_many_actions_are_left_out_together():
    rows, actions, groups = separable([f"action {i}" for i in range(12)], groups=5)
    found = unknown_actions(rows, actions, groups)
    assert len(found.unknown) == len(rows) and len(found.known) == 4 * len(rows)


def test_a_feature_that_never_changes_is_no_error():
    rows, actions, groups = separable()
    rows[:, 3] = 7
    found = learn_rejection(rows, actions, unknown_actions(rows, actions, groups))
    assert isinstance(found, Rejection) and np.isfinite(found.similarity(rows)).all()
