"""The authors' checkpoints from faulty servers, or damaged in the cache: a small one takes the place of `rgb_imagenet`."""

import numpy as np
import pytest
from werkzeug import Response

from helpers import load_i3d, load_keras_i3d
from helpers.basics.cache import git_blob_id
from helpers.basics.messages import DownloadError
from helpers.models.i3d import authors
from tests.faults.conftest import assert_clear, files
from tests.support.stand_ins import write_checkpoint

INDEX, DATA = authors.FILES
KERNEL, SHIFT, SCOPE = "unit/conv_3d/w", "unit/batch_norm/beta", "i3d-rgb_imagenet"
ARRAYS = {
    KERNEL: np.arange(64, dtype=np.float32).reshape(1, 1, 1, 8, 8),
    SHIFT: np.linspace(-1, 1, 8, dtype=np.float32).reshape(1, 1, 1, 1, 8),
    f"{KERNEL}/Momentum": np.zeros(3, np.float32),
}
DAMAGES = {
    "a web page": lambda content: b"<!DOCTYPE html><title>Sign in to this network</title>",
    "nothing": lambda content: b"",
    "the first half": lambda content: content[: len(content) // 2],
    "more": lambda content: content + b"\0",
    "a changed bit": lambda content: bytes([content[0] ^ 1]) + content[1:],
    "the file of another network": lambda content: OTHER[len(content)],
}
OTHER = {}  # files of another network, by size


def checkpoint(folder, arrays):
    """Write a checkpoint; return the content of each file."""
    write_checkpoint(folder / authors.PREFIX, arrays)
    return {file: (folder / file).read_bytes() for file in authors.FILES}


@pytest.fixture
def published(tmp_path, httpserver, monkeypatch):
    """What a server sends for each file of the checkpoint; change it to change what is sent."""
    sent = checkpoint(tmp_path / "published", ARRAYS)
    for content in checkpoint(tmp_path / "other", {name: array + 1 for name, array in ARRAYS.items()}).values():
        OTHER[len(content)] = content
    monkeypatch.setattr("helpers.basics.download.TRIES", 1)
    monkeypatch.setattr(authors, "ADDRESS", httpserver.url_for("/checkpoints"))
    monkeypatch.setitem(
        authors.GIT_BLOBS, "rgb_imagenet", tuple(git_blob_id(tmp_path / "published" / file) for file in authors.FILES)
    )
    for file in authors.FILES:
        url = f"/checkpoints/rgb_imagenet/{file}"
        httpserver.expect_request(url).respond_with_handler(lambda request: Response(sent[request.path.split("/")[-1]]))
    return sent


def assert_read(prefix):
    tensors = authors.read(prefix, [KERNEL, SHIFT])
    np.testing.assert_array_equal(tensors[KERNEL], ARRAYS[KERNEL])
    np.testing.assert_array_equal(tensors[SHIFT], ARRAYS[SHIFT].ravel())


def test_a_checkpoint_is_downloaded_once_to_any_folder(published, httpserver, home, monkeypatch):
    monkeypatch.setenv("I3D_CACHE", str(home / "caché [1]"))
    assert_read(authors.fetch("rgb_imagenet"))
    assert_read(authors.fetch("rgb_imagenet"))
    assert [request.path.split("/")[-1] for request, _ in httpserver.log] == [INDEX, DATA]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", authors.FILES)
def test_a_wrong_file_is_refused_and_not_kept(file, damage, published, cache, home):
    right = published[file]
    published[file] = DAMAGES[damage](right)
    with pytest.raises(
        DownloadError, match=f"rgb_imagenet could not be downloaded.*{file} is the wrong file: its git blob"
    ) as caught:
        authors.fetch("rgb_imagenet")
    assert_clear(caught.value, home)
    assert f"{SCOPE}/{file}" not in files(cache)
    published[file] = right
    assert_read(authors.fetch("rgb_imagenet"))


def test_what_cannot_be_downloaded_can_be_copied_by_hand(published, cache, home, monkeypatch):
    monkeypatch.setattr(authors, "ADDRESS", "http://127.0.0.1:9")
    advice = f"refused.*download {INDEX} and {DATA} from http://127.0.0.1:9/rgb_imagenet with a browser, and save them in"
    with pytest.raises(DownloadError, match=advice) as caught:
        authors.fetch("rgb_imagenet")
    assert_clear(caught.value, home)
    for file, content in published.items():
        (cache / SCOPE / file).write_bytes(content)
    assert_read(authors.fetch("rgb_imagenet"))


def test_a_public_server_without_encryption_is_refused(published, monkeypatch):
    monkeypatch.setattr(authors, "ADDRESS", "http://example.org")
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [(2, 1, 6, "", ("8.8.8.8", 80))])
    with pytest.raises(DownloadError, match="is not encrypted"):
        authors.fetch("rgb_imagenet")


