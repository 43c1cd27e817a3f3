"""A notebook cell that is interrupted (KeyboardInterrupt) leaves no incomplete file in the cache, and the next try works."""

import threading

import pytest
from werkzeug import Response

from helpers import UCF101
from helpers.basics.cache import file_sha256
from helpers.models.i3d import saved_model as module_cache
from helpers.models.i3d.saved_model import saved_model
from helpers.models.i3d.weights import fetch_checkpoint
from tests.faults.conftest import CHECKPOINT, CLIP, CLIP_NAME, INDEX, files
from tests.support.operating_systems import needs_posix_signals

pytestmark = needs_posix_signals  # on Windows os.kill ends the process, whatever the signal


def send_half(over):
    """Send half a clip, then nothing until the test is over."""

    def body():
        yield CLIP[: len(CLIP) // 2]
        over.wait(20)

    return Response(body(), headers={"Content-Length": str(len(CLIP))})


def test_interrupted_while_a_clip_is_downloaded(httpserver, cache, stop_button):
    over = threading.Event()
    httpserver.expect_request("/UCF101/").respond_with_data(INDEX)
    httpserver.expect_request(f"/UCF101/{CLIP_NAME}").respond_with_handler(
        lambda _: Response(CLIP) if over.is_set() else send_half(over)
    )
    dataset = UCF101(httpserver.url_for("/UCF101/"))
    dataset.videos
    stop_button(0.5)
    with pytest.raises(KeyboardInterrupt):
        dataset[CLIP_NAME]
    over.set()
    assert files(cache) == []
    assert dataset[CLIP_NAME].read_bytes() == CLIP


def test_interrupted_while_the_weights_are_downloaded(published_archive, cache, stop_button):
    stop_button(0.5)  # pip takes a second to start
    with pytest.raises(KeyboardInterrupt):
        fetch_checkpoint()
    assert files(cache) == []
    assert fetch_checkpoint().read_bytes() == CHECKPOINT


def test_interrupted_while_the_module_is_built(cache, stop_button, monkeypatch):
    attempts = []

    def build(folder, *_):
        folder.mkdir()
        (folder / "saved_model.pb").write_bytes(b"graph")
        attempts.append(folder)
        if len(attempts) == 1:
            stop_button(0)
            threading.Event().wait(20)
        (folder / module_cache.CHECKSUMS).write_text(f"{file_sha256(folder / 'saved_model.pb')}  saved_model.pb\n")

    monkeypatch.setattr(module_cache, "_build", build)
    with pytest.raises(KeyboardInterrupt):
        saved_model()
    assert files(cache) == []
    assert (saved_model() / "saved_model.pb").read_bytes() == b"graph"
