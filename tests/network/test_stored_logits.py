"""Logits that are read from a file instead of being computed, and when they are not."""

import json
import os

import pytest

from tests.support import TOP


@pytest.mark.long
def test_a_random_tenth_of_the_notebooks_logits_is_what_the_network_says(monkeypatch):
    """Notebook 03, with a tenth of its stored logits computed again; a difference is an error."""
    path = TOP / "notebooks" / "03_what_moves_a_prediction.ipynb"
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells[1:]]  # the first only finds the helpers
    code = "\n".join(sources)
    assert code.count("RECHECK = 0\n") == 1
    monkeypatch.chdir(path.parent)
    monkeypatch.setitem(os.environ, "REAL_CLIPS", "")
    notebook = {"Path": type(path)}
    exec(code.replace("RECHECK = 0\n", "RECHECK = 0.1\n"), notebook)
    for stored in (notebook["stored"], notebook["frame_stored"]):
        assert {key for _, key in stored.asked} == set(stored.stored), "the notebook asks for what is stored, and for all of it"
    assert len(notebook["stored"].rechecked) > 0.05 * len(notebook["stored"].stored)
