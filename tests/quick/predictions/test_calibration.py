"""Reliability and expected calibration error: simulated classifiers, bins, and errors."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from helpers.display import draw_reliability
from helpers.measure.real_clips import FOUND, real_clips
from helpers.predictions.calibration import errors_if_calibrated, reliability


def simulated(overconfidence, count=20_000):
    """Return confidences, and whether each prediction is correct; the accuracy is `overconfidence` less than the confidence."""
    random = np.random.default_rng(0)
    confidence = random.uniform(0.4, 1, count)
    return confidence, random.random(count) < confidence - overconfidence, np.arange(count) % 20


@pytest.mark.parametrize("bins", [1, 5, 15])
@pytest.mark.parametrize("overconfidence", [0, 0.1, 0.3])
def test_the_error_is_the_gap_between_confidence_and_accuracy(overconfidence, bins):
    assert reliability(*simulated(overconfidence), bins).error == pytest.approx(overconfidence, abs=0.015)


def test_gaps_of_opposite_directions_do_not_cancel():
    """Half of the predictions are 20 points too confident, and half 20 points too little."""
    confidence, correct = np.repeat([0.9, 0.5], 100), np.tile(np.arange(10) < 7, 20)
    assert reliability(confidence, correct, range(200)).error == pytest.approx(0.2)
    assert reliability(confidence, correct, range(200), bins=1).error == pytest.approx(0)


def test_bins_are_those_of_scikit_learn():
    confidence, correct, groups = simulated(0.1, 300)
    confidence[:3] = 0.4, 0.6, 1.0  # ends of bins
    accuracy, mean = calibration_curve(correct, confidence, n_bins=5)
    found = reliability(confidence, correct, groups)
    assert [one.accuracy for one in found.bins] == pytest.approx(accuracy)
    assert [one.confidence for one in found.bins] == pytest.approx(mean)
    assert sum(one.total for one in found.bins) == 300


def test_an_empty_bin_is_left_out():
    assert [one.total for one in reliability([0.1, 0.95, 0.9], [False, True, True], "abc").bins] == [1, 2]
    assert reliability([0.0, 1.0], [False, True], "ab").error == 0


def test_intervals_are_over_groups_and_need_five():
    confidence, correct = [0.9] * 20, [True] * 15 + [False] * 5
    alone, in_fives, in_twos = (reliability(confidence, correct, np.arange(20) // size).bins[0] for size in (1, 4, 10))
    assert in_twos.interval is None
    assert in_fives.interval.low < alone.interval.low < alone.accuracy == 0.75 < alone.interval.high < in_fives.interval.high


def test_the_text_is_a_table():
    text = str(reliability([0.9] * 6 + [0.3] * 2, [True] * 5 + [False] * 3, "abcdefgh"))
    assert [line.split() for line in text.splitlines()[1:]] == [
        *("30% 0 of 2 0% too few groups".split(), "90% 5 of 6 83% 36% to 100%".split()),
        "expected calibration error: 0.125".split(),
    ]


def test_a_calibrated_classifier_has_the_simulated_error():
    confidence = np.random.default_rng(1).uniform(0.3, 1, 40)
    random = np.random.default_rng(2)
    errors = [reliability(confidence, random.random(40) < confidence, range(40)).error for _ in range(200)]
    expected = errors_if_calibrated(confidence)
    assert expected.mean() == pytest.approx(np.mean(errors), rel=0.1)
    assert np.quantile(expected, 0.95) == pytest.approx(np.quantile(errors, 0.95), rel=0.15)


@pytest.mark.parametrize(
    "sources, clips, error, sure_and_wrong",
    [(FOUND, 24, 0.109, ["riding a bike", "drinking"]), (["UT-Interaction"], 40, 0.164, [])],
)
def test_calibration_on_real_clips(sources, clips, error, sure_and_wrong):
    stored = real_clips(*sources)
    confidence, correct = stored.results["unchanged"].max(axis=1), stored.is_correct("unchanged")
    found = reliability(confidence, correct, stored.groups)
    assert sum(one.total for one in found.bins) == clips and found.error == pytest.approx(error, abs=0.002)
    wrong = [clip.label for clip, sure, right in zip(stored.clips, confidence > 0.6, correct) if sure and not right]
    assert wrong == sure_and_wrong
    assert f"found, n = {clips}" in draw_reliability({"found": found.bins}).image.axes[0].get_title()


@pytest.mark.parametrize(
    "confidence, correct, groups, bins, message",
    [
        ([2.5, 0.1], [True, False], "ab", 5, "confidences must be from 0 to 1, not 0.1 to 2.5. Pass probabilities"),
        ([np.nan, 0.1], [True, False], "ab", 5, "1 of 2 confidences are not finite"),
        ([], [], "", 5, "confidences must be numbers"),
        ([0.5, 0.1], [True], "ab", 5, r"for each of the 2 predictions, not bool \[1\] and 2 groups"),
        ([0.5, 0.1], [1, 0], "ab", 5, r"one of True and False .* not int64 \[2\]"),
        ([0.5, 0.1], [True, False], "a", 5, "and 1 groups"),
        ([0.5, 0.1], [True, False], "ab", 0, "bins must be at least 1, not 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(confidence, correct, groups, bins, message):
    with pytest.raises(ValueError, match=message):
        reliability(confidence, correct, list(groups), bins)
