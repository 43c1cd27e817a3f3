"""The check for a Python that is too old runs on that Python."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import TOP

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
