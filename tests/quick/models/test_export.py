"""What cannot be exported, without a network. What is exported is tested in tests/network/models/test_export.py."""

import zipfile

import pytest

from helpers.basics.messages import ModelError
from helpers.models.learned.card import CARD
from helpers.models.learned.classifier import CLASSIFIER
from helpers.models.learned.export import export
from tests.support.command_line import run


def write(folder, *names):
    folder.mkdir()
    for name in names:
        (folder / name).write_text("{}")
    return folder


def test_only_a_learned_movinet_is_exported(tmp_path):
    target = tmp_path / "new.tflite"
    with pytest.raises(ModelError, match="nowhere does not exist. Name the folder that the command `learn` saved"):
        export(tmp_path / "nowhere", target)
    with pytest.raises(ModelError, match="is not a model of learned actions: network.tflite is missing"):
        export(write(tmp_path / "clips", "notes.txt"), target)
    with pytest.raises(ModelError, match="half is not a model of learned actions: classifier.npz is missing"):
        export(write(tmp_path / "half", "network.tflite"), target)
    with pytest.raises(ModelError, match="was learned with I3D, which needs TensorFlow .* --model movinet-a0"):
        export(write(tmp_path / "of_i3d", "saved_model.pb", CARD), target)
    assert not target.exists()


def test_a_damaged_file_is_not_taken_for_an_exported_one(tmp_path):
    path = tmp_path / "old.tflite"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(CARD, '{"a": 1}')
    path.write_bytes(path.read_bytes().replace(b'{"a"', b'{"b"', 1))
    damaged = path.read_bytes()
    with pytest.raises(ModelError, match="old.tflite exists and was not exported from a learned model"):
        export(write(tmp_path / "model", "network.tflite", CLASSIFIER), path)
    assert path.read_bytes() == damaged


def test_an_error_of_the_command_is_one_line(tmp_path):
    finished = run("-m", "helpers", "export", tmp_path, tmp_path / "new.tflite")
    assert finished.returncode == 2 and len(finished.stderr.splitlines()) == 1 and "network.tflite is missing" in finished.stderr
