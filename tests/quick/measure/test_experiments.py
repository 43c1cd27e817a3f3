"""Experiments on a small model whose predictions are known."""

import cv2
import numpy as np
import pytest

from helpers.measure.experiments import Clip, Experiment
from helpers.measure.stored_logits import StoredLogits

LABELS = ["dark", "bright"]


class BrightnessModel:
    """Classifies a clip as bright or dark by its mean, and counts its calls. It writes all logits into the same array."""

    calls, weight, fingerprint = 0, 1, "brightness"

    def __init__(self):
        self.logits = np.empty((1, 2), np.float32)

    def __call__(self, batch):
        self.calls += 1
        self.logits[0] = np.asarray(batch).mean() * self.weight * np.array([-1, 1])
        return {"default": self.logits}


@pytest.fixture
def experiment():
    night, day = (np.full((9, 224, 224, 3), value, np.uint8) for value in (0, 255))
    return Experiment(BrightnessModel(), LABELS, [Clip("Night", "dark", "a", night), Clip("Day", "bright", "b", day)])


def test_a_perturbation_is_compared_with_the_unchanged_clips(experiment):
    comparison = experiment.compare({"negative": lambda frames: 255 - frames})
    assert [comparison.count_correct(title) for title in ("unchanged", "negative")] == [2, 0]
    assert comparison.changes("negative") == pytest.approx([-np.tanh(1)] * 2, abs=1e-6)
    assert str(comparison).splitlines() == [
        "2 clips in 2 groups",
        "                         correct  probability   change",
        "unchanged                      2        88.1%",
        "negative                       0        11.9%    -76.2",
        "2 groups: too few for an interval",
    ]


def test_a_clip_is_computed_once(experiment):
    first = experiment.predict()
    calls = experiment.model.calls
    np.testing.assert_array_equal(experiment.predict(), first)
    assert experiment.model.calls == calls


def test_a_model_without_a_fingerprint_may_be_trained_between_two_predictions(experiment):
    experiment.model.fingerprint = ""
    before = experiment.predict()
    experiment.model.weight = -1
    np.testing.assert_allclose(experiment.predict(), before[:, ::-1])


def paint(frames):
    frames[:, :75] = 128
    return frames


def draw(frames):
    for frame in frames:
        cv2.circle(frame, (112, 112), 50, (255, 0, 0), -1)
    return frames


@pytest.mark.parametrize("in_place", [paint, draw])
def test_a_perturbation_cannot_change_the_clips_of_the_other_conditions(experiment, in_place):
    before = experiment.predict()
    with pytest.raises(ValueError, match=r"writes into the frames.*frames = frames.copy\(\)"):
        experiment.compare({"painted": in_place})
    np.testing.assert_array_equal(experiment.predict(), before)
    painted = experiment.compare({"painted": lambda frames: in_place(frames.copy())})
    np.testing.assert_array_equal(painted.results["unchanged"], before)


def test_the_array_of_a_clip_stays_writeable_for_its_owner():
    frames = np.zeros((9, 224, 224, 3), np.uint8)
    clip = Clip("Night", "dark", "a", frames)
    assert frames.flags.writeable and not clip.frames.flags.writeable and clip.frames.base is frames


def test_what_an_experiment_cannot_do_is_said(experiment):
    with pytest.raises(ValueError, match="there are no clips"):
        Experiment(experiment.model, LABELS, [])
    with pytest.raises(ValueError, match="'unchanged' is the name of the baseline"):
        experiment.compare({"unchanged": lambda frames: 255 - frames})


def test_labels_may_be_an_array_and_a_list_of_clips_may_grow(experiment):
    clips = list(experiment.clips)
    of_array = Experiment(experiment.model, np.array(LABELS), clips)
    clips.append(Clip("Dusk", "dark", "c", clips[0].frames))
    assert of_array.compare({}).count_correct("unchanged") == 2


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


def test_accepted_labels_are_counted_separately(experiment):
    clips = [Clip("Dusk", "bright", "c", experiment.clips[0].frames, also_accepted=("dark",)), *experiment.clips]
    comparison = Experiment(experiment.model, LABELS, clips).compare({})
    assert (comparison.count_correct("unchanged"), comparison.count_accepted("unchanged")) == (2, 3)
    with pytest.raises(ValueError, match="'dim' is not among"):
        Experiment(experiment.model, LABELS, [Clip("Dusk", "dark", "c", clips[0].frames, also_accepted=("dim",))])
