"""The file of labels in a learned model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

LABELS_NAME = "labels.txt"  # one label a line, in UTF-8


def write_labels(path: Path, labels: Sequence[str]) -> None:
    """Write a file with one label a line."""
    path.write_text("".join(f"{label}\n" for label in labels), encoding="utf-8", newline="\n")


def saved_labels(module: Any) -> list[str] | None:
    """Return the labels of a module that `helpers.models.learned.saving.save` wrote.

    Parameters
    ----------
    module : object
        What TensorFlow Hub loads.

    Returns
    -------
    list of str
        None if the module has no asset called `labels`.
    """
    path = getattr(getattr(module, "labels", None), "asset_path", None)
    return None if path is None else Path(path.numpy().decode()).read_text(encoding="utf-8").splitlines()
