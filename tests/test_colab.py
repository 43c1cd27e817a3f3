"""On Colab: a stand-in that has Colab's packages but nothing of the tutorial, and a server to fetch the repository from."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import pytest
from conftest import TOP
from environments import new_environment
from set_repository import place
from systems import require_process_groups
from test_requirements import requirements

pytestmark = pytest.mark.environments

# Where Colab keeps older packages than requirements.txt asks for. This cryptography keeps aia-chaser out.
OLDER = ["ipython==7.34.0", "ipykernel==6.17.1", "cryptography==43.0.3"]
LACKING = {"aia-chaser", "pooch"}  # Colab has pooch now, by way of other packages
NOT_FOR_COLAB = {"jupyterlab", "nbconvert", "pytest", "nbval", "pytest-httpserver", "trustme", "cryptography"}
RUN = """
import sys, nbclient, nbformat
notebook, folder, result = sys.argv[1:]
notebook = nbformat.read(notebook, 4)
try:
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
finally:
    nbformat.write(notebook, result)
"""
Colab = namedtuple("Colab", "python folder")


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Return a Python with Colab's packages, whose notebooks have google.colab loaded, as Colab's have."""
    folder = tmp_path_factory.mktemp("colab") / "python"
    ranges = [name + versions for name, versions in requirements().items() if name not in LACKING | NOT_FOR_COLAB]
    python = new_environment(folder, sys.executable, *ranges, *OLDER, "nbclient")
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    module = Path(subprocess.check_output([python, "-c", code], text=True).strip()) / "google" / "colab"
    module.mkdir(parents=True)
    (module / "__init__.py").write_text("def load_ipython_extension(shell): pass\n")
    (folder / "etc" / "ipython").mkdir(parents=True, exist_ok=True)
    (folder / "etc" / "ipython" / "ipython_config.py").write_text("c.InteractiveShellApp.extensions = ['google.colab']\n")
    yield python
    shutil.rmtree(folder)


@pytest.fixture
def colab(packages, tmp_path):
    """Return the Python, and an empty folder to work in."""
    folder = tmp_path / "content"
    folder.mkdir()
    return Colab(packages, folder)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Serve the repository as it is in the working folder, with its tag, in the place of the address in the first cell."""
    require_process_groups()
    name, tag = place()
    repository = tmp_path / "served" / "repository"
    shutil.copytree(TOP, repository, ignore=shutil.ignore_patterns(".git", ".venv", "build", "__pycache__"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)  # nothing of the reader's own
    git = ["git", "-C", repository, "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "As it is"], ["tag", tag]):
        subprocess.run([*git, *command], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={repository.parent}"]
    daemon = subprocess.Popen(command, start_new_session=True)
    try:
        wait_for(daemon, port)
        # git's way to say: fetch what has this address from there.
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.git://127.0.0.1:{port}/repository.insteadOf")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"https://github.com/{name}")
        yield git
    finally:
        os.killpg(daemon.pid, signal.SIGTERM)
        daemon.wait()


def wait_for(daemon, port, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and daemon.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"git daemon does not answer at port {port}")


def versions(python):
    listed = subprocess.check_output([python, "-m", "pip", "list", "--disable-pip-version-check", "--format=json"])
    return {package["name"]: package["version"] for package in json.loads(listed)}


def run(colab, notebook):
    """Run a notebook as Colab does, in the empty folder; return how it went, and its cells of code with what they said."""
    result = colab.folder.parent / "result.ipynb"
    finished = subprocess.run([colab.python, "-c", RUN, notebook, colab.folder, result], capture_output=True, text=True)
    cells = json.loads(result.read_text(encoding="utf-8"))["cells"]
    return finished, [cell for cell in cells if cell["cell_type"] == "code"]


def said(cell):
    return "".join("".join(output.get("text", "")) for output in cell["outputs"])


def test_the_first_notebook_runs_and_no_package_is_changed(colab, served):
    before = versions(colab.python)
    finished, cells = run(colab, TOP / "notebooks" / "01_recognize_actions.ipynb")
    assert finished.returncode == 0, said(cells[0]) + finished.stderr
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert (colab.folder / "i3d-tutorial" / "helpers").is_dir()

    after = versions(colab.python)
    assert {name: after.get(name) for name in before} == before
    assert "pooch" in after.keys() - before.keys()
    assert "installed pooch" in said(cells[0])
    assert "left cryptography 43.0.3 as it is" in said(cells[0])
    assert "aia-chaser is missing (completes" in said(cells[0]) and "aia-chaser" not in after


def test_without_its_tag_it_stops_and_says_so(colab, served):
    tag = place()[1]
    subprocess.run([*served, "tag", "--delete", tag], check=True, stdout=subprocess.DEVNULL)
    finished, cells = run(colab, TOP / "notebooks" / "01_recognize_actions.ipynb")
    assert finished.returncode != 0
    assert f"Remote branch {tag} not found" in said(cells[0])
    assert "this notebook needs its repository around it" in finished.stderr
