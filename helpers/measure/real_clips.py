"""I3D's stored predictions for real clips, available offline and without the clips.

The clips themselves are not in the repository; samples/REAL_CLIPS.md describes them and how they were chosen.
"""

import csv
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..basics.files import replacing, restorable
from ..clips.datasets import SAMPLES
from ..models.kinetics import kinetics_labels
from ..predictions.prediction import softmax
from .comparison import Comparison

CLIPS_FILE, LOGITS_FILE = SAMPLES / "real_clips.tsv", SAMPLES / "real_clips.npz"
FOUND = ("UCF101", "Kinetics-400", "HMDB51", "other")  # the 24 clips that were found in public repositories


class RealClip(NamedTuple):
    """A real clip: what it shows, and where it comes from."""

    name: str  # of the file
    action: str  # as named in its dataset
    label: str  # among the 400
    also_accepted: tuple[str, ...]  # other labels that also describe it; only `Comparison.count_accepted` counts them
    group: str  # clips from the same recording have the same group
    source: str  # one of `FOUND`, or "UT-Interaction"
    scene: str  # "car_park" or "lawn" for UT-Interaction; otherwise empty
    found_in: str  # repository and path where the file was found
    sha256: str
    frames: int
    fps: float


def real_clips(*sources: str | None) -> Comparison:
    """Return I3D's stored predictions for real clips, unchanged and under nine other conditions.

    Parameters
    ----------
    *sources : str
        "UCF101", "Kinetics-400", "HMDB51", "other" (these four, `FOUND`, are the 24 clips that were found in public
        repositories), or "UT-Interaction" (40 clips of people acting for the camera). By default, all 64 clips.

    Returns
    -------
    Comparison
        `clips` is a list of `RealClip`. Each condition uses the same part of a clip, the middle 2.56 seconds, or all of a shorter
        clip:

        - "unchanged": as `read_video` returns it, at 25 frames per second.
        - "frozen" at the middle frame; "shuffled"; "reversed"; "twice as fast" (every second frame, twice over).
        - "values in [0, 1]"; "whole square" (`crop_fraction` 1); "both" of these, as older tutorials do.
        - "file's frame rate": without resampling.
        - "frame by frame": another model, `FrameByFrame`, on the unchanged clip.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file is missing; if the files are damaged or do not match, or a source is unknown.

    Examples
    --------
    >>> real_clips("UT-Interaction").clips[0].label
    'hugging'
    """
    clips, logits, labels = read_clips(), read_logits(), kinetics_labels()
    with restorable(LOGITS_FILE, CLIPS_FILE):
        if [clip.sha256 for clip in clips] != logits["sha256"].tolist():
            raise ValueError(f"it and {CLIPS_FILE.name} do not describe the same clips")
    known = list(dict.fromkeys(clip.source for clip in clips))
    wanted = [source for source in sources if source is not None] or known
    if unknown := [source for source in wanted if source not in known]:
        raise ValueError(f"{unknown[0]!r} is not a source of real clips. Choose from {', '.join(map(repr, known))}.")
    chosen = [i for i, clip in enumerate(clips) if clip.source in wanted]
    clips = [clips[i] for i in chosen]
    rows = logits["logits"][:, chosen].astype(np.float32)
    true_indices = np.array([labels.index(clip.label) for clip in clips])
    accepted = [[labels.index(label) for label in clip.also_accepted] for clip in clips]
    return Comparison(dict(zip(logits["titles"].tolist(), softmax(rows))), true_indices, clips, accepted)


def read_clips() -> list[RealClip]:
    """Read `CLIPS_FILE`; see `real_clips` for the errors."""
    labels = set(kinetics_labels())

    def to_clip(row):
        accepted = tuple(filter(None, row["also_accepted"].split("|")))
        if unknown := {row["label"], *accepted} - labels:
            raise ValueError(f"{min(unknown, key=str)!r} is not among the 400 labels")
        return RealClip(**{**row, "also_accepted": accepted, "frames": int(row["frames"]), "fps": float(row["fps"])})

    with restorable(CLIPS_FILE), CLIPS_FILE.open(encoding="utf-8", newline="") as file:
        return [to_clip(row) for row in csv.DictReader(file, delimiter="\t")]


def read_logits() -> dict[str, np.ndarray]:
    """Read `LOGITS_FILE`, whose `logits` are float16 `[conditions, clips, 400]`; see `real_clips` for the errors."""
    with restorable(LOGITS_FILE):
        with np.load(LOGITS_FILE) as file:
            logits = {name: file[name] for name in ("titles", "logits", "sha256", "fingerprint", "date", "processor")}
        shape = (len(logits["titles"]), len(logits["sha256"]), len(kinetics_labels()))
        if logits["logits"].shape != shape or not np.isfinite(logits["logits"]).all():
            raise ValueError(f"logits are {logits['logits'].shape}; expected {shape}, all finite")
    return logits


def write(clips: Sequence[RealClip], logits: dict[str, np.ndarray], **measurement: Any) -> None:
    """Write clips and their logits, float32 `[clips, 400]` for each condition, to `CLIPS_FILE` and `LOGITS_FILE`.

    `measurement` has `fingerprint` (of the model), `date` and `processor`.
    """
    with replacing(CLIPS_FILE) as table, replacing(LOGITS_FILE) as arrays:
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow(RealClip._fields)
            writer.writerows([*clip[:3], "|".join(clip.also_accepted), *clip[4:]] for clip in clips)
        np.savez_compressed(
            arrays,
            titles=np.array(list(logits)),
            logits=np.array(list(logits.values()), np.float16),
            sha256=np.array([clip.sha256 for clip in clips]),
            **measurement,
        )
