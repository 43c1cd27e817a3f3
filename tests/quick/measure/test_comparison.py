"""The table, the chart, and the paired effects for made-up predictions."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.measure.experiments import Comparison


def clips_of(groups, actions):
    return [SimpleNamespace(group=group, action=action) for group, action in zip(groups, actions)]


@pytest.fixture
def comparison():
    """Four clips in two groups: 'half' halves the true label's probability, 'less' subtracts 0.25."""
    true = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    results = {
        title: np.stack([values, 1 - values, 0 * values], axis=1)
        for title, values in {"unchanged": true, "half": true / 2, "less": true - np.float32(0.25)}.items()
    }
    return Comparison(results, np.zeros(4, int), clips_of("aabb", ["Run", "Sit", "Run", "Sit"]), [[1], [], [], []])


def test_effects_are_paired_and_have_a_baseline(comparison):
    assert comparison.effect("less") == pytest.approx((-0.25, -0.25, -0.25))
    assert comparison.effect("half") == pytest.approx((-0.375, -0.425, -0.325))
    assert comparison.effect("half", baseline="less") == pytest.approx((-0.125, -0.175, -0.075))


def test_the_table(comparison):
    assert str(comparison).splitlines() == [
        "4 clips in 2 groups",
        "                         correct  accepted  probability   change   95 % interval",
        "unchanged                      4         4        75.0%",
        "half                           0         1        37.5%    -37.5   -42.5 to -32.5",
        "less                           2         2        50.0%    -25.0   -25.0 to -25.0",
        "2 groups: the intervals are probably too narrow",
    ]


def test_an_interval_that_excludes_0_is_never_printed_as_0():
    rows = np.array([[0.5, 0.5]] * 2, np.float32)
    tiny = rows + np.float32([-0.0017, 0.0017])
    assert "-0.2   -0.2 to -0.2" in str(Comparison({"unchanged": rows, "tiny": tiny}, np.zeros(2, int), clips_of("ab", "ab")))


def test_ten_groups_need_no_warning():
    rows = np.full((10, 2), 0.5, np.float32)
    assert "narrow" not in str(Comparison({"unchanged": rows}, np.zeros(10, int), clips_of("abcdefghij", "r" * 10)))


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


def test_the_shorter_list_becomes_the_columns(comparison):
    assert comparison.by_action().splitlines() == [
        "                                 Run         Sit",
        "unchanged                        80%         70%",
        "half                             40%         35%",
        "less                             55%         45%",
    ]
    assert comparison.only().by_action().splitlines()[1:] == [
        "Run                              80%",
        "Sit                              70%",
    ]


def test_the_alternative_text_lists_what_is_drawn(comparison):
    picture = comparison.draw()
    assert picture.alt == (
        "Change of the true label's probability in percentage points, with 95 % intervals: "
        "half -37.5, from -42.5 to -32.5; less -25.0, from -25.0 to -25.0."
    )
