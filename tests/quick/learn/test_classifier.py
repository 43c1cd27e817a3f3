"""Learning actions from clips: features, groups, scores, and bad input. The network is a small stand-in."""

import errno
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold

from helpers.basics.messages import DownloadError, ModelError
from helpers.clips import actions as action_folder
from helpers.clips.actions import ActionClip, action_clips, require_learnable
from helpers.clips.folders import source_clips
from helpers.clips.groups import one_spelling, read_groups
from helpers.learn import command as learn_command
from helpers.learn.classifier import cross_validate, learn, log_losses
from helpers.learn.features import clip_features, features
from helpers.learn.leaks import alike, check_leak, held_out
from helpers.learn.pipeline import describe, readable, score_card
from helpers.learn.record import ClipFeatures
from helpers.learn.score import Score, accuracy_interval
from helpers.models.learned import saving as learned_model
from helpers.models.learned.card import CARD, verify
from helpers.models.learned.saving import clean_up, linear, replace_folder, require_savable
from helpers.models.loading import load_model
from helpers.models.model_input import ModelInput
from helpers.models.video_model import VideoModel
from tests.support import TOP
from tests.support.action_folder import copy_actions
from tests.support.clock_videos import write_clock
from tests.support.command_line import run
from tests.support.operating_systems import needs_symlinks

SAMPLE = TOP / "samples" / "v_Jump_g01_c01.avi"
SMALL = ModelInput(32, (0.0, 1.0), 1.0, 5.0, 9)


def stand_in(fingerprint="", stop_at=None):
    """A model whose logits are the mean color and the number of frames; it keeps these, and may be interrupted."""

    def colors(batch):
        model.calls += 1
        if model.calls == stop_at:
            raise KeyboardInterrupt
        batch = np.asarray(batch)
        model.frames.append(batch.shape[1])
        return {"default": np.append(batch.mean(axis=(1, 2, 3)), [[batch.shape[1]]], axis=1)}

    model = VideoModel(colors, SMALL, None, "stand-in", fingerprint=fingerprint)
    model.calls, model.frames = 0, []
    return model


def records(rows, still=None):
    zeros = np.zeros(192, np.float32)
    still = rows if still is None else still
    return [ClipFeatures(row, one, zeros, zeros[:3], 64) for row, one in zip(rows, still)]


def separable(actions=("a", "b", "c"), groups=6, noise=0.1):
    """Rows whose action can be learned, one of each action in each group."""
    random = np.random.default_rng(0)
    names = [(action, f"g{g}") for g in range(groups) for action in actions]
    centers = {action: random.normal(size=8) for action in actions}
    rows = np.array([centers[action] + noise * random.normal(size=8) for action, _ in names], np.float32)
    return rows, [action for action, _ in names], [group for _, group in names]


def test_features_have_one_row_a_clip():
    rows = features(model := stand_in(), [SAMPLE, SAMPLE])
    assert rows.shape == (2, 4) and rows.dtype == np.float32
    assert 13 in model.frames, "2.56 s at 5 frames per second"
    np.testing.assert_allclose([rows.mean(axis=1), rows.std(axis=1)], [[0, 0], [1, 1]], atol=1e-6, err_msg="standardized")


def test_features_are_cached_by_content_and_by_model(cache, tmp_path):
    model = stand_in("one")
    first = clip_features(model, SAMPLE)
    copy = shutil.copy(SAMPLE, tmp_path / "another_name.avi")
    again = clip_features(model, copy)
    assert model.calls == 2, "all frames, and the middle one; nothing for the copy"
    assert all(np.array_equal(a, b) for a, b in zip(first, again))
    other = stand_in("another")
    clip_features(other, SAMPLE)
    assert other.calls == 2


