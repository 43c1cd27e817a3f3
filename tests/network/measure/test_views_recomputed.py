"""The stored logits of views of real clips agree with those of the network, if REAL_CLIPS names the folder of the clips."""

from itertools import islice

import numpy as np
import pytest

from helpers.measure.real_clips import FOUND
from helpers.measure.real_clips import real_clips as stored_clips
from helpers.measure.stored_logits import TOLERANCE
from helpers.measure.views import CROPS, iterate_views, read_file
from helpers.predictions.prediction import predict_logits


@pytest.mark.parametrize(
    "name, clip, crop", [("v_CricketShot_g04_c01.avi", 9, 2), ("playing_basketball_wrong_frame_count.mp4", 3, 0)]
)
def test_a_view_is_reproduced(real_clips, model, name, clip, crop):
    stored, number = read_file(), clip * CROPS + crop
    assert str(stored["fingerprint"]) == model.fingerprint
    row = [known.name for known in stored_clips(*FOUND).clips].index(name)
    view = next(islice(iterate_views(real_clips / name), number, None))
    difference = np.abs(stored["logits"][row, clip, crop] - predict_logits(model, view)).max()
    assert difference < TOLERANCE, f"{name}: differs by {difference:.3f}; repeat the measurement with make views"
