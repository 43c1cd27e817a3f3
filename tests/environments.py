"""New Python environments."""

import os
import shutil
import subprocess
from pathlib import Path


def find_python(version):
    """Return a Python of this version that can make environments: the one on the path, or one that pyenv keeps aside."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    for python in filter(None, candidates):
        if subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            return python
    return None


def new_environment(folder, python, *packages):
    """Make an environment with these packages, said as pip takes them; return its Python."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    new = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # Python compiles what is imported, which is little of it.
    subprocess.run([new, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", *packages], check=True)
    return new
