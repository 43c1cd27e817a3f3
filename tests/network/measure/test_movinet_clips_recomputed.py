"""The stored logits of MoViNet-A0 agree with those of the network, where MODELS or the cache has it."""

import numpy as np
import pytest

from helpers import samples
from helpers.measure.movinet_clips import movinet_clips, multiply_adds_per_frame, read_file
from helpers.models.movinet.files import movinet_path
from tools.notebooks.measure_movinet import averaged, count_multiply_adds, labeled_clips, middle, movinet_logits

TOLERANCE = 0.35  # of a logit: int8 on other processors; rounding to float16 explains 0.01


def stored_logits(name):
    """Return the stored logits of a clip, by condition."""
    file = read_file()
    [i] = [i for i, row in enumerate(file["clips"].tolist()) if row[0] == name]
    return dict(zip(file["movinet_titles"].tolist(), file["movinet_logits"][:, i].astype(np.float32)))


def require_same(path, model):
    computed = movinet_logits(model, path)
    for title, stored in stored_logits(path.name).items():
        np.testing.assert_allclose(computed[title], stored, atol=TOLERANCE, err_msg=f"{path.name}, {title}")


@pytest.mark.parametrize("action", ["Cartwheel", "SpinKick"])
def test_rendered_clips(movinet, action):
    require_same(samples[f"v_{action}_g02_c01.avi"], movinet)


def test_real_clips(movinet, real_clips):
    files = [path for path, clip in labeled_clips(real_clips, movinet.labels) if clip.kind == "real"]
    assert [path.name for path in files] == [clip.name for clip in movinet_clips("real").clips]
    for path in files[::6]:
        require_same(path, movinet)


def test_multiply_adds(movinet):
    assert count_multiply_adds(movinet_path("a0")) == multiply_adds_per_frame()


def test_the_middle_is_the_same_seconds():
    """Of 10 seconds the middle 2.56 are those from 3.72 to 6.28: at 5 per second, the frames 19 to 31."""
    np.testing.assert_array_equal(middle(np.arange(50), 5.0, 250), np.arange(19, 32))
    np.testing.assert_array_equal(middle(np.arange(6), 5.0, 28), np.arange(6))


def test_averaged_frames_do_not_depend_on_their_order(movinet):
    frames = movinet.read_video(samples["v_Cartwheel_g01_c01.avi"])
    np.testing.assert_allclose(averaged(movinet, frames), averaged(movinet, frames[::-1]), atol=1e-4)
