"""Read video files as uint8 frames: one by one, or as a clip for a model."""

import os
import warnings
from collections.abc import Generator, Iterator
from functools import cached_property
from itertools import islice

import numpy as np
from av.container import InputContainer

from ..basics.messages import without_secrets
from .decoding import Decoder
from .metadata import VideoError, VideoMetadata, metadata_of, open_video
from .preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES, I3D_SIZE, crop_and_resize, require_size
from .resampling import Rate, chosen_fps, require_fps, resample

LARGEST_CLIP = 2**31  # bytes: 9.5 minutes of 224 x 224 pixels at 25 frames per second


class VideoReader:
    """Iterates over the frames of a video file, as `iterate_frames` does, and reports what could not be read.

    `metadata` or the iterator opens the file; the iterator closes it, or else `close`.
    """

    def __init__(self, path: str | os.PathLike, fps: float | None = None) -> None:
        if fps is not None:
            require_fps(fps)
        self.path, self.fps = path, fps
        self._container: InputContainer | None = None
        self._decoder: Decoder | None = None

    @cached_property
    def metadata(self) -> VideoMetadata:
        """What the header of the file states."""
        self._container = open_video(self.path)
        return metadata_of(self._container)

    def close(self) -> None:
        """Close the file if it was opened for `metadata`, and not yet for the frames."""
        if self._container is not None:
            self._container.close()
            self._container = None

    def __iter__(self) -> Generator[np.ndarray, None, None]:
        container, self._container = self._container or open_video(self.path), None
        with container:
            self._decoder = Decoder(container)
            frames = self._require_video(self._decoder)
            yield from resample(frames, self.fps) if self.fps else (frame for _, frame in frames if frame is not None)

    def _require_video(self, decoder: Decoder) -> Iterator[tuple[float, np.ndarray | None]]:
        """Yield the timed frames; raise VideoError if there are none, or if the only one is a picture, not a cut video."""
        frames = decoder.timed_frames()
        first, second = next(frames), next(frames, None)
        if decoder.is_encrypted:
            raise VideoError(f"{self.path} is encrypted. Use a video without copy protection.")
        if second is None:
            codec = decoder.stream.codec_context.name
            problem = f"contains no picture that can be decoded (codec: {codec}). It may be damaged. Does a video player play it?"
            if codec == "webp":
                problem = "is an animated WebP, which this version of FFmpeg cannot decode. Convert it to GIF or MP4."
            raise VideoError(f"{self.path} {problem}")
        if second[1] is None and not decoder.lacks_end:
            raise VideoError(f"{self.path} contains only one picture, so it is not a video.")
        yield from (first, second)
        yield from frames

    @property
    def start(self) -> float:
        """Time of the first frame in a player, in seconds, once it was read: not 0 if the sound starts earlier."""
        return self._decoder.start if self._decoder else 0.0

    @property
    def expected_frames(self) -> float:
        """Number of frames of the whole video according to its header, once the first one was read; 0 if unknown."""
        return self._decoder.announced_end * (self.fps or 1 / self._decoder.clock.interval) if self._decoder else 0.0

    @property
    def note(self) -> str:
        """What could not be read so far, in sentences; empty if everything could."""
        return self._decoder.note if self._decoder else ""

    def longer_video(self, needed: int) -> str:
        """Return the advice for a file that was read, but has fewer than `needed` frames."""
        if self.fps and self._decoder and self._decoder.frames >= needed:
            these = f"these are {self.fps:g} per second"
            return f"Use a longer video, or all frames of this one with fps=None (--fps file in a terminal): {these}."
        return "Use a longer video."


def iterate_frames(path: str | os.PathLike, fps: float | None = None) -> Iterator[np.ndarray]:
    """Yield the frames of a video file one by one: uint8 `[H, W, 3]`, RGB, upright, deinterlaced, with square pixels.

    With `fps`, they are resampled. Frames that cannot be decoded are left out. Raises the errors of `read_video`.
    """
    yield from VideoReader(path, fps)


def read_video(
    path: str | os.PathLike,
    max_frames: int | None = None,
    size: int = I3D_SIZE,
    crop_fraction: float = I3D_CROP_FRACTION,
    fps: Rate = "model",
    min_frames: int = I3D_MIN_FRAMES,
) -> np.ndarray:
    """Read a video as I3D's input: square RGB frames at 25 frames per second.

    Parameters
    ----------
    path : str or Path
        A file in any format that FFmpeg reads; `~` is the home folder.
    max_frames : int, optional
        Maximum number of frames, counted from the first picture after resampling; None or 0 for all frames.
    size : int
        Height and width of the result, in pixels.
    crop_fraction : float
        Side of the center square as a fraction of the shorter side. The paper uses 0.875 (224 of 256); older tutorials use 1.
    fps : float, "model" or "file"
        Frames per second of the result. "model" is 25, as in I3D's training; a higher rate makes motion look slower. "file",
        or None, returns every frame of the file. Frames are resampled by their time stamps, so that the duration stays the
        same; a file at this rate yields its own frames.
    min_frames : int
        Number of frames that the model needs at least: 9 for I3D.

    Returns
    -------
    numpy.ndarray
        uint8 `[T, size, size, 3]`, RGB, upright, deinterlaced, with square pixels.

    Warns
    -----
    UserWarning
        If some frames could not be decoded, or if the file ends early: more than 5% of what its header announces is missing.

    Raises
    ------
    OSError, VideoError
        If the file cannot be opened, is not a video, cannot be decoded, has fewer than `min_frames` frames, or is too long: all
        frames of the result would need more than 2 GiB. A higher `max_frames` is not limited.
    ValueError
        If `max_frames`, `size`, `crop_fraction` or `fps` is out of range.
    """
    return read_clip(VideoReader(path, chosen_fps(fps, I3D_FPS)), max_frames, size, crop_fraction, min_frames)


def read_clip(reader: VideoReader, max_frames: int | None, size: int, crop_fraction: float, min_frames: int) -> np.ndarray:
    """Like `read_video`, from a reader, so that a caller can look at the metadata first."""
    require_size(size)
    needs = f"{'I3D' if min_frames == I3D_MIN_FRAMES else 'the model'} needs at least {min_frames}"
    if max_frames and max_frames < min_frames:
        raise ValueError(f"max_frames is {max_frames}, but {needs} frames. Use 0 to read all.")
    pixels = bytearray()  # not a list of arrays, which would need twice the memory
    for frame in islice(reader, int(max_frames) if max_frames else None):
        needed = 0 if max_frames else max(len(pixels), int(reader.expected_frames) * size * size * 3)
        if needed > LARGEST_CLIP:
            raise VideoError(
                f"{reader.path} is too long to be read at once: its frames need {needed / 2**30:.1f} GiB. "
                "Pass max_frames to read its beginning (--max-frames in a terminal), or use predict_timeline (timeline in a "
                "terminal), which accepts videos of any length."
            )
        pixels += crop_and_resize(frame, crop_fraction, size).data
    frames = np.frombuffer(pixels, np.uint8).reshape(-1, size, size, 3)
    if (count := len(frames)) < min_frames:
        found = "1 frame" if count == 1 else f"{count} frames"
        raise VideoError(f"{reader.path} has {found}, but {needs}. {reader.longer_video(min_frames)}")
    if reader.note:
        warnings.warn(without_secrets(f"{reader.path}: {reader.note}"), stacklevel=3)
    return frames
