"""Experiments on a small model whose predictions are known."""

import numpy as np
import pytest

from helpers.experiments import Clip, Experiment
from helpers.plumbing.stored_logits import StoredLogits
from helpers.statistics import interval

LABELS = ["dark", "bright"]


class BrightnessModel:
    """Classifies a clip as bright or dark by its mean, and counts its calls."""

    calls = 0

    def __call__(self, batch):
        self.calls += 1
        mean = np.asarray(batch).mean()
        return {"default": np.array([[-mean, mean]], np.float32)}


@pytest.fixture
def experiment():
    night, day = (np.full((9, 224, 224, 3), value, np.uint8) for value in (0, 255))
    return Experiment(BrightnessModel(), LABELS, [Clip("Night", "dark", "a", night), Clip("Day", "bright", "b", day)])


def test_a_perturbation_is_compared_with_the_unchanged_clips(experiment):
    comparison = experiment.compare({"negative": lambda frames: 255 - frames})
    assert [comparison.count_correct(title) for title in ("unchanged", "negative")] == [2, 0]
    mean, low, high = comparison.effect("negative")
    assert mean == pytest.approx(-np.tanh(1), abs=1e-6) and low <= mean <= high
    assert str(comparison).splitlines() == [
        "2 clips in 2 groups",
        "                         correct  probability   change   95 % interval",
        "unchanged                      2        88.1%",
        "negative                       0        11.9%    -76.2   -76.2 to -76.2",
        "2 groups: the intervals are probably too narrow",
    ]


def test_a_clip_is_computed_once(experiment):
    first = experiment.predict()
    calls = experiment.model.calls
    np.testing.assert_array_equal(experiment.predict(), first)
    assert experiment.model.calls == calls


def test_a_clip_without_a_label_is_not_scored(experiment):
    unlabeled = Experiment(experiment.model, LABELS, [*experiment.clips, Clip("Dusk", "", "c", experiment.clips[0].frames)])
    assert len(unlabeled.predict()) == 3
    with pytest.raises(ValueError, match="1 of 3 clips have no label"):
        unlabeled.compare({})


def test_an_unknown_label_is_refused(experiment):
    with pytest.raises(ValueError, match="'dim' is not among the 2 labels"):
        Experiment(experiment.model, LABELS, [Clip("Dusk", "dim", "c", experiment.clips[0].frames)])


def test_another_perturbation_with_the_same_name_is_computed_again(experiment):
    unperturbed = experiment.compare({"it": lambda frames: frames})
    changed = experiment.compare({"it": lambda frames: 255 - frames})
    assert (unperturbed.count_correct("it"), changed.count_correct("it")) == (2, 0)


def test_another_value_range_is_computed_again(experiment):
    assert not np.allclose(experiment.predict(), experiment.predict(value_range=(0, 1)))


def test_another_model_computes_its_own_logits_even_if_it_agrees_on_constant_clips():
    ramp = np.arange(9, dtype=np.uint8)[:, np.newaxis, np.newaxis, np.newaxis] * np.full((9, 224, 224, 3), 28, np.uint8)
    clips, stored = [Clip("Dawn", "bright", "a", ramp)], StoredLogits()

    def last_frame(batch):
        return BrightnessModel()(np.asarray(batch)[:, -1:])

    def last_frame_of_reversed(batch):
        return last_frame(np.asarray(batch)[:, ::-1])

    forward, backward = (Experiment(model, LABELS, clips, stored).compare({}) for model in (last_frame, last_frame_of_reversed))
    assert (forward.count_correct("unchanged"), backward.count_correct("unchanged")) == (1, 0)


def test_a_perturbation_that_returns_unsuitable_frames_is_refused(experiment):
    with pytest.raises(ValueError, match="float64"):
        experiment.predict(lambda frames: frames / 255)
    with pytest.raises(ValueError, match="T at least 9"):
        experiment.predict(lambda frames: frames[::2])


def test_the_interval_is_wider_when_clips_of_a_group_are_resampled_together():
    values = np.repeat([0.0, 1.0, 0.0, 1.0, 1.0], 4)
    together = interval(values, list(np.repeat(list("abcde"), 4)))
    alone = interval(values, [str(i) for i in range(20)])
    assert together[0] < alone[0] and alone[1] < together[1]


def test_the_interval_of_one_group_has_no_width():
    assert interval(np.array([0.2, 0.4]), ["a", "a"]) == pytest.approx((0.3, 0.3))


def test_accepted_labels_are_counted_separately(experiment):
    clips = [Clip("Dusk", "bright", "c", experiment.clips[0].frames, also_accepted=("dark",)), *experiment.clips]
    comparison = Experiment(experiment.model, LABELS, clips).compare({})
    assert (comparison.count_correct("unchanged"), comparison.count_accepted("unchanged")) == (2, 3)
    with pytest.raises(ValueError, match="'dim' is not among"):
        Experiment(experiment.model, LABELS, [Clip("Dusk", "dark", "c", clips[0].frames, also_accepted=("dim",))])
