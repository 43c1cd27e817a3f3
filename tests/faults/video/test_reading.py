"""Video files of every kind that readers have, and files that are not videos."""

import os
import shutil
import struct
import tempfile
import warnings
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import read_video, samples
from helpers.video.metadata import VideoError, read_metadata
from tests.faults.conftest import assert_clear, unprivileged
from tests.faults.limited_process import ffmpeg, run_limited
from tests.support.operating_systems import needs_named_pipes, require_file_name

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
    "text": (lambda path: path.write_text("This is not a video. " * 500), VideoError, "not a video"),
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
        (".mp4", 1, "its end is missing"),
        (".mp4", 19, "its end is missing"),
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


# Files whose frames are not stored as they are shown

H264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p"]
QUADRANTS = (
    "color=black:size=320x240:rate=25,drawbox=w=160:h=120:color=red:t=fill,drawbox=x=160:w=160:h=120:color=lime:t=fill,"
    "drawbox=y=120:w=160:h=120:color=blue:t=fill"
)


def quadrants(frame):
    """Return the colors of the four quarters of a frame, row by row: red, green, blue, or black (k)."""
    half = len(frame) // 2
    quarters = [frame[:half, :half], frame[:half, half:], frame[half:, :half], frame[half:, half:]]
    return "".join("rgb"[quarter.mean(axis=(0, 1)).argmax()] if quarter.max() > 99 else "k" for quarter in quarters)


@pytest.mark.parametrize(
    "options, shown",
    [
        ([], "rgbk"),
        (["-display_rotation:v:0", -90], "brkg"),
        (["-display_rotation:v:0", 180], "kbgr"),
        (["-display_rotation:v:0", 90], "gkrb"),
        (["-display_hflip:v:0"], "grkb"),
        (["-display_vflip:v:0"], "bkrg"),
        (["-display_rotation:v:0", 90, "-display_hflip:v:0"], "kgbr"),
        (["-display_rotation:v:0", -90, "-display_hflip:v:0"], "rbgk"),
    ],
)
def test_a_video_is_turned_and_mirrored_as_its_header_states(options, shown, home):
    plain = make(home / "plain.mp4", *H264, pattern=QUADRANTS, frames=9)
    ffmpeg(*options, "-i", plain, "-c", "copy", home / "turned.mp4")
    assert quadrants(read_video(home / "turned.mp4")[0]) == shown


@pytest.mark.parametrize(
    "name, options",
    [
        ("camcorder.mp4", [*H264, "-x264-params", "interlaced=1"]),
        ("dvd.mpg", ["-c:v", "mpeg2video", "-q:v", "2", "-flags", "+ildct+ilme"]),
        ("dv.avi", ["-c:v", "dvvideo", "-s", "720x576", "-pix_fmt", "yuv420p", "-flags", "+ildct"]),
        ("xvid.avi", ["-c:v", "mpeg4", "-q:v", "2", "-flags", "+ildct+ilme"]),
    ],
)
def test_an_interlaced_video_is_deinterlaced(name, options, home):
    pattern = "testsrc=size=320x240:rate=25"
    progressive = read_video(make(home / "progressive.mkv", *LOSSLESS, pattern=pattern))
    interlaced = read_video(make(home / name, *options, pattern=f"{pattern},setfield=tff"))
    assert len(interlaced) == len(progressive)
    assert np.abs(interlaced.astype(int) - progressive).mean() < 12


@pytest.mark.parametrize("aspect", [Fraction(64, 45), Fraction(8, 9), Fraction(4, 3)])
def test_pixels_that_are_not_square_keep_the_proportions(aspect, home):
    """A square that was squeezed to fit such pixels is a square again."""
    square = (
        f"color=black:size=480x240:rate=25,drawbox=x=180:y=60:w=120:h=120:color=red:t=fill,scale={round(240 / aspect) * 2}:240"
    )
    frame = read_video(make(home / "wide.mp4", *H264, pattern=f"{square},setsar={aspect}", frames=9), crop_fraction=1.0)[0]
    rows, columns = np.nonzero(frame[..., 0] > 100)
    assert np.ptp(columns) == pytest.approx(np.ptp(rows), abs=3)


def test_av1_is_read(home):
    path = make(home / "clip.mp4", "-c:v", "libaom-av1", "-cpu-used", "8", "-crf", "40")
    assert read_video(path).shape == (16, 224, 224, 3)


def test_the_default_track_is_read_not_a_cover_image(home):
    cover = make(home / "cover.mkv", *H264, pattern="color=red:size=64x64:rate=25")
    clip = make(home / "clip.mkv", *H264)
    ffmpeg(
        "-i",
        cover,
        "-i",
        clip,
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
        "-disposition:v:0",
        "0",
        "-disposition:v:1",
        "default",
        home / "both.mkv",
    )
    np.testing.assert_array_equal(read_video(home / "both.mkv"), read_video(clip))


def damage(clip, number):
    """Overwrite the payload of one frame of an AVI file."""
    clip, start = bytearray(clip), -1
    for _ in range(number + 1):
        start = clip.index(b"00dc", start + 1)
    size = struct.unpack_from("<I", clip, start + 4)[0]
    clip[start + 8 : start + 8 + size] = b"\xff" * size
    return bytes(clip)