def test_a_damaged_cache_file_is_computed_again(cache):
    model = stand_in("one")
    first = clip_features(model, SAMPLE)
    (file,) = (cache / "features").rglob("*.npz")
    for content in (b"", file.read_bytes()[:200]):
        file.write_bytes(content)
        assert np.array_equal(clip_features(model, SAMPLE).features, first.features)


def test_an_interrupted_run_goes_on(cache):
    clips = [ActionClip(TOP / "samples" / f"v_Jump_g0{i}_c01.avi", "jump", "") for i in (1, 2, 3)]
    model = stand_in("one", stop_at=4)
    with pytest.raises(KeyboardInterrupt):
        describe(model, clips, {})
    assert list(describe(model, clips, {})) == [clip.path for clip in clips]
    assert model.calls == 4 + 4, "the first clip was cached before the interruption, which cost one call of the second"


def test_a_clip_that_cannot_be_read_is_left_out_with_the_reason(cache, tmp_path):
    bad = tmp_path / "bad.avi"
    bad.write_bytes(b"not a video")
    left_out = {}
    clips = [ActionClip(SAMPLE, "jump", ""), ActionClip(bad, "jump", ""), ActionClip(tmp_path / "gone.avi", "jump", "")]
    assert [clip.path for clip in readable(clips, left_out)] == [SAMPLE]
    assert "is not a video" in left_out[bad] and "No such file" in left_out[tmp_path / "gone.avi"]
    assert list(describe(stand_in("one"), clips, found := {})) == [SAMPLE] and list(found) == list(left_out)


def test_a_clip_that_the_model_could_not_predict_is_left_out(cache, tmp_path, monkeypatch, recwarn):
    short = write_clock(tmp_path / "short.mkv", 25, 25)
    left_out = {}
    describe(stand_in("one"), [ActionClip(short, "jump", "")], left_out)
    assert left_out == {short: "it has 5 frames, but stand-in needs at least 9: use a longer clip"} and not list(recwarn)

    def too_long(*place):
        raise MemoryError

    monkeypatch.setattr("helpers.learn.pipeline.clip_features", too_long)
    describe(stand_in("one"), [ActionClip(SAMPLE, "jump", "")], left_out)
    assert "not enough memory" in left_out[SAMPLE]


def test_a_full_disk_is_an_error_that_names_the_cache(cache, monkeypatch):
    def full(*arguments, **arrays):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(DownloadError, match="cannot be written to: No space left on device. Free some space"):
        clip_features(stand_in("one"), SAMPLE)
    assert not list((cache / "features").rglob("*.npz"))


def test_a_short_clip_is_looped_and_says_so(cache, tmp_path):
    clip = write_clock(tmp_path / "short.mkv", 25, 25)
    model = stand_in("one")
    for _ in "first", "from the cache":
        with pytest.warns(UserWarning, match="short.mkv has 5 frames, but stand-in needs 9, so it was looped"):
            features(model, [clip])
    assert model.frames == [9, 9], "all frames, and the middle one"


@pytest.mark.parametrize("groups, count", [(30, 30), (31, 10)])
def test_each_clip_is_tested_once_and_no_split_leaks(groups, count):
    _, actions, names = separable(groups=groups)
    splits = list(held_out(actions, names))
    assert len(splits) == count
    assert sorted(i for _, test in splits for i in test) == list(range(len(actions)))
    for train, test in splits:
        assert not {names[i] for i in train} & {names[i] for i in test}


def test_a_group_is_one_however_its_name_is_written(tmp_path):
    names = ["Jos\u00e9", "Jose\u0301", "anna", " Anna  ", "anna  b", "Anna B"]
    assert one_spelling(names) == ["Jos\u00e9"] * 2 + ["anna"] * 2 + ["anna  b"] * 2
    for _, test in held_out(["a", "b"] * 3, names):
        assert len(test) == 2
    with pytest.raises(ValueError, match="1 group is in the training set and in the test set"):
        check_leak(names, [0, 2], [1])
    folder = folder_of(tmp_path, {f"wave/{i}.avi": b"1" for i in range(6)})
    (tmp_path / "groups.tsv").write_text("".join(f"{i}.avi\t{name}\n" for i, name in enumerate(names)), encoding="utf-8")
    found = read_groups(tmp_path / "groups.tsv", folder, [folder / f"wave/{i}.avi" for i in range(6)])
    assert len(set(found)) == 3


