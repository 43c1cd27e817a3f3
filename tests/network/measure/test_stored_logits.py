"""The stored logits of the sample clips are those of I3D."""

import json
import os

import pytest

from tests.support import TOP


@pytest.mark.long
def test_a_random_fortieth_of_the_notebooks_logits_is_reproduced(monkeypatch):
    """Run notebook 05 and recompute a fortieth of its stored logits; a difference is an error."""
    path = TOP / "notebooks" / "05_do_not_fool_yourself.ipynb"
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells[1:]]  # the first cell finds the helpers
    code = "\n".join(sources)
    assert code.count("RECHECK = 0\n") == 1
    monkeypatch.chdir(path.parent)
    monkeypatch.setitem(os.environ, "REAL_CLIPS", "")
    notebook = {"Path": type(path)}
    exec(code.replace("RECHECK = 0\n", "RECHECK = 0.025\n"), notebook)
    for stored in (notebook["stored"], notebook["frame_stored"]):
        assert {key for _, key in stored.used} == set(stored.stored), "the notebook uses all stored logits, and no others"
    assert len(notebook["stored"].rechecked) > 0.01 * len(notebook["stored"].stored)
