"""Model addresses that respond as tfhub.dev does, and modules that are not I3D."""

import io
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

import pytest
import tensorflow as tf
from werkzeug import Response

from helpers import load_i3d
from helpers.basics import download as download_module
from helpers.basics.messages import DownloadError, ModelError
from helpers.models.i3d.tfhub import socket_timeout
from tests.faults.conftest import SECRET, assert_clear, files, unprivileged
from tests.support import TOP

PATH = "/deepmind/i3d-kinetics-400/1"


def save(
    folder,
    input_shape=(None, None, 224, 224, 3),
    output_shape=(None, 400),
    dtype=tf.float32,
    signature="default",
    output="default",
):
    """Save a module that returns zeros."""

    @tf.function(input_signature=[tf.TensorSpec(input_shape, dtype)])
    def predict(frames):
        return {output: tf.ensure_shape(tf.zeros([size or 1 for size in output_shape]), output_shape)}

    tf.saved_model.save(tf.Module(), str(folder), signatures={signature: predict})
    return folder


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """A module in the format of tfhub.dev."""
    folder, packed = save(tmp_path_factory.mktemp("module")), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for part in folder.iterdir():
            tar.add(part, part.name)
    return packed.getvalue()


@pytest.fixture
def address(httpserver, archive, tmp_path, monkeypatch):
    """An address that responds as tfhub.dev did, and a list; while it is not empty, its first function responds instead."""
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


def assert_predicts(model, frames=9):
    assert model(tf.zeros((1, frames, 224, 224, 3)))["default"].shape == (1, 400)


def test_302_to_an_archive(address):
    assert_predicts(load_i3d(address[0]))


def hang_in_the_middle(over, archive):
    def body():
        yield archive[:100]
        over.wait(20)

    return Response(body(), headers={"Content-Length": str(len(archive))})


def send_parent_path(*_):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../escaped"), io.BytesIO())
    return Response(packed.getvalue())


