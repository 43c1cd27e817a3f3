"""Two-stream I3D from two checkpoints: the published weights for RGB, and random ones for flow from a server on this computer."""

import json
import shutil

import keras
import numpy as np
import pytest

from helpers import features_over_time, load_features, load_keras_i3d, load_model, predict, samples
from helpers.basics.quiet import tf
from helpers.models.i3d import authors
from helpers.models.i3d.network import build_i3d
from helpers.predictions import arguments, command
from helpers.predictions.prediction import predict_outputs
from tests.network.models.test_authors import arrays, git_blobs
from tests.support.command_line import run
from tests.support.stand_ins import write_checkpoint

CLIP = samples["v_Cartwheel_g01_c01.avi"]


@pytest.fixture
def two_streams(checkpoint, cache, tmp_path, httpserver, monkeypatch):
    """`two_stream_scratch` with a random flow network."""
    cache.mkdir()
    shutil.copy(checkpoint, cache)
    keras.utils.set_random_seed(0)
    write_checkpoint(tmp_path / "flow" / authors.PREFIX, arrays(build_i3d(channels=2), "flow_scratch"))
    monkeypatch.setitem(authors.GIT_BLOBS, "flow_scratch", git_blobs(tmp_path / "flow"))
    monkeypatch.setattr(authors, "ADDRESS", httpserver.url_for("/checkpoints"))
    for file in authors.FILES:
        content = (tmp_path / "flow" / file).read_bytes()
        httpserver.expect_request(f"/checkpoints/flow_scratch/{file}").respond_with_data(content)
    return load_model("i3d-two-stream-scratch")


def test_a_two_stream_model_adds_the_logits_of_its_networks(two_streams, monkeypatch, capsys):
    assert repr(two_streams).startswith("I3D two_stream_scratch: 224 x 224 pixels at 25 frames per second, 400 labels")
    streams = two_streams.read_video(CLIP, flow="dis")
    rgb, flow = two_streams.to_batch(streams)
    outputs = predict_outputs(two_streams, streams)
    np.testing.assert_array_equal(outputs["default"], outputs["RGB"] + outputs["flow"])
    np.testing.assert_array_equal(outputs["RGB"], two_streams.rgb(rgb)["default"][0])
    np.testing.assert_allclose(outputs["flow"], load_keras_i3d("flow_scratch")(flow)[0], rtol=1e-4, atol=1e-4)
    prediction = predict(two_streams, two_streams.labels, streams)
    assert prediction.top[0][0] == "cartwheeling" and "RGB" in str(prediction) and "flow" in str(prediction)

    monkeypatch.setattr(arguments, "load_once", load_model)
    options = ["--model", "i3d-two-stream-scratch", "--flow", "dis", "--top", "1", "--json"]
    assert command.main([str(CLIP), *options]) == 0
    (best,) = json.loads(capsys.readouterr().out)["top"]
    assert best["action"] == "cartwheeling"
    assert best["RGB"] == pytest.approx(prediction.of_streams("cartwheeling")["RGB"], abs=1e-4)
    options[1] = "i3d-flow-scratch"
    assert command.main([str(CLIP), *options]) == 0
    assert "RGB" not in json.loads(capsys.readouterr().out)["top"][0]


def test_the_command_features_describes_both_streams_side_by_side(two_streams, tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    shutil.copy(CLIP, clips)
    options = ["--every", "8", "--stream", "both", "--flow", "dis", "--format", "npy", "--dashboard", "off", "--workers", "1"]
    finished = run("-m", "helpers", "features", clips, "--out", out, "--model", "i3d", *options)
    assert finished.returncode == 0, finished.stderr
    (rows,) = load_features(out).rows
    assert rows.shape == (6, 2048) and np.array_equal(np.load(out / f"{CLIP.stem}.npy"), rows)
    np.testing.assert_allclose(rows[:, :1024], features_over_time(two_streams.rgb, CLIP).rows[:6], rtol=1e-4, atol=1e-5)
    flow = tf.constant(two_streams.flow.read_video(CLIP, 56, flow="dis")[np.newaxis])
    dense = two_streams.flow.module.signatures["features"](frames=flow)["default"][0]
    np.testing.assert_allclose(rows[:, 1024:], dense, rtol=1e-4, atol=1e-5)
