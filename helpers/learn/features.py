"""Describe clips by numbers from a trained network, whose weights stay as they are, to learn new actions from a few clips."""

import hashlib
import io
import os
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, cast

import cv2
import numpy as np

from ..basics import quiet
from ..basics.cache import cache_folder, file_sha256, staging_dir
from ..basics.files import replace_file
from ..basics.messages import without_secrets
from ..basics.statistics import standardize
from ..models.chunks import CHUNK_FRAMES, split
from ..models.video_model import VideoModel, input_of
from ..video.metadata import VideoError
from ..video.reading import VideoReader, read_clip

THUMBNAIL = 8  # pixels; of the baseline that sees colors and shapes only
FLOAT32 = 4  # bytes
MODEL_MEMORY = {True: 3_050_000_000, False: 700_000_000}  # bytes with the longest chunk of I3D; without chunks (MoViNet)
SHORTER = "Cut it into shorter clips, one for each action."
NO_MEMORY = f"there is not enough memory for its frames. {SHORTER}"
VERSION = 3  # part of the cache key: increase it when the numbers below change


class ClipFeatures(NamedTuple):
    """The features of one clip, and the inputs of the baselines."""

    features: np.ndarray  # float32 [K], of all frames
    still: np.ndarray  # float32 [K], of the middle frame alone, repeated until the clip is long enough for the model
    pixels: np.ndarray  # float32 [192], the middle frame at 8 x 8 pixels, from 0 to 255
    size: np.ndarray  # float32 [3]: width and height of the file in pixels, and its length in seconds
    frames: int  # at the model's frame rate


class FeaturesOverTime(NamedTuple):
    """The features of one clip, row by row. Row `i` is about the `length` frames from frame `step * i` on."""

    rows: np.ndarray  # float32 [T', K]
    times: np.ndarray  # float64 [T']: the center of each row, (step * i + length / 2) / fps, in seconds
    sees: np.ndarray  # int64 [T', 2]: the first frame that can change the row, and the one after the last
    size: np.ndarray  # as in ClipFeatures
    frames: int  # of the clip, at the model's frame rate
    fps: float  # the model's frame rate
    step: int
    length: int


Record = ClipFeatures | FeaturesOverTime
ONE_ROW_EACH = (
    "features over time, many rows for each clip, but learning actions from clips needs one row for each: compute them without "
    "--every and --window, in another folder. docs/features.md shows how to learn from rows over time."
)


def features(model: VideoModel, clips: Sequence[str | os.PathLike]) -> np.ndarray:
    """Describe each clip by one row of numbers.

    Parameters
    ----------
    model : VideoModel
        A model from `load_i3d`, `load_movinet` or `load_model`.
    clips : list of str or Path
        Video files. All of their frames are used.

    Returns
    -------
    numpy.ndarray
        float32 `[clips, K]`. For I3D, `K` is 1024: the input of its classifier, averaged over time. For a
        model without the signature `features`, the standardized logits are returned: for MoViNet, 600 logits after the last
        frame, from the whole center square at 5 frames per second. A model of learned actions returns its network's features.

    Warns
    -----
    UserWarning
        If a clip has fewer frames than the model needs, so that it is repeated (looped); if a file in the cache is damaged; and
        as in `read_video`.

    Raises
    ------
    OSError, VideoError, DownloadError
        If a clip cannot be read, as in `read_video`, or needs more memory than there is, or if the cache cannot be written to.

    Notes
    -----
    Rows are cached by the content of the file and the fingerprint of the model, so that an interrupted run can be resumed.
    """
    return np.stack([clip_features(model, clip).features for clip in clips])


def clip_features(model: VideoModel, path: str | os.PathLike) -> ClipFeatures:
    """Describe one clip, as `features` does, and by numbers without movement, for baselines.

    Returns
    -------
    ClipFeatures
        `features`, and `still` of the middle frame alone, float32 `[K]`; `pixels` of the middle frame, float32 `[192]`; `size`:
        width, height and seconds; and the number of `frames`. Warnings and errors are those of `features`.
    """
    path, model = Path(path).expanduser(), model.network or model
    record = from_cache(model, path, lambda: compute(model, path))
    warn_if_looped(model, path, record)
    return cast(ClipFeatures, record)


def from_cache(model: VideoModel, path: Path, describe: Callable[[], Record], settings: str = "") -> Record:
    """Return the features of a clip from the cache, or compute and cache them; `settings` is as in `recipe`."""
    cached = cache_path(model, file_sha256(path), settings) if model.fingerprint else None
    stored = read_record(cached) if cached else None
    try:
        record = stored[0] if stored else describe()
    except MemoryError:
        raise VideoError(f"{path}: {NO_MEMORY}") from None
    if cached and not stored:
        with staging_dir(cached):  # for its lock, and its error if the cache cannot be written to
            write_record(cached, record)
    return record


def warn_if_looped(model: VideoModel, path: Path, record: Record) -> None:
    """Warn if a clip has fewer frames than the model needs. Rows over time are never of a looped clip."""
    if record.frames < model.input.min_frames and isinstance(record, ClipFeatures):
        needs = f"{model.name} needs {model.input.min_frames}"
        warnings.warn(without_secrets(f"{path} has {record.frames} frames, but {needs}, so it was looped."), stacklevel=3)


