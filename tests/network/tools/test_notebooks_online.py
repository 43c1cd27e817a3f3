"""The notebook cells that download files, run with a server on 127.0.0.1 and without one."""

import re
import shutil
import socket
import time

import nbformat
import pytest
from nbclient import NotebookClient

from helpers import samples
from helpers.clips.splits import parts
from tests.support import TOP
from tests.support.ucf101 import CLASSIC, NAMES, allow_private_issuers, cache_of_its_own, real_or_sample_clips, serve_ucf101

SET_UP = ["set-up-code", "set-up-imports"]
PREDICT = ["play-the-cartwheel", "predict-the-cartwheel"]
CLIPS = ["show-the-classic", "show-a-random-clip"]
I3D = "features-of-a-clip"
UCF101_CELLS = ["truze-code", "ucf101-clips", "ucf101-i3d", "ucf101-movinet"]
TIMELINE = ["your-video", "example-video", "predict-the-timeline", "print-the-timeline", "annotate-the-video"]


@pytest.fixture
def tutorial(tmp_path, monkeypatch):
    """A copy of the tutorial with a cache that contains no clips."""
    for folder in ("helpers", "notebooks", "samples"):
        shutil.copytree(TOP / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    allow_private_issuers(tmp_path)
    for name, value in cache_of_its_own(tmp_path / "cache").items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def gymnastics(tutorial, monkeypatch):
    """A UCF101 of five classes, whose clips are those of sample actions; one clip shows the action of another class."""
    shown = dict(zip(["BalanceBeam", "ParallelBars", "PommelHorse", "StillRings", "UnevenBars"], sorted(samples.categories)))
    names = [f"v_{action}_g{group:02}_c{clip:02}.avi" for action in shown for group in range(1, 26) for clip in (1, 2)]

    def find(name):
        action, group = parts("v_StillRings_g02_c01.avi" if name == "v_PommelHorse_g03_c01.avi" else name)
        return samples[f"v_{shown[action]}_g{1 + group % 2:02}_c01.avi"]

    with serve_ucf101(tutorial, names, find) as (server, variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def server(tutorial, monkeypatch):
    with serve_ucf101(tutorial) as (server, variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield server


def run(tutorial, name, ids, replace=("", "")):
    """Run the cells with these IDs, with one string in their code replaced; return the text and HTML output of each."""
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


def test_new_classes_of_ucf101_are_learned_and_counted(tutorial, gymnastics):
    outputs = run(tutorial, "06_teach_it_your_actions", [*SET_UP, I3D, *UCF101_CELLS[:3]])
    assert "25 clips to learn from, 20 to test on, each of another group" in outputs["ucf101-clips"]
    groups = [*range(1, 5), *range(8, 13)]
    assert len(gymnastics.log) == 1 + 45, "the list, and each clip once"
    assert {parts(request.path.rpartition("/")[2])[1] for request, _ in gymnastics.log[1:]} == set(groups)
    score = outputs["ucf101-i3d"]
    assert re.search(r"learned from the features +95\.0% .*, 19 of 20 clips", score)
    assert re.search(r"most frequent action +20\.0% .*, 4 of 20 clips", score)
    assert re.search(r"3 PommelHorse +· +· +3 +1 +· +75\.0%", score)
    assert "20 clips, 20 groups, chance 0.200" in score


def test_both_networks_are_compared_on_the_same_clips(tutorial, gymnastics, movinet_cache):
    for file in movinet_cache.iterdir():
        if not (tutorial / "cache" / file.name).exists():
            shutil.copy(file, tutorial / "cache")
    outputs = run(tutorial, "06_teach_it_your_actions", [*SET_UP, I3D, *UCF101_CELLS])
    assert "MoViNet-A0-Stream accuracy 0.950" in outputs["ucf101-movinet"]
    assert "MoViNet against I3D: +0.0 percentage points (+0.0 to +0.0)" in outputs["ucf101-movinet"]
    assert len(gymnastics.log) == 1 + 45, "the clips were downloaded once"


def test_without_these_classes_the_cells_say_so(tutorial, monkeypatch):
    monkeypatch.setenv("UCF101_ROOT", str(TOP / "samples"))
    outputs = run(tutorial, "06_teach_it_your_actions", [*SET_UP, *UCF101_CELLS])
    assert outputs["ucf101-clips"].startswith("45 of 45 groups have no clip, such as BalanceBeam_g01")
    assert outputs["ucf101-clips"].endswith(". The next cells print nothing.\n")
    assert outputs["ucf101-i3d"] == outputs["ucf101-movinet"] == ""


def test_a_silent_server_delays_the_notebook_only_by_seconds(tutorial, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("UCF101_ROOT", f"https://127.0.0.1:{silent.getsockname()[1]}/UCF101/")
        start = time.monotonic()
        run(tutorial, "01_recognize_actions", SET_UP)
        without = time.monotonic() - start
        outputs = run(tutorial, "01_recognize_actions", [*SET_UP, "list-ucf101"])
        assert time.monotonic() - start - 2 * without < 20
    assert outputs["list-ucf101"].startswith("UCF101 cannot be reached from here")
    assert "44 videos in 11 categories" in outputs["list-ucf101"]


def test_a_downloaded_video_gets_a_timeline(tutorial, server):
    """The connection cannot be verified without the missing certificate."""
    line = f'video = fetch_video("{server.url_for(f"/UCF101/{CLASSIC}")}")'
    outputs = run(tutorial, "04_your_own_video", [*SET_UP, *TIMELINE], replace=('video = ""', line))
    assert outputs["example-video"].strip().endswith(CLASSIC)
    assert re.search(r"\d:\d\d–\d:\d\d [a-z ]+ \d+%", outputs["print-the-timeline"])
    assert "data:video/mp4;base64" in outputs["annotate-the-video"]
