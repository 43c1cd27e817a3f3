"""Iterate over the frames of a video file at the times of a player, and report what could not be read."""

import os
from collections.abc import Iterator
from math import inf

import numpy as np

from .decoding import Decoder
from .metadata import VideoError, open_video, picture_stream
from .preprocessing import I3D_FPS
from .resampling import Clock, credible_fps, require_fps, resample

JUMPING = 0x0200  # FFmpeg's AVFMT_TS_DISCONT: a format whose time stamps may jump, as in recorded broadcasts
JUMP = 10.0  # seconds; a longer gap in such a file is a jump, as for FFmpeg's option dts_delta_threshold
LONGEST_PAUSE = 3600.0  # seconds, for a file that does not state its duration

Shown = tuple[float, np.ndarray | None]  # seconds since the first frame; and the frame, or None at the end


class VideoReader:
    """Iterates over the frames of a video file.

    Parameters
    ----------
    path : str or Path
        The video file; `~` is the home folder.
    fps : float, optional
        Frames per second, as in `iterate_frames`.

    Raises
    ------
    ValueError
        If `fps` is out of range.
    """

    def __init__(self, path: str | os.PathLike, fps: float | None = None) -> None:
        if fps is not None:
            require_fps(fps)
        self.path, self.fps = path, fps
        self._decoder: Decoder | None = None
        self._clock = Clock(1 / I3D_FPS)
        self._complete = False

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the frames, as `iterate_frames`, which also lists the errors."""
        with open_video(self.path) as container:
            self._decoder = Decoder(container, picture_stream(container))
            self._clock, self._complete = _clock(self._decoder), False
            shown = self._require_video(self._clock.elapsed(self._decoder.frames()))
            yield from resample(shown, self.fps) if self.fps else (frame for _, frame in shown if frame is not None)
            self._complete = True

    @property
    def start(self) -> float:
        """Time of the first frame in a player, in seconds, once it was read: not 0 if the sound starts earlier."""
        return self._decoder.start if self._decoder else 0.0

    @property
    def expected_frames(self) -> float:
        """Number of frames of the whole video according to its header, once the first one was read; 0 if unknown."""
        return self._decoder.announced_end * (self.fps or 1 / self._clock.interval) if self._decoder else 0.0

    @property
    def note(self) -> str:
        """What could not be read so far, in sentences; empty if everything could."""
        decoder, notes = self._decoder, []
        if decoder is None:
            return ""
        if decoder.undecodable:
            left_out = "was left out" if decoder.undecodable == 1 else "were left out"
            notes.append(f"{decoder.undecodable} of {decoder.packets} frames could not be decoded and {left_out}.")
        if self._clock.removed:
            notes.append(f"A gap of {self._clock.removed:.1f} seconds in the time stamps was left out: they are wrong there.")
        if decoder.error:
            notes.append(f"Reading stopped after {decoder.end:.1f} seconds: {decoder.error}. Is the file complete?")
        elif self._complete:
            notes += _missing_end(decoder)
        return " ".join(notes)

    def _require_video(self, shown: Iterator[Shown]) -> Iterator[Shown]:
        """Yield the same frames; raise VideoError if there are none, or if the only one is a picture, not a cut video."""
        assert self._decoder is not None
        first, second = next(shown), next(shown, None)
        if self._decoder.is_encrypted:
            raise VideoError(f"{self.path} is encrypted. Use a video without copy protection.")
        if second is None:
            raise VideoError(f"{self.path} {_why_nothing(self._decoder)}")
        if second[1] is None and not _missing_end(self._decoder):
            raise VideoError(f"{self.path} contains only one picture, so it is not a video.")
        yield from (first, second)
        yield from shown


def _clock(decoder: Decoder) -> Clock:
    """Return the clock of a file: which time stamps to believe depends on its header and its format."""
    interval = 1 / credible_fps(float(decoder.stream.guessed_rate or 0), I3D_FPS)
    jumps = decoder.container.format.flags & JUMPING
    if decoder.announced_end:
        return Clock(interval, decoder.announced_end - decoder.start, JUMP if jumps else inf)
    return Clock(interval, inf, JUMP if jumps else LONGEST_PAUSE)


def _missing_end(decoder: Decoder) -> list[str]:
    """Return a sentence if more than 5 % of what the header announces is missing."""
    announced = decoder.announced_end
    if decoder.announced_frames:  # with an edit list, a player hides part of a complete file, so packets are compared, not times
        is_complete = decoder.packets >= 0.95 * decoder.announced_frames
    else:  # some headers count from the first time stamp, some from 0
        is_complete = max(decoder.end, decoder.last_stamp) >= 0.95 * announced
    if is_complete:
        return []
    return [
        f"The file's header announces {announced:.1f} seconds of video, but only {decoder.end:.1f} could be read. Is it complete?"
    ]


def _why_nothing(decoder: Decoder) -> str:
    """Return the end of a sentence: why a file has no frames."""
    codec = decoder.stream.codec_context
    if codec.name == "webp":
        return "is an animated WebP, which this version of FFmpeg cannot decode. Convert it to GIF or MP4."
    return f"contains no picture that can be decoded (codec: {codec.name}). It may be damaged. Does a video player play it?"
