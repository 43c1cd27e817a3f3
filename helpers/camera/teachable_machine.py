"""A teachable machine for actions: record a few clips of your gestures, learn them, and see them recognized live."""

import math
import os
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from ..basics.cache import expanded
from ..basics.messages import without_secrets
from ..clips.actions import OTHER, is_other, require_outside
from ..clips.folders import Clip
from ..learn.classifier import cross_validate
from ..learn.features import mean_features
from ..learn.score import Score
from ..learn.training import describe, learn_and_save
from ..learn.unknown_actions import KEPT, UnknownActions, unknown_actions
from ..models.learned import saving as learned_model
from ..models.learned.rejection import NONE
from ..models.loading import load_model
from ..models.movinet.loading import load_movinet, movinet_input
from ..models.video_model import ModelInput, VideoModel
from .gestures import LEAST, Gestures, list_clips, with_enough
from .live_camera import CAMERA_WIDGET, LiveCamera, joined, require_live, to_frame

A0_SIZE = 172  # frame size of MoViNet-A0, in pixels; needed before the model is downloaded
CHANGES = {"show": [], "add": [], "remove": ["gesture"], "rename": ["gesture", "name"], "record": ["gesture"]}
CHANGES |= {"delete": ["gesture", "file"]}  # messages and their arguments
SECONDS = (1, 10)  # the shortest and the longest clip
MESSAGE = 10 * 2**20 - 100_000  # bytes of frames in a message to the kernel: Tornado's limit, less a margin for all else in it
PRIVACY = "Frames go to this notebook's kernel (the Python process that runs its cells). Clips that you record are saved in {}, "
NOWHERE = "and nowhere else; no other frame is kept."


def teach(
    folder: str | os.PathLike = "my_gestures",
    model: VideoModel | None = None,
    seconds: float = 3.0,
    clips: int = 3,
    save: str | os.PathLike | None = None,
) -> "TeachableMachine":
    """Show a teachable machine: record gestures with the camera, learn them, and see them recognized live.

    What resembles no gesture enough is labeled "none of these"; the threshold keeps 90% of the halves of clips, because a live
    prediction may cover no more. Many other movements are still labeled as a gesture: after learning three actions of
    UT-Interaction from three clips each, 87% of the halves of clips of its other actions, and 77% after ten clips each. Clips
    of a gesture named "other" are not learned: they are tested, to report how many of them are labeled as a gesture.

    Parameters
    ----------
    folder : str or Path
        The folder of the clips, `folder/<gesture>/<clip>`: existing ones, and those that you record. Without a camera, call the
        result's method `learn`.
    model : VideoModel, optional
        A causal model; by default MoViNet-A0, which is downloaded (3 MB) when it is first needed.
    seconds : float
        Length of a clip, from 1 to 10, or less for a model with large frames or a high frame rate: one message to the kernel,
        of up to 10 MiB, contains all frames. Live predictions cover the last `seconds / 2` to `seconds`.
    clips : int
        How many clips of each gesture the widget asks for; at least 2.
    save : str or Path, optional
        Where to save the learned model, for `load_model`, outside `folder`; by default next to it, with ".model" appended.

    Raises
    ------
    TypeError, ValueError
        If the model is not causal, a number is out of range, or `save` is in `folder`.
    """
    shortest, longest = SECONDS
    if not shortest <= seconds <= longest:
        raise ValueError(f"seconds must be from {shortest} to {longest}, not {seconds}.")
    if clips < LEAST:
        raise ValueError(f"clips must be at least {LEAST} for each gesture, to learn from one and test on another, not {clips}.")
    folder = expanded(folder).absolute()  # stays the same if the working folder changes
    save_to = expanded(save or f"{folder}.model").absolute()
    require_outside(save_to, folder)
    if model is not None:
        require_live(model, seconds)
        require_short(seconds, model.input)
    return TeachableMachine(folder, model, seconds, clips, save_to)


