"""The labels that a SavedModel contains as an asset."""

from pathlib import Path
from typing import Any

LABELS_NAME = "labels.txt"  # one label a line, in UTF-8


def saved_labels(module: Any) -> list[str] | None:
    """Return the labels of a module that `helpers.learned_model.save` wrote.

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
