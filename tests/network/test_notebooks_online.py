"""The cells of the notebooks that download: run against a server on 127.0.0.1, and without one."""

import re
import shutil
import socket
import time

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support import TOP
from tests.support.ucf101 import CLASSIC, NAMES, allow_private_issuers, cache_of_its_own, real_or_sample_clips, serve_ucf101

SET_UP = ["set-up-code", "set-up-imports"]
PREDICT = ["play-the-cartwheel", "predict-the-cartwheel"]
CLIPS = ["show-the-classic", "show-a-random-clip", "show-another-random-clip"]
TIMELINE = ["your-video", "example-video", "predict-the-timeline", "print-the-timeline", "annotate-the-video"]


@pytest.fixture
def tutorial(tmp_path, monkeypatch):
    """A copy of the tutorial, whose cache has no clips."""
    for folder in ("helpers", "notebooks", "samples"):
        shutil.copytree(TOP / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    allow_private_issuers(tmp_path)
    for name, value in cache_of_its_own(tmp_path / "cache").items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def server(tutorial, monkeypatch):
    with serve_ucf101(tutorial) as (server, variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield server


def run(tutorial, name, ids, replace=("", "")):
    """Run the cells of these names, with one piece of code replaced; return what each showed: its text and its HTML."""
    notebook = nbformat.read(tutorial / "notebooks" / f"{name}.ipynb", as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id in ids]
    assert [cell.id for cell in notebook.cells] == ids
    for cell in notebook.cells:
        cell.source = cell.source.replace(*replace)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": tutorial / "notebooks"}}).execute()
    return {cell.id: "\n".join(map(shown, cell.outputs)) for cell in notebook.cells}


def shown(output):
    data = output.get("data", {})
    return output.get("text", "") + data.get("text/plain", "") + data.get("text/html", "")


def test_videos_of_ucf101_are_listed_played_and_recognized(tutorial, server):
    outputs = run(tutorial, "01_recognize_actions", [*SET_UP, *PREDICT, "list-ucf101", *CLIPS])
    assert "13,320 videos in 101 categories" in outputs["list-ucf101"]
    assert outputs["list-ucf101"].count("<tr><td>") == 101
    names = [re.search(r"^v_\w+\.avi$", outputs[cell], flags=re.M).group() for cell in CLIPS]
    assert names[0] == CLASSIC and set(names) <= set(NAMES)
    assert {request.path for request, _ in server.log} == {"/UCF101/", *(f"/UCF101/{name}" for name in names)}
    for cell in CLIPS:
        assert "data:image/gif;base64" in outputs[cell] and "Top actions:" in outputs[cell]
    if any(clip.name.startswith("v_CricketShot") for clip in real_or_sample_clips()):
        assert "Top actions:\n  playing cricket" in outputs["show-the-classic"]


def test_a_server_that_is_silent_delays_the_notebook_by_seconds(tutorial, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("UCF101_ROOT", f"https://127.0.0.1:{silent.getsockname()[1]}/UCF101/")
        start = time.monotonic()
        run(tutorial, "01_recognize_actions", SET_UP)
        without = time.monotonic() - start
        outputs = run(tutorial, "01_recognize_actions", [*SET_UP, "list-ucf101"])
        assert time.monotonic() - start - 2 * without < 20
    assert outputs["list-ucf101"].startswith("UCF101 cannot be reached from here")
    assert "44 videos in 11 categories" in outputs["list-ucf101"]


def test_a_video_from_a_web_address_gets_a_timeline(tutorial, server):
    """Over the same connection that cannot be verified without the missing certificate."""
    line = f'video = fetch_video("{server.url_for(f"/UCF101/{CLASSIC}")}")'
    outputs = run(tutorial, "04_your_own_video", [*SET_UP, *TIMELINE], replace=('video = ""', line))
    assert outputs["example-video"].strip().endswith(CLASSIC)
    assert re.search(r"\d:\d\d–\d:\d\d [a-z ]+ \d+%", outputs["print-the-timeline"])
    assert "data:video/mp4;base64" in outputs["annotate-the-video"]
