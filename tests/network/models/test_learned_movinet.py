"""Actions learned with MoViNet, saved, and loaded as a model like any other. No TensorFlow."""

import io
import os

import numpy as np
import pytest

from helpers import features, load_model, predict, predict_timeline, samples
from helpers.basics.messages import ModelError
from helpers.learn.classifier import learn
from helpers.learn.unknown_actions import learn_rejection, unknown_actions
from helpers.models.learned import files
from helpers.models.learned.card import CARD
from helpers.models.learned.classifier import CLASSIFIER
from helpers.models.learned.files import NETWORK
from helpers.models.learned.saving import save
from helpers.models.video_model import LABELS_NAME
from helpers.predictions.prediction import predict_logits
from tests.support.action_folder import copy_actions
from tests.support.command_line import run

ACTIONS = {"Crawl": "crawl", "Jump": "Sprünge", "Dance": "dance"}
NEW = samples["v_Jump_g04_c01.avi"]


def npy():
    """Return the content of a file with one array."""
    content = io.BytesIO()
    np.save(content, np.zeros(3))
    return content.getvalue()


def npz(**arrays):
    """Return the content of a file with several arrays."""
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return copy_actions(tmp_path_factory.mktemp("clips"), ACTIONS)


@pytest.fixture
def classifier(movinet, clips):
    paths = sorted(clips.rglob("*.avi"))
    actions = [file.parent.relative_to(clips).as_posix() for file in paths]
    return learn(features(movinet, paths), actions, [file.name.split("_")[2] for file in paths])


@pytest.fixture
def folder(movinet, classifier, tmp_path):
    return save(movinet, classifier, tmp_path / "my_actions", {"about": "a test"})


@pytest.mark.parametrize("clip, label", [("v_Jump_g04_c01.avi", "Sprünge"), ("v_Walk_g01_c01.avi", "none of these")])
def test_a_clip_that_resembles_no_action_is_none_of_these(movinet, classifier, clips, tmp_path, clip, label):
    paths = sorted(clips.rglob("*.avi"))
    rows, actions, sides = features(movinet, paths), [path.parent.name for path in paths], [path.name[-11:-8] for path in paths]
    rejection = learn_rejection(rows, actions, unknown_actions(rows, actions, sides))
    learned = load_model(save(movinet, classifier, tmp_path / "with rejection", {}, rejection))
    assert learned.labels == [*sorted(ACTIONS.values()), "none of these"]
    assert predict(learned, learned.labels, learned.read_video(samples[clip])).top[0][0] == label
    assert predict_timeline(learned, learned.labels, samples[clip]).segments()[-1][2] == label


def test_its_logits_are_those_of_scikit_learn_in_clips_and_frame_by_frame(movinet, classifier, folder):
    learned = load_model(folder)
    assert learned.labels == sorted(ACTIONS.values()) and learned.is_causal and learned.input == movinet.input
    frames, needed = learned.read_video(NEW), classifier.decision_function(features(movinet, [NEW]))[0]
    np.testing.assert_allclose(predict_logits(learned, frames), needed, atol=1e-4)
    with learned.start() as stream:
        np.testing.assert_allclose([stream.step(frame) for frame in frames][-1], needed, atol=1e-3)
    assert predict(learned, learned.labels, frames).top[0][0] == "Sprünge"
    assert len(predict_timeline(learned, learned.labels, NEW).seconds) == len(frames) // 5 - 1, "one each second, but the last"


def test_more_actions_can_be_learned_with_it(movinet, folder):
    np.testing.assert_array_equal(features(load_model(folder), [NEW]), features(movinet, [NEW]))


def test_the_command_line_learns_scores_and_predicts_without_tensorflow(movinet, clips, tmp_path):
    saved = tmp_path / "saved"
    finished = run("-X", "importtime", "-m", "helpers", "learn", clips, "--model", "movinet-a0", "--save", saved)
    assert finished.returncode == 0, finished.stderr
    assert "tensorflow" not in finished.stderr
    last = finished.stdout.splitlines()[-1]
    assert last.startswith("accuracy ") and ", 9 clips, 3 groups, chance 0.333, best baseline " in last
    finished = run("-m", "helpers", "--model", saved, NEW, "--top", "1")
    assert finished.returncode == 0 and "Sprünge" in finished.stdout, finished.stderr


@pytest.mark.parametrize("name, content", [(CLASSIFIER, b"PK\3\4 cut off"), (NETWORK, b"cut off"), (LABELS_NAME, b"only one\n")])
def test_a_changed_file_is_an_error(folder, name, content):
    assert load_model(folder).is_learned
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} was changed, or is from another model"):
        load_model(folder)


@pytest.mark.filterwarnings("ignore:.* was saved by an older version")
@pytest.mark.parametrize(
    "name, content, message",
    [
        (CLASSIFIER, b"PK\3\4 cut off", "is damaged"),
        (CLASSIFIER, npy(), "is damaged"),
        (CLASSIFIER, npz(weights=np.full((600, 3), np.nan, np.float32), bias=np.zeros(3, np.float32)), "are not finite"),
        (NETWORK, b"cut off", "is not a model that LiteRT can run"),
        (LABELS_NAME, b"only one\n", r"\(there must be one label for each of the 3 outputs of network.tflite, not 1\)"),
        (LABELS_NAME, b"\xff\n", "is damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_so_is_a_damaged_file_of_a_model_without_hashes(folder, name, content, message):
    (folder / CARD).write_text("{}")
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_what_a_killed_process_left_is_removed_after_an_hour(movinet, classifier, folder):
    for name in (".my_actions.old_1234", ".my_actions.new_1234"):
        (folder.parent / name / "model").mkdir(parents=True)
    os.utime(folder.parent / ".my_actions.old_1234", (0, 0))
    save(movinet, classifier, folder, {})
    assert {path.name for path in folder.parent.iterdir()} == {"my_actions", ".my_actions.new_1234"}


def test_a_model_that_a_killed_process_was_replacing_is_moved_back(movinet, classifier, folder, monkeypatch):
    hidden = folder.parent / ".my_actions.killed_1"
    hidden.mkdir()
    folder.rename(hidden / "before")

    def no_space(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(files, "export_movinet", no_space)
    with pytest.raises(ModelError, match="No space left on device"):
        save(movinet, classifier, folder, {})
    assert load_model(folder).labels == sorted(ACTIONS.values())


def test_a_link_to_a_model_stays_one(movinet, classifier, folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder, target_is_directory=True)
    save(movinet, classifier, link, {"about": "saved again"})
    assert link.is_symlink() and "saved again" in (folder / "model_card.json").read_text(encoding="utf-8")
