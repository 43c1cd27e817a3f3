"""Notebooks 06 and 04 with and without MoViNet's weights: the same outputs where they are compared, and no error."""

import re

import nbformat
from nbclient import NotebookClient

from tests.support import TOP

NOTEBOOK = TOP / "notebooks" / "06_newer_and_live.ipynb"
TEACHING = TOP / "notebooks" / "04_teach_it_your_actions.ipynb"
TEACHABLE = ("teachable-machine-code", "without-a-camera-code")
TIMES = "time-code"  # this cell loads I3D, and is another test's subject


def run(monkeypatch, cache, path=NOTEBOOK, only=()):
    """Run a notebook, or only some cells, with a cache and without the internet; return the text of each cell."""
    monkeypatch.setenv("I3D_CACHE", str(cache))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # nothing listens there
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != TIMES and (not only or cell.id in only)]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": path.parent}}).execute()
    return {cell.id: text(cell) for cell in notebook.cells if cell.cell_type == "code"}


def text(cell):
    return "".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def stored(compared):
    """Return the stored text of each cell that nbval compares, or of each that it does not."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code" and cell.id != TIMES]
    return {cell.id: text(cell) for cell in cells if ("nbval-ignore-output" in cell.metadata.get("tags", [])) != compared}


def test_without_the_weights(monkeypatch, tmp_path):
    outputs = run(monkeypatch, tmp_path)
    assert re.fullmatch(r"(?s)MoViNet is not available, .*could not be downloaded.*\n", outputs["load-movinet"])
    assert {name: outputs[name] for name in stored(compared=True)} == stored(compared=True)
    assert re.search(r"2\.4 s +cartwheeling", outputs["movinet-frame-by-frame"])
    assert "Without MoViNet there is no live camera" in outputs["live-code"]


def test_with_the_weights(monkeypatch, movinet_cache):
    outputs = run(monkeypatch, movinet_cache)
    assert outputs["load-movinet"].startswith("MoViNet-A0-Stream: 172 x 172 pixels at 5 frames per second, 600 labels")
    assert re.search(r"2\.4 s +cartwheeling", outputs["movinet-frame-by-frame"])
    assert "Live camera" in outputs["live-code"]
    assert {name: outputs[name] for name in stored(compared=True)} == stored(compared=True)


def teach(monkeypatch, cache):
    """Run the cells of the teachable machine; return the texts of both."""
    outputs = run(monkeypatch, cache, TEACHING, ("set-up-code", "set-up-imports", *TEACHABLE))
    return [outputs[name] for name in TEACHABLE]


def test_notebook_04_with_the_weights(monkeypatch, movinet_cache):
    widget, score = teach(monkeypatch, movinet_cache)
    assert widget == "Teachable machine: run this cell in JupyterLab or Colab to use it."
    assert score.startswith("accuracy 1.000 (") and ", 9 clips, 9 groups, chance 0.333, best baseline " in score


def test_notebook_04_without_the_weights(monkeypatch, tmp_path):
    _, learned = teach(monkeypatch, tmp_path)
    assert learned.startswith("MoViNet is not available. ") and "could not be downloaded" in learned