def require_short(seconds: float, needed: ModelInput) -> None:
    """Raise ValueError if the frames of a clip do not fit into one message to the kernel."""
    frames = MESSAGE // (needed.size**2 * 3)
    if round(seconds * needed.fps) > frames:
        longest = math.floor(10 * frames / needed.fps) / 10
        raise ValueError(
            f"seconds can be at most {longest:g} for this model, not {seconds:g}: a longer clip, with {needed.fps:g} frames per "
            f"second and {needed.size} x {needed.size} pixels, is too large for a message to the kernel."
        )


class TeachableMachine(LiveCamera):
    """What `teach` returns: a widget that records clips, learns from them, and predicts live.

    Besides the messages of `LiveCamera`, which predict live with the learned model, the browser sends "show", "add", "remove",
    "rename", "record" (a buffer for each frame), "delete", and "learn". The kernel replies to each with "state", which contains
    everything that the widget shows. While it learns, it sends "progress". Then `model` is the learned model, with the gestures
    and "none of these" as labels, which is also saved in `save_to`.
    """

    _esm = joined(*CAMERA_WIDGET, "recording.js", "teachable_machine.js")
    _css = joined("widget.css", "teachable_machine.css")
    frames = traitlets.Int().tag(sync=True)

    def __init__(self, folder: Path, network: VideoModel | None, seconds: float, clips: int, save_to: Path):
        self.folder, self.save_to, self._network, self._wanted = folder, save_to, network, clips
        self.model: VideoModel | None = None
        self._gestures = Gestures(folder)
        self._learned: dict[str, Any] | None = None
        needed = network.input if network else movinet_input(A0_SIZE)
        super().__init__(None, [], seconds, needed, PRIVACY.format(without_secrets(folder)) + NOWHERE)
        self.frames = round(seconds * needed.fps)

    def __repr__(self) -> str:
        return "Teachable machine: run this cell in JupyterLab or Colab to use it."

    def learn(self) -> Score:
        """Learn from all clips in the folder, save the model, and return its score.

        Each clip is predicted by a model that learned from all the others.

        Raises
        ------
        ValueError, DownloadError, ModelError, OSError, VideoError
            If there are fewer than two gestures with two clips, the model cannot be loaded or saved, or a clip cannot be read.
        """
        with self._lock:
            self._stop()
            score, unknown = self._learn_and_save()
            self.model = self._predictor = load_model(self.save_to)
            self._labels = self.model.labels or []
            rows = enumerate(zip(score.labels, score.confusion))
            recalls = [(name, f"{row[i]} of {row.sum()}") for i, (name, row) in rows]  # how many of its clips were correct
            self._learned = {"lines": [*in_words(score), describe_rejection(unknown)], "recalls": recalls}
            said = [f"Learned from {len(score.actions)} clips. The model is in {without_secrets(self.save_to)}."]
            counts = Counter(clip.action for clip in list_clips(self.folder)[0] if not is_other(clip))
            for name in sorted(set(counts) - set(score.labels)):
                said.append(f"{name} was not learned: it has {counts[name]} of at least {LEAST} clips that can be used.")
            self.send(self._state(" ".join(said)))
            return score

    def _learn_and_save(self) -> tuple[Score, UnknownActions]:
        """Learn from the gestures that have enough clips, save the model, and return its scores; tell the browser each step."""
        listed = list_clips(self.folder)[0]
        clips = with_enough(listed) + list(filter(is_other, listed))
        self._report("Loading the model.")
        self._network = self._network or load_movinet()
        learned_model.require_savable(self._network, self.save_to)

        def counted() -> Iterator[Clip]:
            for number, clip in enumerate(clips, 1):
                self._report(f"Looking at clip {number} of {len(clips)}.")
                yield clip

        records = describe(self._network, counted(), {})
        others = [clip for clip in records if is_other(clip)]
        alone = {clip._replace(group=clip.name): records[clip] for clip in with_enough(list(records))}  # each clip is a group
        self._report("Testing each clip with a model learned from the others.")
        actions, groups = [clip.action for clip in alone], [clip.group for clip in alone]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "clips of different groups have nearly the same")  # of one session: `in_words`
            score = cross_validate(list(alone.values()), actions, groups)
        self._report("Testing whether unknown gestures can be recognized as unknown.")
        rows = np.stack([record.features for record in alone.values()])
        halves = np.stack([self._halves(clip) for clip in [*alone, *others]])
        other_halves, other_groups = halves[len(alone) :].reshape(-1, rows.shape[1]), np.repeat([clip.name for clip in others], 2)
        unknown = unknown_actions(rows, actions, groups, KEPT, other_halves, other_groups.tolist(), halves[: len(alone)])
        self._report("Learning from all clips.")
        learn_and_save(self._network, alone, score, self.save_to, unknown=unknown, others=others)
        return score, unknown

    def _halves(self, clip: Clip) -> np.ndarray:
        """Return features of both halves of a clip, `[2, K]`: live predictions cover as little as half the seconds of a clip."""
        assert self._network is not None
        frames = self._network.read_video(clip.path)
        middle, half = len(frames) // 2, max(1, min(len(frames), self.frames) // 2)
        return np.stack([mean_features(self._network, frames[start : start + half]) for start in (max(0, middle - half), middle)])

    def _report(self, text: str) -> None:
        self.send({"type": "progress", "message": text})

    def _reply(self, content: Any, session: Any, buffers: Sequence[Any]) -> dict[str, Any] | None:
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "learn":
            self.learn()
            return None
        if kind == "start" and self._learned is None:
            raise ValueError("Nothing has been learned yet: record clips, and learn from them first.")
        if kind not in CHANGES:
            return super()._reply(content, session, buffers)
        if kind == "show":
            return self._state()
        arguments = [str(content[name]) for name in CHANGES[kind]]
        more = [self._clip(buffers), self.fps] if kind == "record" else []
        before = list_clips(self.folder)[0]
        said = getattr(self._gestures, kind)(*arguments, *more)
        if list_clips(self.folder)[0] != before:
            self._learned = None  # it was learned from other clips
        return self._state(said)

    def _clip(self, buffers: Sequence[Any]) -> np.ndarray:
        """Return the frames of a clip, uint8 `[T, S, S, 3]`."""
        if len(buffers) != self.frames:
            raise ValueError(f"The browser sent {len(buffers)} frames; expected {self.frames}.")
        return np.stack([to_frame([buffer], self.size) for buffer in buffers])

    def _state(self, said: str = "") -> dict[str, Any]:
        """Return everything that the widget shows; without a message, it says what can be done next."""
        state = self._gestures.state()
        if not (said or self._learned) and state["learnable"]:
            found = sum(len(gesture["clips"]) for gesture in state["gestures"])
            said = f"Found {found} clips. Record more, or choose Learn."
        return {"type": "state", "message": said, "wanted": self._wanted, **state, "learned": self._learned}


