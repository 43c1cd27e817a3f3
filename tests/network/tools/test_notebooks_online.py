"""The notebook cells and the script in docs/scale.md that download files, with a server on 127.0.0.1 and without one."""

import re
import shutil
import socket
import subprocess
import sys
import textwrap
import time

import nbformat
import pytest
from nbclient import NotebookClient

from helpers import samples
from helpers.clips.splits import parts
from tests.support import TOP
from tests.support.ucf101 import CLASSIC, NAMES, allow_private_issuers, cache_of_its_own, serve_ucf101

SET_UP = ["set-up-code", "set-up-imports"]
PREDICT = ["play-the-cartwheel", "predict-the-cartwheel"]
CRICKET = "predict-the-cricket-shot"  # where show_clip is defined
RANDOM = "show-a-random-clip"
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


def test_a_random_video_of_ucf101_is_played_and_recognized(tutorial, server):
    output = run(tutorial, "01_recognize_actions", [*SET_UP, *PREDICT, CRICKET, RANDOM])[RANDOM]
    assert "13,320 videos in 101 categories" in output
    assert output.count("<tr><td>") == 101
    name = re.search(r"^v_\w+\.avi$", output, flags=re.M).group()
    assert name in NAMES
    assert {request.path for request, _ in server.log} == {"/UCF101/", f"/UCF101/{name}"}
    assert "data:image/gif;base64" in output and "Top actions:" in output


def test_the_script_of_the_docs_learns_classes_that_both_networks_do_not_know(tutorial, gymnastics, movinet_cache):
    for file in movinet_cache.iterdir():
        if not (tutorial / "cache" / file.name).exists():
            shutil.copy(file, tutorial / "cache")
    [script] = re.findall(
        r"(?m)(^    from helpers import UCF101\n(?:    .*\n|\n)+)", (TOP / "docs" / "scale.md").read_text(encoding="utf-8")
    )
    finished = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=tutorial, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    i3d, movinet = finished.stdout.split("\nmovinet-a0 ")
    assert re.search(r"learned from the features +95\.0% .*, 19 of 20 clips", i3d)
    assert re.search(r"most frequent action +20\.0% .*, 4 of 20 clips", i3d)
    assert re.search(r"3 PommelHorse +· +· +3 +1 +· +75\.0%", i3d)
    assert all("20 clips, 20 groups, chance 0.200" in score for score in (i3d, movinet))
    assert len(gymnastics.log) == 1 + 45, "the list, and each clip once"
    groups = {parts(request.path.rpartition("/")[2])[1] for request, _ in gymnastics.log[1:]}
    assert groups == {*range(1, 5), *range(8, 13)}


def test_a_silent_server_delays_the_notebook_only_by_seconds(tutorial, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("UCF101_ROOT", f"https://127.0.0.1:{silent.getsockname()[1]}/UCF101/")
        start = time.monotonic()
        run(tutorial, "01_recognize_actions", [*SET_UP, *PREDICT, CRICKET])
        without = time.monotonic() - start
        outputs = run(tutorial, "01_recognize_actions", [*SET_UP, *PREDICT, CRICKET, RANDOM])[RANDOM]
        assert time.monotonic() - start - 2 * without < 20
    assert outputs.startswith("UCF101 cannot be reached from here")


def test_a_downloaded_video_gets_a_timeline(tutorial, server):
    """The connection cannot be verified without the missing certificate."""
    line = f'video = fetch_video("{server.url_for(f"/UCF101/{CLASSIC}")}")'
    outputs = run(tutorial, "02_your_own_video", [*SET_UP, *TIMELINE], replace=('video = ""', line))
    assert outputs["example-video"].strip().endswith(CLASSIC)
    assert re.search(r"\d:\d\d–\d:\d\d [a-z ]+ \d+%", outputs["print-the-timeline"])
    assert "data:video/mp4;base64" in outputs["annotate-the-video"]
