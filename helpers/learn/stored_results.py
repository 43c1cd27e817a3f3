"""Features of the sample clips, and scores of what was learned from real ones: measured once and stored.

`tools/notebooks/measure_learning.py` writes the files. The real clips are the segmented ones of UT-Interaction (Ryoo & Aggarwal,
ICPR contest 2010): 120 clips of two people, six actions, twenty pairs, two scenes. They are not part of this tutorial.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..basics.files import read_table, replacing, restorable, write_table
from ..basics.statistics import interval
from ..clips.datasets import SAMPLES, samples
from ..models.kinetics import SAMPLE_LABELS
from .records import ClipFeatures
from .score import MAIN, Score

FEATURES, CURVE = SAMPLES / "sample_features.npz", SAMPLES / "learning_curve.tsv"
REAL_FEATURES = SAMPLES / "ut_interaction_features.npz"
IMAGE_NETWORK = "efficientnet-lite0"  # trained on images, which `load_image_network` loads
SCORES = {
    "i3d": SAMPLES / "learned_real_clips.tsv",
    "movinet-a0": SAMPLES / "learned_real_clips_movinet.tsv",
    IMAGE_NETWORK: SAMPLES / "learned_real_clips_images.tsv",
}
WINDOW = 16  # frames of a window; four windows without overlap fill a sample clip
SPLITS = ("pair", "scene", "random")
FRAMES, MIDDLE = "16 frames, one at a time", "middle frame, flattened network"  # baselines: blind to the order of frames
OTHERS = ("nearest mean of the features",)


class SampleFeatures(NamedTuple):
    """Stored features of sample clips, in the order of their names."""

    names: list[str]  # of the files
    actions: list[str]
    sides: list[str]  # of the camera: "g01" to "g04"
    clips: list[ClipFeatures]  # what `clip_features` returned, rounded to float16
    windows: np.ndarray  # float32 [clips, 4, 1024]: features of each 16 frames alone

    @property
    def rows(self) -> np.ndarray:
        """The features, float32 `[clips, 1024]`."""
        return np.stack([clip.features for clip in self.clips])


def sample_features(new: bool = False) -> SampleFeatures:
    """Return I3D's stored features of the sample clips.

    Parameters
    ----------
    new : bool
        Only the six actions that are not among the 400.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is missing; if it is damaged, or does not belong to the sample clips.

    Examples
    --------
    >>> sample_features(new=True).rows.shape
    (24, 1024)
    """
    with restorable(FEATURES):
        with np.load(FEATURES) as file:
            arrays = dict(file)
        names, windows = arrays["names"].tolist(), arrays["windows"].astype(np.float32)
        fields = zip(*(arrays[field].astype(np.float32) for field in ("features", "still", "pixels", "size")), arrays["frames"])
        clips = [ClipFeatures(row, still, pixels, size, int(frames)) for row, still, pixels, size, frames in fields]
        if names != list(samples) or len(clips) != len(names):
            raise ValueError("it does not belong to the sample clips")
    chosen = [i for i, name in enumerate(names) if not (new and name.split("_")[1] in SAMPLE_LABELS)]
    names = [names[i] for i in chosen]
    actions, sides = ([name.split("_")[part] for name in names] for part in (1, 2))
    return SampleFeatures(names, actions, sides, [clips[i] for i in chosen], windows[chosen])


def real_score(split: str, model: str = "i3d") -> Score:
    """Return the stored score of six actions of UT-Interaction, learned from a network's features.

    Parameters
    ----------
    split : str
        What was held out: "pair" (one pair of people at a time), "scene" (train in one scene, test in the other) or "random"
        (as many clips as by pair, chosen at random). The interval is over pairs for each.
    model : str
        "i3d"; "movinet-a0": MoViNet-A0, whose features are its logits; or "efficientnet-lite0": a network trained on images (see
        `load_image_network`), whose features are the mean over 8 frames, evenly spaced. Its baseline "one middle frame's
        features" has those of a single frame.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is missing, or there is no such split or model.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(map(repr, SPLITS))}, not {split!r}.")
    rows = real_table(model)
    titles = [column.removeprefix(f"{split}: ") for column in rows[0] if column.startswith(f"{split}: ")]
    predicted = {title: [row[f"{split}: {title}"] for row in rows] for title in titles}
    actions = [row["action"] for row in rows]
    main, others = predicted.pop(MAIN), {title: predicted.pop(title) for title in OTHERS}
    return Score(sorted(set(actions)), actions, main, [row["pair"] for row in rows], predicted, others)