def in_words(score: Score) -> list[str]:
    """Return sentences about scores whose groups are single clips."""
    known = "95% interval {:.0%} to {:.0%}".format(*score.interval) if score.interval else "too few clips for a 95% interval"
    return [
        f"{score.count_correct} of {len(score.actions)} clips correct, each by a model that did not learn from it ({known}; "
        f"chance {score.chance:.0%}, best baseline without movement {score.best_baseline:.0%}).",
        "If all clips were recorded in one session, expect a lower score tomorrow, elsewhere, or with other people.",
    ]


def describe_rejection(unknown: UnknownActions) -> str:
    """Return sentences about the label for unknown gestures, and how many of these are still labeled as a known one."""
    rejected = f"What resembles no gesture enough is labeled {NONE!r}."
    if not len(unknown.unknown) and not len(unknown.other):
        more = f"Record a third gesture, or other movements as {OTHER!r}"
        return f"{rejected} {more}, to find out how often these are labeled as a gesture."
    tested = {"a gesture that was left out in turn": unknown.passes(KEPT)} if len(unknown.unknown) else {}
    tested |= {f"{OTHER!r}, which was not learned": unknown.other_passes(KEPT)} if len(unknown.other) else {}
    found = (f"{passed.sum()} of {len(passed)} ({passed.mean():.0%}) of {whose}" for whose, passed in tested.items())
    return f"{rejected} That does not catch everything: of halves of clips, {' and '.join(found)} were labeled as a gesture."
