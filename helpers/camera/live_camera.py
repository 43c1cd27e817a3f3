"""Predict actions live: the browser's camera, a stream of predictions, and a widget that shows both."""

import re
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from ..basics.messages import DownloadError, ModelError, reason, without_secrets
from ..models.video_model import ModelInput
from ..predictions.prediction import Prediction, require_labels, softmax
from ..video.metadata import VideoError

PRIVACY = "Frames go to this notebook's kernel (the Python process that runs its cells) and nowhere else, and are not kept."
COLAB = "On Colab, the kernel runs on a Google machine."
TOP = 5  # predictions shown


def live(model: Any, labels: Sequence[str] | None = None, seconds: float | None = None) -> "LiveCamera":
    """Show the camera's picture and what the model predicts.

    Nothing happens before the reader clicks *Start camera*. The browser then sends `model.input.fps` frames per second to the
    kernel, each the model's center square of the picture at `model.input.size` pixels, and the kernel replies with the five most
    probable actions. The browser sends at most two frames ahead of the predictions and skips frames while the kernel is busy.

    Works in JupyterLab and Colab. In VS Code, notebooks cannot use the camera
    (https://github.com/microsoft/vscode/issues/119127), and the widget says so.

    Parameters
    ----------
    model : object
        A causal model, such as the ones that `load_movinet` returns: `model.input`, `model.labels`, and `model.start()`, which
        returns a stream whose `step(frame)` returns logits.
    labels : sequence of str, optional
        A name for each output of the model; by default `model.labels`.
    seconds : float, optional
        Predict only from the last `seconds / 2` to `seconds`, so that an action that has ended is forgotten (see `Recent`).
        They must cover at least two frames. This doubles the computing time. By default, a prediction covers everything since
        the camera was started.

    Raises
    ------
    TypeError, ValueError
        If the model cannot predict frame by frame; if it has no labels and none are passed, or `seconds` are too few.
    """
    require_live(model, seconds)
    labels = getattr(model, "labels", None) if labels is None else labels
    if not labels:
        raise ValueError("the model has no labels. Pass a name for each of its outputs: live(model, labels).")
    return LiveCamera(model, labels, seconds, model.input)


def new_stream(model: Any, seconds: float | None) -> Any:
    """Start a stream of a model; with `seconds`, one that forgets earlier frames."""
    return model.start() if seconds is None else Recent(model.start, round(seconds * model.input.fps))


class Recent:
    """A stream whose predictions depend only on the most recent frames: after the first half window, on `frames / 2` to `frames`.

    A causal network such as MoViNet averages over all frames since its stream began. After minutes, a new action hardly changes
    that average. Therefore, two streams run, started half a window apart, and each is replaced after a full window. The older
    one predicts. An odd number of `frames` is rounded down to an even one.
    """

    def __init__(self, start: Callable[[], Any], frames: int) -> None:
        if frames < 2:
            raise ValueError(f"the window has {frames} frames, but needs at least 2. Pass more seconds.")
        self.frames = 0
        self._start, self._half = start, frames // 2
        self._streams = [start()]  # at most two, the older one first

    def step(self, frame: np.ndarray) -> np.ndarray:
        """Predict after one more frame: return logits, float32 `[classes]`, as `Stream.step`."""
        if not self._streams:
            raise RuntimeError(f"the stream was stopped after {self.frames} frames: start a new one.")
        if self.frames and self.frames % self._half == 0:
            if len(self._streams) == 2:
                self._streams.pop(0).stop()
            self._streams.append(self._start())
        logits, *_ = [stream.step(frame) for stream in self._streams]
        self.frames += 1
        return logits

    def stop(self) -> None:
        """End both streams."""
        while self._streams:
            self._streams.pop().stop()


def require_live(model: Any, seconds: float | None) -> None:
    """Raise TypeError or ValueError unless the model can predict frame by frame. Checked now, not after the camera is on."""
    if not callable(getattr(model, "start", None)):
        raise TypeError(
            f"a {type(model).__name__} has no start(), so it cannot predict frame by frame. Pass a causal model, such as "
            "load_movinet('a0')."
        )
    new_stream(model, seconds).stop()


