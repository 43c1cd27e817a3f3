"""After the stop button (KeyboardInterrupt), the model still works."""

import numpy as np
import pytest

from helpers import kinetics_labels, predict, read_video, samples
from tests.support.operating_systems import needs_posix_signals

pytestmark = needs_posix_signals  # on Windows, os.kill ends the process


def test_the_next_prediction_is_correct(model, stop_button):
    frames, labels = read_video(samples["v_Cartwheel_g01_c01.avi"]), kinetics_labels()
    stop_button(0.3)  # a prediction takes a second
    with pytest.raises(KeyboardInterrupt):
        for _ in range(20):
            predict(model, labels, frames)
    first, second = (predict(model, labels, frames) for _ in range(2))
    assert first.top[0][0] == "cartwheeling"
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
