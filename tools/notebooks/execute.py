"""Execute every notebook and store its outputs and the logits that notebook 05 reads: make notebooks.

All stored outputs come from this program.
"""

import argparse
import contextlib
import copy
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from helpers.measure.stored_logits import FRAME_LOGITS, SAMPLE_LOGITS

TOP = Path(__file__).resolve().parents[2]
# No progress bars, no real clips, and no connection to UCF101, so that all readers get the same outputs.
ENVIRONMENT = {
    "TQDM_DISABLE": "1",
    "REAL_CLIPS": "",
    "REAL_ACTIONS": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "UCF101_ROOT": "https://ucf101.invalid/",
}
SAVE = "stored.save(model); frame_stored.save(frame_model)"


@contextlib.contextmanager
def without_stored_logits() -> Iterator[None]:
    """Hide the stored logits, so that they are recomputed; restore them if that fails."""
    stored = [path for path in (SAMPLE_LOGITS, FRAME_LOGITS) if path.exists()]
    for path in stored:
        path.replace(path.with_suffix(".hidden"))
    try:
        yield
    finally:
        for path in stored:
            if not path.exists():
                path.with_suffix(".hidden").replace(path)
            path.with_suffix(".hidden").unlink(missing_ok=True)


def drop_footage(notebook: nbformat.NotebookNode) -> None:
    """Remove the animations of cells that are not compared: they differ each time, and may show real people from UCF101.

    Their description stays, and says so to those who read the notebook without running it.
    """
    for cell in notebook.cells:
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if "data:image/gif" in output.get("data", {}).get("text/html", ""):
                    output.data = {"text/plain": f"{output.data['text/plain']} (not stored: run this cell to watch it)"}


def drop_widgets(notebook: nbformat.NotebookNode) -> None:
    """Remove widgets, which show an error in a kernel that did not create them; their text stays."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


def join_streams(notebook: nbformat.NotebookNode) -> None:
    """Join what a cell printed in several parts, one after another: how many there are depends on the computer's speed."""
    for cell in notebook.cells:
        joined: list[nbformat.NotebookNode] = []
        for output in cell.get("outputs", []):
            if joined and output.output_type == joined[-1].output_type == "stream" and output.name == joined[-1].name:
                joined[-1].text += output.text
            else:
                joined.append(output)
        if "outputs" in cell:
            cell.outputs = joined


def execute(path: Path, recompute: bool) -> None:
    """Execute a notebook in its own folder and save it. If a cell fails, the file is not changed."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
    metadata = copy.deepcopy(notebook.metadata)  # the client adds this Python's version
    uses_stored_logits = any("StoredLogits(" in cell.source for cell in notebook.cells)
    if uses_stored_logits:
        notebook.cells.append(nbformat.v4.new_code_cell(SAVE))
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
        resources={"metadata": {"path": path.parent}},
    )
    with without_stored_logits() if uses_stored_logits and recompute else contextlib.nullcontext():
        client.execute()
    if uses_stored_logits:
        notebook.cells.pop()
    notebook.metadata = metadata
    drop_footage(notebook)
    drop_widgets(notebook)
    join_streams(notebook)
    nbformat.write(notebook, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="notebook files (default: all)")
    parser.add_argument("--recompute", action="store_true", help="recompute the stored logits (10 to 15 minutes)")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    for path in options.notebooks or sorted((TOP / "notebooks").glob("*.ipynb")):
        print(path.name, flush=True)
        execute(path, options.recompute)


if __name__ == "__main__":
    sys.exit(main())
