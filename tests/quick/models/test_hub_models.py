"""SavedModels with the signatures of MoViNet's and the Tiny Video Networks' pages, loaded by load_model."""

import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from helpers import load_model, predict, predict_timeline
from helpers.basics.messages import DownloadError, ModelError
from helpers.models.loading import can_use_gpu
from helpers.models.movinet.loading import movinet_input
from helpers.models.video_model import ModelInput
from tests.support import stand_ins

any_name = pytest.mark.skipif(os.name == "nt", reason="Windows has no files with such names")
LABELS = [f"action {i}" for i in range(600)]


@pytest.fixture(autouse=True)
def labels_600(monkeypatch):
    """The labels are not downloaded: these models are no MoViNets."""
    monkeypatch.setattr("helpers.models.hub_models.kinetics_labels", lambda classes: LABELS)


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    return stand_ins.save_stream(tmp_path_factory.mktemp("hub") / "movinet_a0_stream")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return stand_ins.save_base(tmp_path_factory.mktemp("hub") / "movinet-a2-base")


def clip(frames, size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (frames, size, size, 3), np.uint8)


def test_a_base_network_predicts_clips(base):
    model = load_model(base)
    assert model.input == movinet_input(224) and model.labels == LABELS and not model.is_causal
    prediction = predict(model, LABELS, clip(5, 224))
    kernel = model.module.signatures["serving_default"].variables[0].numpy()
    expected = (clip(5, 224) / 255).mean(axis=(0, 1, 2)) @ kernel
    assert prediction.probabilities.argmax() == expected.argmax()


def test_a_base_network_has_no_stream_and_says_what_has(base):
    with pytest.raises(ValueError, match=r"MoViNet base \(a2\) is not causal.*load_movinet\('a0'\).*predict_timeline"):
        load_model(base).start()


def test_a_base_network_predicts_a_timeline(base):
    timeline = predict_timeline(load_model(base), LABELS, clip(32, 224))
    assert len(timeline.seconds) == 3 and timeline.seconds[0] == pytest.approx(8 / 5)


def test_a_stream_has_the_same_logits_frame_by_frame_as_for_the_whole_clip(stream):
    model = load_model(stream)
    assert model.input == movinet_input(172) and model.is_causal
    frames = clip(7, 172)
    whole = model(frames[np.newaxis] / np.float32(255))["default"].numpy()[0]
    with model.start() as steps:
        logits = [steps.step(frame) for frame in frames]
    np.testing.assert_allclose(logits[-1], whole, atol=1e-3)
    assert np.abs(logits[0] - whole).max() > 0.01, "the states make a difference"


def test_a_stream_takes_a_batch_of_clips(stream):
    model = load_model(stream)
    clips = np.stack([clip(4, 172, seed) for seed in range(2)]) / np.float32(255)
    logits = model(clips)["default"].numpy()
    np.testing.assert_allclose(logits[1], model(clips[1:])["default"].numpy()[0], atol=1e-4)


@pytest.mark.parametrize("name, frames, size, fps", [("tvn1", 2, 224, 6.25), ("tvn3", 8, 160, 12.5), ("mobile_1", 2, 224, 25)])
def test_a_tiny_video_network_averages_over_the_clips_of_a_video(tmp_path, name, frames, size, fps):
    model = load_model(stand_ins.save_tiny_video_net(tmp_path / name, frames, size))
    assert (model.input, model.labels) == (ModelInput(size, (0, 1), 1.0, fps, frames), None)
    batch = np.stack([clip(2 * frames + 1, size, seed) for seed in range(3)]) / np.float32(255)
    logits = model(batch)["default"].numpy()
    assert logits.shape == (3, 157)
    halves = [model(batch[2:, i * frames :][:, :frames])["default"].numpy()[0] for i in range(2)]
    np.testing.assert_allclose(logits[2], np.mean(halves, axis=0), atol=1e-4)
    assert len(predict(model, list(map(str, range(157))), clip(frames, size)).probabilities) == 157