@pytest.mark.parametrize("number", [5, 12, 40])
def test_frames_after_a_damaged_one_are_read(number, home, capfd):
    (home / "clip.avi").write_bytes(damage(CARTWHEEL.read_bytes(), number))
    with pytest.warns(UserWarning, match="clip.avi: [12] of 64 frames could not be decoded and w.* left out"):
        every = read_video(home / "clip.avi", fps=None)
    assert len(every) in (62, 63)
    with pytest.warns(UserWarning, match="of 64 frames could not be decoded"):
        shown = read_video(home / "clip.avi")
    assert len(shown) == 64, "the frame before is shown instead, so that the others keep their times"
    before = max(0, number - 2)  # the last of them are predicted from the damaged one
    np.testing.assert_array_equal(shown[:before], read_video(CARTWHEEL)[:before])
    assert capfd.readouterr() == ("", ""), "FFmpeg prints nothing"


# Time


def test_a_pause_and_a_long_last_frame_hold_the_picture(home):
    path = home / "pause.mkv"
    make(path, "-vf", "setpts='N+if(gte(N,8),100,0)'", "-fps_mode", "passthrough", *LOSSLESS)
    frames = read_video(path)
    assert len(frames) == 116
    np.testing.assert_array_equal(frames[7], frames[107])
    slow = make(home / "slow.mp4", *H264, pattern="testsrc=size=160x120:rate=1/3", frames=3)
    assert len(read_video(slow)) == 9 * 25


def test_a_picture_that_starts_after_the_sound_has_the_times_of_a_player(home):
    make_sound(home / "sound.wav")
    make(home / "clip.mp4", *H264, frames=32)
    ffmpeg("-i", home / "sound.wav", "-itsoffset", 0.8, "-i", home / "clip.mp4", "-c:v", "copy", "-c:a", "aac", home / "late.mp4")
    assert len(read_video(home / "late.mp4")) == 32
    assert read_metadata(home / "late.mp4").start == pytest.approx(0.8, abs=0.05)


def test_sound_that_is_longer_than_the_picture_is_no_reason_to_warn(home):
    make_sound(home / "sound.wav")
    ffmpeg("-f", "lavfi", "-i", PATTERN, "-i", home / "sound.wav", "-frames:v", 16, *H264, home / "clip.mkv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_video(home / "clip.mkv")) == 16


def test_pieces_of_a_longer_recording_are_complete(home):
    ffmpeg("-f", "lavfi", "-i", PATTERN, "-frames:v", 100, *H264, "-g", 25, "-f", "segment", "-segment_time", 2, home / "%d.mkv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_video(home / "1.mkv")) == 50


@pytest.mark.parametrize(
    "name, codec", [("xvid.avi", "mpeg4"), ("xvid.mkv", "mpeg4"), ("h264.avi", "libx264"), ("h264.mp4", "libx264")]
)
def test_frames_that_are_stored_out_of_order_are_shown_once_each(name, codec, home):
    path = make(home / name, "-c:v", codec, "-q:v", "2", "-bf", "2", "-pix_fmt", "yuv420p", frames=20)
    np.testing.assert_array_equal(read_video(path), read_video(path, fps=None))


def test_the_rate_is_that_of_the_frames_not_of_the_container(home):
    raw = make(home / "raw.h264", *H264, pattern="testsrc=size=160x120:rate=50", frames=50)
    assert len(read_video(raw)) == 25
    assert read_metadata(raw).fps == pytest.approx(50)


# Errors


def test_an_unknown_codec_is_named(home, capfd):
    clip = make(home / "clip.avi", *LOSSLESS).read_bytes()
    (home / "unknown.avi").write_bytes(clip.replace(b"FFV1", b"Zq9x"))
    with pytest.raises(VideoError, match="uses the video codec Zq9x, for which FFmpeg has no decoder"):
        read_video(home / "unknown.avi")


@needs_named_pipes
def test_a_pipe_is_an_error_not_a_hang(home):
    os.mkfifo(home / "pipe.mp4")
    with pytest.raises(VideoError, match="is a pipe or a device, not a file"):
        read_video(home / "pipe.mp4")


def test_a_clip_that_is_too_long_for_memory_is_an_error_before_it_is_read(home):
    path = make(home / "long.mkv", *LOSSLESS, pattern="color=red:size=16x16:rate=1/100", frames=10)
    with pytest.raises(VideoError, match=r"is too long to be read at once: its frames need 3.5 GiB. Pass max_frames"):
        read_video(path)
    assert len(read_video(path, max_frames=30)) == 30


@pytest.mark.parametrize("size", [0, -1, 112.0, (224, 224), None])
def test_a_size_is_a_positive_integer(size):
    with pytest.raises(ValueError, match="size must be a number of pixels"):
        read_video(CARTWHEEL, size=size)


def test_an_encrypted_video_is_named(home):
    encryption = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76" * 16, "-encryption_kid", "a7" * 16]
    path = make(home / "rented.mp4", *H264, *encryption)
    with pytest.raises(VideoError, match="rented.mp4 is encrypted. Use a video without copy protection"):
        read_video(path)


def test_an_animated_webp_is_named(home):
    pictures = [Image.fromarray(np.full((48, 64, 3), 25 * i, np.uint8)) for i in range(9)]
    pictures[0].save(home / "animation.webp", save_all=True, append_images=pictures[1:], duration=40)
    try:
        assert read_video(home / "animation.webp").shape == (9, 224, 224, 3)  # by a newer FFmpeg
    except VideoError as error:
        assert "is an animated WebP" in str(error)
