"""The frames of a damaged video and the note about it do not depend on the number of processor cores."""

from fractions import Fraction

import av
import numpy as np
import pytest

from helpers.video import decoding
from helpers.video.reading import VideoReader

FRAMES = 12


def write(path, codec, pixels, options, damaged=(), ending=b""):
    """Write a small video; of the damaged packets, only an eighth is written, and after the last one `ending`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width = stream.height = 64
        stream.pix_fmt = pixels
        packets = []
        for number in range(FRAMES):
            picture = np.full((64, 64, 3), 20 + 8 * number, np.uint8)
            picture[8:24, 8 + number : 24 + number] = 255
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            packets += stream.encode(frame)
        packets += stream.encode(None)
        for number, packet in enumerate(packets):
            content = bytes(packet)
            copy = av.Packet(content[: max(8, len(content) // 8)] if number in damaged else content)
            if number == len(packets) - 1:
                copy = av.Packet(bytes(copy) + ending)
            copy.pts, copy.dts, copy.duration, copy.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
            copy.stream, copy.is_keyframe = stream, packet.is_keyframe
            container.mux(copy)
    return path


def read(path, cores, monkeypatch):
    """Return the frames and the note as read on a computer with this number of cores."""
    monkeypatch.setattr(decoding.os, "cpu_count", lambda: cores)
    reader = VideoReader(path)
    return list(reader), reader.note


KINDS = {
    "PNG": ("clip.mov", "png", "rgb24", {}),
    "Ut Video": ("clip.avi", "utvideo", "yuv420p", {}),
    "H.264 with B frames": ("clip.mp4", "libx264", "yuv420p", {"bf": "3"}),
    "MPEG-4 with B frames": ("clip.avi", "mpeg4", "yuv420p", {"bf": "2"}),
}


@pytest.mark.parametrize("damaged", [[8], [9], [10], [11], [9, 11], [10, 11]])
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_packets_are_read_in_the_same_way_on_any_number_of_cores(kind, damaged, home, monkeypatch):
    name, *codec = KINDS[kind]
    path = write(home / name, *codec, damaged)
    frames, note = read(path, 1, monkeypatch)
    for cores in (2, 4, 8):
        others, other_note = read(path, cores, monkeypatch)
        np.testing.assert_array_equal(others, frames)
        assert other_note == note


@pytest.mark.parametrize("cores", [1, 2, 4, 8])
def test_a_damaged_last_frame_is_noted_and_the_others_are_read(cores, home, monkeypatch):
    frames, note = read(write(home / "clip.mov", "png", "rgb24", {}, [FRAMES - 2]), cores, monkeypatch)
    assert len(frames) == FRAMES - 1
    assert frames[-1].max() == 255
    assert note == "1 of 12 frames could not be decoded and was left out."


@pytest.mark.parametrize("cores", [1, 4])
def test_no_frame_of_a_complete_video_is_lost_at_its_end(cores, home, monkeypatch):
    """Here, H.265 states the end of the sequence; a keyframe after it drops the frames that were not shown yet."""
    open_gop = {"x265-params": "log-level=none:bframes=4:keyint=5:open-gop=1"}
    path = write(home / "clip.hevc", "libx265", "yuv420p", open_gop, ending=b"\0\0\1\x48\1")
    assert len(read(path, cores, monkeypatch)[0]) == FRAMES
