"""Join a classroom: take the lesson from the teacher's computer, install what it needs from there, and open the notebooks.

The teacher's computer serves this file; a line that knows its hash runs it, with the server's address in `server`. Everything
it takes is verified: the lesson by the hash below, and the packages by the hashes in the lesson.
"""

import hashlib
import io
import os
import platform
import signal
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

LESSON_SHA256 = "filled in by make.py"
FOLDER = Path("i3d-tutorial")


def kind_of_computer():
    """Return what packages are made for: the system, the processor and the Python, as in linux-x86_64-cpython-311."""
    return f"{sys.platform}-{platform.machine().lower()}-{sys.implementation.cache_tag}"


def take_lesson(server):
    """Unpack the lesson. Of what is here already only the lists of packages change: a student may have worked in the rest."""
    with urllib.request.urlopen(f"{server}/lesson.zip", timeout=30) as answer:
        lesson = answer.read()
    found = hashlib.sha256(lesson).hexdigest()
    if found != LESSON_SHA256:
        sys.exit(f"The lesson is not the teacher's: needed SHA-256 {LESSON_SHA256}, found {found}. Load the page again.")
    with tempfile.TemporaryDirectory(dir=".") as new, zipfile.ZipFile(io.BytesIO(lesson)) as archive:
        for name in archive.namelist():
            if name.startswith("packages/") or not (FOLDER / name).exists():
                (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(archive.extract(name, new), FOLDER / name)


def packages():
    """Return the list of packages for this computer, with their hashes."""
    lists = FOLDER / "packages"
    path = lists / f"{kind_of_computer()}.txt"
    if not path.is_file():
        there = ", ".join(sorted(path.stem for path in lists.glob("*.txt")))
        sys.exit(
            f"Found {kind_of_computer()}, needed one of: {there}. Try another Python (py -3.12, python3.12), "
            "or ask the teacher to run make classroom on a computer like this one, too."
        )
    return path


def only_from(server):
    """Return an environment in which pip knows the teacher's computer and nothing else, whatever it knows here."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment["PIP_CONFIG_FILE"] = os.devnull
    environment["PIP_NO_INDEX"] = environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment["PIP_FIND_LINKS"] = f"{server}/{kind_of_computer()}/ {server}/weights/"
    environment["PIP_TRUSTED_HOST"] = urlsplit(server).netloc  # without a certificate; each file is verified by its hash
    environment["no_proxy"] = "*"
    return environment


def run(what, *command, **options):
    if subprocess.run(command, **options).returncode:
        sys.exit(f"{what} did not work; the lines above say why. Then run the same line again.")


def install(server):
    """Take the lesson and install what it needs; return its Python."""
    take_lesson(server)
    needed = packages()
    environment = only_from(server)
    python = FOLDER.resolve() / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    print("Making a Python environment …", flush=True)
    run("Making it (on Debian and Ubuntu: sudo apt-get install python3-venv)", sys.executable, "-m", "venv", FOLDER / ".venv")
    pip = [python, "-m", "pip", "install", "--no-compile", "--require-hashes", "--requirement", needed]
    run("Installing the packages", *pip, env=environment)
    fetch = "from helpers.plumbing.weights import fetch_checkpoint; print('The weights are at', fetch_checkpoint())"
    run("Fetching the weights", python, "-c", fetch, cwd=FOLDER, env=environment)
    movinet = f"from helpers.plumbing.movinet_files import fetch_from_classroom; fetch_from_classroom('{server}/weights')"
    run("Fetching MoViNet", python, "-c", movinet, cwd=FOLDER, env=environment)
    return python


def main(server):
    try:
        python = install(server)
    except KeyboardInterrupt:
        sys.exit("Interrupted. Run the same line again.")
    except OSError as error:  # no network, no room on the disk, no permission to write
        sys.exit(f"{error}. Mend that, then run the same line again.")
    print(f"From now on, without the classroom, too: {python} -m jupyterlab {FOLDER.resolve() / 'notebooks'}", flush=True)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl+C is for JupyterLab, which asks before it ends
    run("JupyterLab", python, "-m", "jupyterlab", "notebooks", cwd=FOLDER)


if __name__ == "__main__":
    main(server)  # noqa: F821 - the line that runs this has set it
