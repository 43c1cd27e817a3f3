"""Join a classroom: download the lesson and its packages from the teacher's computer, and open the notebooks.

The teacher's computer serves this file. The line on its web page verifies the hash of this file and runs it, with the server's
address in `server`. The lesson is verified by the hash below, and the packages by the hashes in the lesson.
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
OLDEST = {}  # filled in by make.py: for each kind of computer with packages, the oldest Python that they accept
FOLDER = Path("i3d-tutorial")
PYTHON = Path(".venv", "Scripts", "python.exe") if os.name == "nt" else Path(".venv", "bin", "python")  # in the folder


def platform_tag():
    """Return the system, the processor and the Python that packages are built for, such as linux-x86_64-cpython-311."""
    return f"{sys.platform}-{platform.machine().lower()}-{sys.implementation.cache_tag}"


def download_lesson(server):
    """Download and extract the lesson. Only package lists are overwritten, because a student may have changed other files."""
    with urllib.request.urlopen(f"{server}/lesson.zip", timeout=30) as response:
        lesson = response.read()
    found = hashlib.sha256(lesson).hexdigest()
    if found != LESSON_SHA256:
        sys.exit(f"The lesson is not from your teacher: its SHA-256 is {found}; expected {LESSON_SHA256}. Load the page again.")
    with tempfile.TemporaryDirectory(dir=".") as new, zipfile.ZipFile(io.BytesIO(lesson)) as archive:
        for name in archive.namelist():
            if name.startswith("packages/") or not (FOLDER / name).exists():
                (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(archive.extract(name, new), FOLDER / name)


def require_packages():
    """Exit if the teacher has no packages for this computer, or if its Python is too old for them."""
    if platform_tag() not in OLDEST:
        sys.exit(
            f"There are no packages for {platform_tag()}, only for {', '.join(sorted(OLDEST))}. Try another Python (py -3.12, "
            "python3.12), or ask the teacher to run make classroom on a computer like this one."
        )
    oldest = OLDEST[platform_tag()]
    if sys.version_info[:3] < tuple(map(int, oldest.split("."))):
        sys.exit(
            f"This is Python {platform.python_version()}, but the packages need at least {oldest}. Try another Python (py -3.12, "
            "python3.12), or ask the teacher to run make classroom with a Python like yours."
        )


def pip_environment(server):
    """Return environment variables that make pip download from the teacher's computer only."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment["PIP_CONFIG_FILE"] = os.devnull
    environment["PIP_NO_INDEX"] = environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment["PIP_FIND_LINKS"] = f"{server}/{platform_tag()}/ {server}/weights/"
    environment["PIP_TRUSTED_HOST"] = urlsplit(server).netloc  # plain http; each file is verified by its hash
    environment["no_proxy"] = "*"
    return environment


def run(step, *command, **options):
    """Run a command; if it fails, exit with the name of the step."""
    if subprocess.run(command, **options).returncode:
        sys.exit(f"{step} failed; the lines above say why. Fix this, then run the same line again.")


def install_packages(python, environment):
    """Install the packages of this kind of computer, with one line of progress in place of pip's hundreds."""
    packages = FOLDER / "packages" / f"{platform_tag()}.txt"
    total, ready = packages.read_text().count("=="), 0
    pip = [python, "-m", "pip", "install", "--no-compile", "--progress-bar=off", "--require-hashes", "--requirement", packages]
    unbuffered = {**environment, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(pip, env=unbuffered, stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace") as process:
        for line in process.stdout:
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                ready += 1
                print(f"Downloading packages: {ready} of {total} …", end="\r", flush=True)
            elif line.startswith("Installing collected packages"):
                print(f"Installing {total} packages, which takes a minute or two …", flush=True)
    if process.returncode:
        sys.exit("Installing the packages failed; the lines above say why. Fix this, then run the same line again.")


def install(server):
    """Download the lesson and install its packages and weights; return the path of its Python."""
    require_packages()
    print("Downloading the lesson …", flush=True)
    download_lesson(server)
    environment = pip_environment(server)
    python = FOLDER.resolve() / PYTHON
    print("Creating a Python environment …", flush=True)
    step = "Creating the environment (on Debian and Ubuntu, it needs: sudo apt-get install python3-venv)"
    run(step, sys.executable, "-m", "venv", FOLDER / ".venv")
    install_packages(python, environment)
    fetch = "from helpers.models.i3d.weights import fetch_checkpoint; print('The weights are at', fetch_checkpoint())"
    run("Downloading the weights", python, "-c", fetch, cwd=FOLDER, env=environment)
    movinet = f"from helpers.models.movinet.files import fetch_from_classroom; fetch_from_classroom('{server}/weights')"
    run("Downloading MoViNet", python, "-c", movinet, cwd=FOLDER, env=environment)
    return python


def main(server):
    try:
        python = install(server)
    except KeyboardInterrupt:
        sys.exit("Interrupted. Run the same line again.")
    except OSError as error:  # no connection, disk full, no write permission
        sys.exit(f"{error}. Fix this, then run the same line again.")
    later = f"{FOLDER / PYTHON} -m jupyterlab {FOLDER / 'notebooks'}"  # no spaces, which would need quotes
    print(f"To open the notebooks later, open a terminal in {os.getcwd()} and run: {later}", flush=True)
    signal.signal(signal.SIGINT, lambda *_: None)  # leave Ctrl+C to JupyterLab, which asks before it stops
    environment = {**os.environ, "I3D_CLASSROOM": server}  # to which the quizzes offer to send answers
    run("JupyterLab", python, "-m", "jupyterlab", "--log-level=WARN", "notebooks", cwd=FOLDER, env=environment)


if __name__ == "__main__":
    main(server)  # noqa: F821 - set by the line that runs this file
