"""Video files of every kind that readers have, and files that are not videos."""

import shutil
import struct
import tempfile
import warnings
import wave
from pathlib import Path

import numpy as np
import pytest

from helpers import read_video, samples
from helpers.video_metadata import VideoError
from tests.faults.conftest import assert_clear, unprivileged
from tests.faults.limited_process import ffmpeg, run_limited
from tests.support.operating_systems import require_file_name

CARTWHEEL = samples["v_Cartwheel_g01_c01.avi"]
PATTERN = "testsrc=size=160x120:rate=25"


def make(path, *options, pattern=PATTERN, frames=16):
    """Write a clip with FFmpeg."""
    ffmpeg("-f", "lavfi", "-i", pattern, "-frames:v", frames, *options, path)
    return path


def make_sound(path):
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))


# Files that cannot be read as a video: how to write each, the error, and its message.
UNREADABLE = {
    "empty": (Path.touch, VideoError, "is empty .0 bytes., not a video"),
    "text": (lambda path: path.write_text("This is not a video. " * 500), VideoError, "is not a video that can be read"),
    "a web page": (
        lambda path: path.write_text("<!DOCTYPE html><p>Please log in"),
        VideoError,
        "is not a video that can be read",
    ),
    "the signature of a PNG": (
        lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99)),
        VideoError,
        "not a video|no picture",
    ),
    "a playlist of other files": (
        lambda path: path.write_text(f"ffconcat version 1.0\nfile '{CARTWHEEL}'\n"),
        VideoError,
        "is not a video",
    ),
    "a playlist of web addresses": (
        lambda path: path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"),
        VideoError,
        "is not a video",
    ),
    "a folder": (Path.mkdir, IsADirectoryError, "is a folder|[Ii]s a directory"),
    "missing": (lambda path: None, FileNotFoundError, "No such file"),
    "audio only": (make_sound, VideoError, "only sound|is not a video"),
    "1 frame": (lambda path: make(path, frames=1), VideoError, "contains only one picture, so it is not a video"),
    "8 frames": (lambda path: make(path, frames=8), VideoError, "has 8 frames, but I3D needs at least 9. Use a longer video"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_file_raises_one_clear_error(kind, home, capfd):
    path = home / "clip.avi"
    write, error, message = UNREADABLE[kind]
    write(path)
    with pytest.raises(error, match=message) as caught:
        read_video(path)
    assert_clear(caught.value, home)
    assert "~/clip.avi" in str(caught.value)
    assert capfd.readouterr() == ("", ""), "nothing is printed"


def test_a_file_without_read_permission_raises_one_clear_error(home):
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    path = Path(shutil.copy(CARTWHEEL, folder))
    path.chmod(0)
    with unprivileged(), pytest.raises(PermissionError, match="Permission denied") as caught:
        read_video(path)
    assert_clear(caught.value, home)
    path.chmod(0o644)
    with unprivileged():
        assert len(read_video(path)) == 64, "the next try works"
    shutil.rmtree(folder)


def truncate(clip, part, path):
    """Write the first `part` twentieths of a clip; return them."""
    start = clip[: len(clip) * part // 20]
    path.write_bytes(start)
    return start


@pytest.mark.filterwarnings("ignore:.*Is it complete")
@pytest.mark.parametrize("part", range(4, 20))
def test_the_frames_of_a_truncated_avi_are_read(part, home, capfd):
    start = truncate(CARTWHEEL.read_bytes(), part, home / "clip.avi")
    frames = read_video(home / "clip.avi")
    chunks = start.count(b"00dc")  # one for each frame
    assert chunks - 2 <= len(frames) <= chunks, "the last one is incomplete"
    np.testing.assert_array_equal(frames[:-1], read_video(CARTWHEEL)[: len(frames) - 1])
    assert capfd.readouterr() == ("", ""), "nothing is printed"


@pytest.mark.parametrize(
    "kind, part, message",
    [
        (".avi", 1, "is not a video that can be read"),
        (".avi", 2, "has 1 frame, but I3D needs at least 9"),
        (".avi", 3, r"has \d frames, but I3D needs at least 9"),
        (".mp4", 1, "is not a video that can be read"),
        (".mp4", 19, "is not a video that can be read"),
    ],
)
def test_a_truncated_video_with_too_few_frames_raises_one_clear_error(kind, part, message, home, clips, capfd):
    path = home / f"clip{kind}"
    truncate(clips[kind], part, path)
    with pytest.raises(VideoError, match=message) as caught:
        read_video(path)
    assert_clear(caught.value, home)
    assert capfd.readouterr() == ("", ""), "nothing is printed"


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """The same clip as AVI, and as MP4 with its index at the end, without which no frame can be read."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    ffmpeg("-i", CARTWHEEL, "-c:v", "libx264", "-pix_fmt", "yuv420p", path)
    return {".avi": CARTWHEEL.read_bytes(), ".mp4": path.read_bytes()}


LOSSLESS = ["-c:v", "ffv1"]
RAW = ["-c:v", "rawvideo", "-pix_fmt", "bgr24"]
PAUSES = ["-bsf:v", "setts=ts='TS+floor(N/4)*2/25/TB'"]  # a pause of two frames after every fourth frame
# For each kind: name, arguments of `make`, FFmpeg's options, and the number of frames that are read.
VIDEOS = {
    "9 frames": ("clip.avi", {"frames": 9}, LOSSLESS, 9),
    "1 x 1 pixels": ("clip.avi", {"pattern": "color=red:size=320x240:rate=25,format=bgr24,scale=1:1"}, RAW, 16),
    "1 x 4000": ("clip.avi", {"pattern": "color=red:size=320x240:rate=25,format=bgr24,scale=1:4000"}, RAW, 16),
    "4000 x 1": ("clip.avi", {"pattern": "color=red:size=320x240:rate=25,format=bgr24,scale=4000:1"}, RAW, 16),
    "odd sizes": ("clip.avi", {"pattern": "testsrc=size=161x121:rate=25"}, ["-c:v", "mjpeg"], 16),
    "odd sizes, H.264": ("clip.mp4", {"pattern": "testsrc=size=161x121:rate=25"}, ["-c:v", "libx264", "-pix_fmt", "yuv444p"], 16),
    "gray": ("clip.mkv", {}, [*LOSSLESS, "-pix_fmt", "gray"], 16),
    "gray, 16 bit": ("clip.mkv", {}, [*LOSSLESS, "-pix_fmt", "gray16le"], 16),
    "with alpha": ("clip.mov", {}, ["-c:v", "qtrle", "-pix_fmt", "argb"], 16),
    "with alpha, VP9": ("clip.webm", {}, ["-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p"], 16),
    "10-bit": ("clip.mkv", {}, [*LOSSLESS, "-pix_fmt", "yuv420p10le"], 16),
    "10-bit H.264": ("clip.mp4", {}, ["-c:v", "libx264", "-pix_fmt", "yuv420p10le"], 16),
    "variable frame rate": ("clip.mkv", {}, [*PAUSES, *LOSSLESS], 22),
    "240 frames per second": ("clip.mp4", {"pattern": "testsrc=size=160x120:rate=240", "frames": 240}, ["-c:v", "libx264"], 25),
    "spaces in the name": ("my clip of today.avi", {}, LOSSLESS, 16),
    "quotes in the name": ('it\'s a "clip".avi', {}, LOSSLESS, 16),
    "non-ASCII letters in the name": ("Bogenschießen 弓道 🏹.avi", {}, LOSSLESS, 16),
    "percent signs in the name": ("100%d done%20.avi", {}, LOSSLESS, 16),
    "a colon in the name": ("concat:clip.avi", {}, LOSSLESS, 16),
    "without a suffix": ("clip", {}, [*LOSSLESS, "-f", "avi"], 16),
    "a wrong suffix": ("clip.mp4", {}, [*LOSSLESS, "-f", "avi"], 16),
}


@pytest.mark.parametrize("kind", VIDEOS)
def test_every_kind_of_video_is_read(kind, home, monkeypatch):
    monkeypatch.chdir(home)
    name, source, options, count = VIDEOS[kind]
    require_file_name(name)
    make(f"file:{name}", *options, **source)
    for path in (name, home / name):
        frames = read_video(path)
        assert (frames.dtype, frames.shape) == (np.uint8, (count, 224, 224, 3))
        assert frames.max() > 100, "not black"


def test_a_video_with_a_rotation_tag_is_read_upright(home):
    """Phones record portrait videos sideways, with a tag for the rotation."""
    half_and_half = "color=red:size=320x240:rate=25,drawbox=w=160:color=blue:t=fill"
    sideways = make(home / "sideways.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", pattern=half_and_half)
    upright = home / "upright.mp4"
    ffmpeg("-display_rotation:v:0", -90, "-i", sideways, "-c", "copy", upright)
    left, right = [half.mean(axis=(0, 1, 2)) for half in np.split(read_video(sideways), 2, axis=2)]
    assert left[2] > 200 > 50 > left[0] and right[0] > 200 > 50 > right[2], "blue on the left, red on the right"
    top, bottom = [half.mean(axis=(0, 1, 2)) for half in np.split(read_video(upright), 2, axis=1)]
    assert top[2] > 200 > 50 > top[0] and bottom[0] > 200 > 50 > bottom[2], "blue above, red below"


@pytest.mark.parametrize("count", [0, 5, 1_000_000, 2**31 - 1])
def test_a_wrong_frame_count_in_the_header_is_ignored(count, home):
    clip = bytearray(CARTWHEEL.read_bytes())
    frames_in_avih, frames_in_strh = clip.index(b"avih") + 8 + 16, clip.index(b"strh") + 8 + 32
    for offset in (frames_in_avih, frames_in_strh):
        assert struct.unpack_from("<I", clip, offset) == (64,)
        struct.pack_into("<I", clip, offset, count)
    (home / "clip.avi").write_bytes(clip)
    warnings.simplefilter("error")  # pytest restores the filters after the test
    np.testing.assert_array_equal(read_video(home / "clip.avi"), read_video(CARTWHEEL))


PEAK = """
import resource, sys
from helpers import read_video
unit = 1 if sys.platform == "darwin" else 1024  # bytes in one of ru_maxrss
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
frames = read_video(sys.argv[1])
print(frames.shape, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit // 2**20)
"""


def test_a_video_of_4000_x_4000_pixels_needs_little_memory(home):
    path = make(home / "large.avi", "-c:v", "mjpeg", "-threads", "2", pattern="color=red:size=4000x4000:rate=25", frames=40)
    finished = run_limited(PEAK, path, gib=8)
    assert finished.returncode == 0, finished.stderr
    shape, megabytes = finished.stdout.rsplit(" ", 1)
    assert shape == "(40, 224, 224, 3)"
    assert int(megabytes) < 1000, "a few frames at a time; all 40 need 1,920 MB"