def test_too_short_a_clip_for_a_tiny_video_network_is_refused(tmp_path):
    model = load_model(stand_ins.save_tiny_video_net(tmp_path / "tvn3", 8, 160))
    with pytest.raises(ValueError, match="the clips have 7 frames, but .* needs at least 8"):
        model(np.zeros((1, 7, 160, 160, 3), np.float32))


def test_a_module_that_does_not_say_its_size_asks_for_it(tmp_path):
    with pytest.raises(ModelError, match="accepts frames of any size.*movinet_input"):
        load_model(stand_ins.save_base(tmp_path / "a1" / "mine"))
    assert load_model(tmp_path / "a1" / "mine", movinet_input(64)).input.size == 64
    with pytest.raises(ModelError, match="name is not one of.*tvn1.*min_frames"):
        load_model(stand_ins.save_tiny_video_net(tmp_path / "other", 2, 32))


def test_without_the_labels_the_error_is_about_the_labels(base, monkeypatch):
    def no_network(classes):
        raise DownloadError("the labels could not be downloaded.")

    monkeypatch.setattr("helpers.models.hub_models.kinetics_labels", no_network)
    with pytest.raises(DownloadError, match="^the labels could not"):
        load_model(base)


def test_other_signatures_are_refused(tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path))
    with pytest.raises(ModelError, match="but needs default .I3D.*serving_default.*call and init_states"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    "handle, problem",
    [("movinet", "there is no such folder"), ("nowhere/at/all", "no such folder"), ("README.md", "it is a file")],
)
def test_what_leads_to_no_model_names_what_does(handle, problem):
    with pytest.raises(ModelError, match=rf"^{handle} is not a model: .*{problem}. Use i3d, movinet-a0"):
        load_model(handle)


@any_name
def test_a_folder_that_exists_is_never_taken_for_a_function(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="v2:final failed: ModuleNotFoundError"):
        load_model("v2:final")
    stand_ins.save_base("v2:final")
    assert load_model("v2:final", movinet_input(64)).input.size == 64


def test_a_module_may_have_a_name_of_one_letter(tmp_path, monkeypatch):
    (tmp_path / "m.py").write_text("from tests.support.cheap_models import colors as build")
    monkeypatch.syspath_prepend(tmp_path)
    assert load_model("m:build").name == "colors"


def test_the_ending_of_a_litert_file_may_be_in_capitals(tmp_path):
    (tmp_path / "Y.TFLITE").write_bytes(b"no network")
    with pytest.raises(ModelError, match="Y.TFLITE is not a model that LiteRT can run"):
        load_model(tmp_path / "Y.TFLITE")
    assert not can_use_gpu(str(tmp_path / "Y.TFLITE"))


@any_name
@pytest.mark.parametrize("name", ["course [2026]", "what is this?", "a * b", "back\\slash", "öäü %20 #1"])
def test_a_model_loads_from_a_folder_of_any_name(tmp_path, name):
    folder = stand_ins.save_base(tmp_path / "saved")
    assert load_model(folder.rename(tmp_path / name), movinet_input(64)).input.size == 64


def test_without_links_the_name_of_the_folder_is_the_problem(tmp_path, monkeypatch):
    folder = stand_ins.save_base(tmp_path / "saved").rename(tmp_path / "course [2026]")

    def refuse(*_, **__):
        raise OSError(1314, "A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(ModelError, match=r"takes \[ in a path for a pattern.*privilege.*Rename the folder"):
        load_model(folder, movinet_input(64))


def test_a_stream_saved_elsewhere_is_downloaded_from_its_address(stream, httpserver, tmp_path, monkeypatch):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for part in stream.iterdir():
            tar.add(part, part.name)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    path = "/tensorflow/movinet/a1/stream/kinetics-600/classification/3"
    httpserver.expect_request(path).respond_with_data(packed.getvalue())
    model = load_model(httpserver.url_for(path))
    assert model.input == movinet_input(172) and model.start().step(clip(1, 172)[0]).shape == (600,)
