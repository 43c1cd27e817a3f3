"""The command `learn` with a table of intervals: what it learns, what it leaves out, and how its timelines score."""

import base64
import json
import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from helpers.clips.folders import Clip
from helpers.clips.intervals import interval_clips, read_intervals
from helpers.learn import command as learn_command
from helpers.learn import temporal_iou
from helpers.learn.classifier import cross_validate
from helpers.learn.temporal_iou import joined, learned_timeline, overlaps, picture_start
from helpers.learn.training import describe_intervals
from helpers.models.learned import saving as learned_model
from helpers.video.reading import VideoReader
from helpers.video.writing import write_video
from tests.support.cheap_models import latest
from tests.support.clock_videos import ffmpeg

COLORS = {"r": (255, 0, 0), "g": (0, 255, 0), "b": (0, 0, 255)}
MODEL = "tests.support.cheap_models:latest"


def record(path, colors, seconds=2):
    """Write a recording that shows each color for some seconds."""
    path.parent.mkdir(exist_ok=True)
    frames = (np.full((32, 32, 3), COLORS[color], np.uint8) for color in colors for _ in range(5 * seconds))
    return write_video(frames, path, 5, crf=0)


@pytest.fixture
def folder(tmp_path, cache):
    """Three recordings, of 8 seconds each."""
    for name, colors in {"one": "rrgb", "two": "gbrr", "three": "brgg"}.items():
        record(tmp_path / "recordings" / f"{name}.mp4", colors)
    return tmp_path / "recordings"


TABLE = """\
file,start,end,action
one.mp4,0,4,red
one.mp4,4,6,green
one.mp4,6,8,blue
two.mp4,0,2,green
two.mp4,2,4,blue
two.mp4,4,8,red
three.mp4,0,2,blue
three.mp4,2,4,red
three.mp4,4,8,green
"""


def learned(folder, capsys, text=TABLE, *options):
    """Return what `learn` prints."""
    table = folder.parent / "table.csv"
    table.write_text(text)
    learn_command.main([str(folder), "--intervals", str(table), "--model", MODEL, *map(str, options)])
    return capsys.readouterr().out


def test_each_interval_is_a_clip_and_each_recording_a_group(folder, capsys, tmp_path, monkeypatch):
    cards = []
    monkeypatch.setattr(learned_model, "require_savable", lambda *place: None)
    monkeypatch.setattr(learned_model, "save", lambda model, classifier, folder, card, rejection: cards.append(card) or folder)
    text = learned(folder, capsys, TABLE, "--save", tmp_path / "model")
    assert text.startswith("9 clips of 3 actions, in 3 groups\n  blue: 3 clips in 3 groups\n")
    assert "count as their own groups" not in text
    assert "accuracy 1.000" in text.splitlines()[-1]
    first = json.loads(json.dumps(cards[0]["clips"]))[0]
    assert {name: first[name] for name in ("file", "start", "end", "action", "group")} == {
        "file": "one.mp4",
        "start": 0,
        "end": 4,
        "action": "red",
        "group": "one.mp4",
    }


def test_intervals_are_learned_from_mirrored_too(folder, capsys):
    text = learned(folder, capsys, TABLE, "--mirror")
    assert "learned without mirrored clips" in text and "accuracy 1.000" in text.splitlines()[-1]
    assert "9 of 9 intervals (100%) found\n" in text, "each color has the same mirror image, so nothing changes"


def test_timelines_of_held_out_recordings_are_compared_with_the_table(folder, capsys):
    text = learned(folder, capsys)
    iou = re.search(r"learned from the features +(\d\.\d\d); 9 of 9 intervals \(100%\) found\n", text)
    assert float(iou[1]) > 0.5, "a segment begins and ends up to half a second too late or too early"
    assert "most frequent action, all the time  0.11; 1 of 9 intervals (11%) found\n" in text, "red, in half of two.mp4"
    assert "The timelines have 9 segments." in text
    assert "Timelines" not in learned(folder, capsys, TABLE, "--no-timeline")


def test_windows_of_eight_frames_are_not_taken_for_a_dense_pass(folder, monkeypatch):
    """At 8 frames per second, a window begins every 8 frames, as I3D's rows do, but a timeline averages over fewer of them."""
    model, timelines = latest(), []
    model.input, model.fingerprint = replace(model.input, fps=8.0), "latest at 8"
    (folder.parent / "table.csv").write_text(TABLE)
    clips = interval_clips(read_intervals(folder.parent / "table.csv", folder), folder)
    records = describe_intervals(model, folder.parent / "table.csv", clips, [])
    actions, groups = zip(*((clip.action, clip.group) for clip in clips))
    score = cross_validate(list(records.values()), actions, groups)

    def predicted(*arguments):
        timelines.append(learned_timeline(*arguments))
        return timelines[-1]

    monkeypatch.setattr(temporal_iou, "learned_timeline", predicted)
    assert temporal_iou.score_timelines(model, list(records), score).overlaps.mean() > 0.5
    assert [(timeline.step, timeline.window) for timeline in timelines] == [(8, 4 * 8)] * 3
    with pytest.raises(ValueError, match="the score has no classifiers"):
        temporal_iou.score_timelines(model, list(records), replace(score, folds=()))