def test_a_leak_is_named():
    with pytest.raises(ValueError, match=r"2 groups are in the training set and in the test set \(anna, ben\)"):
        check_leak(["anna", "anna", "ben", "ben"], [0, 2], [1, 3])


def test_what_can_be_learned_is_learned_and_noise_is_not():
    rows, actions, groups = separable()
    random = np.random.default_rng(1).normal(size=rows.shape).astype(np.float32)
    score = cross_validate(records(rows, random), actions, groups)
    assert score.accuracy == 1 and score.interval == (0.025 ** (1 / 6), 1) and set(score.recall.values()) == {1}
    assert score.best_baseline < 0.7, "of noise, and of pixels and sizes that are all zero"
    assert cross_validate(records(random), actions, groups).accuracy < 0.7


def test_c_is_not_chosen_if_one_action_cannot_be_tested():
    rows, actions, clips = np.array([[0.0, 9.0], [9.0, 0.0], [9.0, 9.0]]), ["a", "a", "b"], ["1", "2", "3"]
    classifier = learn(rows, actions, clips)  # without b, nothing can be learned, so only a's clips can be tested
    assert classifier.steps[-1][1].C == 1 and classifier.predict([[12.0, 12.0]]) == "b"


@pytest.mark.filterwarnings("ignore:clips of different groups have nearly the same")
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("two_recordings", [True, False])
def test_two_clips_of_each_of_many_actions_are_enough_and_raise_no_warning(two_recordings):
    """Models that are tested learn from one clip of most actions, or of all of them."""
    rows, actions, groups = separable([f"action {i}" for i in range(30)], groups=2)
    groups = groups if two_recordings else [str(i) for i in range(len(rows))]
    assert cross_validate(records(rows), actions, groups).accuracy > 0.9
    assert learn(rows, actions, groups).predict(rows).tolist() == actions


@pytest.mark.filterwarnings("error")
def test_a_probability_of_zero_does_not_decide_alone():
    rows = np.array([[1.0, 1.0], [1.0, 1.001], [5.0, 9.0], [1.0, 1.002], [2.0, 9.0], [2.0, 1.0]], np.float32) * 1000
    assert np.isfinite(log_losses(rows[:2], np.array(["a", "b"]), rows[2:], np.array(["a", "a", "b", "b"]))).all()


def test_a_given_split_counts_the_clips_that_it_tests():
    rows, actions, groups = separable()
    wrong = actions.copy()
    wrong[0] = "b"  # in the first group, which is tested
    score = cross_validate(records(rows), wrong, groups, [(range(6, 18), range(4))])
    assert score.actions == ["b", "b", "c", "a"] and score.predicted == ["a", "b", "c", "a"]
    assert score.groups == ["g0", "g0", "g0", "g1"] and score.count_correct == 3
    with pytest.raises(ValueError, match=r"the split leaks: 1 group .* \(g0\)"):
        cross_validate(records(rows), actions, groups, [(range(1, 18), [0])])


def test_a_splitter_of_scikit_learn_gives_splits():
    rows, actions, groups = separable()
    assert len(cross_validate(records(rows), actions, groups, GroupKFold(3).split(rows, actions, groups)).predicted) == len(rows)


