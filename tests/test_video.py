import cv2
import numpy as np
import pytest

from helpers import crop_center_square, read_video, samples
from helpers.video import VideoError

CARTWHEEL = "v_Cartwheel_g01_c01.avi"


def write_video(path, frames, fps=25):
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def test_a_clip_is_small_square_rgb_bytes():
    frames = read_video(samples[CARTWHEEL])
    assert frames.shape == (64, 224, 224, 3)
    assert frames.dtype == np.uint8


def test_colours_come_as_red_green_blue(tmp_path):
    blue_in_opencvs_order = np.full((64, 64, 3), (255, 0, 0), np.uint8)
    frames = read_video(write_video(tmp_path / "blue.avi", [blue_in_opencvs_order] * 9))
    red, green, blue = frames.mean(axis=(0, 1, 2))
    assert blue > 240 and red < 15 and green < 15


@pytest.mark.parametrize("max_frames", [9, 10, 64])
def test_max_frames_is_exact(max_frames):
    assert len(read_video(samples[CARTWHEEL], max_frames)) == max_frames


def test_a_shorter_video_gives_the_frames_it_has():
    assert len(read_video(samples[CARTWHEEL], max_frames=1000)) == 64


def test_the_first_frames_are_the_same_however_many_are_read():
    np.testing.assert_array_equal(read_video(samples[CARTWHEEL], 9), read_video(samples[CARTWHEEL])[:9])


def test_fewer_frames_than_i3d_needs_are_not_asked_for():
    with pytest.raises(ValueError, match="max_frames is 8: I3D needs at least 9"):
        read_video(samples[CARTWHEEL], max_frames=8)


@pytest.mark.parametrize(
    "shape, keep, side",
    [((240, 320), 1.0, 240), ((240, 320), 0.875, 210), ((320, 240), 0.875, 210), ((101, 57), 1.0, 57), ((1, 1), 0.5, 1)],
)
def test_the_crop_is_square(shape, keep, side):
    assert crop_center_square(np.zeros((*shape, 3), np.uint8), keep).shape == (side, side, 3)


def test_the_crop_is_in_the_middle():
    frame = np.arange(7 * 5).reshape(7, 5, 1)
    np.testing.assert_array_equal(crop_center_square(frame, 0.6)[..., 0], frame[2:5, 1:4, 0])


@pytest.mark.parametrize("keep", [0, -1, 1.1])
def test_a_crop_keeps_a_part(keep):
    with pytest.raises(ValueError, match="needed more than 0 and at most 1"):
        crop_center_square(np.zeros((9, 9, 3)), keep)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.avi"):
        read_video(tmp_path / "nowhere.avi")


def test_a_folder(tmp_path):
    with pytest.raises((IsADirectoryError, PermissionError), match=tmp_path.name):
        read_video(tmp_path)


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.avi").touch()
    with pytest.raises(VideoError, match="is empty"):
        read_video(tmp_path / "empty.avi")


def test_a_text(tmp_path):
    (tmp_path / "text.avi").write_text("This is no video. " * 100)
    with pytest.raises(VideoError, match="is no video that can be read"):
        read_video(tmp_path / "text.avi")


def test_a_video_with_nothing_decodable(tmp_path):
    clip = samples[CARTWHEEL].read_bytes()
    header_only = clip[: clip.index(b"movi") + 4]
    (tmp_path / "cut.avi").write_bytes(header_only + bytes(5000))
    with pytest.raises(VideoError, match="no picture that can be decoded|is no video"):
        read_video(tmp_path / "cut.avi")


def test_too_short_a_video(tmp_path):
    path = write_video(tmp_path / "short.avi", [np.zeros((64, 64, 3), np.uint8)] * 8)
    with pytest.raises(VideoError, match="has 8 frames: I3D needs at least 9"):
        read_video(path)


@pytest.mark.parametrize(
    "name, frames", [("playing_basketball_wrong_frame_count.mp4", 214), ("v_Biking_g01_c01_elementary_stream.mp4", 151)]
)
def test_decoded_frames_count_not_the_header(real_clips, name, frames):
    header = cv2.VideoCapture(str(real_clips / name)).get(cv2.CAP_PROP_FRAME_COUNT)
    assert header != frames
    assert len(read_video(real_clips / name)) == frames
