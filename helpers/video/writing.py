"""Write videos: from frames, and from joined clips."""

import errno
import os
import warnings
from collections.abc import Iterable, Iterator
from fractions import Fraction
from heapq import merge
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.codec import UnknownCodecError
from av.container import OutputContainer
from av.video.reformatter import VideoReformatter

from ..basics.files import replacing
from ..basics.messages import without_secrets
from .metadata import VideoError
from .preprocessing import I3D_FPS, require_rgb
from .reading import VideoReader
from .resampling import require_fps
from .sound import SOUND_LAYOUT, SOUND_RATE

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".avi": "avi"}  # those for H.264
AVI_OPTIONS = {"avoid_negative_ts": "disabled"}  # or AAC, which starts before time 0, would delay the picture by a frame
Timed = tuple[float, Any, Any]  # seconds, stream, and frame to encode
END = float("inf")  # the time at which a stream is complete: None instead of a frame
BT601, LIMITED = 6, 1  # FFmpeg's numbers for how colors are converted and which values are black and white


def join_clips(clips: Iterable[str | Path], path: str | Path, repeat: int = 1, fps: float = I3D_FPS) -> Path:
    """Join clips into one video file, and return its path.

    Parameters
    ----------
    clips : iterable of str or Path
        Videos of the same size.
    path : str or Path
        The video to write; its name ends in .mp4, .m4v, .mov, .mkv or .avi. It is lossless except for color at half resolution
        (yuv420p, with a constant rate factor of 0), so that the predictions stay nearly the same. Sound is left out.
    repeat : int
        Number of times that each clip is shown.
    fps : float
        Frames per second of the result. Clips at another rate are resampled; their durations stay the same.

    Warns
    -----
    UserWarning
        If some frames of a clip cannot be decoded, or its end is missing.

    Raises
    ------
    OSError, VideoError
        If a clip cannot be read, or `path` cannot be written.
    ValueError
        If `clips` is a single path, the clips differ in size, `path` is one of them or has another suffix, or `fps` is out of
        range.
    """
    if isinstance(clips, (str, bytes, os.PathLike)):
        raise ValueError(f"clips must be a list of videos, such as [{str(clips)!r}], not a single path.")
    readers = [VideoReader(clip, fps) for clip in clips]
    for reader in readers:
        require_other_file(path, reader.path)
    written = write_video(_joined(readers, repeat), path, fps, crf=0)
    for reader in readers:
        if reader.note:
            warnings.warn(without_secrets(f"{reader.path}: {reader.note}"), stacklevel=2)
    return written


def _joined(clips: list[VideoReader], repeat: int) -> Iterator[np.ndarray]:
    """Yield the frames of all clips; raise ValueError if a clip has another size than the first one."""
    size = None
    for clip in clips:
        for _ in range(repeat):
            for frame in clip:
                size = size or frame.shape[:2]
                if frame.shape[:2] != size:
                    one, other = [f"{width} x {height} pixels" for height, width in (frame.shape[:2], size)]
                    raise ValueError(f"{clip.path} has {one}, but {clips[0].path} has {other}. Join clips of the same size.")
                yield frame


