"""What the web page learns from features is what Python learns from them."""

import base64
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from helpers.basics.statistics import standardize
from helpers.camera.teachable_machine import in_words
from helpers.learn.classifier import cross_validate, head, learn
from helpers.learn.features import ClipFeatures
from helpers.learn.score import Score
from tests.support.node import run_node

HERE = Path(__file__).parent
WEB = HERE.parents[2] / "web"
NUMBER = r"\d+(?:\.\d+)?"


@pytest.mark.parametrize("name", ["teach", "collection"])
def test_functions(name):
    finished = run_node("--test", HERE / f"{name}.test.js")
    assert finished.returncode == 0, finished.stdout + finished.stderr


def run_module(code):
    """Run a module of JavaScript, and return what it prints, as JSON."""
    finished = run_node("--input-type=module", "--eval", code)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_a_small_picture_is_that_of_opencv():
    frame = np.random.default_rng(0).integers(0, 256, (172, 172, 3), np.uint8)
    found = run_module(f"""
        import {{ shrink }} from "{(WEB / "teach" / "describe.js").as_uri()}";
        const bytes = Buffer.from("{base64.b64encode(frame.tobytes()).decode()}", "base64");
        console.log(JSON.stringify([...shrink(Float32Array.from(bytes, (value) => value / 255))]));""")
    expected = cv2.resize(frame, (8, 8), interpolation=cv2.INTER_AREA).ravel()
    assert np.abs(np.array(found) - expected).max() <= 1


def test_features_are_standardized_as_in_python():
    for logits in (np.linspace(-3, 9, 7, dtype=np.float32) ** 2, np.full(3, 2, np.float32)):
        found = run_module(f"""
            import {{ standardize }} from "{(WEB / "teach" / "classifier.js").as_uri()}";
            console.log(JSON.stringify([...standardize(Float32Array.from({logits.tolist()}))]));""")
        np.testing.assert_allclose(found, standardize(logits), atol=1e-6)


def clips_of(counts, noise, seed=0):
    """Random features, whose actions overlap more with more noise; `counts` is the number of clips of each action."""
    random = np.random.default_rng(seed)
    actions = [action for action, count in counts.items() for _ in range(count)]
    centers = {action: random.normal(size=600) for action in counts}
    rows = np.array([centers[action] for action in actions]) + noise * random.normal(size=(len(actions), 600))
    still, pixels = rows + 2 * noise * random.normal(size=rows.shape), rows[:, :192] + 128
    size = random.uniform(2, 3, (len(actions), 3))  # all different: Python may break ties between neighbors in another way
    arrays = [array.astype(np.float32) for array in (rows, still, pixels, size)]
    return [ClipFeatures(*one, 15) for one in zip(*arrays)], actions


def in_javascript(clips, actions, tmp_path):
    fields = [{"action": action, **{name: np.asarray(array).tolist() for name, array in clip._asdict().items()}}
              for action, clip in zip(actions, clips)]  # fmt: skip
    (tmp_path / "clips.json").write_text(json.dumps(fields), encoding="utf-8")
    finished = run_node(HERE / "learn.mjs", tmp_path / "clips.json", tmp_path / "learned.json")
    assert finished.returncode == 0, finished.stderr
    return json.loads((tmp_path / "learned.json").read_text(encoding="utf-8"))


CASES = {
    "two actions": ({"a": 3, "b": 4}, 3),
    "four actions": (dict.fromkeys("abcd", 3), 3),
    "one clip of an action": ({"a": 3, "b": 1, "c": 2}, 1),  # C cannot be chosen
    "many clips": ({"a": 15, "b": 9, "c": 8}, 5),  # in parts, instead of one by one
}


@pytest.mark.parametrize("counts, noise", CASES.values(), ids=CASES)
def test_probabilities_are_those_of_scikit_learn(counts, noise, tmp_path):
    clips, actions = clips_of(counts, noise)
    groups = [f"{i:03}" for i in range(len(clips))]
    rows = np.stack([clip.features for clip in clips])
    found = in_javascript(clips, actions, tmp_path)
    learned = learn(rows, actions, groups)
    assert (found["labels"], found["C"]) == (list(learned.classes_), learned.steps[-1][1].C)
    exact = head(found["C"])  # scikit-learn stops early by default; here, it comes as near to the minimum as the page does
    exact.steps[-1][1].set_params(tol=1e-9, max_iter=100_000)
    exact.fit(rows.astype(np.float64), actions)
    np.testing.assert_allclose(found["probabilities"], exact.predict_proba(rows), atol=1e-4)
    np.testing.assert_allclose(found["probabilities"], learned.predict_proba(rows), atol=1e-3)


@pytest.mark.parametrize("counts, noise", [CASES["four actions"], CASES["many clips"]])
def test_the_score_is_that_of_python(counts, noise, tmp_path):
    clips, actions = clips_of(counts, noise)
    found = in_javascript(clips, actions, tmp_path)
    score = cross_validate(clips, actions, [f"{i:03}" for i in range(len(clips))])
    assert 0.3 < score.accuracy < 1  # errors, too, are the same
    assert found["score"]["confusion"] == score.confusion.tolist()
    assert re.sub(NUMBER, "", found["summary"]) == re.sub(NUMBER, "", score.summary)
    numbers = [[float(number) for number in re.findall(NUMBER, text)] for text in (found["summary"], score.summary)]
    np.testing.assert_allclose(*numbers, atol=0.0011)  # JavaScript rounds 0.8125 up, and Python down
    assert found["score"]["baselines"] == {title: score.accuracy_of(names) for title, names in score.baselines.items()}
    assert found["words"][:2] == in_words(score)[:2]


def test_few_clips_have_no_interval(tmp_path):
    clips, actions = clips_of({"a": 2, "b": 2}, 0.1)
    found = in_javascript(clips, actions, tmp_path)
    score = Score(["a", "b"], actions, actions, ["1", "2", "3", "4"], {}, {})
    assert found["words"][0].startswith(in_words(score)[0].partition("; chance")[0])