@pytest.mark.parametrize("file", authors.FILES)
def test_a_file_that_was_damaged_in_the_cache_is_downloaded_again(file, published, cache):
    authors.fetch("rgb_imagenet")
    (cache / SCOPE / file).write_bytes(b"damaged")
    assert_read(authors.fetch("rgb_imagenet"))


@pytest.mark.parametrize(
    "file, damage, reason",
    [
        (DATA, "a changed bit", "Checksum does not match"),
        (DATA, "the first half", ""),
        (DATA, "the file of another network", "Checksum does not match"),
        (INDEX, "a changed bit", ""),
        (INDEX, "the first half", ""),
        (INDEX, "the file of another network", "Checksum does not match"),
    ],
)
def test_each_array_is_verified_when_it_is_read(file, damage, reason, published, home):
    """Even if a file changes after its git blob id was verified."""
    prefix = authors.fetch("rgb_imagenet")
    path = prefix.with_name(file)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(DownloadError, match=f"is not the authors' checkpoint: .*{reason}.*Delete its folder") as caught:
        authors.read(prefix, [KERNEL, SHIFT])
    assert_clear(caught.value, home)


def test_a_missing_array_raises_one_clear_error(published, home):
    with pytest.raises(DownloadError, match="model.ckpt is not the authors' checkpoint: .*other/w not found") as caught:
        authors.read(authors.fetch("rgb_imagenet"), [KERNEL, "other/w"])
    assert_clear(caught.value, home)


@pytest.mark.parametrize("load", [load_i3d, load_keras_i3d])
def test_unknown_weights_are_refused(load):
    with pytest.raises(ValueError, match="must be one of rgb_imagenet, .*rgb_scratch_kin600.*, not 'imagenet'"):
        load(weights="imagenet")


def test_a_saved_model_has_weights_of_its_own(tmp_path):
    with pytest.raises(ValueError, match="leave weights out"):
        load_i3d(tmp_path, weights="rgb_imagenet")


def test_the_example_is_verified_and_downloaded_once(httpserver, cache, monkeypatch):
    sent = [b"another clip", b"GIF89a, cricket"]
    (cache / "right").parent.mkdir(parents=True, exist_ok=True)
    (cache / "right").write_bytes(sent[1])
    monkeypatch.setattr(authors, "DATA", httpserver.url_for("/data"))
    monkeypatch.setitem(authors.EXAMPLE, "clip.gif", git_blob_id(cache / "right"))
    httpserver.expect_request("/data/clip.gif").respond_with_handler(lambda request: Response(sent.pop(0)))
    with pytest.raises(DownloadError, match="clip.gif is the wrong file: its git blob id"):
        authors.example("clip.gif")
    assert "i3d-example/clip.gif" not in files(cache)
    assert authors.example("clip.gif").read_bytes() == authors.example("clip.gif").read_bytes() == b"GIF89a, cricket"
    assert not sent