FAULTS = {
    "403": (lambda *_: Response("Forbidden", 403), "403"),
    "HTML": (lambda *_: Response("<!DOCTYPE html><p>Models have moved"), "no.* valid module|not a gzip file"),
    "timeout before the body": (lambda over, _: over.wait(20) and Response(""), "timed out"),
    "timeout in the middle of the body": (hang_in_the_middle, "timed out"),
    "truncated archive": (lambda _, archive: Response(archive[: len(archive) // 2]), "valid module"),
    "archive with ../": (send_parent_path, "outside|valid"),
    "302 to itself": (lambda *_: Response("", 302, {"Location": "?again"}), "infinite loop|302"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_clear_error_with_an_alternative_and_the_next_try_works(address, fault, tmp_path, home):
    url, faults = address
    behavior, message = FAULTS[fault]
    faults.append(behavior)
    with pytest.raises(ModelError, match=rf"(?:{message}).*load_i3d\(\) without an address") as caught:
        load_i3d(url)
    assert_clear(caught.value, home)
    assert not list(tmp_path.rglob("escaped"))
    faults.clear()
    assert_predicts(load_i3d(url))


def test_killed_while_a_model_is_downloaded(address, cache, monkeypatch):
    """TensorFlow Hub alone would wait ten minutes for the killed process."""
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    url, faults = address
    requested = threading.Event()
    faults.append(lambda over, archive: requested.set() or hang_in_the_middle(over, archive))
    code = (
        "import sys; from helpers import load_i3d; from helpers.basics import download; "
        "download.TIMEOUT = 60; load_i3d(sys.argv[1])"
    )
    child = subprocess.Popen([sys.executable, "-c", code, url], cwd=TOP, stderr=subprocess.DEVNULL)
    assert requested.wait(60)
    time.sleep(0.5)
    child.kill()
    child.wait()
    assert list((cache / "tfhub").glob("*.lock")), "killed before it finished"
    faults.clear()
    start = time.monotonic()
    assert_predicts(load_i3d(url))
    assert time.monotonic() - start < 20
    assert not [name for name in files(cache) if ".tmp" in name], "nothing is left behind"


@pytest.mark.parametrize(
    "handle, problem",
    [
        (f"http://alice:{SECRET}@127.0.0.1:9{PATH}", "user name or a password, which TensorFlow Hub cannot send"),
        (f"http://127.0.0.1:9{PATH}?token={SECRET}", "refused"),
    ],
)
def test_an_error_contains_no_secret(handle, problem, home, monkeypatch, tmp_path):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "tfhub"))
    with pytest.raises(ModelError, match=problem) as caught:
        load_i3d(handle)
    assert_clear(caught.value, home)


def test_a_read_only_cache_is_the_problem_and_not_the_address(address, monkeypatch, home):
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        monkeypatch.setenv("I3D_CACHE", folder)
        with unprivileged(), pytest.raises(DownloadError, match="cannot be written to: Permission denied.*I3D_CACHE") as caught:
            load_i3d(address[0])
    assert_clear(caught.value, home)


@pytest.mark.skipif(os.name == "nt", reason="makes a link")
def test_a_cache_whose_path_is_a_pattern(address, tmp_path, monkeypatch):
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    monkeypatch.setenv("I3D_CACHE", str(tmp_path / "course [2026]"))
    for _ in range(2):  # downloaded, and from the cache
        assert_predicts(load_i3d(address[0]))


def test_a_misspelled_folder_is_not_taken_for_an_address(home):
    with pytest.raises(ModelError, match="^~/nowhere is not a folder. Is its name misspelled((?!tfhub.dev).)*$") as caught:
        load_i3d("~/nowhere")
    assert_clear(caught.value, home)


def test_environment_variables_and_socket_timeout_are_restored(address, cache, monkeypatch):
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    before = dict(os.environ), socket.getdefaulttimeout()
    assert_predicts(load_i3d(address[0]))
    assert (dict(os.environ), socket.getdefaulttimeout()) == before
    assert list((cache / "tfhub").iterdir()), "the model is in the tutorial's cache"


def test_two_threads_restore_the_socket_timeout():
    before, first_entered, second_entered = socket.getdefaulttimeout(), threading.Event(), threading.Event()

    def first():
        with socket_timeout(1):
            first_entered.set()
            second_entered.wait(0.2)  # which must not happen before this block ends

    def second():
        first_entered.wait(5)
        with socket_timeout(2):
            second_entered.set()
            threads[0].join(5)

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert socket.getdefaulttimeout() == before


def test_a_savedmodel_without_the_default_signature_raises_one_clear_error(home):
    with pytest.raises(ModelError, match=r"has the signatures \['other'\], but needs one called default") as caught:
        load_i3d(save(home / "module", signature="other"))
    assert_clear(caught.value, home)


OTHER_MODULES = {
    "smaller frames": {"input_shape": (None, None, 112, 112, 3)},
    "channels first": {"input_shape": (None, 3, None, 224, 224)},
    "one picture": {"input_shape": (None, 224, 224, 3)},
    "optical flow": {"input_shape": (None, None, 224, 224, 2)},
    "uint8": {"dtype": tf.uint8},
    "logits for each frame": {"output_shape": (None, None, 400)},
    "another name of the output": {"output": "logits"},
}


@pytest.mark.parametrize("kind", OTHER_MODULES)
def test_a_savedmodel_of_another_kind_raises_one_clear_error(kind, home):
    with pytest.raises(ModelError, match=r"accepts .* and returns .*, but must accept frames, float32") as caught:
        load_i3d(save(home / "module", **OTHER_MODULES[kind]))
    assert_clear(caught.value, home)


@pytest.mark.parametrize("input_shape", [(1, 64, 224, 224, 3), (None,) * 5, None], ids=str)
def test_a_savedmodel_with_a_compatible_input_shape_is_loaded(input_shape, home):
    assert_predicts(load_i3d(save(home / "module", input_shape=input_shape)), frames=64)


def test_a_savedmodel_of_tensorflow_1_is_loaded(home):
    """The original is one."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        frames = v1.placeholder(tf.float32, (None, None, 224, 224, 3))
        logits = v1.get_variable("logits", (1, 400), initializer=v1.zeros_initializer()) + tf.reduce_mean(frames)
        session.run(v1.global_variables_initializer())
        definition = v1.saved_model.signature_def_utils.predict_signature_def({"rgb_input": frames}, {"default": logits})
        builder = v1.saved_model.Builder(str(home / "module"))
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map={"default": definition})
        builder.save()
    assert_predicts(load_i3d(home / "module"))
