"""The command `learn`: from a folder of clips, or of their features, to a model and its card."""

import re
import shutil

import numpy as np
import pytest

from helpers import samples
from helpers.learn import command as learn_command
from helpers.learn.many_clips.table import load_features
from helpers.models.learned import saving as learned_model
from tests.support import TOP
from tests.support.action_folder import copy_actions
from tests.support.cheap_models import colors
from tests.support.command_line import run as run_python
from tests.support.learning import folder_of, stand_in
from tests.support.many_clips import JUMPS, MODEL, describe

SAMPLE = TOP / "samples" / "v_Jump_g01_c01.avi"


def test_the_command_to_use_a_model_can_be_pasted_and_its_card_names_the_network(cache, tmp_path, monkeypatch, capsys):
    learned, cards = stand_in("of actions that were learned"), []
    learned.network = stand_in("of the network")
    monkeypatch.setattr(learn_command, "load_model", lambda _: learned)
    monkeypatch.setattr(learned_model, "require_savable", lambda *place: None)
    monkeypatch.setattr(learned_model, "save", lambda model, classifier, folder, card, *rejection: cards.append(card) or folder)
    copy_actions(tmp_path / "clips", {"Jump": "jump", "Crawl": "crawl"})
    learn_command.main([str(tmp_path / "clips"), "--save", str(tmp_path / "my model")])
    assert f"To use it: python -m helpers predict CLIP --model '{tmp_path / 'my model'}'\n" in capsys.readouterr().out
    assert cards[0]["network"]["fingerprint"] == "of the network"


def test_a_bad_folder_is_one_line_of_error_and_exit_code_2(tmp_path):
    clip = SAMPLE.read_bytes()
    folder = folder_of(tmp_path, {"wave/1.avi": clip, "wave/2.avi": b"not a video"})
    finished = run_python("-m", "helpers", "learn", folder)
    assert finished.returncode == 2
    assert finished.stdout.startswith("1 clip of 1 action, in 1 group\n  wave: 1 clip in 1 group\nleft out: 1\n  wave/2.avi: ")
    assert re.fullmatch(r"python -m helpers: found only one action \(wave\).*\n", finished.stderr)
    missing = run_python("-m", "helpers", "learn", tmp_path / "nowhere")
    assert missing.returncode == 2 and "nowhere" in missing.stderr and len(missing.stderr.splitlines()) == 1


def test_a_model_is_not_saved_among_its_clips(tmp_path):
    folder = folder_of(tmp_path, {"wave/1.avi": SAMPLE.read_bytes()})
    finished = run_python("-m", "helpers", "learn", folder, "--save", folder / "model")
    assert finished.returncode == 2 and not (folder / "model").exists()
    assert "is in the folder of the clips. Choose a place outside" in finished.stderr


def learned(folder, capsys, *options, model=MODEL):
    """Return what `learn` prints."""
    learn_command.main([str(folder), "--model", model, *map(str, options)])
    return capsys.readouterr().out


def test_learning_from_features_is_learning_from_their_clips(clips, tmp_path, capsys, monkeypatch):
    for name in ("v_Jump_g04_c01.avi", "v_Jump_g04_c02.avi"):
        shutil.copy(samples["v_Crawl_g01_c01.avi"], clips / "leap" / name)
    (clips / "hop" / "damaged.avi").write_bytes(b"not a video")
    shutil.copy(JUMPS[1], clips / "no_action.avi")
    saved = []
    monkeypatch.setattr(learned_model, "require_savable", lambda *_: None)
    monkeypatch.setattr(
        learned_model, "save", lambda model, classifier, folder, card, *rejection: saved.append((card, classifier)) or folder
    )
    describe(clips, tmp_path / "out")
    for folder in (clips, tmp_path / "out"):
        saved.append(learned(folder, capsys, "--save", tmp_path / "model"))
    (card, one), text, (other_card, other), other_text = saved
    assert "4 clips of 2 actions, in 4 groups" in text and "it is the same file as" in text
    assert text.splitlines()[-1] == other_text.splitlines()[-1] and card == other_card
    assert np.array_equal(one.steps[-1][1].coef_, other.steps[-1][1].coef_)
    assert [line.split(":")[0] for line in text.splitlines()] == [line.split(":")[0] for line in other_text.splitlines()]


def test_a_table_gives_the_groups_of_clips_and_of_their_features(clips, tmp_path, capsys):
    shutil.copy(samples["v_Crawl_g01_c01.avi"], clips / "leap" / "v_Jump_g04_c01.avi")
    table = tmp_path / "groups.tsv"
    table.write_text("".join(f"v_Jump_g0{i}_c01.avi\t{'ab'[i % 2]}\n" for i in (1, 2, 3, 4)))
    describe(clips, tmp_path / "out")
    text, other = (learned(folder, capsys, "--groups", table) for folder in (clips, tmp_path / "out"))
    assert text == other and text.startswith("4 clips of 2 actions, in 2 groups\n  hop: 2 clips in 2 groups\n")


