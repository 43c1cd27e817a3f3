"""The cache: damaged files, many processes at once, read-only folders and full disks."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from helpers import UCF101
from helpers.basics.messages import DownloadError
from helpers.models.i3d import saved_model as module_cache
from helpers.models.i3d.saved_model import saved_model
from helpers.models.i3d.weights import fetch_checkpoint
from tests.faults.conftest import CHECKPOINT, CLIP, CLIP_NAME, INDEX, assert_clear, files, stand_in_constants, unprivileged
from tests.faults.limited_process import run_on_small_disk
from tests.support import TOP


@pytest.fixture
def mirror(httpserver):
    """Address of a server with one clip."""
    httpserver.expect_request("/UCF101/").respond_with_data(INDEX)
    httpserver.expect_request(f"/UCF101/{CLIP_NAME}").respond_with_data(CLIP)
    return httpserver.url_for("/UCF101/")


def clips_sent(httpserver):
    return len([request for request, _ in httpserver.log if request.path.endswith(".avi")])


@pytest.fixture
def builds(monkeypatch):
    """Write three small files instead of building the model; the list of folders that were built."""
    built = []

    def build(folder, *_):
        parts = {"saved_model.pb": b"graph", "variables/variables.index": b"index", "variables/variables.data": CHECKPOINT}
        for name, content in parts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in parts.items()]
        (folder / module_cache.CHECKSUMS).write_text("".join(sums))
        built.append(folder)

    monkeypatch.setattr(module_cache, "_build", build)
    return built


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def truncate_to_the_first_line(path):
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])


DAMAGES = {
    "changed by one bit": flip_a_bit,
    "truncated": truncate,
    "emptied": lambda path: path.write_bytes(b""),
    "removed": Path.unlink,
}


@pytest.mark.parametrize("file", ["", ".sha256"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_clip_is_downloaded_again(damage, file, mirror, cache, httpserver):
    path = UCF101(mirror)[CLIP_NAME]
    DAMAGES[damage](Path(f"{path}{file}"))
    assert UCF101(mirror)[CLIP_NAME].read_bytes() == CLIP
    assert clips_sent(httpserver) == 2, "downloaded again"
    assert UCF101(mirror)[CLIP_NAME] == path
    assert clips_sent(httpserver) == 2, "the third time, it is in the cache"


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_weights_are_downloaded_again(damage, published_archive, cache):
    path = fetch_checkpoint()
    DAMAGES[damage](path)
    assert fetch_checkpoint().read_bytes() == CHECKPOINT
    assert files(cache) == ["i3d-kinetics-400.ckpt"]


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.data", module_cache.CHECKSUMS])
@pytest.mark.parametrize("damage", [*DAMAGES, "truncated to the first line"])
def test_a_damaged_module_is_built_again(damage, file, builds, cache):
    path = saved_model() / file
    before = path.read_bytes()
    {**DAMAGES, "truncated to the first line": truncate_to_the_first_line}[damage](path)
    damaged = not path.exists() or path.read_bytes() != before
    assert (saved_model() / file).read_bytes() == before
    assert len(builds) == 1 + damaged, "built again if damaged"
    saved_model()
    assert len(builds) == 1 + damaged, "the third time, it is in the cache"


GET_CLIP = "import sys; from helpers import UCF101; print(UCF101(sys.argv[1])[sys.argv[2]])"


def test_eight_processes_download_a_clip_only_once(mirror, cache, httpserver):
    command = [sys.executable, "-c", GET_CLIP, mirror, CLIP_NAME]
    children = [subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    paths = {child.communicate()[0].strip() for child in children}
    assert [Path(path).read_bytes() for path in paths] == [CLIP]
    assert clips_sent(httpserver) == 1


@pytest.fixture
def shared(monkeypatch):
    """A cache folder that all users can write to, as a teacher would set it up."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    monkeypatch.setenv("I3D_CACHE", str(folder))
    yield folder
    shutil.rmtree(folder)


def make_read_only(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def test_a_complete_read_only_cache_works(shared, mirror, published_archive, builds):
    clip = UCF101(mirror)[CLIP_NAME]
    fetch_checkpoint(), saved_model()
    make_read_only(shared)
    with unprivileged():
        assert UCF101(mirror)[CLIP_NAME] == clip and clip.read_bytes() == CLIP
        assert fetch_checkpoint().read_bytes() == CHECKPOINT
        assert saved_model() == module_cache.module_folder("float32")
    assert len(builds) == 1


PRODUCTS = {
    "clip": lambda root: UCF101(root)[CLIP_NAME],
    "weights": lambda _: fetch_checkpoint(),
    "module": lambda _: saved_model(),
}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_one_clear_error_if_a_read_only_cache_is_incomplete(product, state, shared, mirror, published_archive, builds, home):
    if state == "damaged":
        PRODUCTS[product](mirror)
        for file in files(shared):
            truncate(shared / file)
    make_read_only(shared)
    with unprivileged(), pytest.raises(DownloadError, match="cannot be written to: Permission denied.*I3D_CACHE") as caught:
        PRODUCTS[product](mirror)
    assert_clear(caught.value, home)
    shared.chmod(0o777)
    for path in shared.rglob("*"):
        path.chmod(0o777)
    assert PRODUCTS[product](mirror).exists(), "the next try works"


def test_one_clear_error_if_the_cache_is_a_file(mirror, cache, home):
    cache.write_text("not a folder")
    with pytest.raises(DownloadError, match="~/cache cannot be written to: File exists") as caught:
        UCF101(mirror)[CLIP_NAME]
    assert_clear(caught.value, home)


def test_a_relative_cache_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("I3D_CACHE", "cache")
    with pytest.raises(DownloadError, match="I3D_CACHE is cache, which depends on the current folder. Set it to .*cache"):
        fetch_checkpoint()
    assert not (tmp_path / "cache").exists()


def test_disk_full_while_a_clip_is_downloaded(mirror, cache):
    error, left, worked = run_on_small_disk(cache, "64k", f"UCF101({mirror!r})[{CLIP_NAME!r}]")
    assert "~/cache/" in error and "cannot be written to: No space left on device. Free some space" in error
    assert (left, worked) == ("[]", "True")


def test_disk_full_while_the_weights_are_downloaded(published_archive, cache):
    prepare = f"vars(weights).update({stand_in_constants()})"
    error, left, worked = run_on_small_disk(cache, "4k", "weights.fetch_checkpoint()", prepare)
    assert "No space left on device" in error and "Free some space" in error
    assert (left, worked) == ("[]", "True")
