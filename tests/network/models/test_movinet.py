"""The published MoViNet-A0, where MODELS or the cache has it."""

import cv2
import numpy as np
import psutil
import pytest

from helpers import kinetics_labels, load_movinet, predict, predict_timeline, samples, teach
from helpers.basics.messages import ModelError
from helpers.clips.splits import IN_KINETICS_600, NEW_TO_BOTH
from helpers.video.reading import iterate_frames
from tests.support.command_line import run

CARTWHEEL = "v_Cartwheel_g01_c01.avi"


def test_it_names_the_action_of_a_sample(movinet):
    prediction = predict(movinet, movinet.labels, movinet.read_video(samples[CARTWHEEL]))
    assert movinet.labels == kinetics_labels(600)
    assert prediction.top[0][0] == "cartwheeling"


def test_it_knows_seven_of_the_classes_that_i3d_does_not(movinet):
    """Notebook 04 compares both networks on classes that neither knows."""
    assert set(IN_KINETICS_600.values()) <= set(movinet.labels)
    assert not {action.lower() for action in NEW_TO_BOTH} & {label.replace(" ", "") for label in movinet.labels}


def test_the_command_line_names_it_too(movinet):
    finished = run("-m", "helpers", "--model", "movinet-a0", f"samples/{CARTWHEEL}", "--top", "1")
    assert finished.returncode == 0, finished.stderr
    assert f"{CARTWHEEL}: 13 frames in" in finished.stdout and "cartwheeling" in finished.stdout


def test_tensorflow_is_not_imported(movinet):
    code = (
        "import sys; from helpers import load_model, predict, predict_timeline, samples; model = load_model('movinet-a0'); "
        f"frames = model.read_video(samples['{CARTWHEEL}']); predict(model, model.labels, frames); "
        "predict_timeline(model, model.labels, frames); print('tensorflow' in sys.modules)"
    )
    assert run("-c", code).stdout == "False\n"


def test_frame_by_frame_and_the_whole_clip_have_the_same_logits(movinet):
    frames = movinet.read_video(samples[CARTWHEEL])
    whole = movinet(frames[np.newaxis] / np.float32(255))["default"][0]
    with movinet.start() as stream:
        for frame in frames:
            logits = stream.step(frame)
    np.testing.assert_allclose(logits, whole, atol=1e-3)
    timeline = predict_timeline(movinet, movinet.labels, samples[CARTWHEEL])
    assert len(timeline.seconds) == len(frames)
    np.testing.assert_allclose(timeline.logits[-1], whole, atol=1e-3)


def test_without_its_states_it_predicts_something_else(movinet):
    frames = movinet.read_video(samples[CARTWHEEL])
    whole = movinet(frames[np.newaxis] / np.float32(255))["default"][0]
    assert np.abs(movinet.start().step(frames[-1]) - whole).max() > 1


def test_memory_does_not_grow_with_the_video(movinet):
    frame, process, stream = np.zeros((240, 320, 3), np.uint8), psutil.Process(), movinet.start()
    for _ in range(20):
        stream.step(frame)
    before = process.memory_info().rss
    for _ in range(500):
        stream.step(frame)
    assert process.memory_info().rss - before < 5e6


@pytest.mark.parametrize("change", ["one bit", "cut"])
def test_a_changed_file_is_refused(movinet, movinet_cache, tmp_path, change):
    content = bytearray((movinet_cache / "movinet_a0_stream_int8.tflite").read_bytes())
    content[-100] ^= 1
    (tmp_path / "a0.tflite").write_bytes(content if change == "one bit" else content[:-1])
    with pytest.raises(ModelError, match="is not the published MoViNet-A0-Stream"):
        load_movinet(path=tmp_path / "a0.tflite")


def test_real_clips_are_recognized(movinet, real_clips, capsys):
    """Top-1 of the clips whose action is among the 600, at 5 frames a second: the center square beside the squashed frame."""
    correct, clips = {"center square": 0, "squashed": 0}, list(labeled(real_clips, movinet.labels))
    for path, label in clips:
        squashed = np.stack([cv2.resize(frame, (172, 172)) for frame in iterate_frames(path, 5)])
        for title, frames in {"center square": movinet.read_video(path), "squashed": squashed}.items():
            correct[title] += predict(movinet, movinet.labels, frames).top[0][0] == label
    with capsys.disabled():
        print(f"\nMoViNet-A0, correct top-1 on {len(clips)} real clips: {correct}")
    assert correct["center square"] >= 20 and correct["squashed"] >= 17 and len(clips) == 23


def labeled(folder, labels):
    """Yield each clip whose action is among the labels, with its label."""
    columns, *rows = [row.split("\t") for row in (folder / "manifest.tsv").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        clip = dict(zip(columns, row))
        if clip["kinetics_400_label"] in labels:
            yield folder / clip["file"], clip["kinetics_400_label"]


def test_the_teachable_machine_knows_its_input_before_it_is_downloaded(movinet, tmp_path):
    machine = teach(tmp_path)
    assert (machine.size, machine.fps, machine.crop_fraction) == (
        movinet.input.size,
        movinet.input.fps,
        movinet.input.crop_fraction,
    )
