"""The kernel's half of the live camera: messages of a browser in, messages to it out."""

import gc
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.camera.live_camera import LiveCamera, Recent, live, new_stream
from tests.support.brightness import BrightnessModel
from tests.support.live_kernel import BRIGHTNESS, MOVINET, growth_of_a_kernel

SIZE = 64
DARK, BRIGHT = bytes(SIZE * SIZE * 3), b"\xff" * (SIZE * SIZE * 3)


@pytest.fixture
def model():
    return BrightnessModel(SIZE)


class Browser:
    """What a browser does with a widget: it sends messages, and reads what comes back."""

    def __init__(self, camera):
        self.camera, self.replies, self.frames = camera, [], 0
        camera.send = self.replies.append

    def send(self, content, buffers=()):
        """Send a message; return the replies to it."""
        before = len(self.replies)
        message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": [memoryview(b) for b in buffers]}
        self.camera._handle_msg(message)
        return self.replies[before:]

    def start(self, session="one"):
        assert self.send({"type": "start", "session": session}) == []

    def frame(self, *buffers, session="one"):
        self.frames += 1
        [reply] = self.send({"type": "frame", "session": session, "number": self.frames}, buffers)
        assert reply["session"] == session
        return reply


@pytest.fixture
def browser(model):
    return Browser(live(model))


def test_each_frame_is_predicted_in_order(browser):
    browser.start()
    replies = [browser.frame(pixels) for pixels in (DARK, BRIGHT, DARK)]
    assert [reply["type"] for reply in replies] == ["prediction"] * 3
    assert [reply["number"] for reply in replies] == [1, 2, 3]
    assert [reply["top"][0][0] for reply in replies] == ["dark", "bright", "dark"]


def test_five_probabilities_in_descending_order(browser):
    browser.start()
    top = browser.frame(BRIGHT)["top"]
    probabilities = [probability for _, probability in top]
    assert len(top) == 5 and probabilities == sorted(probabilities, reverse=True)
    logits = np.array([0, 4, 0, 0, 0, 0])
    assert probabilities[0] == pytest.approx(np.exp(4) / np.exp(logits).sum())


def test_pixels_arrive_as_the_browser_draws_them():
    model = BrightnessModel(size=2, labels=["first", "others"])
    seen = []
    model.start = lambda: Recorder(seen)
    browser = Browser(LiveCamera(model, model.labels, None, model.input))
    browser.start()
    browser.frame(bytes(range(12)))
    assert seen[0].dtype == np.uint8
    assert seen[0].tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


class Recorder:
    """A stream that keeps its frames."""

    def __init__(self, seen):
        self.seen = seen

    def step(self, frame):
        self.seen.append(frame)
        return np.zeros(2)

    def stop(self):
        pass


OTHER = {"none": [], "short": [DARK[:-1]], "long": [DARK + b"0"], "two": [DARK, DARK], "empty": [b""]}


@pytest.mark.parametrize("buffers", OTHER.values(), ids=OTHER.keys())
def test_a_frame_of_other_bytes_is_one_line_and_ends_the_session(browser, model, buffers):
    browser.start()
    reply = browser.frame(*buffers)
    assert reply["type"] == "error"
    assert "12288, 64 x 64 RGB pixels" in reply["message"] and "\n" not in reply["message"]
    assert model.streams[-1].stopped
    assert browser.frame(DARK)["type"] == "error"


@pytest.mark.parametrize("content", [{}, {"type": "frames"}, {"type": None}, "frame", None, ["start"], 3])
def test_a_message_of_no_known_type_is_one_line(browser, content):
    [reply] = browser.send(content)
    assert reply["type"] == "error"
    assert "expected start, frame, or stop" in reply["message"] and "\n" not in reply["message"]


def test_frames_of_another_session_are_refused_and_do_not_disturb(browser, model):
    browser.start("one")
    browser.start("two")
    assert model.streams[-2].stopped
    assert browser.frame(DARK, session="one")["type"] == "error"
    assert browser.send({"type": "stop", "session": "one"}) == []
    assert browser.frame(DARK, session="two")["type"] == "prediction"


def test_a_frame_before_the_start_is_refused(browser):
    assert browser.frame(DARK, session=None)["type"] == "error"


def test_a_failing_model_is_one_line(browser, model):
    browser.start()
    model.error = RuntimeError("out of memory:\n  tensor of 3 GB")
    reply = browser.frame(DARK)
    assert (reply["type"], reply["message"]) == ("error", "out of memory: tensor of 3 GB")
    assert model.streams[-1].stopped
    model.error = None
    browser.start("again")
    assert browser.frame(DARK, session="again")["type"] == "prediction"


