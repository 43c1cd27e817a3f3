"""Time stamps of frames, and frame rates."""

from itertools import islice

import numpy as np
import pytest

from helpers.video.resampling import Clock, chosen_fps, credible_fps, resample

AT_25 = np.arange(20) / 25
# Time stamps in seconds of the frames 0 to 19, in a file whose header announces 0.8 seconds.
WRONG = {
    "starting late": AT_25 + 7.5,
    "all missing": [None] * 20,
    "not a number": np.full(20, np.nan),
    "one missing": [*AT_25[:10], None, *AT_25[11:]],
    "ending with 0": np.append(AT_25[1:], 0.0),
    "restarting in the middle": [*AT_25[:15], *AT_25[:5]],
    "with a gap of a day": np.where(np.arange(20) < 10, AT_25, AT_25 + 86_400),
    "with one that is too large": np.where(np.arange(20) == 10, 1e9, AT_25),
}


def show(stamps, durations, **options):
    """Return the numbers of the frames that are shown at 25 frames per second."""
    clock = Clock(interval=1 / 25, **options)
    return list(islice(resample(clock.elapsed(zip(stamps, durations, range(len(stamps)))), 25), 1000))


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_time_stamps_are_replaced_by_the_durations_of_the_frames(kind):
    assert show(WRONG[kind], [0.0] * 20, end=0.8) == list(range(20))
    assert show(WRONG[kind], [0.08] * 20, end=0.8)[-2:] == [19, 19], "the last one lasts as long as it says"


@pytest.mark.parametrize(
    "stamps, shown",
    [
        ([0, 0.04, 5], [0] + 124 * [1] + [2]),  # a pause holds its frame
        ([0, 0, 0.04, 0.04, 0.08], [1, 3, 4]),  # of two frames at the same time, the later one is shown
        ([0, 0.04, None, 0.12], [0, 1, 2, 3]),
        ([0, 0.08, 0.04, 0.12, 0.16], [0, 0, 2, 3, 4]),  # one that goes back a little replaces the previous one
    ],
)
def test_frames_are_shown_as_in_a_player(stamps, shown):
    assert show(stamps, [0.04] * len(stamps)) == shown


def test_a_gap_that_the_header_contradicts_is_measured():
    clock = Clock(interval=0.04, end=10)
    assert [round(seconds, 2) for seconds, _ in clock.elapsed([(0, 0, "a"), (100, 0, "b"), (100.04, 0, "c")])] == [
        0,
        0.04,
        0.08,
        0.12,
    ]
    assert clock.removed == pytest.approx(99.96)


def test_frames_are_decoded_just_before_they_are_yielded():
    decoded = []
    frames = ((i / 50, 1 / 50, decoded.append(i) or i) for i in range(1000))
    for k, frame in enumerate(resample(Clock(1 / 50).elapsed(frames), 25)):
        assert decoded[-1] - frame <= 2
    assert k == 499


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf"), 90_000])
def test_a_rate_that_cannot_be_true_is_replaced_by_the_default(fps):
    assert credible_fps(fps, 25) == 25


@pytest.mark.parametrize("fps", ["50", "", "fast", True, (25, 1)])
def test_a_rate_is_a_number_or_model_or_file(fps):
    with pytest.raises(ValueError, match="fps must be more than 0 and at most 1000 frames per second, or 'model' or 'file', not"):
        chosen_fps(fps, 25.0)
