"""The table, the chart, and the paired effects for made-up predictions."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.measure.comparison import Comparison


def clips_of(groups, actions):
    return [SimpleNamespace(group=group, action=action) for group, action in zip(groups, actions)]


@pytest.fixture
def comparison():
    """Ten clips in five groups: 'half' halves the true label's probability, 'less' subtracts 0.25 from half of them."""
    true = np.array([0.9, 0.8, 0.7, 0.6, 0.9, 0.8, 0.7, 0.6, 0.9, 0.8], np.float32)
    less = np.float32([0.25, 0] * 5)
    results = {
        title: np.stack([values, 1 - values, 0 * values], axis=1)
        for title, values in {"unchanged": true, "half": true / 2, "less": true - less}.items()
    }
    return Comparison(results, np.zeros(10, int), clips_of("aabbccddee", ["Run", "Sit"] * 5), [[1], *[[]] * 9])


def test_effects_are_paired_and_have_a_baseline(comparison):
    """The groups' means for 'half' are -0.425, -0.325, -0.425, -0.325 and -0.425; t of 4 degrees of freedom is 2.7764."""
    half = 2.7764 * 0.1 * (0.3 / 5) ** 0.5
    assert comparison.effect("less") == pytest.approx((-0.125, -0.125, -0.125))
    assert comparison.effect("half") == pytest.approx((-0.385, -0.385 - half, -0.385 + half), abs=1e-4)
    assert comparison.effect("half", baseline="less") == pytest.approx((-0.26, -0.26 - half, -0.26 + half), abs=1e-4)


def test_a_probability_cannot_change_by_more_than_1():
    rows = np.float32([[1, 0], [1, 0], [1, 0], [1, 0], [0, 1]])
    lost = Comparison(
        {"unchanged": rows, "lost": 1 - np.eye(2, dtype=np.float32)[[0] * 5]}, np.zeros(5, int), clips_of("abcde", "abcde")
    )
    assert lost.effect("lost") == pytest.approx((-0.8, -1, -0.2447), abs=1e-4)


def test_the_table(comparison):
    assert str(comparison).splitlines() == [
        "10 clips in 5 groups",
        "                         correct  accepted  probability   change   95% interval",
        "unchanged                     10        10        77.0%",
        "half                           0         1        38.5%    -38.5   -45.3 to -31.7",
        "less                           8         8        64.5%    -12.5   -12.5 to -12.5",
        "intervals: t over 5 groups; p < 0.05 after Holm's correction for 2: half, less",
    ]


def test_an_effect_on_one_action_does_not_hide_in_the_mean(comparison):
    """A mean of two actions hides an effect: what one action gains, the other loses."""
    rows = comparison.results["unchanged"].copy()
    rows[::2, 0] += 0.05
    rows[1::2, 0] -= 0.05
    paradox = Comparison({"unchanged": comparison.results["unchanged"], "fast": rows}, comparison.true_indices, comparison.clips)
    assert [paradox.of(action).changes("fast").mean().round(3) for action in ("Run", "Sit")] == [0.05, -0.05]
    assert "fast                          10        77.0%     +0.0" in str(paradox)
    assert "p < 0.05: none" in str(paradox) and "p < 0.05: fast" in str(paradox.of("Run"))
    assert comparison.of("Run").accepted_indices == [[1], [], [], [], []]
    with pytest.raises(ValueError, match="no clip shows 'Jog'. Choose one of 'Run', 'Sit'"):
        comparison.of("Jog")


def test_only_the_clips_on_which_two_conditions_differ_are_counted(comparison):
    assert comparison.discordant("half") == (0, 5, 0.0625)  # in groups


def test_an_interval_that_excludes_0_is_never_printed_as_0():
    rows = np.array([[0.5, 0.5]] * 5, np.float32)
    tiny = rows + np.float32([-0.0017, 0.0017])
    table = str(Comparison({"unchanged": rows, "tiny": tiny}, np.zeros(5, int), clips_of("abcde", "abcde")))
    assert "-0.2   -0.2 to -0.2" in table


def test_fewer_than_five_groups_have_no_interval(comparison):
    rows = np.float32([[0.9, 0.1], [0.8, 0.2]])
    few = Comparison({"unchanged": rows, "half": rows / 2}, np.zeros(2, int), clips_of("ab", "ab"))
    assert str(few).endswith("half                           2        42.5%    -42.5\n2 groups: too few for an interval")
    assert few.draw().alt.endswith("percentage points, and a dot for each group: half -42.5.")
    with pytest.raises(ValueError, match="too few groups for an interval: 2"):
        few.effect("half")


def test_only_some_conditions(comparison):
    assert list(comparison.only("less").results) == ["unchanged", "less"]
    assert list(comparison.results) == ["unchanged", "half", "less"]
    with pytest.raises(ValueError, match="'frozen' was not measured. Choose one of 'unchanged', 'half', 'less'"):
        comparison.only("frozen")
    with pytest.raises(ValueError, match="'frozen' was not measured"):
        comparison.effect("less", baseline="frozen")


def test_a_probability_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="1 of 4 probabilities of 'half' are not finite"):
        Comparison({"half": np.array([[0.5, 0.5], [0.5, np.nan]])}, np.zeros(2, int), clips_of("ab", "ab"))


def test_without_a_perturbation_there_is_no_chart(comparison):
    with pytest.raises(ValueError, match="the only condition is 'unchanged'"):
        comparison.only().draw()


def test_the_alternative_text_lists_what_is_drawn(comparison):
    assert comparison.draw().alt == (
        "Change of the true label's probability in percentage points, with 95% intervals, and a dot for each group: "
        "half -38.5, from -45.3 to -31.7; less -12.5, from -12.5 to -12.5."
    )
