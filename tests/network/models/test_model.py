"""I3D with the published weights; model addresses are in faults/models/test_model_address.py."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat.v4
import numpy as np
import pytest
import tensorflow as tf
from nbconvert.preprocessors import ExecutePreprocessor

from helpers import kinetics_labels, load_i3d, predict, read_video, samples
from helpers.basics.processor import has_bfloat16
from helpers.models.i3d import first_layer
from helpers.models.i3d import network as i3d
from helpers.models.i3d.network import build_i3d
from helpers.models.i3d.saved_model import module_folder, saved_model
from helpers.models.i3d.weights import read_checkpoint
from helpers.video.preprocessing import to_batch
from tests.support import TOP

LABELS = kinetics_labels()
# I3D must recognize the action of each of these samples from at least 3 of 4 sides.
SAMPLE_LABELS = {"Cartwheel": "cartwheeling", "Jogging": "jogging", "SideKick": "side kick", "SpinKick": "high kick"}


def test_the_network_has_57_convolutions_and_12_7_million_weights(keras_i3d):
    assert keras_i3d.count_params() == 12_704_544
    assert len([layer for layer in keras_i3d.layers if layer.name.endswith(".conv")]) == 57


def test_end_points_have_the_shapes_of_the_paper(keras_i3d):
    shapes = {layer.name: tuple(layer.output.shape[2:]) for layer in keras_i3d.layers}
    assert shapes["Conv3d_1a_7x7"] == (112, 112, 64)
    assert shapes["Conv3d_2c_3x3"] == (56, 56, 192)
    assert shapes["Mixed_3c"] == (28, 28, 480)
    assert shapes["Mixed_4f"] == (14, 14, 832)
    assert shapes["Mixed_5c"] == (7, 7, 1024)


def test_nine_frames_are_enough_and_eight_are_not():
    model = build_i3d(classes=3)
    assert np.isfinite(model(np.zeros((1, 9, 224, 224, 3), np.float32))).all()
    with pytest.raises(ValueError, match="the clip has 8 frames, but I3D needs at least 9"):
        model(np.zeros((1, 8, 224, 224, 3), np.float32))


@pytest.mark.parametrize("signature", ["default", "timeline", "features"])
def test_every_signature_of_the_module_refuses_eight_frames(model, signature):
    with pytest.raises(tf.errors.InvalidArgumentError, match="I3D needs at least 9 frames"):
        model.module.signatures[signature](tf.zeros((1, 8, 224, 224, 3)))


@pytest.mark.parametrize("source", [i3d, first_layer])
def test_a_module_of_other_code_or_another_tensorflow_is_not_reused(source, tmp_path, monkeypatch):
    ours = module_folder("float32")
    monkeypatch.setattr(tf, "__version__", "2.0.1")
    other_tensorflow = module_folder("float32")
    monkeypatch.undo()
    edited = tmp_path / "i3d.py"
    edited.write_text(Path(source.__file__).read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    monkeypatch.setattr(source, "__file__", str(edited))
    assert len({ours, other_tensorflow, module_folder("float32")}) == 3


def test_importing_helpers_leaves_tf_keras_at_keras_3():
    code = "import helpers, tensorflow as tf, keras; print(isinstance(tf.keras.Sequential(), keras.Sequential))"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=TOP, text=True, stderr=subprocess.DEVNULL) == "True\n"


def test_every_weight_is_a_published_one(keras_i3d, checkpoint):
    published = [array for tree in read_checkpoint(checkpoint).values() for array in arrays(tree)]
    assert sum(array.size for array in published) == keras_i3d.count_params()
    loaded = {float(np.sum(weight, dtype=np.float64)) for weight in keras_i3d.get_weights()}
    assert {float(np.sum(array, dtype=np.float64)) for array in published} == loaded


def arrays(tree):
    """Yield the arrays of nested dicts."""
    for value in tree.values():
        yield from [value] if isinstance(value, np.ndarray) else arrays(value)


def test_the_module_and_the_keras_network_return_the_same_logits(model, keras_i3d):
    batch = tf.constant(to_batch(read_video(samples["v_Cartwheel_g01_c01.avi"])))
    np.testing.assert_allclose(model(batch)["default"], keras_i3d(batch), atol=1e-4)


@pytest.mark.parametrize("action", SAMPLE_LABELS)
def test_top_1_is_correct_from_at_least_three_of_four_sides(model, action):
    top_1 = [predict(model, LABELS, read_video(samples[name])).top[0][0] for name in samples.categories[action]]
    assert top_1.count(SAMPLE_LABELS[action]) >= 3, top_1


@pytest.mark.parametrize("kind", ["hub.load", "Keras"])
def test_the_published_result_is_reproduced(kind, model, keras_i3d, real_clips):
    published = json.loads((real_clips.parent / "reference" / "published.json").read_text())["v_ApplyEyeMakeup_g01_c01.avi"]
    network = model if kind == "hub.load" else lambda batch: {"default": keras_i3d(batch, training=False)}
    frames = read_video(real_clips / "v_ApplyEyeMakeup_g01_c01.avi", crop_fraction=1.0)
    assert len(frames) == published["frames"]
    prediction = predict(network, LABELS, frames, min_probability=0, value_range=(0, 1))
    assert {label: round(100 * probability, 2) for label, probability in prediction.top} == published["top_5"]


def test_the_module_is_built_once(model):
    built = (saved_model() / "saved_model.pb").stat().st_mtime_ns
    load_i3d()
    assert (saved_model() / "saved_model.pb").stat().st_mtime_ns == built


def test_the_first_load_in_a_notebook_shows_no_output(checkpoint, cache):
    cache.mkdir()
    shutil.copy(checkpoint, cache)
    code = "from helpers import load_i3d\nmodel = load_i3d()"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    ExecutePreprocessor(kernel_name="python3").preprocess(notebook, {"metadata": {"path": TOP}})
    assert notebook.cells[0].outputs == []
    assert (module_folder("float32") / "saved_model.pb").exists()


def test_bfloat16_changes_the_probabilities_by_at_most_0_02(model):
    if not has_bfloat16():
        pytest.skip("needs a processor with bfloat16")
    faster = load_i3d(precision="bfloat16")
    assert faster.fingerprint == "i3d-kinetics-400-bfloat16-2", "not that of the older network, whose features may be cached"
    for name in ("v_Cartwheel_g01_c01.avi", "v_SpinKick_g01_c01.avi", "v_Walk_g01_c01.avi"):
        frames = read_video(samples[name])
        exact, rounded = predict(model, LABELS, frames), predict(faster, LABELS, frames)
        assert rounded.top[0][0] == exact.top[0][0]
        np.testing.assert_allclose(rounded.probabilities, exact.probabilities, atol=0.02)


@pytest.mark.parametrize("frames", [9, 10])
def test_bfloat16_changes_timelines_and_features_little_for_odd_and_even_numbers_of_frames(model, frames):
    if not has_bfloat16():
        pytest.skip("needs a processor with bfloat16")
    faster, batch = load_i3d(precision="bfloat16"), tf.constant(to_batch(read_video(samples["v_Walk_g01_c01.avi"], frames)))
    for name, limit in (("timeline", 0.2), ("features", 0.05)):
        exact, rounded = (network.module.signatures[name](batch)["default"] for network in (model, faster))
        np.testing.assert_allclose(rounded, exact, atol=limit)


def test_a_processor_without_bfloat16_uses_float32_with_a_warning(model, monkeypatch):
    monkeypatch.setattr("helpers.basics.processor.processor_flags", lambda: {"avx2"})
    with pytest.warns(UserWarning, match="no bfloat16.*float32 is used"):
        plain = load_i3d(precision="bfloat16")
    batch = tf.zeros((1, 9, 224, 224, 3))
    np.testing.assert_array_equal(plain(batch)["default"], model(batch)["default"])


@pytest.mark.parametrize(
    "options, problem",
    [
        ({"precision": "int8"}, "must be 'float32' or 'bfloat16', not 'int8'"),
        ({"handle": "x", "precision": "bfloat16"}, "leave precision out"),
    ],
)
def test_unsupported_precisions_are_refused(options, problem):
    with pytest.raises(ValueError, match=problem):
        load_i3d(**options)
