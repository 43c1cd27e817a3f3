"""Decode the picture track of a video file: every frame that can be decoded, at its time and as it looks in a player."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from math import inf
from typing import Any

import av
import numpy as np
from av.codec.codec import Capabilities
from av.container import InputContainer
from av.sidedata.sidedata import Type
from av.video.reformatter import VideoReformatter

from .metadata import announced_frames, open_address, picture_stream, seconds, stream_start
from .preprocessing import I3D_FPS
from .resampling import Clock, credible_fps

MAX_THREADS = 4  # each holds a frame
ONE_FRAME_PER_PACKET = ("av1", "hevc", "vvc")  # AV1, H.265 and H.266
JUMPING = 0x0200  # FFmpeg's AVFMT_TS_DISCONT: a format whose time stamps may jump, as in recorded broadcasts
JUMP = 10.0  # seconds; a longer gap in such a file is a jump, as for FFmpeg's option dts_delta_threshold
LONGEST_PAUSE = 3600.0  # seconds, for a file that does not state its duration
WIDEST_PIXEL = 4  # width over height, or height over width; a header with more is wrong
NEARLY_SQUARE = 0.01  # a smaller difference is a rounding error of the header, not worth a blurred frame


class Decoder:
    """Decodes an open video file once, and records what could not be read."""

    def __init__(self, container: InputContainer) -> None:
        self.container, self.stream = container, picture_stream(container)
        self.frames = 0  # so far
        self.packets = self.undecodable = 0  # compressed frames so far, and those of them that could not be decoded
        self._hidden = 0  # compressed frames so far that an edit list hides
        self._drained = 0  # frames that the decoder returned after the last packet
        self.is_encrypted = False  # then, what is decoded is not the picture
        self.is_complete = False  # True at the end of the file
        self.error = ""  # why reading stopped before the end of the file
        self.last_stamp = 0.0  # time stamp in seconds up to which the file was read, over all of its tracks
        self.start = stream_start(container, self.stream)  # seconds at which a player shows the first frame
        self._origin = (container.start_time or 0) / av.time_base
        # AVI counts frames in the order in which they are decoded. What FFmpeg makes of it for display is a guess.
        self._has_decoding_times_only = container.format.name == "avi"
        # Number of frames, and duration of all tracks in seconds, in the header; 0 if it is unknown or cannot be true.
        self.announced_frames = announced_frames(container, self.stream)
        self.announced_end = (container.duration or 0) / av.time_base
        if self.announced_frames and self.stream.average_rate:  # FFmpeg shortens the duration of an AVI file without an end
            self.announced_end = max(self.announced_end, float(self.announced_frames / self.stream.average_rate))
        elif self.stream.frames:  # which cannot be true, so neither can the duration
            self.announced_end = 0.0
        # Which time stamps to believe depends on the header and the format.
        interval = 1 / credible_fps(float(self.stream.guessed_rate or 0), I3D_FPS)
        length, longest_gap = inf, LONGEST_PAUSE
        if self.announced_end:
            length, longest_gap = self.announced_end - self.start, inf
        self.clock = Clock(interval, length, JUMP if container.format.flags & JUMPING else longest_gap)

    def timed_frames(self) -> Iterator[tuple[float, np.ndarray | None]]:
        """Yield (seconds since the first frame, RGB frame as a player shows it), and at last (end of the video, None)."""
        yield from self.clock.elapsed(self._stamped_frames())
        self.is_complete = True

    def _stamped_frames(self) -> Iterator[tuple[float | None, float, np.ndarray]]:
        """Yield time stamp in seconds (None if it is missing), duration in seconds (0 if it is unknown), and RGB frame."""
        reformatter, stretch, matrix = VideoReformatter(), pixel_aspect(self.stream.sample_aspect_ratio), None
        for frame in deinterlace(self._encoded_frames()):
            if matrix is None:
                matrix = display_matrix(frame)
                if frame.time is not None and not self._has_decoding_times_only:
                    self.start = max(0.0, frame.time - self._origin)
            width = max(1, round(frame.width * stretch))
            rgb = reformatter.reformat(frame, width, frame.height, "rgb24").to_ndarray()
            self.frames += 1
            yield frame.time, seconds(frame.duration, frame), upright(rgb, matrix)

    def _encoded_frames(self) -> Iterator[av.VideoFrame]:
        """Yield the frames as they are encoded, with the better one of their two time stamps as `pts`.

        It is that which failed to increase less often so far: FFmpeg's best_effort_timestamp, which PyAV does not have.
        """
        last_pts = last_dts = -inf
        wrong_pts = wrong_dts = 0
        for frame in self._decode_all():
            pts, dts = frame.pts, frame.dts
            if dts is not None:
                wrong_dts += dts <= last_dts
                last_dts = dts
            if pts is not None:
                wrong_pts += pts <= last_pts
                last_pts = pts
            if self._has_decoding_times_only or pts is None or (dts is not None and wrong_pts > wrong_dts):
                frame.pts = dts
            yield frame

    def _decode_all(self) -> Iterator[av.VideoFrame]:
        """Yield every frame that can be decoded; those that are lost with several threads are decoded again with one."""
        threads, count = min(MAX_THREADS, os.cpu_count() or 1), 0
        for frame in self._decode_file(self.container, threads):
            count += 1
            yield frame
        if threads > 1 and self._may_lack_last_frames(threads, count):
            with open_address(self.container.name) as container:
                yield from islice(self._decode_file(container, threads=1), count, None)

    def _may_lack_last_frames(self, threads: int, frames: int) -> bool:
        """Return whether PyAV may have dropped frames at the end of the file, because a packet before them is damaged.

        At the end, threads still hold packets. PyAV returns their frames up to the first error, and often drops the error, too.
        With frame threads, all but one hold a packet, so at least as many frames must come. All frames and packets are compared
        only where each packet has a frame: H.265 may return several frames for one packet, and AV1 has other threads. Elsewhere,
        healthy files have packets without a frame (packed B frames, fields), and would often be decoded twice for nothing.
        """
        codec = self.stream.codec_context.codec
        if codec.canonical_name in ONE_FRAME_PER_PACKET:
            return frames + self.undecodable + self._hidden < self.packets
        return bool(codec.capabilities & Capabilities.frame_threads) and self._drained < min(threads - 1, self.packets)

    def _decode_file(self, container: InputContainer, threads: int) -> Iterator[av.VideoFrame]:
        """Yield the frames of a file from its beginning, and count its packets and errors anew."""
        stream, end = picture_stream(container), av.Packet()
        stream.codec_context.thread_type, stream.codec_context.thread_count = "AUTO", threads
        self.packets = self.undecodable = self._hidden = 0
        self.error = ""
        try:
            for packet in container.demux():
                stamp = packet.dts if packet.pts is None else packet.pts
                if stamp is not None:
                    self.last_stamp = max(self.last_stamp, seconds(stamp + (packet.duration or 0), packet))
                if packet.stream is stream and packet.size:  # at the end, there is an empty one
                    self.packets += 1
                    self._hidden += packet.is_discard
                    self.is_encrypted |= packet.has_sidedata("encryption_info")
                    end.time_base = packet.time_base  # without one, the last frames would have no time stamps
                    yield from self._decode(stream, packet)
        except av.error.FFmpegError as error:
            self.error = str(error.strerror)
        last = self._decode(stream, end)
        self._drained = len(last)
        yield from last

    def _decode(self, stream: av.VideoStream, packet: av.Packet) -> list[av.VideoFrame]:
        try:
            return stream.decode(packet)
        except av.error.EOFError:
            pass
        except av.error.FFmpegError:
            self.undecodable += 1
        return []

    @property
    def end(self) -> float:
        """Seconds of the file that were read, over all of its tracks."""
        return self.last_stamp - self._origin

    @property
    def lacks_end(self) -> bool:
        """Whether more than 5% of what the header announces is missing, once everything was read."""
        if self.announced_frames:  # with an edit list, a player hides part of a complete file: compare packets, not times
            return self.packets < 0.95 * self.announced_frames
        # Some headers count from the first time stamp, some from 0.
        return max(self.end, self.last_stamp) < 0.95 * self.announced_end

    @property
    def note(self) -> str:
        """What could not be read so far, in sentences; empty if everything could."""
        notes = []
        if self.undecodable:
            left_out = "was left out" if self.undecodable == 1 else "were left out"
            notes.append(f"{self.undecodable} of {self.packets} frames could not be decoded and {left_out}.")
        if self.clock.removed:
            notes.append(f"A gap of {self.clock.removed:.1f} seconds in the time stamps was left out: they are wrong there.")
        if self.error:
            notes.append(f"Reading stopped after {self.end:.1f} seconds: {self.error}. Is the file complete?")
        elif self.is_complete and self.lacks_end:
            announced = f"The file's header announces {self.announced_end:.1f} seconds of video"
            notes.append(f"{announced}, but only {self.end:.1f} could be read. Is it complete?")
        return " ".join(notes)


def deinterlace(frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """Yield the same number of frames, with those deinterlaced that are marked as interlaced.

    Camcorders, DVDs and broadcasts record the odd rows of a frame at another time than the even ones. FFmpeg's filter `bwdif`
    interpolates the rows of one of them.
    """
    graph, layout = None, None
    for frame in frames:
        if graph is not None and layout != (frame.width, frame.height, frame.format.name):
            yield from filtered(graph, None)
            graph = None
        if graph is None and frame.interlaced_frame:
            graph, layout = _deinterlacer(frame), (frame.width, frame.height, frame.format.name)
        yield from [frame] if graph is None else filtered(graph, frame)
    yield from filtered(graph, None)


def _deinterlacer(frame: av.VideoFrame) -> av.filter.Graph:
    """Return a filter for frames such as `frame`; it changes those that are marked as interlaced."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    bwdif = graph.add("bwdif", "mode=send_frame:deint=interlaced")
    graph.link_nodes(source, bwdif, graph.add("buffersink")).configure()
    return graph


