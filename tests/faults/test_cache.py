"""The cache: many at the same time, killed, read-only, full, or changed behind its back."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from helpers import UCF101
from helpers.plumbing import saved_model as module_cache
from helpers.plumbing import weights
from helpers.plumbing.messages import DownloadError
from helpers.plumbing.saved_model import saved_model
from helpers.plumbing.weights import fetch_checkpoint
from tests.faults.conftest import CHECKPOINT, CLIP, CLIP_NAME, INDEX, assert_clear, files, unprivileged
from tests.support import TOP


@pytest.fixture
def mirror(httpserver):
    """The address of a server with one clip."""
    httpserver.expect_request("/UCF101/").respond_with_data(INDEX)
    httpserver.expect_request(f"/UCF101/{CLIP_NAME}").respond_with_data(CLIP)
    return httpserver.url_for("/UCF101/")


def clips_sent(httpserver):
    return len([request for request, _ in httpserver.log if request.path.endswith(".avi")])


@pytest.fixture
def builds(monkeypatch):
    """A module of three small files in place of the network's; the list of what was built."""
    made = []

    def build(folder, _):
        parts = {"saved_model.pb": b"graph", "variables/variables.index": b"index", "variables/variables.data": CHECKPOINT}
        for name, content in parts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in parts.items()]
        (folder / module_cache.CHECKSUMS).write_text("".join(sums))
        made.append(folder)

    monkeypatch.setattr(module_cache, "build", build)
    return made


def one_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_to_the_first_line(path):
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])


DAMAGES = {"changed by one bit": one_bit, "truncated": cut, "emptied": lambda path: path.write_bytes(b""), "removed": Path.unlink}


@pytest.mark.parametrize("file", ["", ".sha256"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_clip_of_it(damage, file, mirror, cache, httpserver):
    path = UCF101(mirror)[CLIP_NAME]
    DAMAGES[damage](Path(f"{path}{file}"))
    assert UCF101(mirror)[CLIP_NAME].read_bytes() == CLIP
    assert clips_sent(httpserver) == 2, "noticed, and downloaded again"
    assert UCF101(mirror)[CLIP_NAME] == path
    assert clips_sent(httpserver) == 2, "the third time it is in the cache"


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_weights_in_it(damage, index, cache):
    path = fetch_checkpoint()
    DAMAGES[damage](path)
    assert fetch_checkpoint().read_bytes() == CHECKPOINT
    assert files(cache) == ["i3d-kinetics-400.ckpt"]


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.data", module_cache.CHECKSUMS])
@pytest.mark.parametrize("damage", [*DAMAGES, "cut to the first line"])
def test_the_module_in_it(damage, file, builds, cache):
    path = saved_model() / file
    before = path.read_bytes()
    {**DAMAGES, "cut to the first line": cut_to_the_first_line}[damage](path)
    damaged = not path.exists() or path.read_bytes() != before
    assert (saved_model() / file).read_bytes() == before
    assert len(builds) == 1 + damaged, "noticed, and built anew"
    saved_model()
    assert len(builds) == 1 + damaged


GET_CLIP = "import sys; from helpers import UCF101; print(UCF101(sys.argv[1])[sys.argv[2]])"


def test_eight_processes_fetch_a_clip_at_the_same_time(mirror, cache, httpserver):
    command = [sys.executable, "-c", GET_CLIP, mirror, CLIP_NAME]
    children = [subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    answers = {child.communicate()[0].strip() for child in children}
    assert [Path(answer).read_bytes() for answer in answers] == [CLIP]
    assert clips_sent(httpserver) == 1


@pytest.fixture
def shared(monkeypatch):
    """A cache that everyone can get at, as a teacher would set it up."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    monkeypatch.setenv("I3D_CACHE", str(folder))
    yield folder
    shutil.rmtree(folder)


def make_read_only(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def test_a_read_only_folder_that_has_everything(shared, mirror, index, builds):
    clip = UCF101(mirror)[CLIP_NAME]
    fetch_checkpoint(), saved_model()
    make_read_only(shared)
    with unprivileged():
        assert UCF101(mirror)[CLIP_NAME] == clip
        assert fetch_checkpoint().read_bytes() == CHECKPOINT
        assert saved_model() == module_cache.module_folder("float32")
    assert len(builds) == 1


WANTED = {
    "clip": lambda root: UCF101(root)[CLIP_NAME],
    "weights": lambda _: fetch_checkpoint(),
    "module": lambda _: saved_model(),
}


@pytest.mark.parametrize("what", WANTED)
@pytest.mark.parametrize("left", ["nothing", "damaged"])
def test_a_read_only_folder_that_lacks(what, left, shared, mirror, index, builds, home):
    if left == "damaged":
        WANTED[what](mirror)
        for file in files(shared):
            cut(shared / file)
    make_read_only(shared)
    with unprivileged(), pytest.raises(DownloadError, match="cannot be written to: Permission denied.*I3D_CACHE") as caught:
        WANTED[what](mirror)
    assert_clear(caught.value, home)
    shared.chmod(0o777)
    for path in shared.rglob("*"):
        path.chmod(0o777)
    assert WANTED[what](mirror).exists(), "the next try works"


def test_a_file_in_the_place_of_the_folder(mirror, cache, home):
    cache.write_text("not a folder")
    with pytest.raises(DownloadError, match="~/cache cannot be written to: File exists") as caught:
        UCF101(mirror)[CLIP_NAME]
    assert_clear(caught.value, home)


# In a mount namespace of its own, a small disk; then the same with room on it.
DISK_FULL = """
import os, pathlib, subprocess, sys
cache, size, prepare, code = sys.argv[1:5]
pathlib.Path(cache).mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", cache], check=True)
from helpers import UCF101
from helpers.plumbing import saved_model, weights
from helpers.plumbing.messages import DownloadError, ModelError
exec(prepare)
try:
    eval(code)
except (DownloadError, ModelError) as error:
    print(error)
print(sorted(path.name for path in pathlib.Path(cache).rglob("*") if path.is_file() and path.suffix != ".lock"))
subprocess.run(["mount", "-o", "remount,size=1g", cache], check=True)
print(eval(code).exists())
"""


def on_a_small_disk(cache, size, code, prepare=""):
    """Run code with a small disk for its cache, then a large one; return the error, the files left, and whether it worked."""
    namespace = ["unshare", "--mount"] if shutil.which("unshare") else []
    if not namespace or os.geteuid() or subprocess.run([*namespace, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets no test mount a small disk, so nothing is said about full ones here")
    command = [*namespace, sys.executable, "-c", DISK_FULL, cache, size, prepare, code]
    finished = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


def test_disk_full_while_a_clip_is_fetched(mirror, cache, home):
    error, left, worked = on_a_small_disk(cache, "64k", f"UCF101({mirror!r})[{CLIP_NAME!r}]")
    assert "~/cache/" in error and "cannot be written to: No space left on device. Free some space" in error
    assert (left, worked) == ("[]", "True")


def test_disk_full_while_the_weights_are_fetched(index, cache, home):
    constants = {name: getattr(weights, name) for name in ("CHECKPOINT_SIZE", "CHECKPOINT_SHA256", "ARCHIVE_SHA256")}
    error, left, worked = on_a_small_disk(cache, "4k", "weights.fetch_checkpoint()", f"vars(weights).update({constants})")
    assert "No space left on device" in error and "Free some space" in error
    assert (left, worked) == ("[]", "True")
