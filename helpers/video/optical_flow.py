"""Optical flow as input of I3D, computed as its authors did: TV-L1 between frames at 25 per second.

The steps are those of https://github.com/google-deepmind/kinetics-i3d: resize the frames so that the shorter side is 256, convert
them to gray, compute TV-L1 from each frame to the next, truncate it to 20 pixels, divide by 20, and crop the center 224 x 224.
TV-L1: Zach, Pock & Bischof, "A Duality Based Approach for Realtime TV-L1 Optical Flow", DAGM 2007. DIS: Kroeger et al., "Fast
Optical Flow using Dense Inverse Search", ECCV 2016.
"""

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from tqdm.auto import tqdm

from ..basics.cache import cache_folder, file_sha256
from ..basics.files import DAMAGED_NPZ, replacing
from ..basics.messages import show_progress, without_secrets
from .metadata import VideoError
from .preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES, I3D_SIZE, require_rgb
from .reading import LARGEST_CLIP, VideoReader
from .resampling import Rate, chosen_fps

LARGEST = 20  # pixels, which become 1
SHORTER_SIDE = round(I3D_SIZE / I3D_CROP_FRACTION)  # 256 pixels
STEPS = 32767  # flow is rounded to int16, by at most 0.0003 pixels, so that cached flow is equal to the bit
RECIPE = 1  # of this file; part of the names in the cache
REINSTALL = (
    "python -m pip uninstall --yes opencv-python opencv-python-headless opencv-contrib-python opencv-contrib-python-headless, "
    "then: python -m pip install opencv-contrib-python-headless, and restart Python"
)


def read_flow(
    path: str | os.PathLike,
    max_frames: int | None = None,
    method: str = "tvl1",
    fps: Rate = "model",
    min_frames: int = I3D_MIN_FRAMES,
) -> np.ndarray:
    """Read the optical flow of a video as input of I3D's flow networks.

    TV-L1 takes about a second per frame pair on one core. The processor's cores share the pairs (as many as OpenCV uses threads),
    a progress bar shows how many are done, and the result is cached by the content of the file, in the folder `optical-flow` of
    the cache, 0.1 to 0.2 MB per pair. You can delete that folder at any time.

    Parameters
    ----------
    path : str or Path
        As in `read_video`.
    max_frames : int, optional
        Maximum length of the result, which needs one more frame of the video; None or 0 for all frames.
    method : str
        "tvl1", as in I3D's training, or "dis", OpenCV's DIS with the preset medium: about a hundredth of the time, but farther
        from the authors' flow. On the clip of their example, the correlation with their flow is 0.91 for TV-L1 and 0.78 for DIS,
        and the mean error 0.11 and 0.16 pixels (0.18 without any flow).
    fps : float, "model" or "file"
        Frames per second, as in `read_video`. At another rate than 25, motion has another speed than in training.
    min_frames : int
        Number of flow fields that the model needs at least.

    Returns
    -------
    numpy.ndarray
        float32 `[T, 224, 224, 2]`, from -1 to 1: the displacement from each frame to the next, to the right and down, in units
        of 20 pixels of a video whose shorter side is 256. A video of T + 1 frames has T flow fields.

    Warns
    -----
    UserWarning
        As `read_video`; and if the cached flow is damaged, and computed again, or cannot be written.

    Raises
    ------
    OSError, VideoError
        As `read_video`.
    ValueError
        If an argument is out of range, or if `method` is "tvl1" and this OpenCV does not contain it.
    """
    fps = chosen_fps(fps, I3D_FPS)
    require_method(method)
    if max_frames and max_frames < min_frames:
        raise ValueError(f"max_frames is {max_frames}, but I3D needs at least {min_frames}. Use 0 to read all.")
    reader = VideoReader(path, fps)
    with closing(reader):
        _ = reader.metadata  # a file that is not a video is reported before anything else
        cached = _cache_path(path, max_frames, fps) if method == "tvl1" else None  # DIS is as fast as the cache
        found = _load(cached) if cached else None
        rounded, note = found or _compute(reader, max_frames, method)
    if len(rounded) < min_frames:
        raise VideoError(
            f"{path} has {len(rounded) + 1} frames, but I3D needs at least {min_frames + 1} for optical flow. "
            f"{reader.longer_video(min_frames + 1)}"
        )
    if cached and not found:
        _save(cached, rounded, note)
    if note:
        warnings.warn(without_secrets(f"{path}: {note}"), stacklevel=2)
    return _scale(rounded)


