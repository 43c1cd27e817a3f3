"""The tutorial on Colab: a Python with the versions of Colab's packages, and a server of the repository."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections import namedtuple
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from pytest_httpserver import HTTPServer

from helpers import samples
from tests.support import TOP
from tests.support.environments import COLAB_PACKAGES, colab_packages, find_python, new_environment
from tests.support.live_kernel import BRIGHTNESS, show_camera
from tests.support.operating_systems import require_process_groups
from tests.support.servers import authority_with_intermediate, certificate_that_names_its_issuer, der, tls_context
from tests.support.upload_front_end import kernel, send_to_widget, upload_button
from tools.notebooks.repository import place

COLAB_PYTHON = "3.13"
# Without two that need no package that the others do not need; `make drift` runs them with old and new packages.
NOTEBOOKS = [path for path in sorted((TOP / "notebooks").glob("*.ipynb")) if path.stem[:2] not in ("03", "05")]
ISSUERS = "helpers.basics.certificates"  # the module with ALLOW_PRIVATE_ISSUERS
RUN = """
import sys, nbclient, nbformat
notebook, folder, result = sys.argv[1:]
notebook = nbformat.read(notebook, 4)
try:
    nbclient.NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": folder}}).execute()
finally:
    nbformat.write(notebook, result)
"""
FETCH = """
import importlib, sys
issuers, root, name = sys.argv[1:]
importlib.import_module(issuers).ALLOW_PRIVATE_ISSUERS = True
from helpers import UCF101
print(UCF101(root)[name])
"""
Colab = namedtuple("Colab", "python folder")


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A Python with Colab's packages that loads the extension google.colab in notebooks."""
    base = find_python(COLAB_PYTHON)
    if base is None:
        pytest.skip(f"needs Python {COLAB_PYTHON}, as on Colab")
    folder = tmp_path_factory.mktemp("colab") / "python"
    # Without dependencies, because Colab does not have all of them: its IPython lacks jedi.
    python = new_environment(folder, base, "--no-deps", "--requirement", COLAB_PACKAGES)
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    module = Path(subprocess.check_output([python, "-c", code], text=True).strip()) / "google" / "colab"
    module.mkdir(parents=True)
    (module / "__init__.py").write_text("def load_ipython_extension(shell): pass\n")
    (folder / "etc" / "ipython").mkdir(parents=True, exist_ok=True)
    (folder / "etc" / "ipython" / "ipython_config.py").write_text("c.InteractiveShellApp.extensions = ['google.colab']\n")
    yield python
    shutil.rmtree(folder)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.delenv("REAL_CLIPS", raising=False)  # not available on Colab
    folder = tmp_path / "content"
    folder.mkdir()
    return folder


@pytest.fixture
def colab(packages, folder):
    """The Python without packages from earlier tests, as in a new session."""
    extra = versions(packages).keys() - colab_packages().keys()
    if extra:
        subprocess.run([packages, "-m", "pip", "uninstall", "--quiet", "--yes", *extra], check=True)
    return Colab(packages, folder)


@pytest.fixture
def complete(packages, folder):
    """The Python with what the first cell of a notebook installs, unless an earlier test has installed it."""
    subprocess.run([packages, TOP / "tools" / "setup" / "install_missing.py"], check=True)
    return Colab(packages, folder)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Serve the files of the working folder with a tag, at the address in the first cell; the start of a git command."""
    require_process_groups()
    name, tag = place()
    repository = tmp_path / "served" / "repository"
    shutil.copytree(TOP, repository, ignore=shutil.ignore_patterns(".git", ".venv", "build", "__pycache__"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)  # not the reader's own settings
    git = ["git", "-C", repository, "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Working folder"], ["tag", tag]):
        subprocess.run([*git, *command], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={repository.parent}"]
    daemon = subprocess.Popen(command, start_new_session=True)
    try:
        wait_for(daemon, port)
        # git then requests the repository's address from the daemon.
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.git://127.0.0.1:{port}/repository.insteadOf")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"https://github.com/{name}")
        yield git
    finally:
        os.killpg(daemon.pid, signal.SIGTERM)
        daemon.wait()


def wait_for(daemon, port, seconds=60):
    """Wait until a daemon accepts connections."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and daemon.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"git daemon does not accept connections at port {port}")


def versions(python):
    """Return {package: version} of a Python."""
    listed = subprocess.check_output([python, "-m", "pip", "list", "--disable-pip-version-check", "--format=json"])
    return {canonicalize_name(package["name"]): package["version"] for package in json.loads(listed)}


def run(colab, notebook):
    """Run a notebook in the working folder; return the finished process and the text output of each code cell."""
    result = colab.folder.parent / "result.ipynb"
    finished = subprocess.run([colab.python, "-c", RUN, notebook, colab.folder, result], capture_output=True, text=True)
    return finished, text_outputs(result)