def real_table(model: str = "i3d") -> list[dict[str, str]]:
    """Return a row for each clip of `real_score`, in the form of its table.

    Its columns are `file`, `action`, `pair`, `scene`, "most similar" and "most similar of another pair" (files, by the Euclidean
    distance of standardized features), and the predictions of each split. Raises FileNotFoundError if the file is missing, and
    ValueError if there is no such model.
    """
    if model not in SCORES:
        raise ValueError(f"model must be one of {', '.join(map(repr, SCORES))}, not {model!r}.")
    return read_table(SCORES[model])


def real_features() -> np.ndarray:
    """Return I3D's features of each clip of `real_table`, in its order, float32 `[120, 1024]`, rounded to float16.

    Raises FileNotFoundError if the file is missing, and ValueError if it is damaged or does not belong to the table.
    """
    with restorable(REAL_FEATURES):
        with np.load(REAL_FEATURES) as file:
            files, rows = file["files"].tolist(), file["features"].astype(np.float32)
        if files != [row["file"] for row in real_table()] or len(rows) != len(files):
            raise ValueError("it does not belong to the clips of UT-Interaction")
    return rows


def real_curve(features: str = "i3d") -> dict[int, tuple[float, float, float]]:
    """Return the accuracy for numbers of pairs learned from, and its 95% interval over the pairs tested.

    For each number, `tools/notebooks/measure_learning.py` learned from pairs drawn at random, several times, as `learn` does, and
    tested on all others.

    Parameters
    ----------
    features : str
        What was learned from: "i3d", "movinet-a0", or `FRAMES`, which is blind to the order of frames.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is missing; if there are no such features.
    """
    rows, curve = read_table(CURVE), {}
    if features not in (names := list(dict.fromkeys(row["features"] for row in rows))):
        raise ValueError(f"features must be one of {', '.join(map(repr, names))}, not {features!r}.")
    rows = [row for row in rows if row["features"] == features]
    for count in sorted({int(row["learned from"]) for row in rows}):
        chosen = [row for row in rows if int(row["learned from"]) == count]
        shares = np.array([int(row["correct"]) / int(row["tested"]) for row in chosen])
        curve[count] = (float(shares.mean()), *interval(shares, [row["pair"] for row in chosen], share=True))
    return curve


def write_features(clips: Mapping[str, ClipFeatures], windows: np.ndarray, **measured: Any) -> None:
    """Write the features of the sample clips, and of their windows, float32 `[clips, 4, 1024]`, to `FEATURES`."""
    fields = {name: np.array([getattr(clip, name) for clip in clips.values()]) for name in ClipFeatures._fields}
    small = {name: array.astype(np.float16) for name, array in fields.items()}
    with replacing(FEATURES) as part:
        np.savez_compressed(part, names=np.array(list(clips)), windows=windows.astype(np.float16), **{**small, **measured})


def write_real_features(files: Sequence[str], rows: np.ndarray, measured: str) -> None:
    """Write the features of the clips of UT-Interaction, float32 `[clips, 1024]`, to `REAL_FEATURES`."""
    with replacing(REAL_FEATURES) as part:
        np.savez_compressed(part, files=np.array(files), features=rows.astype(np.float16), measured=measured)


def write_scores(path: Path, about: Mapping[str, Sequence[str]], scores: Mapping[str, Score], measured: str) -> None:
    """Write columns about the clips, and the predictions of each split, to a file of `SCORES`; see `real_table`."""
    columns = dict(about)
    for split, score in scores.items():
        for title, predicted in {MAIN: score.predicted, **score.others, **score.baselines}.items():
            columns[f"{split}: {title}"] = predicted
    write_table(path, columns, measured)
