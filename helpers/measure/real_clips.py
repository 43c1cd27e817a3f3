"""I3D's stored predictions for real clips, available offline and without the clips.

The clips themselves are not in the repository; samples/REAL_CLIPS.md describes them and how they were chosen.
"""

import csv
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..basics.files import DAMAGED_NPZ, replacing
from ..clips.datasets import SAMPLES
from ..models.kinetics import kinetics_labels
from ..predictions.prediction import softmax
from .comparison import Comparison

CLIPS_FILE, LOGITS_FILE = SAMPLES / "real_clips.tsv", SAMPLES / "real_clips.npz"
FOUND = ("UCF101", "Kinetics-400", "HMDB51", "other")  # the 24 clips that were found in public repositories
RESTORE = (
    "Download the tutorial again, or, in a clone, run in the tutorial's top folder: "
    f"git checkout samples/{CLIPS_FILE.name} samples/{LOGITS_FILE.name}"
)


class RealClip(NamedTuple):
    """A real clip: what it shows, and where it comes from.

    Attributes
    ----------
    name : str
        Name of the file.
    action : str
        The action, as named in its dataset.
    label : str
        Its label among the 400.
    also_accepted : tuple of str
        Other labels that also describe the clip; only `Comparison.count_accepted` counts them.
    group : str
        Clips from the same recording have the same group.
    source : str
        "UCF101", "Kinetics-400", "HMDB51", "other", or "UT-Interaction".
    scene : str
        "car_park" or "lawn" for UT-Interaction; otherwise empty.
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
    ValueError
        If a source is unknown, or the files are damaged or do not match.
    FileNotFoundError
        If a file is missing.

    Examples
    --------
    >>> real_clips("UT-Interaction").clips[0].label
    'hugging'
    """
    clips, logits, labels = read_clips(), read_logits(), kinetics_labels()
    if [clip.sha256 for clip in clips] != logits["sha256"].tolist():
        raise ValueError(f"{CLIPS_FILE.name} and {LOGITS_FILE.name} do not describe the same clips. {RESTORE}")
    known = list(dict.fromkeys(clip.source for clip in clips))
    wanted = [source for source in sources if source is not None] or known
    if unknown := [source for source in wanted if source not in known]:
        raise ValueError(f"{unknown[0]!r} is not a source of real clips. Choose from {', '.join(map(repr, known))}.")
    chosen = [i for i, clip in enumerate(clips) if clip.source in wanted]
    clips = [clips[i] for i in chosen]
    rows = logits["logits"][:, chosen].astype(np.float32)
    return Comparison(
        dict(zip(logits["titles"].tolist(), softmax(rows))),
        np.array([labels.index(clip.label) for clip in clips]),
        [clip.group for clip in clips],
        [clip.action for clip in clips],
        [[labels.index(label) for label in clip.also_accepted] for clip in clips],
        clips,
    )


def read_clips() -> list[RealClip]:
    """Read `CLIPS_FILE`; see `real_clips` for the errors."""
    labels = set(kinetics_labels())
    try:
        with CLIPS_FILE.open(encoding="utf-8", newline="") as file:
            return [to_clip(row, labels) for row in csv.DictReader(file, delimiter="\t")]
    except FileNotFoundError:
        raise missing(CLIPS_FILE) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise damaged(CLIPS_FILE, error) from None


def to_clip(row, labels):
    """Return a row of `CLIPS_FILE` as a clip; raise ValueError, KeyError, TypeError or AttributeError if it is not one."""
    accepted = tuple(filter(None, row["also_accepted"].split("|")))
    if unknown := {row["label"], *accepted} - labels:
        raise ValueError(f"{min(unknown, key=str)!r} is not among the 400 labels")
    return RealClip(**{**row, "also_accepted": accepted, "frames": int(row["frames"]), "fps": float(row["fps"])})


def read_logits() -> dict[str, np.ndarray]:
    """Read `LOGITS_FILE`, whose `logits` are float16 `[conditions, clips, 400]`; see `real_clips` for the errors."""
    try:
        with np.load(LOGITS_FILE) as file:
            logits = {name: file[name] for name in ("titles", "logits", "sha256", "fingerprint", "date", "processor")}
    except FileNotFoundError:
        raise missing(LOGITS_FILE) from None
    except DAMAGED_NPZ as error:
        raise damaged(LOGITS_FILE, error) from None
    shape = (len(logits["titles"]), len(logits["sha256"]), len(kinetics_labels()))
    if logits["logits"].shape != shape or not np.isfinite(logits["logits"]).all():
        raise damaged(LOGITS_FILE, f"logits are {logits['logits'].shape}; expected {shape}, all finite")
    return logits


def missing(path):
    return FileNotFoundError(f"samples/{path.name} is missing. {RESTORE}")


def damaged(path, problem):
    return ValueError(f"samples/{path.name} is damaged ({problem}). {RESTORE}")


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
