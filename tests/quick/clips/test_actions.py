"""Clips to learn from: those with an action, that can be read, and that are not copies."""

import pytest

from helpers.clips import actions as action_folder
from helpers.clips.actions import action_clips, readable, require_learnable, without_copies
from helpers.clips.folders import Clip
from tests.support import TOP
from tests.support.learning import folder_of

SAMPLE = TOP / "samples" / "v_Jump_g01_c01.avi"


def test_a_folder_is_an_action_and_nothing_disappears_silently(tmp_path):
    files = {
        "wave/1.avi": b"1",
        "wave/2.avi": b"1",
        "ball/kick/3.avi": b"3",
        "Grüße/4.avi": b"4",
        "wave/5.avi": b"",
        "6.avi": b"6",
    }
    clips, left_out = action_clips(folder_of(tmp_path, files | {"wave/.DS_Store": b"7", ".git/8.avi": b"8"}))
    clips = without_copies(clips, left_out)
    assert [clip.action for clip in clips] == ["Grüße", "ball", "wave"]
    assert {path.name: why for path, why in left_out.items()} == {
        "2.avi": "it is the same file as 1.avi",
        "5.avi": "it is empty (0 bytes)",
        "6.avi": "it is not in the folder of an action",
    }


def test_a_file_is_hashed_again_only_if_it_changed(tmp_path, monkeypatch):
    hashed = []
    monkeypatch.setattr(action_folder, "file_sha256", lambda path: hashed.append(path) or f"hash {len(hashed)}")
    folder = folder_of(tmp_path, {"wave/1.avi": b"1", "groups.tsv": b"wave/1.avi\tanna"})
    for content, sha256 in ((b"1", "hash 1"), (b"1", "hash 1"), (b"changed", "hash 2")):
        if content != b"1":
            (folder / "wave" / "1.avi").write_bytes(content)
        clip = Clip("wave/1.avi", "wave", "wave/1.avi", str(folder), sha256=sha256)
        assert action_clips(folder, folder / "groups.tsv") == ([clip], {})


def test_one_file_under_two_actions_is_refused(tmp_path):
    clip = SAMPLE.read_bytes()
    folder = folder_of(tmp_path, {"wave/1.avi": clip, "jump/2.avi": clip})
    with pytest.raises(ValueError, match="wave/1.avi and jump/2.avi are the same file, under two actions"):
        without_copies(*action_clips(folder))


def test_a_file_under_two_actions_that_is_not_a_video_is_left_out(tmp_path):
    folder = folder_of(tmp_path, {"wave/desktop.ini": b"[.ShellClassInfo]", "jump/desktop.ini": b"[.ShellClassInfo]"})
    clips, left_out = action_clips(folder)
    assert without_copies(readable(clips, left_out), left_out) == [] and len(left_out) == 2
    assert all("is not a video" in reason for reason in left_out.values())


def test_a_line_break_at_the_end_of_an_actions_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is not one line of text: rename it"):
        action_clips(folder_of(tmp_path, {"wave\n/1.avi": b"1"}))


@pytest.mark.parametrize(
    "actions, groups, message",
    [
        ([], [], "no clip of an action, .* into a folder of its own, <action>/<clip>"),
        (["wave"] * 2, ["1", "2"], r"only one action \(wave\), but at least two actions are required"),
        (
            ["jump", "jump", "wave", "wave"],
            ["1", "2", "1", "1"],
            r"all 2 clips of 'wave' are in one group \(1\).* another group",
        ),
        (["jump", "jump", "other"], ["1", "2", "1"], r"only one action \(jump\).*'other' are not learned as an action"),
        (["Other"], ["1"], "found no action, .*'other' are not learned as an action"),
        (["jump", "jump", "wave"], ["1", "2", "3"], "'wave' has only one clip, .* Record another clip"),
    ],
)
def test_too_little_to_learn_from_is_an_error(actions, groups, message):
    with pytest.raises(ValueError, match=message):
        require_learnable([Clip("", action, group, "") for action, group in zip(actions, groups)])