def test_a_timeline_starts_with_the_first_frame_that_can_be_decoded(tmp_path):
    """A recording that was cut between two key frames, 2 s apart: its header counts from the first packet."""
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=size=64x48:rate=25:duration=6", "-f", "lavfi", "-i", "sine=duration=6"),
        *("-c:v", "libx264", "-threads", 1, "-g", 50, "-bf", 0, "-c:a", "aac", "-f", "mpegts", tmp_path / "whole.ts"),
    )
    content = (tmp_path / "whole.ts").read_bytes()
    (tmp_path / "cut.ts").write_bytes(content[len(content) // 188 // 12 * 188 :])  # whole packets, of 188 bytes
    reader = VideoReader(tmp_path / "cut.ts")
    header, count = reader.metadata.start, sum(1 for _ in reader)
    assert count == 100, "two seconds are lost"
    assert picture_start(tmp_path / "cut.ts") == reader.start > header + 1


def test_a_recording_without_a_timeline_is_named(folder, capsys):
    record(folder / "short.mp4", "r", seconds=1)
    text = learned(folder, capsys, TABLE + "short.mp4,0,1,red\n")
    assert "10 clips of 3 actions, in 4 groups" in text and "9 of 9 intervals (100%) found" in text
    assert re.search(
        r"\n  no timeline of short.mp4: .*short.mp4 has 5 frames at 5 per second, but one row over time needs 10", text
    )


def test_a_table_of_groups_names_recordings(folder, capsys):
    groups = folder.parent / "groups.tsv"
    groups.write_text("one.mp4\tmorning\ntwo.mp4\tmorning\nthree.mp4\tevening\n")
    assert learned(folder, capsys, TABLE, "--groups", groups).startswith("9 clips of 3 actions, in 2 groups\n")


def test_intervals_that_cannot_be_described_are_named_and_the_others_learned_from(folder, capsys):
    (folder / "broken.mp4").write_bytes(b"not a video at all")
    text = learned(folder, capsys, TABLE + "three.mp4,8,9,red\none.mp4,8,8.05,red\nbroken.mp4,1,2,red\n", "--no-timeline")
    table = folder.parent / "table.csv"
    left_out = text[text.index("left out: 3") :].splitlines()[:5]
    assert left_out[1] == f"  {table}, line 11: three.mp4, 8 to 9 s, 'red': the recording ends at 8.00 s."
    assert left_out[2].startswith(f"  {table}, line 12: one.mp4, 8 to 8.05 s, 'red': it has 0 frames at 5 per second, but latest")
    assert left_out[3].startswith(f"  {table}, line 13: broken.mp4, 1 to 2 s, 'red': ") and "not a video" in left_out[3]
    assert left_out[4] == "9 clips of 3 actions, in 3 groups"


def test_an_action_in_one_recording_is_an_error_with_its_lines(folder, capsys):
    with pytest.raises(ValueError, match="table.csv, lines 11 and 12: 'white' is in only one group .two.mp4., but each action"):
        learned(folder, capsys, TABLE.replace("4,8,red", "4,6,red") + "two.mp4,6,6.5,white\ntwo.mp4,7,7.5,white\n")
    with pytest.raises(ValueError, match="table.csv has one action .red., but at least two actions are required"):
        learned(folder, capsys, "file,start,end,action\none.mp4,0,4,red\ntwo.mp4,4,8,red\n")


def test_a_recording_under_two_names_would_leak(folder, capsys):
    (folder / "copy.mp4").write_bytes((folder / "one.mp4").read_bytes())
    with pytest.raises(ValueError, match="one.mp4 and copy.mp4 are the same file: keep the intervals of one of them"):
        learned(folder, capsys, TABLE + "copy.mp4,0,4,red\n")


def test_the_segment_that_fits_best_counts():
    assert temporal_iou.temporal_iou((0, 4, "jog"), (2, 6, "jog")) == pytest.approx(1 / 3)
    assert temporal_iou.temporal_iou((0, 4, "jog"), (4, 6, "jog")) == 0
    found = [(0, 2, "jog"), (2, 6, "walk"), (6, 9, "jog")]
    assert overlaps([(0, 4, "jog"), (4, 6, "walk"), (6, 8, "run")], found) == [0.5, 0.5, 0]
    assert overlaps([(0, 4, "jog")], []) == [0]


def test_intervals_of_one_action_less_than_a_second_apart_are_one_segment():
    clips = [Clip("a.mp4", "x", "a", "", start=start, end=end) for start, end in [(3, 4), (0, 1), (1.5, 2)]]
    assert list(joined(clips)) == [(0, 2, "x"), (3, 4, "x")]


def test_the_report_has_the_middle_frame_of_each_wrong_interval(folder, capsys, tmp_path):
    """In each recording, one interval has a wrong label, so the models that learned without it name another."""
    record(folder / "one.mp4", "rrgr")
    text = learned(folder, capsys, TABLE, "--no-timeline", "--report", tmp_path / "report.html")
    assert "It contains pictures of your clips." in text
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    [(content, name)] = re.findall(r'<figure><img src="data:image/jpeg;base64,([^"]+)" alt="Middle frame of ([^"]+)"', page)
    assert name == "one.mp4 (6 to 8 s)"
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(content), np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(shown.mean(axis=(0, 1)) - [0, 0, 255]).max() < 20, "red, in OpenCV's order"