@pytest.mark.parametrize(
    "splits, message",
    [
        ([(range(6, 18), range(3)), (range(6, 18), range(2, 6))], "clip 2 is tested 2 times, so it would count 2 times"),
        ([], "the splits test no clip"),
        ([(range(3, 18), [-1])], "must be indices of the 18 clips, from 0 to 17, not"),
        ([(range(3, 18), [True, False])], "must be indices of the 18 clips, from 0 to 17, not"),
    ],
)
def test_a_split_that_cannot_be_scored_is_an_error(splits, message):
    rows, actions, groups = separable()
    with pytest.raises(ValueError, match=message):
        cross_validate(records(rows), actions, groups, splits)


def test_clips_of_two_models_and_lists_of_different_length_are_errors():
    rows, actions, groups = separable()
    with pytest.raises(ValueError, match="there are 18 clips, 18 actions and 17 groups"):
        cross_validate(records(rows), actions, groups[1:])
    with pytest.raises(ValueError, match=r"clips have \[5, 8\] features, so they were computed with different models"):
        cross_validate([*records(rows[1:]), *records(rows[:1, :5])], actions, groups)


def test_an_action_that_is_never_tested_is_named_and_has_no_recall():
    rows, actions, groups = separable()
    with pytest.warns(UserWarning, match="no clip of 'c' is tested, so the score says nothing about it"):
        score = cross_validate(records(rows), actions, groups, [(range(6, 18), [0, 1, 3, 4])])
    assert list(score.recall) == ["a", "b"] and "not tested" in str(score)
    json.dumps(score_card(score), allow_nan=False)


def test_copies_in_other_groups_are_named(recwarn):
    random = np.random.default_rng(0)
    rows = random.normal(size=(20, 600)).astype(np.float32)
    rows[1], rows[3] = rows[0], rows[2] + 0.3 * random.normal(size=600)  # an appended byte, and another compression
    actions, groups = ["a", "b"] * 10, [f"g{i}" for i in range(20)]
    cross_validate(records(rows), actions, groups, names=[f"{i}.mp4" for i in range(20)])
    same, nearly = [str(warning.message) for warning in recwarn]
    assert same.startswith("clips of different groups have the same features: 0.mp4 and 1.mp4. If one is a copy")
    assert nearly.startswith("clips of different groups have nearly the same features: 2.mp4 and 3.mp4.")
    assert alike(rows[4:], groups[4:]) == [] and alike(rows, ["one"] * 20) == []
    assert alike(np.zeros((2, 4)), ["a", "b"]) == [(0, 1)]


def test_a_group_that_names_the_action_does_not_help():
    """Rows that identify the group, not the action: a random split would score 1."""
    random = np.random.default_rng(0)
    groups = [f"g{g}" for g in range(10) for _ in range(4)]
    actions = ["ab"[g % 2] for g in range(10) for _ in range(4)]
    places = {group: random.normal(size=30) for group in groups}
    rows = np.array([places[group] + 0.01 * random.normal(size=30) for group in groups], np.float32)
    by_clip = cross_validate(records(rows), actions, [str(i) for i in range(len(groups))])
    by_group = cross_validate(records(rows), actions, groups)
    assert by_clip.accuracy == 1 and by_group.accuracy < 0.8


@pytest.mark.parametrize("actions", [("a", "b"), ("a", "b", "c")])
def test_the_folded_weights_are_scikit_learns_logits(actions):
    rows, names, groups = separable(actions)
    rows[:, 3] = 7  # a constant feature, whose standard deviation is zero
    classifier = learn(rows, names, groups)
    weights, bias = linear(classifier)
    logits = rows @ weights + bias
    needed = classifier.decision_function(rows)
    found = logits if len(actions) > 2 else logits[:, 1] - logits[:, 0]
    np.testing.assert_allclose(found, needed, atol=1e-4)


