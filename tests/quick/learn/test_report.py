"""The page that `learn --report` writes: everything on it is escaped, and nothing on it is requested from elsewhere."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from helpers import samples
from helpers.clips.folders import Clip
from helpers.learn import command as learn_command
from helpers.learn import report
from helpers.learn.report import middle_frame, write_report
from helpers.learn.score import Score
from helpers.learn.unknown_actions import unknown_actions
from tests.support.command_line import run as run_python
from tests.support.learning import separable
from tests.support.many_clips import MODEL, three_clips

JUMP = samples["v_Jump_g01_c01.avi"]
LABELS = ["<b>jump</b>", 'walk "fast" & far']


@pytest.fixture
def score():
    """A score in which one clip is wrong, with a name to escape."""
    names = ["0.avi", "<script>alert(1)</script>.avi", "2.avi", "3.avi"]
    actions, predicted = [LABELS[i] for i in (0, 0, 1, 1)], [LABELS[i] for i in (0, 1, 1, 1)]
    return Score(LABELS, actions, predicted, list("1234"), {"a still": actions}, {}, names, [0.9, 0.8, 0.7, 0.6])


@pytest.fixture
def page(score, tmp_path):
    def written(score=score, unknown=None, clip=JUMP):
        clips = {name: Clip(clip.name, "", "", str(clip.parent)) for name in score.names}
        write_report(tmp_path / "report.html", "Actions of <me>", score, unknown, clips)
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return written


class Tags(HTMLParser):
    """The tags of a page, which must be closed in order, and their attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.attributes = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)
        self.attributes += attributes
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_has_the_numbers_of_the_score(page, score):
    text = page()
    for part in ("accuracy 0.750", "75.0%", "1 of 2", "2 of 2", "do not show that movement is needed", "(80.0%)"):
        assert part in text
    assert "An action with clips of fewer than 5 groups has no interval." in text


def test_names_are_escaped_and_nothing_is_requested(page):
    tags = Tags(page())
    assert "script" not in tags.found and "b" not in tags.found and "link" not in tags.found
    addresses = [value for name, value in tags.attributes if name in ("src", "href", "srcset", "action")]
    chart, picture = addresses
    assert chart.startswith("data:image/png;base64,") and picture.startswith("data:image/jpeg;base64,")
    assert "url(" not in page() and "@import" not in page()
    assert [value for name, value in tags.attributes if name == "alt"][1:] == ["Middle frame of <script>alert(1)</script>.avi"]


def test_probabilities_are_compared_with_accuracies(page, score):
    text = page()
    assert "Expected calibration error: 0.250." in text, "0.4 and 0.1 for one clip each, 0.25 for two"
    assert '<tr><th scope="row">75.0%</th><td class="number">1 of 2</td>' in text
    assert "Reliability diagram. held-out clips: at a mean confidence of 60%, 1 of 1 correct" in text
    assert "Calibration" not in page(replace(score, probabilities=[]))


def test_it_is_readable_in_the_dark(page):
    assert "color-scheme: light dark" in page() and "prefers-color-scheme: dark" in page()


def test_a_wrong_clip_is_shown_by_its_middle_frame(page):
    [content] = re.findall(r"data:image/jpeg;base64,([^\"]+)", page())
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(content), np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape[1] == 240
    from helpers import read_video  # the same frame, larger

    middle = cv2.resize(read_video(JUMP, size=240, crop_fraction=1.0)[32], shown.shape[1::-1])
    assert np.abs(cv2.cvtColor(shown, cv2.COLOR_BGR2RGB).astype(int) - middle).mean() < 12


@pytest.mark.parametrize("content", [None, b"", b"not a video"])
def test_a_clip_that_is_gone_or_damaged_has_no_picture(page, tmp_path, content):
    clip = tmp_path / "clip.avi"
    if content is not None:
        clip.write_bytes(content)
    assert middle_frame(clip) == "" and "<p>No picture.</p>" in page(clip=clip) and "jpeg" not in page(clip=clip)


def test_only_the_first_wrong_clips_have_pictures_and_the_page_says_so(page, score, monkeypatch):
    wrong = replace(score, predicted=score.actions[::-1])
    assert "4 clips; the most confident first.</p>" in page(wrong)
    monkeypatch.setattr(report, "MOST_PICTURES", 1)
    text = page(wrong)
    assert "4 clips; the most confident first. Only the first 1 have pictures." in text
    assert text.count("image/jpeg") == 1 and "No picture" not in text and text.count("<figure>") == 4


def test_if_nothing_is_wrong_it_says_so(page, score):
    assert "The predicted action of each clip is correct." in page(replace(score, predicted=score.actions))


def test_unknown_actions_have_a_section(page):
    rows, actions, groups = separable("abc")
    assert "unknown clips let through" in page(unknown=unknown_actions(rows, actions, groups))
    assert "cannot be measured with two actions" in page(unknown=unknown_actions(*separable("ab")))


def test_the_command_writes_it(cache, tmp_path, capsys):
    clips = three_clips(tmp_path / "clips")
    (clips / "leap" / "v_Jump_g04_c01.avi").write_bytes(samples["v_Crawl_g01_c01.avi"].read_bytes())
    learn_command.main([str(clips), "--model", MODEL, "--report", str(tmp_path / "report.html")])
    assert f"The report is in {tmp_path / 'report.html'}. It contains pictures of your clips.\n" in capsys.readouterr().out
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h1>Actions of clips, learned from features of colors</h1>" in text
    assert text.count("<img ") == text.count("<figure>") + 1 > 1, "and a chart"


def test_it_is_not_written_among_the_clips(tmp_path):
    clips = three_clips(tmp_path / "clips")
    finished = run_python("-m", "helpers", "learn", clips, "--report", clips / "report.html")
    assert finished.returncode == 2 and "is in the folder of the clips. Choose a place outside" in finished.stderr
