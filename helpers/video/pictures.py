"""Show decoded pictures as a player does: deinterlaced, upright, and with square pixels."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type

WIDEST_PIXEL = 4  # width over height, or height over width; a header with more is wrong
NEARLY_SQUARE = 0.01  # a smaller difference is a rounding error of the header, not worth a blurred frame


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