def test_a_score_shows_itself_and_its_last_line_is_for_scripts():
    actions = list("aaaabbbb")
    score = Score(["a", "b"], actions, list("aaabbbbb"), list("11223344"), {"guess": list("aaaaaaaa")}, {})
    assert score.count_correct == 7 and score.recall == {"a": 0.75, "b": 1.0}
    assert score.confusion.tolist() == [[3, 1], [0, 4]]
    *_, last = str(score).splitlines()
    known = "fewer than 5 groups: too few for a 95% interval"
    assert last == f"accuracy 0.875 ({known}), 8 clips, 4 groups, chance 0.500, best baseline 0.50"
    more = replace(score, groups=list("11223345"))
    assert more.summary == "accuracy 0.875 (0.67 to 1.00), 8 clips, 5 groups, chance 0.500, best baseline 0.50"
    assert "below chance" not in str(score)
    assert "below chance (50.0%)" in str(replace(score, baselines={"most frequent action": list("bbbaaaaa")}))


@pytest.mark.parametrize("value, count, bounds", [(1, 5, (0.478, 1)), (0, 5, (0, 0.522)), (1, 30, (0.884, 1)), (1, 4, None)])
def test_an_interval_has_a_width_if_all_are_correct_or_wrong(value, count, bounds):
    found = accuracy_interval(np.full(2 * count, float(value)), [str(i // 2) for i in range(2 * count)])
    assert found == (bounds and pytest.approx(bounds, abs=0.001))


def folder_of(tmp_path, files):
    for name, content in files.items():
        path = tmp_path / "clips" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "clips"


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
        assert action_clips(folder, folder / "groups.tsv") == ([(folder / "wave" / "1.avi", "wave", sha256, "wave/1.avi")], {})


def test_one_file_under_two_actions_is_refused(tmp_path):
    clip = SAMPLE.read_bytes()
    folder = folder_of(tmp_path, {"wave/1.avi": clip, "jump/2.avi": clip})
    with pytest.raises(ValueError, match="wave/1.avi and jump/2.avi are the same file, under two actions"):
        action_clips(folder)


def test_a_file_under_two_actions_that_is_not_a_video_is_left_out(tmp_path):
    folder = folder_of(tmp_path, {"wave/desktop.ini": b"[.ShellClassInfo]", "jump/desktop.ini": b"[.ShellClassInfo]"})
    clips, left_out = action_clips(folder)
    assert readable(clips, left_out) == [] and len(left_out) == 2
    assert all("is not a video" in reason for reason in left_out.values())


def test_a_line_break_at_the_end_of_an_actions_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is not one line of text: rename it"):
        action_clips(folder_of(tmp_path, {"wave\n/1.avi": b"1"}))


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
    assert [(clip.path, clip.action, clip.group) for clip in action_clips(folder)[0]] == [
        (Path(clip.path), clip.action, clip.group) for clip in clips
    ]
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


@pytest.mark.parametrize(
    "actions, groups, message",
    [
        ([], [], "no clip that can be read"),
        (["wave"] * 2, ["1", "2"], r"only one action \(wave\), but at least two actions are required"),
        (
            ["jump", "jump", "wave", "wave"],
            ["1", "2", "1", "1"],
            r"all 2 clips of 'wave' are in one group \(1\).* another group",
        ),
        (["jump", "jump", "wave"], ["1", "2", "3"], "'wave' has only one clip, .* Record another clip"),
    ],
)
def test_too_little_to_learn_from_is_an_error(actions, groups, message):
    with pytest.raises(ValueError, match=message):
        require_learnable(actions, groups)


@pytest.mark.parametrize(
    "lines",
    [
        "wave/1.avi\tanna\njump/2.avi\tben\n",
        "class\tGroup\tfile\nx\tanna\tclips/wave/1.avi\nx\tben\tclips/jump/2.avi\n",
        "clip\tperson\t\nwave/1.avi\tanna\t\njump/2.avi\tben\t\n",
        "1.avi\tanna\n2.avi\tben",
    ],
)
def test_groups_are_read_from_a_table(lines, tmp_path):
    folder = folder_of(tmp_path, {"wave/1.avi": b"1", "jump/2.avi": b"2"})
    (tmp_path / "groups.tsv").write_text(lines)
    assert read_groups(tmp_path / "groups.tsv", folder, [folder / "wave/1.avi", folder / "jump/2.avi"]) == ["anna", "ben"]


@pytest.mark.parametrize(
    "lines, message",
    [
        ("wave/1.avi\tanna", "no group for 1 of 2 clips, such as jump/2.avi: add a line"),
        ("wave/1.avi\tanna\nwave/1.avi\tben", "two groups for wave/1.avi: anna and ben"),
        ("wave/1.avi anna", "a line without a group"),
        (
            "clip\tsession\tperson\nwave/1.avi\t1\tanna",
            "more than two columns, .* It is: clip, session, person",
        ),
    ],
)
def test_a_bad_table_of_groups_is_an_error(lines, message, tmp_path):
    folder = folder_of(tmp_path, {"wave/1.avi": b"1", "jump/2.avi": b"2"})
    (tmp_path / "groups.tsv").write_text(lines)
    with pytest.raises(ValueError, match=message):
        read_groups(tmp_path / "groups.tsv", folder, [folder / "wave/1.avi", folder / "jump/2.avi"])


def test_a_model_without_features_cannot_be_saved_and_nothing_is_replaced(tmp_path):
    with pytest.raises(ModelError, match="stand-in cannot be saved with new actions. Use I3D or a MoViNet"):
        require_savable(stand_in(), tmp_path / "new")
    model = stand_in()
    model.module = type("Module", (), {"signatures": {"features": None}})
    require_savable(model, tmp_path / "new")
    with pytest.raises(ModelError, match="exists and is not a learned model"):
        require_savable(model, tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ModelError, match="notes.txt is a file, so no folder can be created in it"):
        require_savable(model, tmp_path / "notes.txt" / "new")


@pytest.fixture
def saved(tmp_path):
    """Save a classifier with a network that is a few bytes; return the folder, and a function that saves again."""
    folder = tmp_path / "mine"

    def again(place=folder, classifier=None, **card):
        model = stand_in()
        model.content = b"a network"
        return learned_model.save(model, classifier or learn(*separable()), place, {"about": "a test", **card})

    again()
    return folder, again


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["notes.txt", "clips/wave/1.avi", "labels.txt.old", ".git/config"])
@pytest.mark.parametrize("lists_files", [True, False])
def test_saving_replaces_only_what_was_saved(saved, name, lists_files):
    folder, again = saved
    if not lists_files:  # as cards were before
        (folder / CARD).write_text("{}")
    (folder / ".DS_Store").touch()  # from a file manager
    again()
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("mine")
    before = files_in(folder.parent)
    with pytest.raises(ModelError, match=f"files that were not saved with the model in it, such as {re.escape(name)}, so"):
        again()
    assert files_in(folder.parent) == before


def test_a_model_of_i3d_that_a_killed_process_was_replacing_is_moved_back(saved):
    folder, _ = saved
    staging = folder.with_name(".mine.killed_1")
    staging.mkdir()
    (staging / "labels.txt").touch()
    folder.rename(staging / "before")
    clean_up(folder)
    verify(folder)


@needs_symlinks
def test_a_link_in_a_model_is_not_removed(saved, tmp_path):
    (tmp_path / "clips").mkdir()
    (saved[0] / "clips").symlink_to(tmp_path / "clips", target_is_directory=True)
    with pytest.raises(ModelError, match="such as clips"):
        saved[1]()


@pytest.mark.parametrize("name", ["movinet-a0", "I3D", "-squat"])
def test_a_name_that_means_another_model_is_refused(saved, name):
    with pytest.raises(ModelError, match=f"--model {name} would not load this folder, but means something else. Choose another"):
        saved[1](name)


@pytest.mark.parametrize("name", ["labels.txt", "classifier.npz", "network.tflite"])
def test_a_file_of_another_model_is_found_when_a_model_is_loaded(saved, name):
    folder, _ = saved
    verify(folder)
    (folder / name).write_bytes((folder / name).read_bytes()[:-1] + b"?")
    with pytest.raises(ModelError, match=f"{name} was changed, or is from another model. Copy the whole folder again"):
        load_model(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name} cannot be read"):
        verify(folder)


@pytest.mark.parametrize("card, message", [("{", "is damaged"), ("[]", "is damaged"), ('{"files": {}, "format": 3}', "format 3")])
def test_a_card_that_cannot_be_used_is_an_error(saved, card, message):
    (saved[0] / CARD).write_text(card)
    with pytest.raises(ModelError, match=message):
        verify(saved[0])


def test_a_model_without_hashes_is_loaded_with_a_warning(saved):
    (saved[0] / CARD).write_text("{}")
    with pytest.warns(UserWarning, match="was saved by an older version of the tutorial, .* learn its actions again"):
        verify(saved[0])


def test_what_could_not_be_loaded_is_not_saved(saved):
    folder, again = saved
    before = files_in(folder)
    with pytest.raises(ValueError, match="JSON"):
        again(score=float("nan"))
    rows, actions, groups = separable()
    with pytest.raises(ValueError, match="must be one line of text"):
        again(classifier=learn(rows, ["a\n" if action == "a" else action for action in actions], groups))
    classifier = learn(rows, actions, groups)
    classifier.steps[-1][1].coef_[0, 0] = np.nan
    with pytest.raises(ValueError, match="weights of the classifier are not finite"):
        again(classifier=classifier)
    assert files_in(folder) == before


def test_the_command_to_use_a_model_can_be_pasted_and_its_card_names_the_network(cache, tmp_path, monkeypatch, capsys):
    learned, cards = stand_in("of actions that were learned"), []
    learned.network = stand_in("of the network")
    monkeypatch.setattr(learn_command, "load_model", lambda _: learned)
    monkeypatch.setattr(learned_model, "require_savable", lambda *place: None)
    monkeypatch.setattr(learned_model, "save", lambda model, classifier, folder, card: cards.append(card) or folder)
    copy_actions(tmp_path / "clips", {"Jump": "jump", "Crawl": "crawl"})
    learn_command.main([str(tmp_path / "clips"), "--save", str(tmp_path / "my model")])
    assert f"To use it: python -m helpers --model '{tmp_path / 'my model'}' CLIP\n" in capsys.readouterr().out
    assert cards[0]["network"]["fingerprint"] == "of the network"


def test_a_model_that_cannot_be_moved_leaves_the_one_before(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "model_card.json").touch()
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "mine", tmp_path / "nothing", tmp_path / "before")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "model_card.json"]


def test_a_bad_folder_is_one_line_of_error_and_exit_code_2(tmp_path):
    clip = SAMPLE.read_bytes()
    folder = folder_of(tmp_path, {"wave/1.avi": clip, "wave/2.avi": b"not a video"})
    finished = run("-m", "helpers", "learn", folder)
    assert finished.returncode == 2
    assert finished.stdout.startswith("1 clip of 1 action, in 1 group\n  wave: 1 clip in 1 group\nleft out: 1\n  wave/2.avi: ")
    assert re.fullmatch(r"python -m helpers: found only one action \(wave\).*\n", finished.stderr)
    missing = run("-m", "helpers", "learn", tmp_path / "nowhere")
    assert missing.returncode == 2 and "nowhere" in missing.stderr and len(missing.stderr.splitlines()) == 1


def test_a_model_is_not_saved_among_its_clips(tmp_path):
    folder = folder_of(tmp_path, {"wave/1.avi": SAMPLE.read_bytes()})
    finished = run("-m", "helpers", "learn", folder, "--save", folder / "model")
    assert finished.returncode == 2 and not (folder / "model").exists()
    assert "is in the folder of the clips. Choose a place outside" in finished.stderr