def write_video(
    frames: Iterable[np.ndarray],
    path: str | Path,
    fps: float = I3D_FPS,
    crf: int = 28,
    start: float = 0.0,
    sound: Iterable[av.AudioFrame] = (),
) -> Path:
    """Write frames, uint8 `[H, W, 3]`, RGB, to a video file that browsers can play; return its path.

    Of an odd height or width, the last row or column is left out. `crf` is H.264's constant rate factor, from 0 (lossless after
    the conversion to yuv420p, but not every browser can play it) to 51 (smallest file). `start` is the time of the first frame
    in seconds. Raises VideoError if there are no frames or they cannot be encoded, ValueError for frames or arguments of another
    kind and for frames of different sizes, and OSError if the file cannot be written.
    """
    require_fps(fps)
    path = Path(os.path.expanduser(path))
    require_video_name(path)
    container = CONTAINERS[path.suffix.lower()]
    if not 0 <= crf <= 51:
        raise ValueError(f"crf must be from 0 (lossless) to 51 (smallest file), not {crf}.")
    checked = _same_size(frames)
    first = next(checked, None)
    if first is None:
        raise VideoError(f"there are no frames to write to {path.name}.")
    height, width = (length // 2 * 2 for length in first.shape[:2])  # H.264 needs even sizes
    cropped = (frame[:height, :width] for frame in chain([first], checked))
    with replacing(path) as part:
        try:
            # "file:", because FFmpeg interprets other names with a colon as protocols.
            with av.open(f"file:{part}", "w", container, options=AVI_OPTIONS if container == "avi" else {}) as output:
                streams = [_picture(output, cropped, (width, height), fps, crf, start), *_sound(output, iter(sound))]
                for _, stream, frame in merge(*streams, key=itemgetter(0)):
                    output.mux(stream.encode(frame))
        except UnknownCodecError as error:
            raise VideoError(f"PyAV {av.__version__} has no encoder {error} here: pip install --force-reinstall av") from None
        except av.error.FFmpegError as error:
            if error.errno and error.errno in errno.errorcode and error.errno != errno.EINVAL:  # such as a full disk
                raise OSError(error.errno, os.strerror(error.errno), str(path)) from None
            what = f"{width} x {height} pixels at {fps:g} frames per second"
            raise VideoError(f"{what} cannot be written to {path.name}: {error.strerror}.") from None
    return path


def require_video_name(path: str | Path) -> None:
    """Raise ValueError unless the suffix of a file is that of a container for H.264."""
    if Path(path).suffix.lower() not in CONTAINERS:
        raise ValueError(f"the video's name, {Path(path).name!r}, must end in .mp4 (or {', '.join(list(CONTAINERS)[1:])}).")


def _same_size(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the frames; raise ValueError if one is not a frame, or has another size than the first."""
    if isinstance(frames, np.ndarray) and frames.ndim == 3:
        raise ValueError(
            f"frames are {frames.dtype} {list(frames.shape)}, but must be uint8 [T, H, W, 3]. Pass a single frame as [frame]."
        )
    size = None
    for i, frame in enumerate(frames):
        require_rgb(frame, "[H, W, 3]", f"frame {i} is")
        size = size or frame.shape
        if frame.shape != size:
            raise ValueError(f"frame {i} is {list(frame.shape)}, but frame 0 is {list(size)}. All must have the same size.")
        if min(frame.shape[:2]) < 2:
            raise ValueError(f"frame {i} is {list(frame.shape)}, but must be at least 2 pixels high and wide.")
        yield frame


def _picture(
    output: OutputContainer, frames: Iterable[np.ndarray], size: tuple[int, int], fps: float, crf: int, start: float
) -> Iterator[Timed]:
    """Add a stream of H.264; return its frames in the encoder's format."""
    rate = Fraction(float(fps)).limit_denominator(100_000)  # exact for NTSC's rates, such as 30000 / 1001
    if not rate:
        raise ValueError(f"fps is {fps}, but must be at least 0.00001 in a video file.")
    options = {"crf": str(crf)}
    if output.format.name == "avi":
        options["bf"] = "0"  # AVI has no time stamps, so that frames would be late if they were stored out of order
    stream = output.add_stream("libx264", rate=rate, options=options)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    codec, reformatter = stream.codec_context, VideoReformatter()
    codec.thread_type = "FRAME"  # threads for parts of a frame make the file larger
    codec.colorspace, codec.color_range = BT601, LIMITED  # without it, players guess from the size

    def encodable():
        for i, frame in enumerate(frames, round(start * rate)):
            rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            converted = reformatter.reformat(rgb, format="yuv420p", interpolation="BICUBIC")
            converted.pts, converted.time_base = i, 1 / rate
            yield converted.time, stream, converted
        yield END, stream, None

    return encodable()


def _sound(output: OutputContainer, frames: Iterator[av.AudioFrame]) -> list[Iterator[Timed]]:
    """Add a stream of AAC if there is any sound; return its frames."""
    first = next(frames, None)
    if first is None:
        return []
    stream = output.add_stream("aac", rate=SOUND_RATE, layout=SOUND_LAYOUT)
    timed = ((float(frame.time or 0), stream, frame) for frame in chain([first], frames))
    return [chain(timed, [(END, stream, None)])]


def require_other_file(path: str | os.PathLike, source: str | os.PathLike) -> None:
    """Raise ValueError if writing to `path` would replace `source`."""
    one, other = (os.path.expanduser(name) for name in (path, source))
    if os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other):
        raise ValueError(f"{path} is the video that is read, which would be lost. Write to another file.")
