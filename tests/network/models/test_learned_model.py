"""Actions learned with I3D, saved, and loaded as a model like any other."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from helpers import features, load_i3d, load_model, predict, predict_timeline, read_video
from helpers.basics.messages import ModelError
from helpers.learn.classifier import learn
from helpers.learn.features import clip_features
from helpers.models.learned import saving as learned_model
from helpers.models.learned.card import CARD
from helpers.predictions.prediction import predict_logits
from tests.support import TOP
from tests.support.action_folder import copy_actions
from tests.support.command_line import run

ACTIONS = {"Jump": "Sprünge+hoch", "Roll": "roll", "Walk": "walk & turn"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three actions, one with a name that is not ASCII; a file that is not a video; and a table."""
    folder = copy_actions(tmp_path_factory.mktemp("clips"), ACTIONS)
    lines = [f"{clip.relative_to(folder).as_posix()}\t{clip.name.split('_')[2]}\n" for clip in folder.rglob("*.avi")]
    (folder / "roll" / "notes.txt").write_text("not a video")
    (folder.parent / f"{folder.name}.tsv").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def finished(folder):
    table = folder.parent / f"{folder.name}.tsv"
    return run("-m", "helpers", "learn", folder, "--groups", table, "--save", folder.parent / "my_actions")


@pytest.fixture(scope="module")
def learned(folder, finished):
    assert finished.returncode == 0, finished.stderr
    return load_model(folder.parent / "my_actions")


def test_the_command_reports_the_score_and_what_it_left_out(finished, folder):
    assert finished.returncode == 0, finished.stderr
    assert "9 clips of 3 actions, in 3 groups" in finished.stdout
    assert "left out: 1\n  roll/notes.txt: " in finished.stdout and "is not a video" in finished.stdout
    assert f"--model {folder.parent / 'my_actions'}" in finished.stdout
    last = finished.stdout.splitlines()[-1]
    assert last.startswith("accuracy ") and ", 9 clips, 3 groups, chance 0.333, best baseline " in last


def test_its_logits_are_those_of_scikit_learn(learned, model, folder):
    clips = sorted(folder.rglob("*.avi"))
    actions = [clip.parent.relative_to(folder).as_posix() for clip in clips]
    classifier = learn(features(model, clips), actions, [clip.name.split("_")[2] for clip in clips])
    new = TOP / "samples" / "v_Jump_g04_c01.avi"
    needed = classifier.decision_function(features(model, [new]))[0]
    np.testing.assert_allclose(predict_logits(learned, read_video(new))[:-1], needed, atol=1e-4)
    assert learned.labels == [*classifier.classes_, "none of these"] == [*sorted(ACTIONS.values()), "none of these"]
    always = load_model(folder.parent / "my_actions", reject="off")
    np.testing.assert_allclose(predict_logits(always, read_video(new)), needed, atol=1e-4)
    assert always.labels == sorted(ACTIONS.values())


def test_a_clip_that_resembles_no_action_is_none_of_these(folder, learned):
    strict = load_model(folder.parent / "my_actions", reject=0.01)
    frames = read_video(TOP / "samples" / "v_Cartwheel_g01_c01.avi")
    assert predict(strict, strict.labels, frames).top[0][0] == "none of these"
    timeline = predict_timeline(strict, strict.labels, frames)
    assert {label for _, _, label, _ in timeline.segments()} == {"none of these"}
    whole, averaged = predict_logits(strict, frames), strict.classify(timeline.features.mean(axis=0))
    np.testing.assert_allclose(whole, averaged, atol=1e-3)


def test_it_works_like_any_other_model(learned, model):
    frames = read_video(TOP / "samples" / "v_Jump_g04_c01.avi")
    assert predict(learned, learned.labels, frames).top[0][0] == "Sprünge+hoch"
    assert len(predict_timeline(learned, learned.labels, frames).seconds) == 7
    assert sorted(learned.module.signatures) == sorted(model.module.signatures) == ["default", "features", "timeline"]
    still = clip_features(model, TOP / "samples" / "v_Jump_g04_c01.avi").features
    batch = frames[np.newaxis] * np.float32(2 / 255) - 1
    np.testing.assert_allclose(
        learned.module.signatures["features"](frames=batch)["default"][0].numpy().mean(0), still, atol=1e-4
    )


def test_saving_a_module_changes_no_logging():
    code = (
        "import logging, tempfile, tensorflow as tf; from helpers.basics.quiet import save_module; "
        "save_module(tf.Module(), tempfile.mkdtemp(), {}); print(logging.root.handlers)"
    )
    assert run("-c", code).stdout == "[]\n"


def test_its_card_lists_clips_and_score_and_nothing_is_pickled(learned, folder):
    saved = folder.parent / "my_actions"
    card = json.loads((saved / CARD).read_text(encoding="utf-8"))
    assert len(card["clips"]) == 9 and {clip["group"] for clip in card["clips"]} == {"g01", "g02", "g03"}
    assert card["score"]["summary"].startswith("accuracy ")
    assert str(folder) not in json.dumps(card), "a card that is passed on names no folder of the reader"
    assert not [path for path in saved.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib")]


def test_the_command_line_predicts_with_it(learned, folder):
    finished = run("-m", "helpers", "--model", folder.parent / "my_actions", "samples/v_Roll_g04_c01.avi", "--top", "1")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip().splitlines()[1].split()[0] in ("roll", "walk", "Sprünge+hoch", "none")
    assert "not among those of the model" not in finished.stdout


def test_its_files_are_checked_when_it_is_loaded(learned, folder, tmp_path):
    assert learned.is_learned
    copy = shutil.copytree(folder.parent / "my_actions", tmp_path / "copy")
    (copy / "assets" / "labels.txt").write_text("walk & turn\nroll\nSprünge+hoch\n", encoding="utf-8")
    for load in (load_model, load_i3d):
        with pytest.raises(ModelError, match="labels.txt was changed, or is from another model"):
            load(copy)


def test_a_full_disk_leaves_the_model_that_was_there(learned, model, folder, monkeypatch):
    def full(*arguments, **signatures):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", full)
    monkeypatch.setattr(learned_model, "linear", lambda classifier: (np.zeros((1024, 3), np.float32), np.zeros(3, np.float32)))
    classifier = SimpleNamespace(classes_=sorted(ACTIONS))
    with pytest.raises(ModelError, match="could not be saved in .*my_actions: .* No space left on device. Is the disk full"):
        learned_model.save(model, classifier, folder.parent / "my_actions", {})
    assert load_model(folder.parent / "my_actions").labels == learned.labels
    assert not list(folder.parent.glob(".my_actions.*"))
