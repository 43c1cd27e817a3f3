import shutil
import subprocess
import sys

import numpy as np
import pytest

from helpers import kinetics_labels, label_cloud
from helpers.models import kinetics
from tests.support import TOP


def test_there_are_400_different_labels_in_index_order():
    labels = kinetics_labels()
    assert len(labels) == len(set(labels)) == 400
    assert labels == sorted(labels, key=str.lower)
    assert (labels[0], labels[-1]) == ("abseiling", "zumba")


def test_a_changed_list_is_an_error_with_a_command_that_restores_it(tmp_path):
    """The command runs in the folder that the message names, in a new clone."""
    clone = tmp_path / "clone"
    shutil.copytree(TOP / "helpers", clone / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    git = ["git", "-C", clone, "-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "core.autocrlf=false"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Labels"]):
        subprocess.run([*git, *command], check=True)
    labels = clone / "helpers" / "models" / "kinetics_400_labels.txt"
    labels.write_text(labels.read_text(encoding="utf-8").replace("zumba", "rumba"), encoding="utf-8")
    python = [sys.executable, "-c", "from helpers.models.kinetics import kinetics_labels; kinetics_labels()"]
    failed = subprocess.run(python, cwd=clone, capture_output=True, text=True)
    assert "was changed" in failed.stderr
    command = failed.stderr.strip().rpartition("the tutorial's top folder: ")[2]
    subprocess.run(command.split(), cwd=clone, check=True, capture_output=True)
    subprocess.run(python, cwd=clone, check=True)


def test_a_damaged_list_is_changed_too(tmp_path, monkeypatch):
    monkeypatch.setattr(kinetics, "LABELS_FILE", tmp_path / "kinetics_400_labels.txt")
    kinetics.LABELS_FILE.write_bytes(b"zumb\xff\n")
    with pytest.raises(ValueError, match="kinetics_400_labels.txt was changed"):
        kinetics_labels()


def test_the_cloud_is_reproducible_and_white_in_the_corner():
    labels = kinetics_labels()
    first, second = (np.asarray(label_cloud(labels, size=(300, 150)).image) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(TypeError):  # not a number of words: it used to be the seed
        label_cloud(labels, (300, 150), 1)
    assert first.shape == (150, 300, 3)
    assert tuple(first[0, 0]) == (255, 255, 255)
    assert (first.min(axis=2) < 250).mean() > 0.1, "words cover part of the picture"
