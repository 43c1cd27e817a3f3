"""From a folder of clips to a model: read and describe the clips, learn from them, and save the model with its card."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import sklearn

from . import learned_model
from .action_folder import ActionClip
from .features import ClipFeatures, clip_features
from .learning import learn
from .score import Score
from .video import iterate_frames
from .video_metadata import VideoError
from .video_model import VideoModel


def readable(clips: Sequence[ActionClip], left_out: dict[Path, str]) -> list[ActionClip]:
    """Return the clips whose first frame can be decoded; add the others to `left_out`."""
    found = []
    for clip in clips:
        try:
            next(iterate_frames(clip.path))
            found.append(clip)
        except (OSError, VideoError, cv2.error) as error:
            left_out[clip.path] = str(error)
    return found


def describe(model: VideoModel, clips: Iterable[ActionClip], left_out: dict[Path, str]) -> dict[Path, ClipFeatures]:
    """Return the numbers of each clip that can be read; add the others to `left_out`."""
    records = {}
    for clip in clips:
        try:
            records[clip.path] = clip_features(model, clip.path)
        except (OSError, VideoError, cv2.error) as error:
            left_out[clip.path] = str(error)
    return records


def learn_and_save(
    model: VideoModel,
    rows: Sequence[ClipFeatures],
    clips: Sequence[ActionClip],
    groups: Sequence[str],
    score: Score,
    folder: Path,
    save: str | os.PathLike,
    table: str | None = None,
) -> tuple[Path, float]:
    """Learn from all clips, and save the model.

    Parameters
    ----------
    model : VideoModel
        The model that described the clips.
    rows, clips, groups : sequence
        The clips' numbers, the clips, and their groups.
    score : Score
        What `cross_validate` returned for them, for the card.
    folder : Path
        The folder of the clips; the card names the clips as they are in there.
    save : str or Path
        The folder to write the model to.
    table : str, optional
        Name of the table of groups; by default, each clip is its own group.

    Returns
    -------
    Path
        The folder that was written.
    float
        The C that was chosen.

    Raises
    ------
    ModelError, OSError
        As in `learned_model.save`.
    """
    classifier = learn(np.stack([row.features for row in rows]), [clip.action for clip in clips], groups)
    strength = classifier.steps[-1][1].C
    content = {
        "network": {"name": model.name, "fingerprint": model.fingerprint, "weights": "not changed"},
        "classifier": {"kind": "StandardScaler, LogisticRegression", "C": strength, "scikit-learn": sklearn.__version__},
        "groups": table or "none given: each clip counts as its own group",
        "score": score_card(score),
        "limits": "The score holds for clips like these. Any other action is named as one of these, too.",
        "clips": [
            {"file": clip.path.relative_to(folder).as_posix(), "action": clip.action, "group": group, "sha256": clip.sha256}
            for clip, group in zip(clips, groups)
        ],
    }
    return learned_model.save(model, classifier, save, content), strength


def score_card(score: Score) -> dict[str, Any]:
    """Return what a model's card says about its score."""
    return {
        "summary": score.summary,
        "accuracy": score.accuracy,
        "interval": score.interval,
        "recall": score.recall,
        "confusion": {"labels": list(score.labels), "rows are true actions": score.confusion.tolist()},
        "baselines": {title: score.accuracy_of(predicted) for title, predicted in score.baselines.items()},
    }