def text_outputs(notebook):
    """Return the text output of each code cell that is compared, without progress bars."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    compared = [cell for cell in cells if "nbval-ignore-output" not in cell["metadata"].get("tags", [])]
    return ["".join(map(text, cell["outputs"])) for cell in compared if cell["cell_type"] == "code"]


def text(output):
    data = output.get("data", {})
    is_widget = "application/vnd.jupyter.widget-view+json" in data
    return "" if is_widget else "".join(output.get("text") or data.get("text/plain", ""))


def test_the_first_cell_installs_what_is_missing_and_changes_no_package(colab, served):
    """It is the same in all notebooks."""
    assert versions(colab.python) == colab_packages()
    finished, (first, *others) = run(colab, NOTEBOOKS[0])
    assert finished.returncode == 0, first + finished.stderr
    assert first.split()[1::2] == ["ai-edge-litert", "av", "distributed", "aia-chaser"]
    assert set(first.split()[::2]) == {"installed"}
    assert others == text_outputs(NOTEBOOKS[0])[1:]
    assert (colab.folder / "i3d-tutorial" / "helpers").is_dir()
    after = versions(colab.python)
    assert after.pop("aia-chaser") and after.pop("ai-edge-litert") and after.pop("av")
    assert after.pop("distributed") == after["dask"], "the only version that fits"
    for name in ("sortedcontainers", "tblib", "zict"):  # distributed depends on them
        after.pop(name)
    after.pop("backports-strenum", None)  # ai-edge-litert needs it on older Pythons
    assert after == colab_packages()


@pytest.mark.parametrize("notebook", NOTEBOOKS[1:], ids=lambda path: path.stem)
def test_a_notebook_prints_its_stored_output(notebook, complete, served):
    finished, (first, *others) = run(complete, notebook)
    assert finished.returncode == 0, first + finished.stderr
    assert (first, others) == ("", text_outputs(notebook)[1:])


def test_a_notebook_stops_with_an_error_if_the_tag_is_missing(complete, served):
    tag = place()[1]
    subprocess.run([*served, "tag", "--delete", tag], check=True, stdout=subprocess.DEVNULL)
    finished, (first, *_) = run(complete, TOP / "notebooks" / "01_recognize_actions.ipynb")
    assert finished.returncode != 0
    assert f"Remote branch {tag} not found" in first
    assert "this notebook must be in its repository" in finished.stderr


def test_the_upload_button_works(complete):
    video = samples["v_Walk_g02_c01.avi"].read_bytes()
    with upload_button(complete.python, complete.folder) as upload:
        assert upload("../holiday.avi", video) == "Saved; to use it: video = 'holiday.avi'\n"
        assert "video = 'holiday-2.avi'" in upload("holiday.avi", video)
        assert "embedded null" in upload("\0.avi", video)
    contents = {path.name: path.read_bytes() for path in complete.folder.iterdir()}
    assert contents == {"holiday.avi": video, "holiday-2.avi": video}


def test_the_live_camera_works_and_says_that_the_kernel_is_at_google(complete):
    with kernel(complete.python, complete.folder) as client:
        camera = show_camera(client, BRIGHTNESS)
        assert "On Colab, the kernel runs on a Google machine." in camera["data"]["state"]["note"]
        assert send_to_widget(client, camera, {"type": "start", "session": "one"}) == []
        white = b"\xff" * (172 * 172 * 3)
        [reply] = send_to_widget(client, camera, {"type": "frame", "session": "one", "number": 1}, [white])
        assert (reply["type"], reply["number"], reply["top"][0][0]) == ("prediction", 1, "bright")


def test_ucf101_is_downloaded_from_a_server_without_its_intermediate_certificate(complete, tmp_path):
    name, clip = "v_CricketShot_g04_c02.avi", (TOP / "samples" / "v_Cartwheel_g01_c01.avi").read_bytes()
    root, intermediate = authority_with_intermediate()
    root.cert_pem.write_to_path(tmp_path / "root.pem")
    variables = {
        **os.environ,
        "I3D_CACHE": str(tmp_path / "cache"),
        "REQUESTS_CA_BUNDLE": str(tmp_path / "root.pem"),
        "PYTHONPATH": str(TOP),
    }
    with HTTPServer() as issuer:
        issuer.expect_request("/intermediate.der").respond_with_data(der(intermediate), content_type="application/pkix-cert")
        pair = certificate_that_names_its_issuer(intermediate, issuer.url_for("/intermediate.der"))
        with HTTPServer(host="127.0.0.1", ssl_context=tls_context(tmp_path, *pair)) as server:
            names = [name, "v_Archery_g01_c01.avi", "v_YoYo_g25_c05.avi"]
            server.expect_request("/UCF101/").respond_with_data("".join(f'<a href="{name}">{name}</a>' for name in names))
            server.expect_request(f"/UCF101/{name}").respond_with_data(clip)
            command = [complete.python, "-c", FETCH, ISSUERS, server.url_for("/UCF101/"), name]
            finished = subprocess.run(command, capture_output=True, text=True, env=variables)
            assert finished.returncode == 0, finished.stderr
            assert len(issuer.log) > 0, "the missing certificate was downloaded"
    assert Path(finished.stdout.strip()).read_bytes() == clip
