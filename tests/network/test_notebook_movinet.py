"""Notebooks 05 and 06 with and without MoViNet's weights: the same outputs where they are compared, and no error."""

import re

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from tests.support import TOP

NOTEBOOK = TOP / "notebooks" / "05_newer_models_live.ipynb"
TEACHING = TOP / "notebooks" / "06_teach_it_your_actions.ipynb"
TEACHABLE = ("teachable-machine-code", "without-a-camera-code", "fourth-side-code")
UNREACHABLE = """
from helpers.plumbing import movinet_files
movinet_files.TFHUB = movinet_files.KAGGLE = movinet_files.LABELS_600 = "https://127.0.0.1:1/{}"
"""
TIMES = "time-code"  # this cell loads I3D, and is another test's subject


def run(monkeypatch, cache, path=NOTEBOOK, only=()):
    """Run a notebook, or only some cells, with a cache and without the internet; return the text of each cell."""
    monkeypatch.setenv("I3D_CACHE", str(cache))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != TIMES and (not only or cell.id in only)]
    notebook.cells.insert(1 + [cell.id for cell in notebook.cells].index("set-up-code"), new_code_cell(UNREACHABLE))
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
    assert re.fullmatch(r"MoViNet is not available, .*could not be downloaded.*\n", outputs["load-movinet"])
    assert {name: outputs[name] for name in stored(compared=True)} == stored(compared=True)
    assert not "".join(outputs[name] for name in stored(compared=False).keys() - {"load-movinet", "live-code"})


def test_with_the_weights(monkeypatch, movinet_cache):
    outputs = run(monkeypatch, movinet_cache)
    assert outputs["load-movinet"].startswith("MoViNet-A0-Stream: 172 x 172 pixels at 5 frames per second, 600 labels")
    assert re.search(r"2\.4 s +cartwheeling", outputs["movinet-frame-by-frame"])
    [difference] = re.findall(r"frame by frame: ([\d.]+)", outputs["movinet-same-logits"])
    assert float(difference) < 1e-3
    assert outputs["movinet-states"].startswith("11 stream buffers")
    assert "state_block2_layer0_stream_buffer [1, 4," in outputs["movinet-states"]
    assert "Live camera" in outputs["live-code"]
    assert {name: outputs[name] for name in stored(compared=True)} == stored(compared=True)


def teach(monkeypatch, cache):
    """Run the cells of the teachable machine; return their texts."""
    outputs = run(monkeypatch, cache, TEACHING, ("set-up-code", "set-up-imports", *TEACHABLE))
    return [outputs[name] for name in TEACHABLE]


def test_the_teachable_machine_learns_from_a_folder(monkeypatch, movinet_cache):
    assert teach(monkeypatch, movinet_cache) == [
        "Teachable machine: run this cell in JupyterLab or Colab to use it.",
        "9 of 9 clips correct, chance 33%\n",
        "Crawl: Crawl\nDance: Dance\nJump: Jump\n",
    ]


def test_the_teachable_machine_without_the_weights(monkeypatch, tmp_path):
    _, learned, named = teach(monkeypatch, tmp_path)
    assert learned.startswith("MoViNet is not available. ") and "could not be downloaded" in learned
    assert not named
