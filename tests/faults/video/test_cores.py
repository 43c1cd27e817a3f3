"""The frames of a damaged video and the note about it do not depend on the number of processor cores."""

from fractions import Fraction

import av
import numpy as np
import pytest

from helpers.video import decoding
from helpers.video.metadata import open_address, open_video
from helpers.video.reading import VideoReader, read_video

FRAMES = 12
NO_FRAME = b"\0\0\1\xb6\x50\xcf"  # a packet of MPEG-4 for the previous frame again; the decoder returns none


def write(path, codec, pixels, options, damaged=(), frames=FRAMES, skipped=()):
    """Write a small video; of the damaged packets, only an eighth is written, and instead of the skipped ones `NO_FRAME`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width = stream.height = 64
        stream.pix_fmt = pixels
        packets = []
        for number in range(frames):
            picture = np.full((64, 64, 3), 20 + 8 * number, np.uint8)
            picture[8:24, 8 + number : 24 + number] = 255
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            packets += stream.encode(frame)
        packets += stream.encode(None)
        for number, packet in enumerate(packets):
            content = NO_FRAME if number in skipped else bytes(packet)
            copy = av.Packet(content[: max(8, len(content) // 8)] if number in damaged else content)
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


@pytest.fixture
def openings(monkeypatch):
    """The addresses of the files that were opened again, to be decoded by one thread."""
    addresses = []

    def opened(address):
        addresses.append(address)
        return open_address(address)

    monkeypatch.setattr(decoding, "open_address", opened)
    return addresses


# For a keyframe, the decoder of H.265 returns several frames at once; that of AV1 has threads of its own.
OTHER_DECODERS = {
    "H.265": ("libx265", {"x265-params": "log-level=none:bframes=4:b-adapt=0:keyint=6:min-keyint=6:open-gop=0"}),
    "AV1": ("libsvtav1", {}),
}


@pytest.mark.parametrize("kind", OTHER_DECODERS)
@pytest.mark.parametrize("frames", range(FRAMES, FRAMES + 6))
def test_a_damaged_last_packet_is_noted_for_decoders_that_work_in_another_way(kind, frames, home, monkeypatch):
    codec, options = OTHER_DECODERS[kind]
    path = write(home / "clip.mp4", codec, "yuv420p", options, frames=frames)
    with av.open(str(path)) as container:
        last = [packet for packet in container.demux(video=0) if packet.size][-1]
    with open(path, "r+b") as file:
        file.seek(last.pos)
        file.write(b"\xff" * last.size)
    for cores in (1, 4):
        others, note = read(path, cores, monkeypatch)
        assert len(others) == frames - 1
        assert note == f"1 of {frames} frames could not be decoded and was left out."


@pytest.mark.parametrize("options", [{}, {"x264-params": "interlaced=1"}], ids=["progressive", "interlaced"])
def test_the_frames_after_a_damaged_one_have_the_same_times_on_any_number_of_cores(options, home, monkeypatch, openings):
    path = write(home / "clip.mp4", "libx264", "yuv420p", {"bf": "3", **options}, [FRAMES - 2])
    times = []
    for cores in (1, 4):
        monkeypatch.setattr(decoding.os, "cpu_count", lambda cores=cores: cores)
        with open_video(path) as container:
            times.append([seconds for seconds, _ in decoding.Decoder(container).timed_frames()])
    assert times[1] == times[0]
    assert len(openings) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_complete_file_is_decoded_once(kind, home, monkeypatch, openings):
    name, *codec = KINDS[kind]
    frames, note = read(write(home / name, *codec), 4, monkeypatch)
    assert len(frames) == FRAMES
    assert (note, openings) == ("", [])


def test_a_complete_file_with_packets_without_a_frame_is_decoded_once(home, monkeypatch, openings):
    path = write(home / "clip.avi", "mpeg4", "yuv420p", {}, skipped=[4])
    frames, note = read(path, 4, monkeypatch)
    assert len(frames) == FRAMES - 1
    assert (note, openings) == ("", [])


def test_a_damaged_end_that_is_not_needed_is_not_decoded_again(home, monkeypatch, openings):
    path = write(home / "clip.mov", "png", "rgb24", {}, [FRAMES - 2])
    monkeypatch.setattr(decoding.os, "cpu_count", lambda: 4)
    assert len(read_video(path, max_frames=FRAMES - 3, fps="file")) == FRAMES - 3
    assert openings == []
