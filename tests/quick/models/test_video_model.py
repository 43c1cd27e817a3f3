"""What every model checks, and its streams."""

import threading
import time

import numpy as np
import pytest

from helpers.models.video_model import ModelInput, Stream, VideoModel


def small(batch):
    return {"default": np.array([[0, 0, 1]], np.float32)}


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
@pytest.mark.parametrize("shape", [(1, 9, 8, 8, 3), (9, 8, 8, 3), (1, 9, 16, 16, 3), (1, 0, 8, 8, 3)])
def test_a_model_checks_its_batch(dtype, shape):
    model = VideoModel(small, ModelInput(8, (-1.0, 1.0), 1.0, 25.0, 9), ["waving", "running", "resting"], "small")
    with pytest.raises(
        ValueError, match=rf"the batch is {dtype} \[.*must be float32 \[N, T, 8, 8, 3\].*-1 \(black\) to 1 \(white\)"
    ):
        model(np.zeros(shape, dtype))
    assert model(np.zeros((1, 9, 8, 8, 3), np.float32))["default"].shape == (1, 3)


def test_a_stream_that_another_thread_stops_gives_up_its_states_after_the_step():
    in_step, events = threading.Event(), []

    def advance(frame):
        in_step.set()
        time.sleep(0.1)
        events.append("step")
        return frame.mean(axis=(0, 1, 2, 3))

    stream = Stream(advance, ModelInput(8, (0.0, 1.0), 1.0, 5.0, 1), release=lambda _: events.append("release"))
    thread = threading.Thread(target=stream.step, args=[np.zeros((8, 8, 3), np.uint8)])
    thread.start()
    assert in_step.wait(5)
    stream.stop()
    thread.join(5)
    assert events == ["step", "release"] and stream.frames == 1
