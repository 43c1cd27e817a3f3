"""What the fault tests share."""

import time
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

SECRET = "t0psecret"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of the test's own, with the cache in it: an error that names it is noticed."""
    home = tmp_path / "home"
    home.mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    monkeypatch.setenv("I3D_CACHE", str(home / "cache"))
    return home


@pytest.fixture
def cache(home):
    """An empty cache, for one test."""
    return home / "cache"


@pytest.fixture
def no_waiting(monkeypatch):
    """Pauses between tries take no time; the list of them, in seconds."""
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


@pytest.fixture(scope="session")
def make_httpserver():
    """The web server of `httpserver`, answering several at a time, so that one who waits holds up nobody."""
    with HTTPServer(threaded=True) as server:
        yield server


def files(folder):
    """Return the names of the files in a folder, but for locks, which are empty and stay."""
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file() and path.suffix != ".lock")


def assert_clear(error, home):
    """Assert that an error is one sentence or a few, and gives away neither where the reader lives nor what opens a door."""
    for shown in (str(error), *(str(cause) for cause in shown_causes(error))):
        assert str(home) not in shown, shown
        assert SECRET not in shown, shown
    message = str(error)
    assert 30 < len(message) < 700 and "\n" not in message and message[-1] in ".!?", message


def shown_causes(error):
    """Yield the errors that Python shows above this one."""
    while error := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        yield error
