"""MoViNet-A0 and I3D on the same clips, measured once and stored: a comparison that needs neither of the networks.

`tools/notebooks/measure_movinet.py` writes the file. It has 23 of the real clips of `real_clips`: those found in public
repositories whose label Kinetics-600 has by the same name. And the 20 rendered samples whose action is among the labels.
For the action Backflip, I3D's label is *somersaulting*, and MoViNet's is *backflip (human)*, which Kinetics-400 lacks.
MoViNet's was chosen after its predictions were seen; with *somersaulting*, no back flip is correct.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..basics.files import replacing, restorable
from ..clips.datasets import SAMPLES
from ..models.kinetics import kinetics_labels
from ..predictions.prediction import softmax
from .comparison import UNCHANGED, Comparison
from .real_clips import real_clips

FILE = SAMPLES / "movinet_clips.npz"
CLASSES = {"movinet": 600, "i3d": 400}
KINDS = ("real", "rendered")
MOVINET_LABELS = {"Backflip": "backflip (human)"}  # where Kinetics-600 has a better label for an action than Kinetics-400


class MeasuredClip(NamedTuple):
    """A clip that both networks were shown."""

    name: str  # of the file
    action: str  # as its dataset calls it
    label: str  # in Kinetics-400; Kinetics-600 has it, too. `MOVINET_LABELS` lists the action with another one for MoViNet
    group: str  # clips of one recording have the same group
    kind: str  # one of `KINDS`
    sha256: str
    seconds: float


def movinet_clips(kind: str) -> Comparison:
    """Return the stored predictions of MoViNet-A0.

    Parameters
    ----------
    kind : str
        "real" (23 clips in 20 groups) or "rendered" (20 clips in 5 groups).

    Returns
    -------
    Comparison
        `clips` is a list of `MeasuredClip`. The true label of Backflip is *backflip (human)*. Each prediction is that after the
        last frame:

        - "unchanged": the whole clip, as the model's `read_video` returns it, at 5 frames per second.
        - "middle 2.56 s": the seconds that I3D's "unchanged" has, 13 frames.
        - "last frame alone": the states are zero before the last frame.
        - "frames averaged": the states are zero before each frame; the mean of the probabilities.
        - "25 frames per second", "1 frame per second".
        - "values in [-1, 1]", as I3D needs them; "values in [0, 255]", not rescaled.
        - "0.875 of the square": I3D's crop.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is missing; if it is damaged, or there is no such kind.

    Examples
    --------
    >>> movinet_clips("real").count_correct("unchanged")
    20
    """
    return to_comparison(kind, "movinet", movinet_label_names(), MOVINET_LABELS)


def i3d_clips(kind: str) -> Comparison:
    """Return I3D's stored predictions for the clips of `movinet_clips`, which also lists the kinds and the errors.

    "unchanged" is the middle 2.56 seconds, as in `real_clips`, and "whole clip" all frames. A rendered clip has 2.56 seconds, so
    both are the same.
    """
    comparison = to_comparison(kind, "i3d", kinetics_labels(), {})
    middle = whole = comparison.results["whole clip"]
    if kind == "real":
        real = real_clips()
        rows = {clip.sha256: row for clip, row in zip(real.clips, real.results[UNCHANGED])}
        middle = np.array([rows[clip.sha256] for clip in comparison.clips])
    return replace(comparison, results={UNCHANGED: middle, "whole clip": whole})


def movinet_label_names() -> list[str]:
    """Return the labels of Kinetics-600 that are a clip's or among the first five of a stored prediction; "" for all others.

    The complete list belongs to the network: `kinetics_labels(600)`.
    """
    return read_file()["label_names"].tolist()


def cartwheel_logits() -> np.ndarray:
    """Return MoViNet-A0's stored logits after each of the 13 frames of `v_Cartwheel_g01_c01.avi`, float32 `[13, 600]`."""
    return read_file()["cartwheel_logits"].astype(np.float32)


def multiply_adds_per_frame() -> int:
    """Return the number of multiply-adds that the convolutions of MoViNet-A0 need for one frame, counted when it was measured."""
    return int(read_file()["multiply_adds"])


def to_comparison(kind, model, labels, other_labels):
    """Return the clips of one kind with the stored logits of one of the models; `other_labels` replaces some labels."""
    if kind not in KINDS:
        raise ValueError(f"kind must be {' or '.join(map(repr, KINDS))}, not {kind!r}.")
    file = read_file()
    clips = [MeasuredClip(*row[:-1], float(row[-1])) for row in file["clips"].tolist()]
    chosen = [i for i, clip in enumerate(clips) if clip.kind == kind]
    clips = [clips[i] for i in chosen]
    rows = file[f"{model}_logits"][:, chosen].astype(np.float32)
    true_indices = np.array([labels.index(other_labels.get(clip.action, clip.label)) for clip in clips])
    return Comparison(dict(zip(file[f"{model}_titles"].tolist(), softmax(rows))), true_indices, clips)


def read_file() -> dict[str, np.ndarray]:
    """Read `FILE`, whose logits are float16 `[conditions, clips, classes]`; see `movinet_clips` for the errors."""
    with restorable(FILE):
        with np.load(FILE) as file:
            arrays = dict(file)
        for model, classes in CLASSES.items():
            shape = (len(arrays[f"{model}_titles"]), len(arrays["clips"]), classes)
            if arrays[f"{model}_logits"].shape != shape:
                raise ValueError(f"{model}_logits must have the shape {shape}")
    return arrays


def write_file(clips: list[MeasuredClip], movinet: dict[str, np.ndarray], i3d: dict[str, np.ndarray], **measured: Any) -> None:
    """Write clips and their logits, float32 `[clips, classes]` for each condition, to `FILE`.

    `measured` has `label_names`, `cartwheel_logits`, `multiply_adds`, `fingerprint`, `i3d_fingerprint`, `date` and `processor`.
    """
    with replacing(FILE) as part:
        np.savez_compressed(
            part,
            clips=np.array([list(map(str, clip)) for clip in clips]),
            movinet_titles=np.array(list(movinet)),
            movinet_logits=np.array(list(movinet.values()), np.float16),
            i3d_titles=np.array(list(i3d)),
            i3d_logits=np.array(list(i3d.values()), np.float16),
            **measured,
        )
