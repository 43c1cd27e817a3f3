"""The labels of a learned model, and its card: what it was trained on, how it scored, and the hashes of its files."""

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...basics.cache import file_sha256
from ...basics.messages import ModelError

CARD = "model_card.json"
FORMAT = 2  # increase it when models that were saved before can no longer be loaded
FILES_WITHOUT_LIST = {  # of models of format 1, whose cards contain no list
    *("network.tflite", "classifier.npz", "labels.txt"),
    *("saved_model.pb", "fingerprint.pb", "assets/labels.txt"),
    *("variables/variables.index", "variables/variables.data-00000-of-00001"),
}
BY_SYSTEM = {".DS_Store", "Thumbs.db", "desktop.ini"}  # written by file managers
ADVICE = "Copy the whole folder again, or learn its actions again."


def write_labels(path: Path, labels: Sequence[str]) -> None:
    path.write_text("".join(f"{label}\n" for label in labels), encoding="utf-8", newline="\n")


def saved_labels(module: Any) -> list[str] | None:
    """Return the labels of a learned model that TensorFlow Hub loaded; None if it has no asset called `labels`."""
    path = getattr(getattr(module, "labels", None), "asset_path", None)
    return None if path is None else Path(path.numpy().decode()).read_text(encoding="utf-8").splitlines()


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write the card of a model, with the hashes of all files in its folder. Raises OSError, or ValueError if it contains NaN."""
    files = {name: file_sha256(folder / name) for name in sorted(names_in(folder))}
    text = json.dumps({**card, "format": FORMAT, "files": files}, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / CARD).write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))  # a file name may be invalid Unicode


def verify(folder: Path) -> None:
    """Raise ModelError unless the files of a learned model are those that were saved together, in this version's format.

    A model without hashes, saved by an older version of the tutorial, is accepted with a warning.
    """
    card = read_card(folder)
    if "files" not in card:
        warnings.warn(
            f"{folder} was saved by an older version of the tutorial, without hashes, and may preprocess clips "
            "differently: learn its actions again.",
            stacklevel=3,
        )
        return
    if card.get("format") != FORMAT:
        raise ModelError(f"{folder} has format {card.get('format')}, but this version of the tutorial reads {FORMAT}. {ADVICE}")
    for name, sha256 in card["files"].items():
        try:
            found = file_sha256(folder / name)
        except OSError as error:
            raise ModelError(f"{folder / name} cannot be read ({error.strerror}). {ADVICE}") from None
        if found != sha256:
            raise ModelError(f"{folder / name} was changed, or is from another model. {ADVICE}")


def read_card(folder: Path) -> dict[str, Any]:
    """Return the card of a model; raise ModelError if it is missing or damaged."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{folder / CARD} cannot be read ({error.strerror}). {ADVICE}") from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{folder / CARD} is damaged ({error}). {ADVICE}") from None
    if not isinstance(card, dict) or not isinstance(card.get("files", {}), dict):
        raise ModelError(f"{folder / CARD} is damaged (it is not the card of a model). {ADVICE}")
    return card


def foreign_files(folder: Path) -> list[str]:
    """Return the names of files in the folder of a model that were not saved with it, sorted."""
    own = read_card(folder).get("files", FILES_WITHOUT_LIST)
    return sorted(name for name in names_in(folder) if name not in own and Path(name).name not in BY_SYSTEM)


def names_in(folder: Path) -> list[str]:
    """Return the names, with slashes, of all files below a folder, except its card, and of all links."""
    names = []
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        names += [Path(parent, name).relative_to(folder).as_posix() for name in (*files, *links)]
    return [name for name in names if name != CARD]
