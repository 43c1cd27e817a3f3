"""Model addresses that behave as tfhub.dev does, and modules that are no I3D."""

import io
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time

import pytest
import tensorflow as tf
from werkzeug import Response

from helpers import load_i3d
from helpers.plumbing import download as download_module
from helpers.plumbing.messages import ModelError
from tests.faults.conftest import SECRET, assert_clear, files
from tests.support import TOP

PATH = "/deepmind/i3d-kinetics-400/1"


def save(folder, takes=(None, None, 224, 224, 3), gives=(None, 400), dtype=tf.float32, called="default", output="default"):
    """Save a module that answers zeros."""

    @tf.function(input_signature=[tf.TensorSpec(takes, dtype)])
    def answer(frames):
        return {output: tf.ensure_shape(tf.zeros([size or 1 for size in gives]), gives)}

    tf.saved_model.save(tf.Module(), str(folder), signatures={called: answer})
    return folder


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """A module as tfhub.dev sends one."""
    folder, packed = save(tmp_path_factory.mktemp("module")), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for part in folder.iterdir():
            tar.add(part, part.name)
    return packed.getvalue()


@pytest.fixture
def address(httpserver, archive, tmp_path, monkeypatch):
    """An address that answers as a test tells it to, and as tfhub.dev did once there is nothing more to tell."""
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "tfhub"))
    monkeypatch.setattr(download_module, "TIMEOUT", 0.5)
    over, faults = threading.Event(), []
    storage = httpserver.url_for("/storage/module.tar.gz")

    def respond(_):
        return faults[0](over, archive) if faults else Response("", 302, {"Location": storage})

    httpserver.expect_request(PATH).respond_with_handler(respond)
    httpserver.expect_request("/storage/module.tar.gz").respond_with_data(archive)
    yield httpserver.url_for(PATH), faults
    over.set()


def answers(model):
    return model(tf.zeros((1, 9, 224, 224, 3)))["default"].shape == (1, 400)


def test_302_to_an_archive(address):
    assert answers(load_i3d(address[0]))


def stops_in_the_middle(over, archive):
    def body():
        yield archive[:100]
        over.wait(20)

    return Response(body(), headers={"Content-Length": str(len(archive))})


def climbs(_, archive):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../climbed"), io.BytesIO())
    return Response(packed.getvalue())


FAULTS = {
    "403": (lambda *_: Response("Forbidden", 403), "403"),
    "HTML": (lambda *_: Response("<!DOCTYPE html><p>Models have moved"), "no.* valid module|not a gzip file"),
    "time-out before the body": (lambda over, _: over.wait(20) and Response(""), "timed out"),
    "time-out in the middle of the body": (stops_in_the_middle, "timed out"),
    "archive cut short": (lambda _, archive: Response(archive[: len(archive) // 2]), "valid module"),
    "archive with ../": (climbs, "outside|valid"),
    "302 in a circle": (lambda *_: Response("", 302, {"Location": "?again"}), "infinite loop|302"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_clear_error_names_the_way_that_works(address, fault, tmp_path, home):
    url, faults = address
    behavior, message = FAULTS[fault]
    faults.append(behavior)
    with pytest.raises(ModelError, match=rf"(?:{message}).*load_i3d\(\) without an address") as caught:
        load_i3d(url)
    assert_clear(caught.value, home)
    assert not list(tmp_path.rglob("climbed"))
    faults.clear()
    assert answers(load_i3d(url)), "the next try works"


def test_killed_while_it_is_downloaded(address, archive, cache, monkeypatch):
    """TensorFlow Hub would wait ten minutes for the process that is gone."""
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    url, faults = address
    asked = threading.Event()
    faults.append(lambda over, archive: asked.set() or stops_in_the_middle(over, archive))
    code = (
        "import sys; from helpers import load_i3d; from helpers.plumbing import download; "
        "download.TIMEOUT = 60; load_i3d(sys.argv[1])"
    )
    child = subprocess.Popen([sys.executable, "-c", code, url], cwd=TOP, stderr=subprocess.DEVNULL)
    assert asked.wait(60)
    time.sleep(0.5)
    child.kill()
    child.wait()
    assert list((cache / "tfhub").glob("*.lock")), "it was killed at work"
    faults.clear()
    start = time.monotonic()
    assert answers(load_i3d(url))
    assert time.monotonic() - start < 20
    assert not [name for name in files(cache) if ".tmp" in name], "nothing is left behind"


@pytest.mark.parametrize(
    "handle, problem",
    [
        (f"http://alice:{SECRET}@127.0.0.1:9{PATH}", "user name or a password, which TensorFlow Hub cannot send"),
        (f"http://127.0.0.1:9{PATH}?token={SECRET}", "refused"),
    ],
)
def test_no_secret_in_an_error(handle, problem, home, monkeypatch, tmp_path):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "tfhub"))
    with pytest.raises(ModelError, match=problem) as caught:
        load_i3d(handle)
    assert_clear(caught.value, home)


def test_a_misspelled_folder_is_not_blamed_on_the_network(home):
    with pytest.raises(ModelError, match="^~/nowhere is not a folder: needed ((?!tfhub.dev).)*$") as caught:
        load_i3d("~/nowhere")
    assert_clear(caught.value, home)


def test_the_environment_of_the_process_stays_as_it_was(address, cache, monkeypatch):
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    before = dict(os.environ), socket.getdefaulttimeout()
    assert answers(load_i3d(address[0]))
    assert (dict(os.environ), socket.getdefaulttimeout()) == before
    assert list((cache / "tfhub").iterdir()), "the model is kept in the tutorial's cache"


def test_a_savedmodel_without_the_signature_default(home):
    with pytest.raises(ModelError, match=r"has the signatures \['other'\]: needed one called default") as caught:
        load_i3d(save(home / "module", called="other"))
    assert_clear(caught.value, home)


OTHER_SHAPES = {
    "smaller frames": {"takes": (None, None, 112, 112, 3)},
    "channels first": {"takes": (None, 3, None, 224, 224)},
    "one picture": {"takes": (None, 224, 224, 3)},
    "optical flow": {"takes": (None, None, 224, 224, 2)},
    "bytes": {"dtype": tf.uint8},
    "an answer for each frame": {"gives": (None, None, 400)},
    "an answer of another name": {"output": "logits"},
}


@pytest.mark.parametrize("other", OTHER_SHAPES)
def test_a_savedmodel_with_other_shapes(other, home):
    with pytest.raises(ModelError, match=r"takes .* and returns .*: needed a module that takes frames, float32") as caught:
        load_i3d(save(home / "module", **OTHER_SHAPES[other]))
    assert_clear(caught.value, home)


@pytest.mark.parametrize("takes", [(1, 64, 224, 224, 3), (None,) * 5, None])
def test_a_savedmodel_whose_shapes_leave_room(takes, home):
    assert load_i3d(save(home / "module", takes=takes)) is not None


def test_a_savedmodel_of_tensorflow_1_as_the_original_is(home):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        frames = v1.placeholder(tf.float32, (None, None, 224, 224, 3))
        logits = v1.get_variable("logits", (1, 400), initializer=v1.zeros_initializer()) + tf.reduce_mean(frames)
        session.run(v1.global_variables_initializer())
        definition = v1.saved_model.signature_def_utils.predict_signature_def({"rgb_input": frames}, {"default": logits})
        builder = v1.saved_model.Builder(str(home / "module"))
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map={"default": definition})
        builder.save()
    assert answers(load_i3d(home / "module"))
