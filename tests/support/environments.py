"""Create new Python environments."""

import os
import shutil
import subprocess
from pathlib import Path

from packaging.utils import canonicalize_name

COLAB_PACKAGES = Path(__file__).with_name("colab_packages.txt")


def colab_packages():
    """Return {package: version} of Colab's packages that the helpers need."""
    lines = COLAB_PACKAGES.read_text(encoding="utf-8").splitlines()
    listed = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in listed}


def find_python(version):
    """Return a Python of this version that can create environments, from the PATH or from pyenv, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    for python in filter(None, candidates):
        if subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            return python
    return None


def new_environment(folder, python, *packages):
    """Create an environment with these packages (arguments of `pip install`); return its Python."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    new = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # --no-compile: Python compiles the few modules that are imported.
    subprocess.run([new, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", *packages], check=True)
    return new