def test_features_of_another_model_are_not_learned_from(clips, tmp_path, capsys, monkeypatch):
    shutil.copy(samples["v_Crawl_g01_c01.avi"], clips / "leap")
    describe(clips, tmp_path / "out")
    monkeypatch.setattr(learn_command, "load_model", lambda _: colors(fingerprint="another"))
    with pytest.raises(ValueError, match="features in .* were computed with colors, or with another version .* with --model"):
        learned(tmp_path / "out", capsys)
    with pytest.raises(FileNotFoundError, match="manifest.csv does not exist. Name a folder that the command `features` wrote"):
        load_features(clips)


@pytest.fixture
def three_actions(cache, tmp_path, monkeypatch):
    """A folder of clips of three actions, and what was saved: rejections and cards."""
    saved = []
    monkeypatch.setattr(learned_model, "require_savable", lambda *_: None)
    monkeypatch.setattr(learned_model, "save", lambda model, classifier, folder, card, how: saved.append((how, card)) or folder)
    return copy_actions(tmp_path / "clips", {"Jump": "jump", "Crawl": "crawl", "Walk": "walk"}), saved


@pytest.mark.filterwarnings("ignore:clips of different groups have nearly the same")
@pytest.mark.parametrize("options, kept", [([], 0.9), (["--reject", "0.5"], 0.5)])
def test_a_threshold_is_measured_printed_and_saved(three_actions, tmp_path, capsys, options, kept):
    folder, saved = three_actions
    text = learned(folder, capsys, "--save", tmp_path / "model", *options)
    [(rejection, card)] = saved
    [chosen] = [line for line in text.splitlines() if line.endswith("<- the threshold")]
    assert chosen.split()[0] == f"{kept:.1%}" and rejection.kept == kept and len(rejection.known) == 9
    about = card["unknown actions"]
    assert about["known clips kept"] == kept and about["threshold"] == rejection.threshold and about["summary"] in text
    assert f"{about['unknown clips let through']:.1%}, " in chosen
    assert "Clips below the threshold are labeled 'none of these'." in text and "Many, but not all," in card["limits"]


@pytest.mark.filterwarnings("ignore:clips of different groups have nearly the same")
def test_the_threshold_can_be_left_out(three_actions, tmp_path, capsys):
    folder, saved = three_actions
    text = learned(folder, capsys, "--save", tmp_path / "model", "--reject", "off")
    [(rejection, card)] = saved
    assert rejection is None and card["unknown actions"] is None and "let through" not in text
    assert "Clips of other actions are labeled as one of these, too." in text and card["limits"].endswith("as one of these, too.")


@pytest.mark.filterwarnings("ignore:clips of different groups have nearly the same")
def test_clips_in_other_are_not_an_action_but_tested_as_unknown(three_actions, tmp_path, capsys):
    folder, saved = three_actions
    before = learned(folder, capsys, "--save", tmp_path / "model")
    copy_actions(folder, {"Dance": "other"})
    describe(folder, tmp_path / "features")
    text = learned(folder, capsys, "--save", tmp_path / "model")
    from_features = learned(tmp_path / "features", capsys, "--save", tmp_path / "model")
    assert text.startswith("9 clips of 3 actions, in 3 groups\n") and "as an action: 3 clips\n" in text
    assert text.splitlines()[-1] == before.splitlines()[-1] == from_features.splitlines()[-1], "the score"
    assert "known clips kept  clips in 'other' let through" in text and " of 3  <- the threshold" in text
    (rejection, card), (other_rejection, other_card), (_, card_of_features) = saved
    assert rejection.threshold == other_rejection.threshold and card["clips"] == other_card["clips"] and len(card["clips"]) == 9
    assert [clip["action"] for clip in other_card["clips not learned from"]] == ["other"] * 3
    assert other_card["unknown actions"]["clips in other"] == 3 and card["clips not learned from"] == []
    assert card_of_features == other_card
    text = learned(folder, capsys, "--reject", "off")
    assert "are not learned as an action, and not used with --reject off.\n" in text and "'other' let" not in text


def test_options_that_cannot_be_used_are_errors_before_anything_is_computed(three_actions, capsys):
    folder, _ = three_actions
    with pytest.raises(SystemExit):
        learned(folder, capsys, "--reject", "90")
    assert "argument --reject: must be the share of clips of known actions to keep" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        learned(folder, capsys, "--report", folder.parent)
    assert f"--report {folder.parent} is a folder. Name a file in it, such as" in capsys.readouterr().err
    (folder / "walk").rename(folder / "none of these")
    with pytest.raises(ValueError, match="'none of these' is the label of unknown actions. Rename the action, or"):
        learned(folder, capsys)
