"""Decode the picture track of a video file: every frame that can be decoded, with its time stamp."""

import os
from collections.abc import Iterator
from math import inf

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from .metadata import announced_frames, seconds, stream_start
from .pictures import deinterlace, display_matrix, pixel_aspect, upright

MAX_THREADS = 4  # each holds a frame


class Decoder:
    """Decodes an open video file once, and records what could not be read.

    Parameters
    ----------
    container : av.container.InputContainer
        The file.
    stream : av.VideoStream
        Its picture track.

    Attributes
    ----------
    packets, undecodable : int
        Number of compressed frames so far, and of those that could not be decoded.
    is_encrypted : bool
        True if the frames so far are encrypted, so that what is decoded is not the picture.
    start : float
        Time of the first frame in a player, in seconds.
    last_stamp : float
        Time stamp in seconds up to which the file was read, over all of its tracks.
    announced_frames : int
        Number of frames in the header; 0 if it is unknown or cannot be true.
    announced_end : float
        Duration of all tracks in the header, in seconds; 0 if it is unknown or cannot be true.
    error : str
        Why reading stopped before the end of the file; empty if it did not.
    """

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        self.container, self.stream = container, stream
        self.packets = self.undecodable = 0
        self.is_encrypted = False
        self.start = stream_start(container, stream)
        self.last_stamp, self.error = 0.0, ""
        self._origin = (container.start_time or 0) / av.time_base
        # AVI counts frames in the order in which they are decoded. What FFmpeg makes of it for display is a guess.
        self._has_decoding_times_only = container.format.name == "avi"
        self.announced_frames = announced_frames(container, stream)
        self.announced_end = (container.duration or 0) / av.time_base
        if self.announced_frames and stream.average_rate:  # FFmpeg shortens the duration of an AVI file without an end
            self.announced_end = max(self.announced_end, float(self.announced_frames / stream.average_rate))
        elif stream.frames:  # which cannot be true, so neither can the duration
            self.announced_end = 0.0

    def frames(self) -> Iterator[tuple[float | None, float, np.ndarray]]:
        """Yield time stamp in seconds (None if it is missing), duration in seconds (0 if it is unknown), and RGB frame."""
        reformatter, stretch, matrix = VideoReformatter(), pixel_aspect(self.stream.sample_aspect_ratio), None
        for frame in deinterlace(self._with_time_stamps()):
            if matrix is None:
                matrix = display_matrix(frame)
                if frame.time is not None and not self._has_decoding_times_only:
                    self.start = max(0.0, frame.time - self._origin)
            width = max(1, round(frame.width * stretch))
            rgb = reformatter.reformat(frame, width, frame.height, "rgb24").to_ndarray()
            yield frame.time, seconds(frame.duration, frame), upright(rgb, matrix)

    def _with_time_stamps(self) -> Iterator[av.VideoFrame]:
        """Yield the frames as they are encoded, with the better one of their two time stamps as `pts`."""
        best = BestTimeStamp()
        for frame in self._decode_all():
            frame.pts = frame.dts if self._has_decoding_times_only else best(frame)
            yield frame

    def _decode_all(self) -> Iterator[av.VideoFrame]:
        """Yield the frames as they are encoded."""
        codec = self.stream.codec_context
        codec.thread_type, codec.thread_count = "AUTO", min(MAX_THREADS, os.cpu_count() or 1)
        try:
            for packet in self.container.demux():
                self._note_end(packet)
                if packet.stream is self.stream:
                    self.packets += packet.size > 0
                    self.is_encrypted |= packet.has_sidedata("encryption_info")
                    yield from self._decode(packet)
        except av.error.FFmpegError as error:
            self.error = str(error.strerror)
            yield from self._decode(None)

    def _decode(self, packet: av.Packet | None) -> list[av.VideoFrame]:
        try:
            return self.stream.decode(packet)
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self.undecodable += 1
            return []

    def _note_end(self, packet: av.Packet) -> None:
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None:
            self.last_stamp = max(self.last_stamp, seconds(stamp + (packet.duration or 0), packet))

    @property
    def end(self) -> float:
        """Seconds of the file that were read, over all of its tracks."""
        return self.last_stamp - self._origin


class BestTimeStamp:
    """Chooses the presentation or the decoding time stamp of a frame: that which failed to increase less often so far.

    This is FFmpeg's best_effort_timestamp, which PyAV does not have.
    """

    def __init__(self) -> None:
        self._last_pts = self._last_dts = -inf
        self._wrong_pts = self._wrong_dts = 0

    def __call__(self, frame: av.VideoFrame) -> int | None:
        pts, dts = frame.pts, frame.dts
        if dts is not None:
            self._wrong_dts += dts <= self._last_dts
            self._last_dts = dts
        if pts is not None:
            self._wrong_pts += pts <= self._last_pts
            self._last_pts = pts
        return dts if pts is None or (dts is not None and self._wrong_pts > self._wrong_dts) else pts
