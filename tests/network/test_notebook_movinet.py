"""Notebook 05 with and without MoViNet's weights: the same outputs where they are compared, and no error."""

import re

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from tests.support import TOP

NOTEBOOK = TOP / "notebooks" / "05_newer_models_live.ipynb"
UNREACHABLE = """
from helpers.plumbing import movinet_files
movinet_files.TFHUB = movinet_files.KAGGLE = movinet_files.LABELS_600 = "https://127.0.0.1:1/{}"
"""
TIMES = "time-code"  # this cell loads I3D, and is another test's subject


def run(monkeypatch, cache):
    """Run the notebook with a cache and without the internet; return the text of each cell."""
    monkeypatch.setenv("I3D_CACHE", str(cache))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != TIMES]
    notebook.cells.insert(1 + [cell.id for cell in notebook.cells].index("set-up-code"), new_code_cell(UNREACHABLE))
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": NOTEBOOK.parent}}).execute()
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
