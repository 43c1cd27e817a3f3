"""The names of the 400 actions of Kinetics-400.

Kay et al., "The Kinetics Human Action Video Dataset", 2017.
"""

import hashlib
from pathlib import Path

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


def kinetics_labels() -> list[str]:
    """Return the names of the 400 actions, in the order of I3D's outputs.

    Returns
    -------
    list of str
        `labels[i]` is the action of `logits[:, i]`.

    Raises
    ------
    ValueError
        If helpers/kinetics_400_labels.txt was changed.

    Examples
    --------
    >>> labels = kinetics_labels()
    >>> len(labels), labels[0], labels[-1]
    (400, 'abseiling', 'zumba')
    """
    text = LABELS_FILE.read_text(encoding="utf-8")
    found = hashlib.sha256(text.encode()).hexdigest()
    if found != LABELS_SHA256:
        raise ValueError(
            f"helpers/{LABELS_FILE.name} was changed (SHA-256 {found}, needed {LABELS_SHA256}). Download the tutorial again, or, "
            f"in a clone, run in the tutorial's top folder: git checkout helpers/{LABELS_FILE.name}"
        )
    return text.splitlines()
