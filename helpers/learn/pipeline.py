"""Read the clips of a folder, compute their features, learn from them, and save the model with its card."""

import os
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import sklearn

from ..clips.actions import ActionClip, why_unreadable
from ..models.learned import saving as learned_model
from ..models.video_model import VideoModel
from ..video.metadata import VideoError
from .classifier import learn
from .features import clip_features
from .record import ClipFeatures
from .score import Score


def readable(clips: Sequence[ActionClip], left_out: dict[Path, str]) -> list[ActionClip]:
    """Return the clips whose first frame can be decoded; add the others to `left_out`."""
    unreadable = {clip.path: reason for clip in clips if (reason := why_unreadable(clip.path))}
    left_out.update(unreadable)
    return [clip for clip in clips if clip.path not in unreadable]


def describe(model: VideoModel, clips: Iterable[ActionClip], left_out: dict[Path, str]) -> dict[Path, ClipFeatures]:
    """Return the features of each clip that the model can predict; add the others to `left_out`."""
    records = {}
    for clip in clips:
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*so it was looped")
                record = clip_features(model, clip.path)
        except (OSError, VideoError, cv2.error) as error:
            left_out[clip.path] = str(error)
        except MemoryError:
            left_out[clip.path] = "there is not enough memory for all of its frames: cut it into shorter clips"
        else:
            if too_short := why_too_short(model, record):
                left_out[clip.path] = too_short
            else:
                records[clip.path] = record
    return records


def why_too_short(model: VideoModel, record: ClipFeatures) -> str | None:
    """Return why the model cannot predict a clip; None if the clip is long enough."""
    shortest = model.input.min_frames
    if record.frames >= shortest:
        return None
    return f"it has {record.frames} frames, but {model.name} needs at least {shortest}: use a longer clip"


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
        The model that computed the features.
    rows, clips, groups : sequence
        The features of the clips, the clips, and their groups.
    score : Score
        The result of `cross_validate` for these clips; it is added to the card.
    folder : Path
        The folder of the clips, or of their features; paths in the card are relative to it.
    save : str or Path
        The folder to write the model to.
    table : str, optional
        Name of the table of groups, if there is one.

    Returns
    -------
    Path
        The folder that was written.
    float
        The regularization parameter C that was chosen.

    Raises
    ------
    ModelError, OSError
        As in `learned_model.save`.
    """
    classifier = learn(np.stack([row.features for row in rows]), [clip.action for clip in clips], groups)
    strength = classifier.steps[-1][1].C
    network = model.network or model
    alone = sum(is_own_group(clip._replace(group=group), folder) for clip, group in zip(clips, groups))
    content = {
        "network": {"name": network.name, "fingerprint": network.fingerprint, "weights": "not changed"},
        "classifier": {"kind": "StandardScaler, LogisticRegression", "C": strength, "scikit-learn": sklearn.__version__},
        "groups": f"{table or 'names of folders and files'}; {alone} of {len(clips)} clips count as groups of their own",
        "score": score_card(score),
        "limits": "The score holds for clips like these. Any other action is named as one of these, too.",
        "clips": [
            {"file": clip.path.relative_to(folder).as_posix(), "action": clip.action, "group": group, "sha256": clip.sha256}
            for clip, group in zip(clips, groups)
        ],
    }
    return learned_model.save(model, classifier, save, content), strength


def is_own_group(clip: ActionClip, folder: Path) -> bool:
    """Return whether neither a folder nor the name of a clip states its group."""
    return clip.group == unicodedata.normalize("NFC", clip.path.relative_to(folder).as_posix())


def score_card(score: Score) -> dict[str, Any]:
    """Return the part of a model card that describes the score."""
    return {
        "summary": score.summary,
        "accuracy": score.accuracy,
        "interval": score.interval,
        "recall": score.recall,
        "confusion": {"labels": list(score.labels), "rows are true actions": score.confusion.tolist()},
        "baselines": {title: score.accuracy_of(predicted) for title, predicted in score.baselines.items()},
    }
