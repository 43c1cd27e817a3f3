"""Mirrored clips with real networks: their features are those of the frames with left and right exchanged."""

import numpy as np

from helpers import samples
from helpers.learn.features import mean_features
from helpers.models.mirror import mirrored


def test_the_features_of_a_mirrored_clip_are_those_of_its_mirror_image(model, movinet):
    for network in (model, movinet):
        frames = network.read_video(samples["v_Jump_g03_c01.avi"], max_frames=16)
        found = mean_features(mirrored(network), frames)
        expected = mean_features(network, np.ascontiguousarray(frames[:, :, ::-1]))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        assert np.abs(found - mean_features(network, frames)).max() > 0.01