def check_flow(flow: np.ndarray, min_frames: int = I3D_MIN_FRAMES) -> None:
    """Raise ValueError, which suggests a correction, unless `flow` is a clip as `read_flow` returns it."""
    size = I3D_SIZE
    must = f"but must be float32 [T, {size}, {size}, 2] with T at least {min_frames}, as read_flow returns it"
    if not isinstance(flow, np.ndarray):
        raise ValueError(f"the optical flow is a {type(flow).__name__}, {must}.")
    found = f"the optical flow is {flow.dtype} {list(flow.shape)}"
    if flow.dtype == np.uint8 and flow.shape[-1:] == (3,):
        raise ValueError(f"{found}, {must}. These are RGB frames: read the video with the model's own read_video, or read_flow.")
    if flow.dtype != np.float32 or flow.ndim != 4 or flow.shape[1:] != (size, size, 2) or len(flow) < min_frames:
        raise ValueError(f"{found}, {must}.")
    if not (largest := np.abs(flow).max()) <= 1:
        raise ValueError(f"the optical flow has values up to {largest:g}, but must be from -1 to 1: 20 pixels are 1.")


def iterate_flow(frames: Iterable[np.ndarray], method: str = "tvl1") -> Iterator[np.ndarray]:
    """Yield the optical flow between consecutive frames, float32 `[224, 224, 2]`, as `read_flow` returns it; nothing is cached.

    `frames` are whole ones, uint8 `[H, W, 3]`, RGB, such as `iterate_frames(path, fps=25)` yields. As many pairs as OpenCV uses
    threads are computed at once, and only these are in memory. Raises ValueError for another method, or for other frames.
    """
    require_method(method)
    return map(_scale, _flow_fields(frames, method))


def require_method(method: str) -> None:
    """Raise ValueError for another method, or if this OpenCV does not contain it."""
    if method not in METHODS:
        raise ValueError(f"method must be 'tvl1' or 'dis', not {method!r}.")
    if method == "tvl1" and not hasattr(cv2, "optflow"):
        raise ValueError(
            f"OpenCV {cv2.__version__} does not contain TV-L1 here, which is in opencv-contrib-python-headless, without another "
            f"package of OpenCV next to it. Run: {REINSTALL}. Or use method='dis'."
        )


def _compute(reader: VideoReader, max_frames: int | None, method: str) -> tuple[np.ndarray, str]:
    """Return the rounded flow of a video and the reader's note; raise VideoError if it would be too large."""
    values, size, fields = bytearray(), I3D_SIZE * I3D_SIZE * 2, 0
    limit = int(max_frames) if max_frames else None
    frames = islice(reader, limit + 1 if limit else None)
    with tqdm(desc="optical flow", unit=" pairs", disable=not show_progress()) as bar:
        for field in _flow_fields(frames, method):
            expected = int(reader.expected_frames) - 1
            needed = 0 if limit else max(len(values) * 2, expected * size * 4)
            if needed > LARGEST_CLIP:
                raise VideoError(
                    f"{reader.path} is too long: its optical flow needs {needed / 2**30:.1f} GiB. Pass max_frames to read its "
                    "beginning."
                )
            bar.total = min((count for count in (expected, limit) if count and count > 0), default=None)
            values += field.data
            fields += 1
            bar.update()
        bar.total = fields  # the header may be wrong
    return np.frombuffer(values, np.int16).reshape(-1, I3D_SIZE, I3D_SIZE, 2), reader.note


