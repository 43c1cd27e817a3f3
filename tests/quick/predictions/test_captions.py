"""Copies of a video with captions and sound."""

import os
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition

from helpers import Timeline, kinetics_labels, samples
from helpers.predictions import captions
from helpers.predictions.captions import annotate, caption_bar, fit, undrawable
from helpers.video.reading import iterate_frames
from helpers.video.writing import write_video
from tests.support.clock_videos import record_opened, times, write_changing_clock, write_clock
from tests.support.operating_systems import ODD_NAMES, require_file_name

CARTWHEEL = "v_Cartwheel_g01_c01.avi"


def captions_of(path, labels):
    """Return the label in the caption of each frame ("" if it has none), and the seconds that the frames show."""
    frames = [frame.astype(int) for frame in iterate_frames(path)]
    texts = {label: f"{label} 99%" for label in labels} | {"": ""}
    bars = [caption_bar(text, frames[0].shape[1]).astype(int) for text in texts.values()]
    nearest = [list(texts)[int(np.argmin([np.abs(frame[-24:] - bar).mean() for bar in bars]))] for frame in frames]
    return nearest, times(frame[:-24] for frame in frames)


def two_seconds_of(first, second):
    """Return a timeline in which the action changes after about one second."""
    timeline = Timeline([first, second], np.empty(0), np.empty((0, 2), np.float32), fps=25.0, window=16)
    timeline.append(np.array([[5, 0]] * 3 + [[0, 5]] * 3, np.float32), np.zeros((48, 224, 224, 3), np.uint8))
    return timeline


@pytest.mark.parametrize("rate", [12.5, 25, 30, 50])
def test_every_frame_of_a_video_is_annotated_at_its_time(rate, tmp_path):
    video = write_clock(tmp_path / "clock.mkv", rate, round(2 * rate), size=(320, 240))
    path = annotate(video, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4")
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS) == rate
    captions, shown = captions_of(path, ["waving", "running"])
    np.testing.assert_allclose(shown, np.arange(round(2 * rate)) / rate, atol=0.03)
    change = captions.index("running")
    assert set(captions[:change]) == {"waving"} and set(captions[change:]) == {"running"}
    assert change / rate == pytest.approx(28 / 25, abs=1 / rate), "halfway between the third prediction and the fourth"


def test_an_annotated_video_with_a_variable_rate_keeps_its_timing(tmp_path):
    slow_and_fast = write_changing_clock(tmp_path / "changing.mkv", size=(320, 240))
    path = annotate(slow_and_fast, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4")
    captions, shown = captions_of(path, ["waving", "running"])
    rate = cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS)
    assert len(shown) / rate == pytest.approx(2, abs=0.05)
    np.testing.assert_allclose(shown, np.arange(len(shown)) / rate, atol=0.05)


