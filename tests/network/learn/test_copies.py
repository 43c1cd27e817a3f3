"""Copies of clips in other groups are named, whatever was done to them. With MoViNet, without TensorFlow."""

import shutil
from contextlib import closing

import pytest

from helpers import samples
from helpers.learn.features import clip_features
from helpers.learn.leaks import alike
from helpers.video.reading import VideoReader
from helpers.video.writing import write_video

ORIGINAL = samples["v_Jump_g02_c01.avi"]


def frames():
    with closing(VideoReader(ORIGINAL, 25)) as reader:
        return list(reader)


def with_one_byte_more(path):
    shutil.copy(ORIGINAL, path)
    with open(path, "ab") as file:
        file.write(b"\0")


def encoded_again(path):
    write_video(frames(), path, crf=23)


def without_the_first_half_second(path):
    write_video(frames()[12:], path, crf=18)  # of 25 in a second


@pytest.fixture
def clips(movinet):
    """Twelve clips: their groups, their features, and their middle frames."""
    names = [f"v_{action}_g0{group}_c01.avi" for action in ("Crawl", "Dance", "Jump", "Punch") for group in (1, 2, 3)]
    return [name.split("_")[2] for name in names], [clip_features(movinet, samples[name]) for name in names]


@pytest.mark.parametrize("copy", [with_one_byte_more, encoded_again, without_the_first_half_second])
def test_copies_are_named(copy, movinet, clips, tmp_path):
    groups, records = clips
    copy(tmp_path / "copy.mp4")
    records = [*records, clip_features(movinet, tmp_path / "copy.mp4")]
    rows, pictures = zip(*((record.features, record.pixels) for record in records))
    assert alike(rows, [*groups, "g01"], pictures) == [(7, 12)]
