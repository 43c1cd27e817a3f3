"""Real clips whose logits were measured and are stored: I3D's predictions for real video, offline.

The clips themselves are not in the repository; samples/REAL_CLIPS.md says what they are and how they were chosen.
"""

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .comparison import Comparison
from .kinetics import kinetics_labels
from .prediction import softmax

SAMPLES = Path(__file__).parent.parent / "samples"
CLIPS_FILE, LOGITS_FILE = SAMPLES / "real_clips.tsv", SAMPLES / "real_clips.npz"


class RealClip(NamedTuple):
    """A real clip: what it shows, and where it comes from.

    Attributes
    ----------
    name : str
        Name of the file.
    action : str
        The action, as its dataset calls it.
    label : str
        Its label among the 400.
    also_accepted : tuple of str
        Other labels that name what the clip shows; they count for `Comparison.count_accepted` only.
    group : str
        Clips of one recording have the same group.
    source : str
        "UCF101", "Kinetics-400", "HMDB51", "other", or "UT-Interaction".
    scene : str
        For UT-Interaction "car_park" or "lawn"; else empty.
    found_in : str
        Repository and path where the file was found.
    sha256 : str
        Hash of the file.
    frames : int
        Number of frames in the file.
    fps : float
        Frames per second of the file.
    """

    name: str
    action: str
    label: str
    also_accepted: tuple[str, ...]
    group: str
    source: str
    scene: str
    found_in: str
    sha256: str
    frames: int
    fps: float


def write(clips: Sequence[RealClip], logits: dict[str, np.ndarray], date: str, processor: str) -> None:
    """Write clips and their logits, float32 `[clips, 400]` for each condition, to `CLIPS_FILE` and `LOGITS_FILE`."""
    with CLIPS_FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(RealClip._fields)
        writer.writerows(clip._replace(also_accepted="|".join(clip.also_accepted)) for clip in clips)
    np.savez_compressed(
        LOGITS_FILE,
        titles=np.array(list(logits)),
        logits=np.array(list(logits.values()), np.float16),
        sha256=np.array([clip.sha256 for clip in clips]),
        fingerprint="i3d-kinetics-400-float32",
        date=date,
        processor=processor,
    )