def test_there_are_no_captions_where_nothing_was_predicted(tmp_path):
    video = write_clock(tmp_path / "clock.mkv", 25, 64, size=(320, 240))
    captions, _ = captions_of(
        annotate(video, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4"), ["waving", "running"]
    )
    assert set(captions[:56]) == {"waving", "running"}, "the last prediction is for frames 40 to 56"
    assert set(captions[57:]) == {""}


def write_sound_video(path, seconds=2.0, sound_starts=0.0, picture_starts=0.0, pause=0.0, codec="pcm_s16le", silent_tracks=0):
    """Write a video with a flash in the picture, and at the same time a tone in its last sound track, which is the default one.

    Before both, no frame is written for `pause` seconds, as in a recording of a screen.
    """
    with av.open(str(path), "w") as output:
        picture = output.add_stream("mpeg4", rate=25)
        picture.width, picture.height, picture.pix_fmt = 160, 120, "yuv420p"
        tracks = [output.add_stream(codec, rate=48000, layout="mono") for _ in range(silent_tracks + 1)]
        if silent_tracks:
            tracks[0].disposition, tracks[-1].disposition = 0, Disposition.default.value
        first, event = round(picture_starts * 25), max(sound_starts, picture_starts) + 0.2 + pause
        for i in [first, *range(first + round(pause * 25) + 1, first + round((seconds + pause) * 25))]:
            level = 255 if event <= i / 25 < event + 0.1 else 0
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), level, np.uint8), format="rgb24")
            frame.pts = i
            output.mux(picture.encode(frame))
        samples_of_time = np.arange(round(sound_starts * 48000), round((sound_starts + seconds + pause) * 48000))
        tone = (np.abs(samples_of_time / 48000 - event - 0.05) <= 0.05) * np.sin(samples_of_time / 5)
        for n, track in enumerate(tracks):
            for start in range(0, len(tone), 1024):
                values = (30000 * tone[start : start + 1024] * (n == silent_tracks)).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(values[np.newaxis], format="s16", layout="mono")
                frame.rate, frame.pts = 48000, int(samples_of_time[start])
                output.mux(track.encode(frame))
        for stream in (picture, *tracks):
            output.mux(stream.encode(None))
    return path


def streams_of(path):
    """Return the codec of each stream of a video, by its type."""
    with av.open(f"file:{path.absolute()}") as container:
        return {stream.type: stream.codec_context.name for stream in container.streams}


def flash_and_tone(path):
    """Return when a player shows the flash, and when it plays the tone."""
    flash, tone = [], []
    with av.open(str(path)) as container:
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                flash += [frame.time] if frame.to_ndarray(format="gray")[:100].mean() > 128 else []
            else:
                loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.2)
                tone += [frame.time + loud[0] / frame.sample_rate] if len(loud) else []
        return flash[0] - container.start_time / av.time_base, tone[0] - container.start_time / av.time_base


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi"])
@pytest.mark.parametrize("source", [{}, {"sound_starts": 1.0}, {"picture_starts": 1.0}, {"pause": 3.0}], ids=str)
def test_sound_and_picture_stay_together(source, suffix, tmp_path):
    video = write_sound_video(tmp_path / "source.mkv", **source)
    flash, tone = flash_and_tone(annotate(video, two_seconds_of("waving", "running"), tmp_path / f"annotated{suffix}"))
    before = flash_and_tone(video)
    assert flash == pytest.approx(before[0], abs=0.1 if suffix == ".avi" else 0.03)  # AVI has no time stamps
    assert tone == pytest.approx(before[1], abs=0.05), "encoders of sound start with some silence"


