"""Train on your own clips: compute their features, learn from these, and save the model with its card."""

import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import sklearn
from tqdm.auto import tqdm

from ..basics.messages import number, show_progress, without_secrets
from ..basics.statistics import Interval
from ..clips.folders import Clip
from ..clips.intervals import ActionInterval, listed
from ..models.learned import saving as learned_model
from ..models.learned.rejection import NONE, Rejection
from ..models.video_model import VideoModel
from ..predictions.calibration import reliability
from ..video.metadata import VideoError
from .classifier import learn, learn_from
from .features import clip_features, interval_features
from .records import ClipFeatures
from .score import Score
from .unknown_actions import UnknownActions, learn_rejection

KIND = "StandardScaler, LogisticRegression with balanced class weights"
ANY_OTHER = "Clips of other actions are labeled as one of these, too."
SOME_OTHERS = f"Many, but not all, clips of other actions are labeled {NONE!r}."


def describe(model: VideoModel, clips: Iterable[Clip], left_out: dict[Path, str]) -> dict[Clip, ClipFeatures]:
    """Return the features of each clip that the model can predict; add the others to `left_out`."""
    records = {}
    for clip in clips:
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*so it was looped")
                records[clip] = clip_features(model, clip.path)
        except (OSError, VideoError, cv2.error) as error:
            left_out[clip.path] = str(error)
    return long_enough(model, records, left_out)


def describe_intervals(
    model: VideoModel, table: Path, clips: Mapping[Clip, ActionInterval], left_out: list[str]
) -> dict[Clip, ClipFeatures]:
    """Return the features of the clips of a table; add lines about those that cannot be described to `left_out`."""
    clip_of = {interval: clip for clip, interval in clips.items()}
    records, problems = {}, []
    bar = tqdm(interval_features(model, clip_of), total=len(clip_of), unit=" intervals", disable=not show_progress())
    for interval, found in bar:
        if isinstance(found, ClipFeatures):
            records[clip_of[interval]] = found
        else:
            problems.append((interval.line, f"{interval}: {without_secrets(found)}".rstrip(".")))
    if problems:
        left_out += [f"left out: {len(problems)}", *(f"  {line}" for line in listed(table, problems, len(problems)))]
    return {clip: records[clip] for clip in clips if clip in records}


def long_enough(model: VideoModel, records: Mapping[Clip, ClipFeatures], left_out: dict[Path, str]) -> dict[Clip, ClipFeatures]:
    """Return the features of the clips that the model can predict without looping them; add the others to `left_out`."""
    shortest, enough = model.input.min_frames, {}
    for clip, record in records.items():
        if record.frames >= shortest:
            enough[clip] = record
        else:
            found = f"it has {number(record.frames, 'frame')}"
            left_out[clip.path] = f"{found}, but {model.name} needs at least {shortest}: use a longer clip"
    return enough


def learn_and_save(
    model: VideoModel,
    records: Mapping[Clip, ClipFeatures],
    score: Score,
    save: str | os.PathLike,
    table: str | None = None,
    unknown: UnknownActions | None = None,
    others: Iterable[Clip] = (),
    mirrored: Mapping[Clip, ClipFeatures] | None = None,
) -> tuple[Path, float]:
    """Learn from all clips, and save the model with a card, which names the table of groups; return its folder, and its C.

    With what `unknown_actions` returned, the model rejects unknown actions. `others` are the clips in the folder `other`, which
    are only named in the card. `mirrored` has the features of the mirrored clips, in the same order, to learn from as well.
    """
    actions, groups = [clip.action for clip in records], [clip.group for clip in records]
    rows = np.stack([record.features for record in records.values()])
    more = np.stack([record.features for record in mirrored.values()]) if mirrored else None
    classifier = learn_from(learn, rows, more, actions, groups)
    rejection = learn_rejection(rows, actions, unknown) if unknown else None
    strength = classifier.steps[-1][1].C
    network = model.network or model
    alone = sum(clip.is_own_group for clip in records)
    content = {
        "network": {"name": network.name, "fingerprint": network.fingerprint, "weights": "not changed"},
        "classifier": {"kind": KIND, "C": strength, "scikit-learn": sklearn.__version__},
        "mirrored clips": "learned from" if mirrored else "not learned from",
        "groups": f"{table or 'names of folders and files'}; {alone} of {len(records)} clips count as groups of their own",
        "score": score_card(score),
        "unknown actions": unknown_card(unknown, rejection) if unknown and rejection else None,
        "limits": f"The score holds for clips like these. {ANY_OTHER if rejection is None else SOME_OTHERS}",
        "clips": [card_line(clip) for clip in records],
        "clips not learned from": [card_line(clip) for clip in others],
    }
    return learned_model.save(model, classifier, save, content, rejection), strength


def unknown_card(unknown: UnknownActions, rejection: Rejection) -> dict[str, Any]:
    """Return the part of a model card about unknown actions."""
    return {
        "measure": "cosine to the nearest action's mean, of features whitened by the covariance within actions",
        "threshold": rejection.threshold,
        "known clips kept": unknown.kept,
        "unknown clips let through": unknown.let_through(unknown.kept),
        "area under the ROC curve": unknown.area,
        "clips in other": len(unknown.other),
        "clips in other let through": int(unknown.other_passes(unknown.kept).sum()),
        "summary": str(unknown),
    }


def card_line(clip: Clip) -> dict[str, Any]:
    """Return the part of a model card that describes a clip."""
    part = {} if clip.start is None else {"start": clip.start, "end": clip.end}
    return {"file": clip.name, **part, "action": clip.action, "group": clip.group, "sha256": clip.sha256}


def score_card(score: Score) -> dict[str, Any]:
    """Return the part of a model card that describes the score."""
    return {
        "summary": score.summary,
        "accuracy": score.accuracy,
        "interval": as_dict(score.interval),
        "mean recall": score.mean_recall,
        "recall": {
            label: {"recall": recall, "clips": score.actions.count(label), "interval": as_dict(score.recall_interval(label))}
            for label, recall in score.recall.items()
        },
        "confusion": {"labels": list(score.labels), "rows are true actions": score.confusion.tolist()},
        "baselines": {title: score.accuracy_of(predicted) for title, predicted in score.baselines.items()},
        "verdict": score.verdict,
        "calibration": calibration_card(score),
        "wrong": [clip._asdict() for clip in score.wrong],
    }


def calibration_card(score: Score) -> dict[str, Any] | None:
    """Return the part of a model card that compares probabilities with accuracies; None if there are no probabilities."""
    if not score.probabilities:
        return None
    found = reliability(score.probabilities, score.correct(score.predicted).astype(bool), score.groups)
    bins = [{"probability": one.confidence, "accuracy": one.accuracy, "clips": one.total} for one in found.bins]
    return {"expected calibration error": found.error, "bins": bins}


def as_dict(interval: Interval | None) -> dict[str, Any] | None:
    """Return an interval for a card."""
    return None if interval is None else asdict(interval)
