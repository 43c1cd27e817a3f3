"""Flow and two-stream models, with quick functions in place of the networks."""

import json

import numpy as np
import pytest

from helpers import Streams, features, load_i3d, predict, predict_timeline, read_flow, read_video, samples
from helpers.models.i3d.two_stream import TwoStreamModel
from helpers.models.video_model import FLOW_INPUT, I3D_INPUT, VideoModel
from helpers.predictions import arguments, command
from helpers.predictions.prediction import predict_outputs, softmax
from helpers.video.writing import join_clips

CLIP = samples["v_Cartwheel_g01_c01.avi"]  # 64 frames, so 63 flow fields
LABELS = ["waving", "running", "resting"]
FLOW = np.full((9, 224, 224, 2), 0.5, np.float32)
RGB = np.full((9, 224, 224, 3), 255, np.uint8)


def mean_times(*weights):
    return lambda batch: {"default": np.mean(batch, keepdims=True).reshape(1, 1) * np.array([weights], np.float32)}


@pytest.fixture
def flow_model():
    return VideoModel(mean_times(2, 0, 4), FLOW_INPUT, LABELS, "flow model", fingerprint="flow")


@pytest.fixture
def two_streams(flow_model):
    rgb = VideoModel(mean_times(1, 3, 0), I3D_INPUT, LABELS, "RGB model", fingerprint="rgb")
    return TwoStreamModel(rgb, flow_model, "both")


@pytest.fixture(params=["flow_model", "two_streams"])
def either(request):
    return request.getfixturevalue(request.param)


def test_a_flow_model_reads_and_predicts_flow(flow_model):
    flow = flow_model.read_video(CLIP, flow="dis")
    np.testing.assert_array_equal(flow, read_flow(CLIP, method="dis"))
    assert flow.shape == (63, 224, 224, 2)
    np.testing.assert_allclose(predict(flow_model, LABELS, FLOW).probabilities, softmax(np.array([1, 0, 2])), rtol=1e-6)


def test_a_two_stream_model_reads_as_many_frames_as_flow_fields(two_streams):
    streams = two_streams.read_video(CLIP, flow="dis")
    np.testing.assert_array_equal(streams.rgb, read_video(CLIP)[:63])
    np.testing.assert_array_equal(streams.flow, read_flow(CLIP, method="dis"))
    assert len(two_streams.read_video(CLIP, max_frames=10, flow="dis")) == 10


def test_the_logits_of_two_streams_are_added_and_shown_side_by_side(two_streams):
    outputs = predict_outputs(two_streams, Streams(RGB, FLOW))
    assert {name: logits.tolist() for name, logits in outputs.items()} == {
        "default": [2, 3, 2],
        "RGB": [1, 3, 0],
        "flow": [1, 0, 2],
    }
    prediction = predict(two_streams, LABELS, Streams(RGB, FLOW))
    np.testing.assert_allclose(prediction.probabilities, softmax(np.array([2, 3, 2])), rtol=1e-6)
    np.testing.assert_allclose(prediction.streams["flow"], softmax(np.array([1, 0, 2])), rtol=1e-6)
    assert str(prediction).splitlines()[1] == "  running:  57.6%  RGB  84.4%  flow   9.0%"
    page = prediction._repr_html_()
    assert '<th scope="col">RGB alone</th><th scope="col">flow alone</th>' in page and "<td>84.4%</td><td>9.0%</td>" in page


def test_a_model_of_one_stream_shows_no_other(flow_model):
    prediction = predict(flow_model, LABELS, FLOW)
    assert prediction.streams == {} and "flow" not in str(prediction) and "thead" not in prediction._repr_html_()


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        (RGB, r"uint8 \[9, 224, 224, 3\].*These are RGB frames: read the video with the model's own read_video"),
        (FLOW[:8], r"float32 \[8, 224, 224, 2\], but must be float32 \[T, 224, 224, 2\] with T at least 9"),
        (FLOW.astype(np.float64), "the optical flow is float64"),
        (list(FLOW), "the optical flow is a list"),
        (FLOW * 20, "has values up to 10, but must be from -1 to 1: 20 pixels are 1"),
        (np.where(FLOW[:1] > 0, np.float32("nan"), FLOW), "has values up to nan"),
    ],
)
def test_what_is_not_optical_flow_is_refused(flow, message, flow_model):
    with pytest.raises(ValueError, match=message):
        predict(flow_model, LABELS, flow)


def test_two_streams_need_both_of_one_length(two_streams):
    with pytest.raises(ValueError, match=r"frames are uint8 \[9, 224, 224, 3\], but both needs RGB.*pass model.read_video"):
        predict(two_streams, LABELS, RGB)
    with pytest.raises(ValueError, match="there are 10 frames and 9 flow fields, .*leave out the last frame"):
        Streams(np.concatenate([RGB, RGB[:1]]), FLOW)


def test_what_has_no_meaning_for_flow_is_refused(flow_model):
    with pytest.raises(ValueError, match="crop_fraction cannot be changed for flow model, which needs optical flow"):
        flow_model.read_video(CLIP, crop_fraction=1.0)
    with pytest.raises(ValueError, match="value_range cannot be changed for flow model"):
        predict(flow_model, LABELS, FLOW, value_range=(0, 1))


FOR_RGB_ONLY = {
    "predict_timeline": lambda model: predict_timeline(model, LABELS, CLIP),
    "features": lambda model: features(model, [CLIP]),
}


@pytest.mark.parametrize("function", FOR_RGB_ONLY)
def test_all_else_refuses_models_that_need_flow(function, either):
    with pytest.raises(
        ValueError, match="needs optical flow, which only predict and features over time support: predict.*load a network for RGB"
    ):
        FOR_RGB_ONLY[function](either)


def test_a_model_that_needs_flow_is_not_causal(either):
    with pytest.raises(ValueError, match="is not causal"):
        either.start()


def test_names_of_weights_are_listed():
    with pytest.raises(
        ValueError, match="weights must be one of rgb_imagenet, .*two_stream_imagenet, two_stream_scratch, not 'both'"
    ):
        load_i3d(weights="both")


def test_the_command_shows_both_streams(two_streams, monkeypatch, capsys):
    monkeypatch.setattr(arguments, "load_once", lambda handle, reject: two_streams)
    assert command.main([str(CLIP), "--flow", "dis", "--top", "1"]) == 0
    out = capsys.readouterr().out
    assert "v_Cartwheel_g01_c01.avi: 64 frames in" in out and out.count(" RGB ") == out.count(" flow ") == 1
    assert command.main([str(CLIP), "--flow", "dis", "--json"]) == 0
    assert [*json.loads(capsys.readouterr().out)["top"][0]] == ["action", "probability", "RGB", "flow"]


def test_the_command_has_no_timeline_of_flow(either, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(arguments, "load_once", lambda handle, reject: either)
    long_clip = join_clips([CLIP], tmp_path / "long.mp4", repeat=5)
    assert command.main([str(long_clip), "--flow", "dis"]) == 0
    out = capsys.readouterr().out
    assert "the first 10.0 of 12.8 s, 251 frames" in out and "timeline" not in out
    with pytest.raises(ValueError, match="needs optical flow, which only predict and features over time support"):
        command.main([str(long_clip), "--timeline"])