@pytest.mark.parametrize("codec, suffix", [("pcm_s16le", ".mov"), ("libmp3lame", ".mkv"), ("ac3", ".mkv"), ("aac", ".mp4")])
def test_the_sound_is_aac_whatever_it_was(codec, suffix, tmp_path, capfd):
    video = write_sound_video(tmp_path / f"source{suffix}", codec=codec)
    path = annotate(video, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4")
    assert streams_of(path) == {"video": "h264", "audio": "aac"}
    assert len(list(iterate_frames(path))) == 50
    assert {path.name for path in tmp_path.iterdir()} == {video.name, "annotated.mp4"}
    assert capfd.readouterr() == ("", ""), "the libraries print nothing"


def test_what_cannot_be_read_is_a_warning(tmp_path):
    source = write_sound_video(tmp_path / "source.mkv")
    unknown, cut = tmp_path / "unknown.mkv", tmp_path / "cut.avi"
    unknown.write_bytes(source.read_bytes().replace(b"A_PCM/INT/LIT", b"A_XYZ/INT/LIT"))
    cut.write_bytes(samples[CARTWHEEL].read_bytes()[:60_000])
    with pytest.warns(UserWarning, match="unknown.mkv: The codec of its sound is not known, so the copy is silent"):
        path = annotate(unknown, two_seconds_of("a", "b"), tmp_path / "annotated.mp4")
    assert streams_of(path) == {"video": "h264"}
    with pytest.warns(UserWarning, match="cut.avi: The file's header announces 2.6 seconds of video, but only"):
        annotate(cut, two_seconds_of("a", "b"), tmp_path / "annotated.mp4")


def test_the_sound_is_the_track_that_players_choose(tmp_path):
    video = write_sound_video(tmp_path / "source.mkv", silent_tracks=1)
    assert flash_and_tone(annotate(video, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4"))


def test_a_video_without_sound_has_none(tmp_path):
    video = write_clock(tmp_path / "clock.mkv", 25, 50)
    assert streams_of(annotate(video, two_seconds_of("a", "b"), tmp_path / "annotated.mp4")) == {"video": "h264"}


@pytest.mark.parametrize("width", [144, 176, 320])
def test_every_label_fits_below_a_narrow_video_with_its_probability(width):
    for label in kinetics_labels():
        font, baselines, lines = fit(f"{label} 100%", width - 12)
        assert " ".join(lines) == f"{label} 100%" and len(lines) <= len(baselines)
        assert max(map(font.getlength, lines)) <= width - 12 and font.size >= 9


def test_a_label_that_does_not_fit_is_cut_and_not_its_probability():
    _, _, lines = fit("Rindfleischetikettierungsüberwachungsaufgaben 100%", 132)
    assert lines[-1] == "100%" and lines[0].startswith("Rindfleisch") and lines[0].endswith("…")


@pytest.mark.parametrize("one, other", [("Händeklatschen", "Hindeklatschen"), ("прыжок", "прыжки"), ("άλμα", "άλμη")])
def test_labels_in_other_scripts_are_drawn(one, other):
    bars = [caption_bar(f"{label} 9%", 320) for label in (one, other)]
    assert not np.array_equal(*bars)
    assert not undrawable(one + other)


def test_characters_that_no_font_has_are_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(captions, "findSystemFonts", list)
    video = write_clock(tmp_path / "clock.mkv", 25, 16)
    with pytest.warns(UserWarning, match="no font of this computer has '跃跳': the captions show boxes instead"):
        annotate(video, two_seconds_of("jump 跳跃", "run"), tmp_path / "annotated.mp4")


def test_no_other_video_is_changed_by_writing_one(tmp_path):
    source = tmp_path / "part-1.mp4"
    write_video(np.zeros((25, 48, 64, 3), np.uint8), source)
    before = source.read_bytes()
    annotate(source, two_seconds_of("waving", "running"), tmp_path / "1.mp4")
    assert source.read_bytes() == before
    assert len(list(iterate_frames(tmp_path / "1.mp4"))) == 25


def test_the_video_that_is_read_is_never_replaced(tmp_path):
    source = write_clock(tmp_path / "source.mkv", 25, 16)
    content = source.read_bytes()
    with pytest.raises(ValueError, match="is the video that is read, which would be lost. Write to another file"):
        annotate(source, two_seconds_of("a", "b"), source)
    assert source.read_bytes() == content


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_video_may_have_any_name_that_the_system_allows(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    require_file_name(name)
    Path(name).mkdir()
    write_sound_video(Path("sound.mkv"), seconds=0.4)
    source = Path("sound.mkv").rename(Path(name, f"{name}.mkv"))
    path = annotate(source, two_seconds_of("a", "b"), f"{name}.mp4")
    assert path == Path(f"{name}.mp4") and set(streams_of(path)) == {"video", "audio"}
    assert sorted(os.listdir()) == sorted([name, f"{name}.mp4"]) and os.listdir(name) == [f"{name}.mkv"]


def test_a_video_is_opened_once_for_its_picture_and_once_for_its_sound(tmp_path, monkeypatch):
    video = write_sound_video(tmp_path / "source.mov")
    opened = record_opened(monkeypatch)
    annotate(video, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4")
    assert opened.count(str(video)) == 2
