"""Fixtures for all tests."""

import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

from tests.support import TOP


@pytest.fixture(scope="session")
def real_clips():
    """The folder of real clips that REAL_CLIPS names; without it, the test is skipped."""
    folder = os.environ.get("REAL_CLIPS")
    if not folder:
        pytest.skip("needs a folder of real clips; the variable REAL_CLIPS is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def checkpoint():
    """Path of the published weights in the reader's own cache."""
    from helpers.models.i3d.weights import fetch_checkpoint

    return fetch_checkpoint()


@pytest.fixture(scope="session")
def movinet_cache(tmp_path_factory):
    """A cache with MoViNet-A0 and its labels, from the folder that MODELS names or from the reader's own cache."""
    from helpers.basics.cache import file_sha256
    from helpers.models.movinet import files

    needed = {files.movinet_path("a0"): files.MOVINET_SHA256["a0"], files.labels_path(): files.LABELS_600_SHA256}
    cache = tmp_path_factory.mktemp("movinet")
    for path, sha256 in needed.items():
        source = Path(os.environ.get("MODELS") or path.parent) / path.name
        if not source.is_file() or file_sha256(source) != sha256:
            pytest.skip(f"{source.name} is neither in the cache nor in a folder that MODELS names, so MoViNet is not tested")
        shutil.copy(source, cache)
    return cache


@pytest.fixture
def movinet(movinet_cache, monkeypatch):
    """MoViNet-A0."""
    from helpers import load_movinet

    monkeypatch.setenv("I3D_CACHE", str(movinet_cache))
    return load_movinet()


@pytest.fixture(scope="session")
def model():
    from helpers import load_i3d

    return load_i3d()


@pytest.fixture(scope="session")
def keras_i3d():
    from helpers import load_keras_i3d

    return load_keras_i3d()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Path of an empty cache for one test."""
    monkeypatch.setenv("I3D_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def launch():
    """A function that starts Chromium or Chrome with some arguments.

    Closed after each module, because Playwright's event loop blocks asyncio in other tests.
    """
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if not program:
        pytest.skip("needs chromium, chromium-browser or google-chrome on the PATH; try: make chromium")
    with sync_playwright() as playwright:
        yield lambda *arguments: playwright.chromium.launch(executable_path=program, args=arguments)


@pytest.fixture(scope="module")
def browser(launch):
    """Headless Chromium or Chrome."""
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def screenshots():
    """Folder for screenshots, for people to look at."""
    folder = TOP / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def stop_button():
    """A function that interrupts this process after some seconds, as Jupyter's stop button does."""
    timers = []
    # Background processes of a shell script ignore SIGINT, so tests that run in one would ignore it, too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def press(seconds):
        timers.append(threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)))
        timers[-1].start()

    yield press
    for timer in timers:
        timer.cancel()
    signal.signal(signal.SIGINT, before)