@pytest.mark.parametrize(
    "labels, message", [(["dark"], "one label for each of the model's 6 outputs, not 1."), (list("abcdefg"), "not 7.")]
)
def test_other_labels_than_outputs_are_one_line(model, labels, message):
    browser = Browser(live(model, labels))
    browser.start()
    assert message in browser.frame(DARK)["message"]


def test_stop_stops_the_stream(browser, model):
    browser.start()
    browser.frame(DARK)
    assert not model.streams[-1].stopped
    assert browser.send({"type": "stop", "session": "one"}) == []
    assert model.streams[-1].stopped


def test_close_stops_the_stream(browser, model):
    browser.start()
    browser.camera.close()
    assert model.streams[-1].stopped


def test_a_stream_starts_anew(browser, model):
    browser.start()
    browser.frame(BRIGHT)
    browser.start()
    assert len(model.streams) == 3  # live() itself starts one, to see whether it can
    assert not model.streams[-1].sum.any()


def test_no_frame_is_kept(browser, model):
    browser.start()
    for _ in range(5):
        browser.frame(DARK)
    gc.collect()
    assert [frame() for frame in model.streams[-1].seen] == [None] * 5


def test_the_browser_is_told_what_to_send(model):
    camera = live(model)
    assert (camera.size, camera.crop_fraction, camera.fps) == (SIZE, 1.0, 5.0)


def test_where_frames_go_is_said(model, monkeypatch):
    assert "nowhere else, and are not kept" in live(model).note and "Google" not in live(model).note
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert "On Colab, the kernel runs on a Google machine." in live(model).note


def test_a_model_without_streams_is_refused():
    with pytest.raises(TypeError, match=r"has no start\(\).*causal model"):
        live(lambda batch: {"default": batch})


def test_a_model_without_labels_is_refused():
    with pytest.raises(ValueError, match="no labels"):
        live(BrightnessModel(labels=None))
    assert live(BrightnessModel(labels=None), ["a"] * 6).size == SIZE


@pytest.mark.long
def test_the_memory_of_a_kernel_does_not_grow(tmp_path):
    assert growth_of_a_kernel(BRIGHTNESS, tmp_path) <= 30


@pytest.mark.long
def test_nor_does_it_with_movinet(movinet_cache, tmp_path):
    assert growth_of_a_kernel(MOVINET, tmp_path, I3D_CACHE=str(movinet_cache)) <= 30


class Counting:
    """A model whose streams count their frames; it lists its streams."""

    input = SimpleNamespace(fps=5.0)

    def __init__(self):
        self.streams = []

    def start(self):
        self.streams.append(CountingStream())
        return self.streams[-1]


class CountingStream:
    frames, stopped = 0, False

    def step(self, frame):
        assert not self.stopped
        self.frames += 1
        return self.frames

    def stop(self):
        self.stopped = True


@pytest.mark.parametrize("window", [2, 3, 15, 50])
def test_a_recent_prediction_is_about_half_a_window_to_a_window(window):
    model = Counting()
    recent = Recent(model.start, window)
    seen = [recent.step(None) for _ in range(200)]
    half = window // 2
    assert seen[: 2 * half] == list(range(1, 2 * half + 1)), "everything, until there is a window"
    assert set(seen[2 * half :]) == set(range(half + 1, 2 * half + 1))
    assert sum(not stream.stopped for stream in model.streams) == 2, "the older ones are given back"


def test_a_recent_stream_stops_both():
    model = Counting()
    recent = new_stream(model, 2.0)
    for _ in range(6):
        recent.step(None)
    assert len(model.streams) == 2
    recent.stop()
    assert all(stream.stopped for stream in model.streams)
    with pytest.raises(RuntimeError, match="stopped after 6 frames"):
        recent.step(None)


def test_a_window_of_less_than_two_frames_is_refused(model):
    with pytest.raises(ValueError, match=r"window has 1 frames.*more seconds"):
        live(model, seconds=0.2)


def test_what_is_long_past_is_forgotten(model):
    model.start = lambda: MeanStream()
    recent, forever = Browser(live(model, ["dark", "bright"], seconds=2)), Browser(live(model, ["dark", "bright"]))
    named = {}
    for name, browser in {"recent": recent, "forever": forever}.items():
        browser.start()
        named[name] = [browser.frame(pixels)["top"][0][0] for pixels in [BRIGHT] * 40 + [DARK] * 10]
    assert named["forever"] == ["bright"] * 50
    assert named["recent"][:40] == ["bright"] * 40 and named["recent"][-1] == "dark"


class MeanStream:
    """The mean brightness of all frames so far, as a causal network's global average pool."""

    def __init__(self):
        self.seen = []

    def step(self, frame):
        self.seen.append(frame.mean() / 255)
        return np.array([1 - np.mean(self.seen), np.mean(self.seen)])

    def stop(self):
        pass