def joined(*names: str) -> str:
    """Return files next to this one as one text, which is what anywidget needs, without JavaScript's imports and named exports.

    A module comes after those that it imports.
    """
    text = "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)
    return re.sub(r"^import [^;]*;\n|^export (?!default )", "", text, flags=re.M)


CAMERA_WIDGET = ("copy.js", "resize.js", "camera.js", "predictions.js", "widget.js")  # modules that all camera widgets share


class LiveCamera(anywidget.AnyWidget):
    """What `live` returns: a widget that opens the camera in the browser, and predicts in the kernel.

    The browser sends the messages "start", "frame" (one buffer, uint8 `[size, size, 3]`), and "stop"; the kernel replies to
    each frame with "prediction", and to what fails with "error". All carry the session that "start" named, so that a widget
    that is shown twice does not mix its frames.
    """

    _esm = joined(*CAMERA_WIDGET, "live_camera.js")
    _css = joined("widget.css")
    size = traitlets.Int().tag(sync=True)
    crop_fraction = traitlets.Float().tag(sync=True)
    fps = traitlets.Float().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(self, model: Any, labels: Sequence[str], seconds: float | None, needed: ModelInput, privacy: str = PRIVACY):
        self._predictor, self._labels, self._seconds = model, labels, seconds
        self._lock = threading.RLock()  # JupyterLab has messages handled in one thread, and cells in another
        self._stream: Any = None
        self._session: Any = None
        note = f"{privacy} {COLAB}" if "google.colab" in sys.modules else privacy
        super().__init__(size=needed.size, crop_fraction=needed.crop_fraction, fps=needed.fps, note=note)
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return "Live camera: run this cell in JupyterLab or Colab to use it."

    def close(self) -> None:
        """Stop, and remove the widget from the page, which frees the camera."""
        self._stop()
        super().close()

    def _receive(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Reply to a message of the browser; whatever fails is one line there, and ends the session."""
        session = content.get("session") if isinstance(content, dict) else None
        with self._lock:
            try:
                reply = self._reply(content, session, buffers)
            except Exception as error:  # of any model, in a callback whose traceback no cell would show
                if session == self._session:
                    self._stop()
                known = isinstance(error, (DownloadError, ModelError, VideoError))  # their messages say what to do
                reply = {"type": "error", "message": without_secrets(error if known else reason(error))}
        if reply:
            self.send({**reply, "session": session})

    def _reply(self, content: Any, session: Any, buffers: Sequence[Any]) -> dict[str, Any] | None:
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "start":
            self._stop()
            self._stream, self._session = new_stream(self._predictor, self._seconds), session
        elif kind == "frame":
            if self._stream is None or session != self._session:
                raise ValueError("The camera was stopped or started elsewhere: start it again.")
            return {"type": "prediction", "number": content.get("number"), "top": self._predict(buffers)}
        elif kind == "stop":
            if session == self._session:
                self._stop()
        else:
            raise ValueError(f"The browser sent a message of the type {kind!r}; expected start, frame, or stop.")
        return None

    def _predict(self, buffers: Sequence[Any]) -> list[tuple[str, float]]:
        """Predict one frame; return the most probable actions and their probabilities."""
        logits = np.asarray(self._stream.step(to_frame(buffers, self.size)))
        require_labels(self._labels, logits)
        return Prediction.from_probabilities(self._labels, softmax(logits), TOP, min_probability=0).top

    def _stop(self) -> None:
        with self._lock:
            stream, self._stream, self._session = self._stream, None, None
            if stream is not None:
                stream.stop()


def to_frame(buffers: Sequence[Any], size: int) -> np.ndarray:
    """Return the only buffer of a message as a frame, uint8 `[size, size, 3]`, a view. Raises ValueError for anything else."""
    found = [memoryview(buffer).nbytes for buffer in buffers or []]
    expected = size * size * 3
    if found != [expected]:
        raise ValueError(f"The browser sent buffers of {found} bytes; expected one of {expected}, {size} x {size} RGB pixels.")
    return np.frombuffer(buffers[0], np.uint8).reshape(size, size, 3)
