"""Clips of a folder and of UCF101: their names, actions, groups, and what is left out."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from helpers.clips.actions import action_clips
from helpers.clips.folders import Clip, source_clips
from tests.support.learning import folder_of
from tests.support.many_clips import JUMPS, three_clips
from tests.support.operating_systems import needs_symlinks


@pytest.fixture
def clips(tmp_path):
    return three_clips(tmp_path / "clips")


def test_a_folder_of_actions(clips):
    found = source_clips(clips)
    assert [(clip.name, clip.action, clip.group, clip.file) for clip in found] == [
        ("hop/v_Jump_g01_c01.avi", "hop", "g01", "hop/v_Jump_g01_c01.avi.npz"),
        ("hop/v_Jump_g02_c01.avi", "hop", "g02", "hop/v_Jump_g02_c01.avi.npz"),
        ("leap/v_Jump_g03_c01.avi", "leap", "g03", "leap/v_Jump_g03_c01.avi.npz"),
    ]
    assert [clip.path for clip in found] == [clips / clip.name for clip in found]


def test_a_flat_folder(tmp_path):
    for name in ("v_Crawl_g01_c02.avi", "vacation.mp4", ".hidden"):
        (tmp_path / name).touch()
    assert [(clip.name, clip.action, clip.group, clip.file) for clip in source_clips(tmp_path)] == [
        ("v_Crawl_g01_c02.avi", "Crawl", "g01", "Crawl/v_Crawl_g01_c02.avi.npz"),
        ("vacation.mp4", "", "vacation.mp4", "vacation.mp4.npz"),
    ]


def test_ucf101_from_a_folder_and_from_a_web_page(tmp_path, monkeypatch):
    (tmp_path / "Archery").mkdir()
    path = shutil.copy(JUMPS[0], tmp_path / "Archery" / "v_Archery_g07_c01.avi")
    monkeypatch.setenv("UCF101_ROOT", str(tmp_path))
    assert source_clips("ucf101") == [Clip("v_Archery_g07_c01.avi", "Archery", "g07", os.path.dirname(path))]
    monkeypatch.setenv("UCF101_ROOT", "https://example.org/UCF101/")
    monkeypatch.setattr(
        "helpers.clips.datasets.links_on", lambda address: {"v_Archery_g07_c01.avi": f"{address}v_Archery_g07_c01.avi"}
    )
    assert source_clips("ucf101") == [Clip("v_Archery_g07_c01.avi", "Archery", "g07", "", "https://example.org/UCF101/")]


def test_groups_from_a_table(clips, tmp_path):
    table = tmp_path / "groups.tsv"
    table.write_text("".join(f"{path.name}\tperson {path.name[8]}\n" for path in JUMPS))
    assert [clip.group for clip in source_clips(clips, table)] == ["person 0"] * 3
    table.write_text(f"{JUMPS[0].name}\tanna\n")
    with pytest.raises(ValueError, match="has no group for 2 of 3 clips"):
        source_clips(clips, table)


def test_a_table_of_groups_among_the_clips_is_not_a_clip(clips):
    table = clips / "groups.tsv"
    table.write_text("".join(f"{path.name}\tanna\n" for path in JUMPS))
    assert [clip.group for clip in source_clips(clips, table)] == ["anna"] * 3


def test_two_clips_for_one_file_and_no_clips_are_errors(clips, tmp_path):
    (clips / "Jump").mkdir()
    for place in (clips, clips / "Jump"):
        shutil.copy(JUMPS[0], place)
    with pytest.raises(ValueError, match="have the same action and file name"):
        source_clips(clips)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="contains no files"):
        source_clips(tmp_path / "empty")


def test_learn_and_features_read_the_same_actions_and_groups(tmp_path):
    expected = {
        "Punch/v_Punch_g01_c01.avi": ("Punch", "g01"),
        "Roll/v_Roll_g01_c02.avi": ("Roll", "g01"),
        "hop/Jose\u0301/1.avi": ("hop", "Jos\u00e9"),
        "hop/anna/day 2/2.avi": ("hop", "anna"),
        "leap/Anna/1.avi": ("leap", "anna"),
        "leap/3.avi": ("leap", "leap/3.avi"),
        "v_Crawl_g02_c01.avi": ("Crawl", "g02"),
    }
    folder = folder_of(tmp_path, {name: name.encode() for name in expected})
    clips = source_clips(folder)
    assert {clip.name: (clip.action, clip.group) for clip in clips} == expected
    assert [clip._replace(sha256="") for clip in action_clips(folder)[0]] == clips
    assert len({clip.file for clip in clips}) == len(clips), "and each has its own file of features"


@needs_symlinks
def test_a_link_to_clips_that_are_listed_already_is_left_out_with_the_reason(tmp_path):
    folder = folder_of(tmp_path, {"wave/sitting/1.avi": b"1"})
    links = {"alias": folder / "wave", "run": tmp_path / "walk", "walk": tmp_path / "walk", "up": folder}
    (tmp_path / "walk").mkdir()
    (tmp_path / "walk" / "2.avi").write_bytes(b"2")
    for name, target in links.items():
        (folder / name).symlink_to(target, target_is_directory=True)
    clips, left_out = action_clips(folder)
    assert [clip.action for clip in clips] == ["run", "wave"]
    assert {path.name: why.rpartition(" ")[2] for path, why in left_out.items()} == {
        "alias": "clips/wave",
        "walk": "clips/run",
        "up": "clips",
    }
    with pytest.warns(UserWarning, match="walk is left out: it is a link to a folder whose clips are listed already: clips/run"):
        source_clips(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_not_a_clip_and_nobody_waits_for_it(tmp_path):
    folder = folder_of(tmp_path, {"wave/1.avi": b"1"})
    os.mkfifo(folder / "wave" / "pipe")
    assert action_clips(folder)[1] == {folder / "wave" / "pipe": "it is not a regular file"}


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    folder = folder_of(tmp_path, {"jump/1.avi": b"1", "wave/2.avi": b"2"})
    scandir = os.scandir

    def scan(path):
        if Path(path).name == "wave":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scan)
    with pytest.raises(PermissionError, match="wave"):
        action_clips(folder)
