"""Learned models are saved whole, and replace only what was saved before."""

import re

import numpy as np
import pytest

from helpers.basics.messages import ModelError
from helpers.learn.classifier import learn
from helpers.models.learned import saving as learned_model
from helpers.models.learned.card import CARD, verify
from helpers.models.learned.saving import clean_up, linear, replace_folder, require_savable
from helpers.models.loading import load_model
from tests.support.learning import separable, stand_in
from tests.support.operating_systems import needs_symlinks


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
    with pytest.raises(ModelError, match=f"{name} names a published model, an address or an option, not a folder. Choose"):
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


UNUSABLE = {"{": "is damaged", "[]": "is damaged", "[" * 100_000: "is damaged", '{"files": {}, "format": 3}': "format 3"}


@pytest.mark.parametrize("card, message", UNUSABLE.items(), ids=["half", "list", "deep", "format"])
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


def test_a_model_that_cannot_be_moved_leaves_the_one_before(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "model_card.json").touch()
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "mine", tmp_path / "nothing", tmp_path / "before")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "model_card.json"]
