"""Open a video file with FFmpeg's libraries (PyAV), and read what its header states."""

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

import av
from av.stream import Disposition

from ..basics.messages import without_secrets
from .preprocessing import I3D_FPS
from .resampling import credible_fps

BYTES_PER_FRAME = 8  # every container uses at least as many


class VideoError(ValueError):
    """Raised if no usable frames can be decoded. Messages abbreviate the home folder."""

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))


class VideoMetadata(NamedTuple):
    """What the header of a video file states; what it does not state, or cannot be true, is counted."""

    frames: int
    fps: float  # mean over the file
    motion_fps: float  # that of the moving parts, if the file pauses; a browser's recording may state 1000
    duration: float  # seconds from the first frame to the end of the last one
    start: float  # seconds at which a player shows the first frame: more than 0 if the sound starts earlier
    width: int
    height: int  # of the encoded frames, in pixels


def open_video(path: str | os.PathLike) -> av.container.InputContainer:
    """Open a video file, which the caller closes; raise OSError if it cannot be opened, VideoError if it is not a video."""
    name = Path(os.path.expanduser(path)).absolute()
    beginning = _read_beginning(name, path)
    try:
        container = open_address(f"file:{name}")  # because FFmpeg interprets other names with a colon as protocols
    except av.error.FFmpegError:
        problem = f"{path} is not a video that can be read. Use one that a video player can play, such as MP4 or AVI."
        if beginning[4:8] == b"ftyp":
            problem = f"{path} has no index of its frames: its end is missing, or it is damaged. Copy or download it again."
        raise VideoError(problem) from None
    try:
        _require_video(container, path)
    except VideoError:
        container.close()
        raise
    return container


def open_address(address: str) -> av.container.InputContainer:
    """Open what FFmpeg calls an address, such as the name of an open container; playlists must not open connections."""
    return av.open(address, metadata_errors="replace", options={"protocol_whitelist": "file"})


def _read_beginning(name: Path, path: str | os.PathLike) -> bytes:
    """Return the first bytes of a file; raise an error if there are none, or if it is not a file."""
    try:
        if not stat.S_ISDIR(mode := name.stat().st_mode) and not stat.S_ISREG(mode):
            raise VideoError(f"{path} is a pipe or a device, not a file. Save the video to a file first.")
        with open(name, "rb") as file:
            beginning = file.read(12)
    except OSError as error:
        raise OSError(error.errno, error.strerror, without_secrets(path)) from None
    if not beginning:
        raise VideoError(f"{path} is empty (0 bytes), not a video. Was its download cut short?")
    return beginning


def _require_video(container: av.container.InputContainer, path: str | os.PathLike) -> None:
    """Raise VideoError unless the container has a picture track with a decoder."""
    kind = container.format.name
    if kind == "tty":  # FFmpeg reads any text as "ANSI art"
        raise VideoError(f"{path} is a text file, not a video.")
    if kind in ("concat", "hls"):
        raise VideoError(f"{path} is a playlist, not a video. Use the files that it lists.")
    if not container.streams.video:
        found = "only sound" if container.streams.audio else "no picture track"
        raise VideoError(f"{path} contains {found}, so it is not a video.")
    if picture_stream(container).codec_context is None:
        codec = f"the video codec {name}" if (name := _unknown_codec(container.name)) else "a video codec"
        raise VideoError(
            f"{path} uses {codec}, for which FFmpeg has no decoder. Convert it to H.264, for example with HandBrake."
        )


def _unknown_codec(address: str) -> str:
    """Return the four characters that name the codec of a file; "" if there are none. Only FFmpeg's log states them."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as lines:
            av.open(address).close()
    finally:
        av.logging.set_level(level)
    found = re.search(r"Video: none \((.+?) / 0x", " ".join(message for _, _, message in lines))
    return found[1] if found else ""


def picture_stream(container: av.container.InputContainer) -> av.VideoStream:
    """Return the picture track that a player shows: no cover image, the default track, and the largest picture."""

    def rank(stream: av.VideoStream) -> tuple[bool, bool, int]:
        pixels = stream.codec_context.width * stream.codec_context.height if stream.codec_context else 0
        return not stream.disposition & Disposition.attached_pic, bool(stream.disposition & Disposition.default), pixels

    return max(container.streams.video, key=rank)


def read_metadata(path: str | os.PathLike) -> VideoMetadata:
    """Read the metadata of a video file, without decoding it; raise the errors of `open_video`."""
    with open_video(path) as container:
        return metadata_of(container)


def metadata_of(container: av.container.InputContainer) -> VideoMetadata:
    """Return the metadata of an open video file."""
    stream = picture_stream(container)
    frames, rate = announced_frames(container, stream), float(stream.average_rate or 0)
    duration = frames / rate if rate else 0.0  # not the stream's own, which FFmpeg shortens if the end of an AVI is missing
    if not duration:
        frames, duration = _count_packets(container.name)
    fps = credible_fps(frames / duration if duration else 0, I3D_FPS)
    motion_fps = credible_fps(float(stream.guessed_rate or 0), fps)
    codec = stream.codec_context
    return VideoMetadata(frames, fps, motion_fps, duration, stream_start(container, stream), codec.width, codec.height)


def seconds(ticks: int | None, timed: av.VideoStream | av.Packet | av.VideoFrame) -> float:
    """Convert a time stamp or a duration of a stream, packet or frame to seconds; 0 if it is unknown."""
    base = timed.time_base
    return ticks * base.numerator / base.denominator if ticks and base else 0.0  # a Fraction's own product is slow


def stream_start(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    """Return the time in seconds at which a player shows the first picture; the sound may start earlier."""
    if stream.start_time is None or container.start_time is None:
        return 0.0
    return max(0.0, seconds(stream.start_time, stream) - container.start_time / av.time_base)


def announced_frames(container: av.container.InputContainer, stream: av.VideoStream) -> int:
    """Return the number of frames in the header; 0 if it is unknown, or more than fit into the file."""
    return stream.frames if 0 < stream.frames <= container.size / BYTES_PER_FRAME else 0


def _count_packets(address: str) -> tuple[int, float]:
    """Return the number of compressed frames of a file, and their duration in seconds."""
    stamps, durations = list[int | None](), list[int]()
    with open_address(address) as container:  # once more, because counting reads a file to its end
        stream = picture_stream(container)
        try:
            for packet in container.demux(stream):
                if packet.size:
                    stamps.append(packet.dts if packet.pts is None else packet.pts)
                    durations.append(packet.duration or 0)
        except av.error.FFmpegError:
            pass  # the file is damaged: what was counted is what can be read
        known = [stamp for stamp in stamps if stamp is not None]
        ticks = max(known) - min(known) + durations[-1] if stamps and len(known) == len(stamps) else sum(durations)
        return len(stamps), seconds(ticks, stream)