def filtered(graph: av.filter.Graph | None, frame: av.VideoFrame | av.AudioFrame | None) -> Iterator[Any]:
    """Filter a frame, or None at the end; yield the frames that are ready."""
    if graph is None:  # there was nothing to filter
        return
    graph.push(frame)
    with suppress(av.error.BlockingIOError, av.error.EOFError):  # no more are ready
        while True:
            yield graph.pull()


def pixel_aspect(ratio: Fraction | None) -> float:
    """Return by how much a frame must be stretched to the side, so that its pixels are square; `ratio` is width over height.

    >>> pixel_aspect(Fraction(4, 3)), pixel_aspect(None), pixel_aspect(Fraction(255, 254)), pixel_aspect(Fraction(1000))
    (1.3333333333333333, 1.0, 1.0, 1.0)
    """
    is_credible = ratio and 1 / WIDEST_PIXEL <= ratio <= WIDEST_PIXEL and abs(ratio - 1) >= NEARLY_SQUARE
    return float(ratio) if ratio and is_credible else 1.0


def display_matrix(frame: av.VideoFrame) -> np.ndarray:
    """Return the signs of a frame's display matrix, int `[2, 2]`: where a player shows the x axis and the y axis of the frame.

    A phone stores how it was held in this matrix, and a front camera also that it is mirrored.
    """
    try:
        data = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]  # PyAV's stubs are wrong
    except ValueError:  # PyAV does not know the kind of some other data of this frame, and then reads none
        angle = -np.deg2rad(frame.rotation)
        a, b, c, d = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
    else:
        # As in QuickTime: the x axis goes to (a, b), the y axis to (c, d).
        a, b, _, c, d = (1, 0, 0, 0, 1) if data is None else np.frombuffer(data, np.int32)[:5]
    axes = [[a, 0], [0, d]] if abs(a) + abs(d) >= abs(b) + abs(c) else [[0, b], [c, 0]]  # the nearest multiple of 90 degrees
    return np.sign(axes).astype(int)


def upright(frame: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Turn and mirror a frame, `[H, W, 3]`; `matrix` is as `display_matrix` returns it."""
    if matrix[0, 1]:  # the x axis becomes the y axis
        frame, matrix = frame.swapaxes(0, 1), matrix[::-1]
    across, down = matrix[0, 0], matrix[1, 1]
    return np.ascontiguousarray(frame[:: down or 1, :: across or 1])
