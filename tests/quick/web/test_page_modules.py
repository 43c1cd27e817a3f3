"""The modules of the web page that need no browser, compared with Python."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from helpers.models.movinet import files, loading
from helpers.predictions.timeline import Timeline
from helpers.video.preprocessing import crop_center_square
from tests.support import TOP
from tests.support.node import run_node
from tools.web.gather import gather_page

HERE = Path(__file__).parent


def test_functions():
    finished = run_node("--test", HERE / "model.test.js")
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("name", ["camera"])
def test_functions_that_use_shared_modules(name, tmp_path):
    """They run in a copy, because the page's modules find those of the widgets only where both are gathered."""
    test = Path("tests", "quick", "web", f"{name}.test.js")
    (tmp_path / test).parent.mkdir(parents=True)
    for path in (test, "package.json"):
        shutil.copy(TOP / path, tmp_path / path)
    gather_page(tmp_path / "web")
    finished = run_node("--test", tmp_path / test)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.fixture
def in_javascript(tmp_path):
    """A function that runs a task of compare.mjs, and returns its result."""

    def in_javascript(task, argument=None):
        (tmp_path / "task.json").write_text(json.dumps({"task": task, "argument": argument}))
        finished = run_node(HERE / "compare.mjs", tmp_path / "task.json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return in_javascript


def test_the_page_uses_the_same_files_as_python(in_javascript):
    found = in_javascript("constants")
    assert found["NETWORK"] == [files.movinet_path("a0").name, files.MOVINET_SHA256["a0"]]
    assert found["LABELS"] == [files.labels_path().name, files.LABELS_600_SHA256]
    assert (found["SIZE"], found["FPS"]) == (loading.MOVINET_SIZES["a0"][0], loading.MOVINET_FPS)


@pytest.mark.parametrize("height, width", [(240, 320), (320, 240), (241, 320), (3, 7), (480, 640)])
def test_the_square_is_that_of_python(in_javascript, height, width):
    frame = np.arange(height * width).reshape(height, width, 1)
    square = crop_center_square(frame, 1.0)
    found = in_javascript("square", [width, height])
    assert found["side"] == len(square) and frame[found["top"], found["left"]] == square[0, 0]


@pytest.mark.parametrize("side, tolerance", [(172, 0), (240, 0), (344, 0), (481, 0), (171, 1), (3, 1)])
def test_pixels_are_those_of_opencv(in_javascript, side, tolerance):
    rgba = np.random.default_rng(side).integers(0, 256, (side, side, 4), np.uint8)
    expected = cv2.resize(np.ascontiguousarray(rgba[..., :3]), (172, 172)).astype(int)
    found = np.array(in_javascript("resize", {"rgba": rgba.ravel().tolist(), "side": side, "size": 172}))
    difference = np.abs(found - expected.ravel())
    assert difference.max() <= tolerance and difference.mean() < 0.05


@pytest.mark.parametrize("seed", range(4))
def test_timelines_are_those_of_python(in_javascript, tmp_path, seed):
    random = np.random.default_rng(seed)
    labels = ["run", "jump, high", 'say "hello"', "walk"]
    logits = np.repeat(random.normal(size=(12, 4)), random.integers(1, 9, 12), axis=0).astype(np.float32) * 2
    expected = Timeline(labels, np.empty(0), np.empty((0, 4), np.float32), 5.0, window=1, step=1)
    expected.append(logits, np.zeros((len(logits), 8, 8, 3), np.uint8))
    expected.save(tmp_path / "timeline.csv", top=2)
    found = in_javascript("timeline", {"labels": labels, "fps": 5, "logits": logits.tolist()})
    assert found["text"] == str(expected)
    rows = [(row["start"], row["end"], row["label"], row["probability"]) for row in found["segments"]]
    assert [row[2] for row in rows] == [row[2] for row in expected.segments()]
    assert np.allclose([(a, b, d) for a, b, _, d in rows], [(a, b, d) for a, b, _, d in expected.segments()], atol=1e-9)
    assert found["csv"].encode() == (tmp_path / "timeline.csv").read_bytes()