def _flow_fields(frames: Iterable[np.ndarray], method: str) -> Iterator[np.ndarray]:
    """Yield the flow between consecutive frames, rounded to int16 `[224, 224, 2]`, in order; a thread pool computes the pairs.

    OpenCV's own threads take over only a sixth of TV-L1's work.
    """
    threads = max(1, cv2.getNumThreads())
    pending = deque[Future]()
    pool = ThreadPoolExecutor(threads)
    try:
        before = None
        for frame in frames:
            require_rgb(frame, "[H, W, 3]", "the frame is")
            after = _gray(frame)
            if before is not None:
                pending.append(pool.submit(_rounded_flow, before, after, METHODS[method]))
            before = after
            if len(pending) > threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _gray(frame: np.ndarray) -> np.ndarray:
    """Resize a frame, so that the shorter side is 256 pixels, and convert it to gray."""
    height, width = frame.shape[:2]
    scale = SHORTER_SIDE / min(height, width)
    return cv2.cvtColor(cv2.resize(frame, (round(width * scale), round(height * scale))), cv2.COLOR_RGB2GRAY)


def _rounded_flow(before: np.ndarray, after: np.ndarray, calculate: Callable) -> np.ndarray:
    """Return the truncated flow in the center of two gray frames, int16: 32767 is 20 pixels."""
    common = tuple(map(min, before.shape, after.shape))  # a video may change its size
    flow = _center(calculate(_center(before, common), _center(after, common)), (I3D_SIZE, I3D_SIZE))
    return np.rint(np.clip(flow, -LARGEST, LARGEST) * (STEPS / LARGEST)).astype(np.int16)


def _center(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    top, left = ((length - wanted) // 2 for length, wanted in zip(image.shape, shape))
    return np.ascontiguousarray(image[top : top + shape[0], left : left + shape[1]])


def _scale(rounded: np.ndarray) -> np.ndarray:
    return rounded.astype(np.float32) / np.float32(STEPS)


def _tvl1(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    # OpenCV's default parameters. In a trial, no others came notably closer to the authors' flow.
    return cv2.optflow.createOptFlow_DualTVL1().calc(before, after, None)  # type: ignore[call-overload]


def _dis(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(before, after, None)  # type: ignore[call-overload]


METHODS = {"tvl1": _tvl1, "dis": _dis}


def _cache_path(path: str | os.PathLike, max_frames: int | None, fps: float | None) -> Path:
    content = file_sha256(os.path.expanduser(path))[:32]
    recipe = f"{fps or 'file'}-{int(max_frames) if max_frames else 'all'}-{RECIPE}-opencv-{cv2.__version__}"
    return cache_folder() / "optical-flow" / f"{content}-{recipe}.npz"


def _load(path: Path) -> tuple[np.ndarray, str] | None:
    """Return the cached flow and note; None if there are none, or, with a warning, if they are damaged."""
    if not path.is_file():
        return None
    try:
        with np.load(path) as arrays:  # verifies the CRC-32 of each array
            flow, note = arrays["flow"], str(arrays["note"])
        if flow.dtype != np.int16 or flow.shape[1:] != (I3D_SIZE, I3D_SIZE, 2):
            raise ValueError(f"it contains {flow.dtype} {list(flow.shape)}")
        return flow, note
    except DAMAGED_NPZ as error:
        warnings.warn(without_secrets(f"{path} is damaged ({error}); the optical flow is computed again."), stacklevel=3)
        return None


def _save(path: Path, flow: np.ndarray, note: str) -> None:
    """Write the flow to the cache; warn if that fails, because it was computed all the same."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, open(part, "wb") as file:
            np.savez_compressed(file, flow=flow, note=np.array(note))
    except OSError as error:
        warnings.warn(without_secrets(f"The optical flow cannot be cached in {path}: {error.strerror}."), stacklevel=3)
