"""What happens when: an answer every 8 frames, from one pass over a video of any length.

I3D is convolutional in time. Before it takes the mean over time it has an answer for every 8 frames (three temporal strides
of 2), so a timeline needs no sliding window. A long video is read in pieces; each is given as many frames of its neighbours
as the network can see, so that an answer near the border of a piece is the same as without pieces.
"""

import csv
import os
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from pathlib import Path

import cv2
import numpy as np

from .plumbing.messages import show_progress
from .prediction import require_labels, softmax, to_batch
from .video import (
    I3D_FPS,
    I3D_KEEP,
    I3D_SIZE,
    VideoError,
    crop_center_square,
    header,
    iterate_frames,
    longer,
    missing_part,
    require_fps,
)

STEP = 8  # frames from one answer to the next
BEFORE, AFTER = 48, 56  # frames of its neighbours that a piece is given: what I3D's 107 frames of sight reach
CHUNK = 384  # frames; larger chunks repeat less of their neighbours, smaller ones need less memory
STRIP = 32  # frames from one small picture to the next


@dataclass(eq=False)  # arrays have no one truth value to compare by
class Timeline:
    """What a model sees in a video, over time.

    Attributes
    ----------
    labels : list of str
        Names of all actions.
    seconds : numpy.ndarray
        float64 `[A]`: the middle of what each answer is about.
    logits : numpy.ndarray
        float32 `[A, len(labels)]`, one answer every 8 frames.
    fps : float
        Frames per second that the model was given: 25, unless `predict_timeline` was asked for another rate.
    window : int
        Each answer's probabilities are a mean over this many frames.
    strip : list of numpy.ndarray
        Every 32nd frame, small: uint8 `[56, 56, 3]`.
    note : str
        Why the timeline ends before the video does; empty where it does not.
    """

    labels: list
    seconds: np.ndarray
    logits: np.ndarray
    fps: float
    window: int = 64
    strip: list = field(default_factory=list, repr=False)
    note: str = ""

    @property
    def probabilities(self):
        """float32 `[A, len(labels)]`: softmax of each answer's logits, averaged over `window` frames as a clip's are."""
        return np.array([softmax(row) for row in running_mean(self.logits, max(1, self.window // STEP - 1))])

    def append(self, logits, frames):
        """Add answers, float32 `[A, len(labels)]`, and keep some of the `A * 8` frames that they are about."""
        first = len(self.seconds)
        middles = (first + np.arange(len(logits)) + 1) * STEP / self.fps
        extended = {
            "seconds": np.append(self.seconds, middles),
            "logits": np.vstack([self.logits, logits]),
            "strip": self.strip + [cv2.resize(frame, (56, 56)) for frame in frames[-first * STEP % STRIP :: STRIP]],
        }
        vars(self).update(extended)  # all at once, so that an interruption leaves them equally long

    def segments(self, shortest=1.0):
        """Return (start, end, label, probability) of each stretch with the same most probable action; times in seconds.

        Stretches shorter than `shortest` seconds are left out, unless there is no other. Where less than that lies between two
        stretches of the same action, they are one; its probability is the mean from its start to its end.
        """
        probabilities, half = self.probabilities, STEP / 2 / self.fps
        stretches = []  # (first, last, best) of rows
        for best, group in groupby(range(len(self.seconds)), key=lambda i: int(probabilities[i].argmax())):
            rows = list(group)
            stretches.append((rows[0], rows[-1], best))

        def lasts(first, last):
            return (last - first + 1) * STEP / self.fps

        merged = []
        for first, last, best in [(a, b, best) for a, b, best in stretches if lasts(a, b) >= shortest] or stretches:
            if merged and merged[-1][2] == best and lasts(merged[-1][1] + 1, first - 1) < shortest:
                first = merged.pop()[0]
            merged.append((first, last, best))
        return [
            (self.seconds[a] - half, self.seconds[b] + half, self.labels[best], float(probabilities[a : b + 1, best].mean()))
            for a, b, best in merged
        ]

    def __str__(self):
        lines = [f"{clock(a)}–{clock(b)} {label} {probability:.0%}" for a, b, label, probability in self.segments()]
        return "\n".join(lines + ([self.note] if self.note else []))

    __repr__ = __str__

    def require_answers(self):
        if not len(self.seconds):
            raise ValueError(f"the timeline has no answers to show. {self.note}")

    def draw(self, top=6):
        """Draw the `top` actions over time, with a strip of frames under them; returns a matplotlib figure."""
        import matplotlib.pyplot as plt

        self.require_answers()
        probabilities = self.probabilities
        figure, (chart, film) = plt.subplots(2, 1, figsize=(11, 4.5), height_ratios=[4, 1], sharex=True, layout="constrained")
        best = sorted(np.argsort(-probabilities.max(axis=0), kind="stable")[:top], key=lambda i: probabilities[:, i].argmax())
        for i, style in zip(best, ["-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3))] * top):
            chart.plot(self.seconds, 100 * probabilities[:, i], linestyle=style, linewidth=2, label=self.labels[i])
        chart.set(ylabel="probability (%)", ylim=(0, 105))
        chart.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        length = self.seconds[-1] + self.seconds[0]
        starts = np.linspace(0, length, min(12, len(self.strip)), endpoint=False)
        width = length / len(starts)
        for start in starts:
            nearest = min(round((start + width / 2) * self.fps / STRIP), len(self.strip) - 1)
            film.imshow(self.strip[nearest], extent=(start, start + width, 0, 1), aspect="auto")
        film.set(xlabel="seconds", xlim=(0, length), yticks=[])
        return figure

    def save(self, path, top=5):
        """Save the `top` actions of each answer as CSV: seconds, rank, action, probability."""
        with open(os.path.expanduser(path), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["seconds", "rank", "action", "probability"])
            for second, row in zip(self.seconds, self.probabilities):
                for rank, i in enumerate(np.argsort(-row, kind="stable")[:top], start=1):
                    writer.writerow([f"{second:.2f}", rank, self.labels[i], f"{row[i]:.4f}"])


def clock(seconds):
    """Write seconds as people read them off a player.

    >>> clock(63.2)
    '1:03'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def running_mean(rows, width):
    """Average each row with its neighbours, `width` in all, fewer at both ends.

    >>> running_mean(np.array([[0.0], [3.0], [6.0]]), 3).ravel()
    array([1.5, 3. , 4.5])
    """
    sums = np.cumsum(np.vstack([np.zeros_like(rows[:1]), rows]), axis=0, dtype=np.float64)
    first = np.maximum(np.arange(len(rows)) - (width - 1) // 2, 0)
    last = np.minimum(np.arange(len(rows)) + width // 2 + 1, len(rows))
    return (sums[last] - sums[first]) / (last - first)[:, np.newaxis]


def predict_timeline(
    model,
    labels,
    video,
    fps: float | None = I3D_FPS,
    window=64,
    keep=I3D_KEEP,
    value_range=(-1, 1),
    after: Timeline | None = None,
    chunk_frames=CHUNK,
):
    """Say what happens when in a video.

    Parameters
    ----------
    model : callable
        What `load_i3d` returns. A module from elsewhere, which answers for whole clips only, is asked about 64 frames at a
        time, every 8 frames: seven times slower.
    labels : list of str
        A name for each of the model's outputs.
    video : str, Path or iterable of numpy.ndarray
        A video file of any length, or frames, uint8 `[H, W, 3]` each, such as `read_video` or a camera gives.
    fps : float, optional
        Frames per second. A file is resampled to it, as by `read_video`; None takes every frame of the file, at the rate that
        its header states. Frames are taken as they are: `fps` is then their rate (None: 25).
    window : int
        Each answer is a mean over this many frames: fewer follow quick changes, more are steadier.
    keep, value_range
        As in `read_video` and `predict`.
    after : Timeline, optional
        A timeline of the same video that was interrupted, to go on from where it ends; it is left as it is. `video` must start
        from its beginning again: the frames that `after` is about are skipped. A live camera cannot do that; make a new timeline
        of it.
    chunk_frames : int
        How many frames the model is given at a time, a multiple of 8: more take more memory. Each chunk is given its neighbors'
        frames too, so that the result does not depend on it.

    Returns
    -------
    Timeline
        Complete, or with a `note` that says why it ends early: an interruption (Ctrl-C or the stop button), a file that is
        cut short, a camera that went away. What was computed up to there is kept.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, VideoError
        If the video cannot be opened, or has fewer than 16 frames.
    ValueError
        If the labels are not as many as the outputs, if the model answers something that is not a number, if `fps` or
        `chunk_frames` is out of range, or if `after` has other labels, another rate or another window.

    Notes
    -----
    The paper averages predictions over the whole video (Carreira & Zisserman 2017, section 2.5); here they are kept apart.
    """
    import tensorflow as tf
    from tqdm.auto import tqdm

    if chunk_frames < STEP or chunk_frames % STEP:
        raise ValueError(f"chunk_frames is {chunk_frames}: needed a multiple of {STEP}.")
    path = video if isinstance(video, (str, Path)) else None
    announced, rate = expected(path, fps)
    dense = dense_answers(model)
    timeline = start_timeline(labels, rate, window, after)
    done, notes = len(timeline.seconds) * STEP, []
    stream = until_it_ends(square_frames(video, keep, fps), path, fps, notes)
    again = min(BEFORE, done)
    bar = tqdm(total=announced or None, initial=done, unit=" frames", disable=not show_progress())
    try:
        for piece, first, count in pieces(islice(stream, done - again, None), again, chunk_frames):
            logits = np.asarray(dense(tf.constant(to_batch(piece, value_range)))["default"])[0, first : first + count]
            require_labels(labels, logits)
            timeline.append(logits, piece[first * STEP : (first + count) * STEP])
            bar.update(count * STEP)
    except KeyboardInterrupt:
        notes.append("Interrupted; to go on from here: predict_timeline(…, after=this_timeline).")
    else:
        if not notes:  # the last frames have no answer of their own, and a bar that is not full ends red
            bar.update(max(0, announced - bar.n))
    bar.close()
    if not len(timeline.seconds) and not notes:
        advice = longer(path, fps) if path else "Take a longer video."
        raise VideoError(f"the video is too short for a timeline: it needs at least {2 * STEP} frames. {advice}")
    timeline.note = " ".join(notes)
    return timeline


def expected(path, fps):
    """Return how many frames to expect of a file (0 if unknown, or if there is no file), and how many per second."""
    if fps is not None:
        require_fps(fps)
    if path is None:
        return 0, fps or I3D_FPS
    announced, rate = header(path)
    return round(announced / rate * (fps or rate)), fps or rate


def start_timeline(labels, fps, window, after):
    """Return an empty timeline, or a copy of the one to go on from; refuse one that was made in another way."""
    if after is None:
        return Timeline(labels, np.empty(0), np.empty((0, len(labels)), np.float32), fps, window)
    if list(after.labels) != list(labels):
        raise ValueError("the labels are not those of the timeline to go on from: needed labels=after.labels.")
    for name, given, needed in [("fps", fps, after.fps), ("window", window, after.window)]:
        if given != needed:
            raise ValueError(f"{name} is {given}, but {needed} in the timeline to go on from: needed the same, {name}={needed}.")
    return replace(after, strip=list(after.strip))


def square_frames(video, keep, fps):
    """Yield the frames of a file as I3D wants to see them, or those given; what `read_video` gave is taken as it is."""
    if isinstance(video, (str, Path)):
        return (fit(frame, keep) for frame in iterate_frames(video, fps))
    return (frame if frame.shape[:2] == (I3D_SIZE, I3D_SIZE) else fit(frame, keep) for frame in video)


def fit(frame, keep):
    return cv2.resize(crop_center_square(frame, keep), (I3D_SIZE, I3D_SIZE))


def until_it_ends(frames, path, fps, notes):
    """Yield frames, of a file if there is a path; where they end too early, write down why instead of losing what came before."""
    count = 0
    try:
        for count, frame in enumerate(frames, start=1):
            yield frame
    except (OSError, VideoError, cv2.error) as error:
        if not count:
            raise
        notes.append(f"It ends after {count} frames: {error}")
    else:
        if path and (missing := missing_part(path, count, fps)):
            notes.append(missing)


def pieces(frames, again=0, size=CHUNK):
    """Cut a stream of frames into pieces that know their neighbours.

    Parameters
    ----------
    frames : iterable of numpy.ndarray
        uint8 `[H, W, 3]` each.
    again : int
        How many frames at the start belong to answers that were given before.
    size : int
        Frames of a piece, a multiple of 8.

    Yields
    ------
    (numpy.ndarray, int, int)
        The frames of a piece and of its neighbours, uint8 `[T, H, W, 3]`; which of the answers is the first of its own; and
        how many are.
    """
    kept = []
    for frame in frames:
        kept.append(frame)
        if len(kept) == again + size + AFTER:
            yield np.stack(kept), again // STEP, size // STEP
            del kept[: again + size - BEFORE]
            again = BEFORE
    rest = len(kept) // STEP - 1 - again // STEP
    if rest > 0:
        yield np.stack(kept[: len(kept) // STEP * STEP]), again // STEP, rest


def dense_answers(model):
    """Return the model's signature `timeline`, or windows of 64 frames for a module that has none: eight times the work."""
    module = getattr(model, "module", None)
    if module is not None and "timeline" in module.signatures:
        return module.signatures["timeline"]

    def windows(batch):
        length = batch.shape[1]
        starts = [min(max(0, middle - 32), max(0, length - 64)) for middle in range(STEP, length - STEP + 1, STEP)]
        return {"default": np.stack([model(batch[:, start : start + 64])["default"] for start in starts], axis=1)}

    return windows
