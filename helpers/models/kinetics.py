"""The names of the actions of Kinetics-400 and Kinetics-600.

Kay et al., "The Kinetics Human Action Video Dataset", 2017; Carreira et al., "A Short Note about Kinetics-600", 2018.
"""

import hashlib
from pathlib import Path

from .movinet.files import fetch_labels

LABELS_FILE = Path(__file__).parent / "kinetics_400_labels.txt"
LABELS_SHA256 = "e9f2806fe9109b851a80a74841244f6f8c9d10917fa0229cd82bab67f2f8e28f"

# The label of each sample action that has one; chosen by the name of the motion-capture recording, and for the kicks by its look.
SAMPLE_LABELS = {
    "Backflip": "somersaulting",
    "Cartwheel": "cartwheeling",
    "Jogging": "jogging",
    "SideKick": "side kick",
    "SpinKick": "high kick",
}


def kinetics_labels(classes: int = 400) -> list[str]:
    """Return the names of the actions, in the order of the outputs of I3D or MoViNet: `labels[i]` is that of `logits[:, i]`.

    Parameters
    ----------
    classes : int
        400 for I3D, or 600 for MoViNet and I3D's `rgb_scratch_kin600`. The 600 labels are downloaded on first use (9 kB).

    Raises
    ------
    ValueError
        If `kinetics_400_labels.txt` was changed, or `classes` is another number.
    DownloadError
        If the 600 labels cannot be downloaded.

    Examples
    --------
    >>> labels = kinetics_labels()
    >>> len(labels), labels[0], labels[-1]
    (400, 'abseiling', 'zumba')
    """
    if classes == 600:
        return fetch_labels().read_text(encoding="utf-8").splitlines()
    if classes != 400:
        raise ValueError(f"classes must be 400 (I3D) or 600 (MoViNet), not {classes}.")
    text = LABELS_FILE.read_text(encoding="utf-8", errors="replace")
    name = f"helpers/models/{LABELS_FILE.name}"
    found = hashlib.sha256(text.encode()).hexdigest()
    if found != LABELS_SHA256:
        raise ValueError(
            f"{name} was changed: its SHA-256 is {found}; expected {LABELS_SHA256}. Download the tutorial again, or, in a clone, "
            f"run in the tutorial's top folder: git checkout {name}"
        )
    return text.splitlines()
