"""Actions learned with MoViNet, exported as one file for LiteRT. No TensorFlow."""

import os
import re
import shutil
import zipfile

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from helpers import features, load_model, samples
from helpers.basics.messages import ModelError
from helpers.learn.classifier import learn
from helpers.learn.unknown_actions import learn_rejection, unknown_actions
from helpers.models.learned import export as learned_export
from helpers.models.learned.card import CARD
from helpers.models.learned.export import export
from helpers.models.learned.saving import save
from helpers.predictions.prediction import softmax
from tests.support import TOP
from tests.support.command_line import run

PAGE = (TOP / "docs" / "export.md").read_text(encoding="utf-8")
NEW = samples["v_Jump_g04_c01.avi"]
LABELS = {"Crawl": "crawl", "Jump": "Sprünge", "Dance": "dance"}


@pytest.fixture(scope="module")
def classifiers():
    """Classifiers and rejections by their number of actions; learning needs the fixture `movinet`, which each test has anew."""
    return {}


@pytest.fixture(params=[(3, False)], ids=str)
def folder(request, movinet, classifiers, tmp_path):
    """A saved model of two or three actions, which may reject others."""
    count, rejects = request.param
    if count not in classifiers:
        names = [f"v_{action}_g0{group}_c01.avi" for action in list(LABELS)[:count] for group in (1, 2, 3)]
        rows = features(movinet, [samples[name] for name in names])
        labels, groups = [LABELS[name.split("_")[1]] for name in names], [name.split("_")[2] for name in names]
        rejection = learn_rejection(rows, labels, unknown_actions(rows, labels, groups))
        classifiers[count] = learn(rows, labels, groups), rejection
    classifier, rejection = classifiers[count]
    return save(movinet, classifier, tmp_path / "my_actions", {"about": "a test"}, rejection if rejects else None)


@pytest.mark.parametrize("folder", [(2, False), (3, False), (3, True)], indirect=True, ids=str)
def test_it_has_the_logits_of_the_saved_model_frame_by_frame(folder, tmp_path):
    saved, exported = load_model(folder), load_model(export(folder, tmp_path / "my_actions.tflite"))
    assert exported.labels == saved.labels and exported.input == saved.input and exported.is_learned
    clip = saved.read_video(NEW)
    noise = np.random.default_rng(1).integers(0, 256, (20, *clip.shape[1:]), np.uint8)
    for frames in (clip, noise, np.zeros_like(clip)):
        with saved.start() as one, exported.start() as other:
            for frame in frames:
                np.testing.assert_allclose(other.step(frame), one.step(frame), atol=1e-4)


def test_the_code_on_the_page_predicts_the_same_without_this_package(folder, tmp_path, capsys, monkeypatch):
    export(folder, tmp_path / "my_actions.tflite")
    shutil.copy(NEW, tmp_path / "clip.avi")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert "helpers" not in code and len(code.splitlines()) < 25
    exec(compile(code, "docs/export.md", "exec"), names := {})
    model = load_model(folder)
    needed = []
    with model.start() as stream:
        for frame in model.read_video(NEW):
            probabilities = softmax(stream.step(frame))
            needed.append(f"{model.labels[probabilities.argmax()]} {probabilities.max():.1%}")
    assert [line.split(": ")[1] for line in capsys.readouterr().out.splitlines()] == needed
    assert names["labels"] == model.labels


def test_labels_and_metadata_are_where_other_programs_look_for_them(folder, tmp_path):
    path = export(folder, tmp_path / "my_actions.tflite")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("labels.txt").decode() == "Sprünge\ncrawl\ndance\n"
        assert archive.read(CARD) == (folder / CARD).read_bytes()
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    (buffer,) = [entry.buffer for entry in model.metadata if entry.name == b"TFLITE_METADATA"]
    metadata = bytes(model.buffers[buffer].data)
    assert flatbuffers.util.BufferHasIdentifier(metadata, 0, b"M001") and b"my_actions" in metadata and b"labels.txt" in metadata
    assert path.read_bytes() == export(folder, path).read_bytes()  # the same model has the same bytes
    packed = schema.Model.GetRootAs(path.read_bytes(), 0)
    buffers = [packed.Buffers(i) for i in range(packed.BuffersLength())]
    assert not [one for one in buffers if one.DataLength() and one._tab.Vector(one._tab.Offset(4)) % 16]  # aligned
    outputs = Interpreter(str(path)).get_signature_runner().get_output_details()
    assert list(outputs["probabilities"]["shape"]) == [1, 3]


def test_only_an_exported_file_is_replaced(folder, tmp_path):
    mine = tmp_path / "mine.tflite"
    mine.write_bytes((folder / "network.tflite").read_bytes())
    with pytest.raises(ModelError, match="exists and was not exported from a learned model, so it was not replaced"):
        export(folder, mine)
    with pytest.raises(ModelError, match="must end in .tflite"):
        export(folder, tmp_path / "mine.bin")
    with pytest.raises(ModelError, match="is in the folder of the model"):
        export(folder, folder / "mine.tflite")
    assert mine.read_bytes() == (folder / "network.tflite").read_bytes()
    load_model(folder)  # and it is whole


def test_nothing_is_written_from_a_changed_model_or_with_other_logits(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(learned_export, "standardized", lambda graph, logits: logits)
    with pytest.raises(ModelError, match=r"The exported model's logits differ by .* so .*new.tflite was not written"):
        export(folder, tmp_path / "new.tflite")
    (folder / "labels.txt").write_text("other\n")
    with pytest.raises(ModelError, match="labels.txt was changed, or is from another model"):
        export(folder, tmp_path / "new.tflite")
    assert os.listdir(tmp_path) == ["my_actions"]


def test_a_damaged_file_is_an_error(folder, tmp_path):
    path = export(folder, tmp_path / "my_actions.tflite")
    content = path.read_bytes()
    place = content.rindex("Sprünge".encode())
    path.write_bytes(content[:place] + b"?" + content[place + 1 :])
    with pytest.raises(ModelError, match=r"my_actions.tflite is damaged \(Bad CRC-32 for file 'labels.txt'\)"):
        load_model(path)
    path.write_bytes(content[:-100])
    with pytest.raises(ModelError, match=r"my_actions.tflite is damaged \(labels.txt, at its end, is missing\)"):
        load_model(path)


def test_the_command_line_exports_without_tensorflow_and_runs_what_it_exported(folder, tmp_path):
    path = tmp_path / "my_actions.tflite"
    finished = run("-X", "importtime", "-m", "helpers", "export", folder, path)
    assert finished.returncode == 0 and "tensorflow" not in finished.stderr, finished.stderr
    assert finished.stdout == f"{path}: 3.3 MB, 3 labels: Sprünge, crawl, dance\n"
    finished = run("-m", "helpers", "--model", path, NEW, "--top", "1")
    assert finished.returncode == 0 and "Sprünge" in finished.stdout, finished.stderr
