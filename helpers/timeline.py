"""What happens when: an answer every 8 frames, from one pass over a video of any length.

I3D is convolutional in time. Before it takes the mean over time it has an answer for every 8 frames (three temporal strides
of 2), so a timeline needs no sliding window. A long video is read in pieces; each is given as many frames of its neighbours
as the network can see, so that an answer near the border of a piece is the same as without pieces.
"""

import csv
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

import cv2
import numpy as np

from .plumbing.messages import show_progress
from .prediction import require_labels, softmax, to_batch
from .video import I3D_KEEP, I3D_SIZE, VideoError, crop_center_square, iterate_frames, open_capture

STEP = 8  # frames from one answer to the next
BEFORE, AFTER = 48, 56  # frames of its neighbours that a piece is given: what I3D's 107 frames of sight reach
PIECE = 384  # frames; larger pieces repeat less of their neighbours, smaller ones need less memory
STRIP = 32  # frames from one small picture to the next


@dataclass
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
        Frames a second of the video.
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
        self.seconds = np.append(self.seconds, middles)
        self.logits = np.vstack([self.logits, logits])
        self.strip += [cv2.resize(frame, (56, 56)) for frame in frames[-first * STEP % STRIP :: STRIP]]

    def segments(self, shortest=1.0):
        """Return (start, end, label, probability) of each stretch with the same most probable action; times in seconds.

        Stretches shorter than `shortest` seconds are left out, unless there is no other.
        """
        probabilities, half = self.probabilities, STEP / 2 / self.fps
        stretches = []
        for best, group in groupby(range(len(self.seconds)), key=lambda i: int(probabilities[i].argmax())):
            rows = list(group)
            mean = float(probabilities[rows, best].mean())
            stretches.append((self.seconds[rows[0]] - half, self.seconds[rows[-1]] + half, self.labels[best], mean))
        return [stretch for stretch in stretches if stretch[1] - stretch[0] >= shortest] or stretches

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
        with open(path, "w", newline="", encoding="utf-8") as file:
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


def predict_timeline(model, labels, video, fps=None, window=64, keep=I3D_KEEP, value_range=(-1, 1), after=None):
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
        Frames a second; by default what the file says, or 25.
    window : int
        Each answer is a mean over this many frames: fewer follow quick changes, more are steadier.
    keep, value_range
        As in `read_video` and `predict`.
    after : Timeline, optional
        One that was interrupted, to go on from where it ends.

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
        If the labels are not as many as the outputs, or if the model answers something that is no number.

    Notes
    -----
    The paper averages predictions over the whole video (Carreira & Zisserman 2017, section 2.5); here they are kept apart.
    """
    import tensorflow as tf
    from tqdm.auto import tqdm

    announced, rate = header(video) if isinstance(video, (str, Path)) else (0, 25.0)
    dense = dense_answers(model)
    timeline = after or Timeline(labels, np.empty(0), np.empty((0, len(labels)), np.float32), fps or rate, window)
    done, notes = len(timeline.seconds) * STEP, []
    stream = until_it_ends(square_frames(video, keep), announced, notes)
    again = min(BEFORE, done)
    bar = tqdm(total=announced or None, initial=done, unit=" frames", disable=not show_progress())
    try:
        for piece, first, count in pieces(islice(stream, done - again, None), again):
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
        raise VideoError(f"the video is too short for a timeline: it needs at least {2 * STEP} frames.")
    timeline.note = " ".join(notes)
    return timeline


def header(path):
    """Return how many frames a file announces, and how many a second; neither can be trusted fully."""
    capture = open_capture(path)
    count, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return max(0, int(count)), fps if 1 <= fps <= 1000 else 25.0


def square_frames(video, keep):
    """Yield the frames of a file as I3D wants to see them, or those given; what `read_video` gave is taken as it is."""
    if isinstance(video, (str, Path)):
        return (fit(frame, keep) for frame in iterate_frames(video))
    return (frame if frame.shape[:2] == (I3D_SIZE, I3D_SIZE) else fit(frame, keep) for frame in video)


def fit(frame, keep):
    return cv2.resize(crop_center_square(frame, keep), (I3D_SIZE, I3D_SIZE))


def until_it_ends(frames, announced, notes):
    """Yield frames; where they end too early, write down why instead of losing what came before."""
    count = 0
    try:
        for count, frame in enumerate(frames, start=1):
            yield frame
    except (OSError, VideoError, cv2.error) as error:
        if not count:
            raise
        notes.append(f"It ends after {count} frames: {error}")
    else:
        if count < 0.95 * announced:
            notes.append(f"The file announces {announced} frames, {count} could be read: is it complete?")


def pieces(frames, again=0, size=PIECE):
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