def compute(model: VideoModel, path: Path, done: Callable[[str], None] = lambda stage: None) -> ClipFeatures:
    """Like `clip_features`, without the cache and the warning; `done` is called after the stages "decode" and "compute"."""
    needed = input_of(model)
    with closing(VideoReader(path, needed.fps)) as reader:
        require_memory(model, path, reader.metadata.duration)
        frames = read_clip(reader, None, needed.size, needed.crop_fraction, min_frames=1)
        width, height = reader.metadata.width, reader.metadata.height
    done("decode")
    middle = frames[len(frames) // 2]
    pixels = cv2.resize(middle, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).ravel().astype(np.float32)
    size = np.array([width, height, len(frames) / needed.fps], np.float32)
    found = ClipFeatures(mean_features(model, frames), mean_features(model, middle[np.newaxis]), pixels, size, len(frames))
    done("compute")
    return found


def require_memory(model: VideoModel, path: Path, seconds: float) -> None:
    """Raise VideoError, before a clip is read, if it is too long for the memory that this process may use."""
    in_chunks = features_signature(model) is not None
    if seconds * model.input.fps <= CHUNK_FRAMES:  # a short clip needs less than MODEL_MEMORY
        return
    from .many_clips.cluster import memory_limit  # only here, because Dask takes a second to import

    limit = memory_limit()
    frame = 3 * model.input.size**2 * (1 if in_chunks else 1 + FLOAT32)  # without chunks, all frames become one batch
    needed = MODEL_MEMORY[in_chunks] + seconds * model.input.fps * frame
    if needed > limit:
        raise VideoError(
            f"{path} lasts {seconds / 60:.1f} minutes, for which {model.name} needs {needed / 1e9:.1f} GB of memory, but this "
            f"process may use {limit / 1e9:.1f} GB. {SHORTER} Or let fewer processes share the memory (the command `features` "
            "has the option --workers)."
        )


def features_signature(model: VideoModel) -> Callable | None:
    """Return the signature `features` of a SavedModel, such as I3D; None if there is none."""
    signatures = getattr(model.module, "signatures", {})
    return signatures["features"] if "features" in signatures else None


def mean_features(model: VideoModel, frames: np.ndarray) -> np.ndarray:
    """Return the features of a clip, as `read_video` returns it, as float32 `[K]`. A short clip is looped, a long one split."""
    shortest = model.input.min_frames
    if len(frames) < shortest:
        frames = np.resize(frames, (shortest, *frames.shape[1:]))  # repeats the clip from its start
    if features_signature(model) is None:
        return standardize(np.asarray(model(model.to_batch(frames))["default"], np.float32)[0])
    if len(frames) <= CHUNK_FRAMES:
        return dense_rows(model, frames).mean(axis=0)
    rows = [dense_rows(model, part)[first : first + count] for part, first, count in split(frames)]
    return np.concatenate(rows).mean(axis=0)


def dense_rows(model: VideoModel, frames: np.ndarray) -> np.ndarray:
    """Return what the signature `features` returns for a clip: float32 `[ceil(T / 8) - 1, K]`."""
    signature = cast(Callable, features_signature(model))
    return np.asarray(signature(quiet.tf.constant(model.to_batch(frames)))["default"])[0]


def recipe(model: VideoModel, settings: str = "") -> str:
    """Return what features depend on besides the content of a clip: the model's weights, and how videos are read.

    `settings` says which rows over time are computed; it is empty for one row for each clip.
    """
    return " ".join(filter(None, [f"{VERSION} {model.fingerprint} {model.input}", settings]))


def cache_path(model: VideoModel, sha256: str, settings: str = "") -> Path:
    """Return the file in the cache for a model and a clip, which depends on the content of the clip, not on its name."""
    key = hashlib.sha256(f"{recipe(model, settings)} {sha256}".encode()).hexdigest()
    return cache_folder() / "features" / key[:2] / f"{key}.npz"


def read_record(path: str | os.PathLike) -> tuple[Record, str] | None:
    """Return the features of a clip that `write_record` wrote, and the text stored with them; None if there are none.

    A damaged file counts as missing, with a warning; each array in it has a checksum (CRC-32).
    """
    if not os.path.exists(path):
        return None
    try:
        with np.load(io.BytesIO(Path(path).read_bytes())) as file:
            if damaged := file.zip.testzip():  # before NumPy reads it: a damaged header of an array may name another shape
                raise ValueError(f"the checksum of {damaged} is wrong")
            arrays: dict[str, Any] = dict(file)
        about = str(arrays.pop("about", ""))
        fields = {name: array if array.ndim else array.item() for name, array in arrays.items()}
        kind = FeaturesOverTime if "rows" in fields else ClipFeatures
        return kind(**fields), about
    except Exception as error:  # a damaged file can make zipfile and NumPy raise almost anything, such as a TokenError
        warnings.warn(without_secrets(f"the features in {path} are damaged, and are not used: {error}"), stacklevel=2)
        return None


def write_record(path: str | os.PathLike, record: Record, about: str = "") -> None:
    """Write the features of a clip, and a text about them, to an npz file, atomically."""
    content = io.BytesIO()
    np.savez(content, about=np.array(about), **record._asdict())
    replace_file(path, content.getvalue())
