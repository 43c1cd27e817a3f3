"""The task of a worker: fetch a clip, decode it, and compute its features. Workers receive the name of a model, not the model."""

import errno
import functools
import hashlib
import os
import threading
import time
import warnings
from typing import Any, NamedTuple

from ...basics.cache import expanded, file_sha256
from ...basics.messages import DownloadError, ModelError, without_secrets
from ...clips.datasets import UCF101
from ...clips.folders import Clip
from ...models.loading import NAMES, load_model
from ...models.video_model import VideoModel, input_of
from ...video.metadata import VideoError
from ..features import NO_MEMORY, compute, warn_if_looped
from ..over_time import Sampling, compute_over_time, require_possible
from ..records import Record, cache_path, read_record, recipe
from .table import About

LOADING = threading.Lock()  # functools.cache would let two threads of a process load the model twice
NOTES = threading.local()
SHOW_WARNING = warnings.showwarning


class Outcome(NamedTuple):
    """The result for one clip."""

    record: Record | None  # None if the clip failed
    about: About | None
    reason: str  # why it failed, in one line; "" if it did not
    # Where it failed: "fetch", "decode" or "compute". If its own file is missing or may not be read, that is "decode": "fetch" is
    # for a connection or a disk, so that the next clips may fail as well.
    stage: str
    seconds: dict[str, float]  # duration of each stage


def describe_clip(clip: Clip, handle: str, key: str, chosen: Sampling | None = None) -> Outcome:
    """Fetch a clip, and compute its features. Errors of the clip, of its download, and of the model are returned, not raised.

    `chosen` says which rows over time to compute; None: one row for the clip. Raises ModelError if the model or the preprocessing
    differs from that of the process that returned `key`.
    """
    if model_key(handle, chosen) != key:
        raise ModelError(f"{handle} is not the same model on all workers. Use the same weights and helpers everywhere.")
    model, clock = load_once(handle), Clock()
    if warnings.showwarning is not collect_warning:
        warnings.filterwarnings("always", category=UserWarning)
        warnings.showwarning = collect_warning
    notes: list[str] = []
    NOTES.found = notes
    try:
        path = dataset(clip.page)[clip.name] if clip.page else clip.path
        status, sha256 = os.stat(path), file_sha256(path)
        stored = read_record(cache_path(model, sha256, settings(chosen))) if model.fingerprint else None
        clock.stop("fetch")
        # The user's cache is not written: the folder of features stores the results.
        if stored:
            record = stored[0]
        else:
            record = compute_over_time(model, path, chosen, clock.stop) if chosen else compute(model, path, clock.stop)
        warn_if_looped(model, path, record)
    except Exception as error:  # if a model or a decoder raises anything, only this clip fails
        return Outcome(None, None, one_line(error), failed_stage(clip, error, clock), clock.seconds)
    finally:
        NOTES.found = None
    about = About(clip.name, key, sha256, status.st_size, status.st_mtime_ns, without_secrets(" ".join(notes)), model.name)
    return Outcome(record, about, "", "", clock.seconds)


def failed_stage(clip: Clip, error: Exception, clock: "Clock") -> str:
    """Return the stage of an error, as in `Outcome`."""
    if "fetch" in clock.seconds:
        return "compute" if "decode" in clock.seconds and not isinstance(error, (MemoryError, VideoError)) else "decode"
    # A local clip that is missing or may not be read although its folder exists, or that is a pipe and not a file.
    unusable = isinstance(error, (FileNotFoundError, PermissionError)) or getattr(error, "errno", None) == errno.EINVAL
    return "decode" if unusable and not clip.page and clip.path.parent.is_dir() else "fetch"


def model_key(handle: str, chosen: Sampling | None = None) -> str:
    """Load a model, and return the key of the model, its preprocessing, and the rows to compute: 16 hexadecimal digits.

    Raises ValueError if the model cannot compute these rows.
    """
    model = load_once(handle)
    if chosen:
        require_possible(model, chosen)
    else:
        input_of(model)  # raises an error for optical flow
    return key_of(model, handle, chosen)


def key_of(model: VideoModel, handle: str, chosen: Sampling | None = None) -> str:
    """Like `model_key`, for a loaded model; one without a fingerprint, such as one from a URL, is identified by its address."""
    text = recipe(model, settings(chosen))
    return hashlib.sha256((text if model.fingerprint else f"{text} {handle}").encode()).hexdigest()[:16]


def settings(chosen: Sampling | None) -> str:
    """Return the part of a key that says which rows are computed; empty for one row for each clip."""
    return str(chosen) if chosen else ""


def absolute(model: str | os.PathLike) -> str:
    """Return a model as a process in another folder would name it."""
    path = expanded(model)
    return str(path.absolute()) if os.path.exists(path) and not NAMES.fullmatch(str(model)) else str(model)


def load_once(handle: str) -> VideoModel:
    """Load a model once in each process, and return it; for actions that were learned, return their network."""
    with LOADING:
        model = _load(handle)
    return model.network or model


_load = functools.cache(load_model)
dataset = functools.cache(UCF101)


class Clock:
    """Measures the seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.start = time.perf_counter()

    def stop(self, stage: str) -> None:
        """Add the time since the last stop to a stage."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self.start
        self.start = now


def collect_warning(message: Warning | str, category: type[Warning], *place: Any, **options: Any) -> None:
    """Replaces `warnings.showwarning`: collects warnings for each thread, which `warnings.catch_warnings` would mix up."""
    found = getattr(NOTES, "found", None)
    if found is None:
        SHOW_WARNING(message, category, *place, **options)
    else:
        found.append(" ".join(str(message).split()))


def one_line(error: Exception) -> str:
    """Return the reason for a failure, in one line and without secrets."""
    if isinstance(error, MemoryError):
        return NO_MEMORY
    text = without_secrets(" ".join(str(error).split())) or "no message"
    known = isinstance(error, (VideoError, DownloadError, OSError))
    return text[:500] if known else f"{type(error).__name__}: {text}"[:500]
