"""Learn from the clips of a teachable machine, and put the score into words."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..clips.folders import Clip
from ..learn.classifier import cross_validate
from ..learn.score import Score
from ..learn.training import describe, learn_and_save
from ..models.learned import saving as learned_model
from ..models.video_model import VideoModel
from .gestures import LEAST, learnable, list_clips


def learn_gestures(folder: Path, load: Callable[[], VideoModel], save: Path, report: Callable[[str], None]) -> Score:
    """Learn from the gestures of a folder that have enough clips, save the model, and return its score.

    Each clip is predicted by a model that learned from all the others. `load` returns the model that computes the features, and
    `report` is called with a sentence about each step. Raises ValueError as `with_enough` does, ModelError, and OSError.
    """
    clips, _ = list_clips(folder)
    clips = with_enough(clips)
    report("Loading the model.")
    model = load()
    learned_model.require_savable(model, save)

    def counted() -> Iterator[Clip]:
        for number, clip in enumerate(clips, 1):
            report(f"Looking at clip {number} of {len(clips)}.")
            yield clip

    records = describe(model, counted(), {})
    clips = with_enough(list(records))
    alone = {clip._replace(group=clip.name): records[clip] for clip in clips}  # each clip is a group
    report("Testing each clip with a model learned from the others.")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "clips of different groups have nearly the same")  # of one session: `in_words` says so
        score = cross_validate(list(alone.values()), [clip.action for clip in alone], [clip.group for clip in alone])
    report("Learning from all clips.")
    learn_and_save(model, alone, score, save)
    return score


def with_enough(clips: Sequence[Clip]) -> list[Clip]:
    """Return the clips of the gestures that have enough. Raises ValueError if there are fewer than two such gestures."""
    names = learnable(clips)
    if len(names) < 2:
        found = f"only {names[0]!r} has" if names else "no gesture has"
        raise ValueError(f"There are too few clips: {found} {LEAST} or more that can be read. Record at least two such gestures.")
    return [clip for clip in clips if clip.action in names]


def in_words(score: Score) -> list[str]:
    """Return sentences about a score whose groups are single clips."""
    known = "95% interval {:.0%} to {:.0%}".format(*score.interval) if score.interval else "too few clips for a 95% interval"
    return [
        f"{score.count_correct} of {len(score.actions)} clips correct, each by a model that did not learn from it ({known}; "
        f"chance {score.chance:.0%}, best baseline without movement {score.best_baseline:.0%}).",
        "If all clips were recorded in one session, expect a lower score tomorrow, elsewhere, or with other people.",
        "Anything else that the camera sees is also labeled as one of these gestures.",
    ]


def not_learned(folder: Path, score: Score) -> list[str]:
    """Return a sentence for each gesture of a folder that has clips but was not learned."""
    counts = Counter(clip.action for clip in list_clips(folder)[0])
    names = sorted(set(counts) - set(score.labels))
    return [f"{name} was not learned: it has {counts[name]} of at least {LEAST} clips that can be used." for name in names]


def recalls(score: Score) -> list[tuple[str, str]]:
    """Return each gesture, and how many of its clips were correct."""
    return [(label, f"{row[i]} of {row.sum()}") for i, (label, row) in enumerate(zip(score.labels, score.confusion))]
