"""The stored features of the sample clips are those of I3D."""

import random

import numpy as np
import pytest

from helpers import read_video, samples
from helpers.learn.features import compute, mean_features
from helpers.learn.stored_results import WINDOW, sample_features


@pytest.mark.long
def test_a_random_tenth_is_reproduced(model):
    stored = sample_features()
    for i in random.sample(range(len(stored.names)), len(stored.names) // 10):
        path = samples[stored.names[i]]
        computed = compute(model, path)
        for field in ("features", "still", "pixels", "size"):
            expected = getattr(computed, field)
            np.testing.assert_allclose(getattr(stored.clips[i], field), expected, rtol=2e-3, atol=2e-3, err_msg=f"{path} {field}")
        start = WINDOW * (i % 4)
        window = mean_features(model, read_video(path)[start : start + WINDOW])
        np.testing.assert_allclose(stored.windows[i, i % 4], window, rtol=2e-3, atol=2e-3)
