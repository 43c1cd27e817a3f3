"""The check for a Python that is too old runs on that Python; two packages of OpenCV are reported."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import TOP
from tools.setup.check import check_opencv

TOO_OLD = ["2.7", "3.6", "3.7", "3.8", "3.9"]


def find_old_python(version):
    """Return the path of this Python, from pyenv or PATH, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [*pyenv.glob(f"versions/{version}.*/bin/python"), shutil.which(f"python{version}")]
    return next(filter(None, candidates), None)


@pytest.mark.parametrize("options", [["--python"], []], ids=["make", "by hand"])
@pytest.mark.parametrize("version", TOO_OLD)
def test_an_old_python_is_reported_in_one_line(version, options):
    python = find_old_python(version)
    if not python:
        pytest.skip(f"needs Python {version}, in pyenv or on PATH")
    check = subprocess.run([python, "-m", "tools.setup.check", *options], cwd=TOP, capture_output=True, text=True)
    expected = rf"\[FAIL\] found Python {re.escape(version)}\.\d+; expected Python 3.10 to 3.13. Run: make PYTHON=python3.12 .*\n"
    assert re.fullmatch(expected, check.stdout), check.stdout + check.stderr
    assert (check.stderr, check.returncode) == ("", 1)


def test_a_second_package_of_opencv_is_reported(tmp_path, monkeypatch):
    """pip installs both into the folder cv2, and removing one removes files of the other."""
    found, problem = check_opencv()
    assert found.startswith("opencv-contrib-python-headless ") and problem is None
    folder = tmp_path / "opencv_python_headless-4.12.0.88.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-python-headless\nVersion: 4.12.0.88\n")
    monkeypatch.syspath_prepend(tmp_path)
    found, problem = check_opencv()
    assert found.endswith(" and opencv-python-headless 4.12.0.88")
    assert "expected only the first" in problem and "pip uninstall --yes opencv-contrib-python-headless " in problem


def test_an_opencv_without_tvl1_is_reported(monkeypatch):
    monkeypatch.delattr("cv2.optflow")
    assert "expected its module cv2.optflow. Run: python -m pip uninstall" in check_opencv()[1]
