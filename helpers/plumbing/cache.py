"""The cache folder: locked, written atomically, and hashed."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from .messages import DownloadError

# Errors of a folder that the reader can fix: disk full, no permission, a file in its place.
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR}


def cache_folder() -> Path:
    """Return the folder for weights, models and videos, which is created if needed.

    Returns
    -------
    Path
        The folder that the variable I3D_CACHE names, or one in the system's usual place for caches.

    Raises
    ------
    DownloadError
        If the folder cannot be created.
    """
    import pooch

    folder = Path(os.environ.get("I3D_CACHE") or pooch.os_cache("i3d-tutorial")).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


@contextmanager
def staging_dir(path: str | os.PathLike) -> Iterator[Path]:
    """Hold a lock and yield an empty staging folder next to `path`; leftovers of killed processes are removed first.

    Parameters
    ----------
    path : str or Path
        The file or folder that is being made; move it there from the staging folder once it is complete.

    Raises
    ------
    DownloadError
        If the disk is full or read-only.
    """
    folder = Path(f"{path}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                # A new name each time, because a child of a killed process may still write to the old folder.
                yield Path(tempfile.mkdtemp(dir=folder))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise unwritable(folder.parent, error) from None


def unwritable(folder: Path, error: OSError) -> DownloadError:
    """Return the error for a folder that cannot be written to, with what to do."""
    return DownloadError(
        f"The folder {folder} cannot be written to: {error.strerror}. Free some space, ask for write permission, "
        "or set the variable I3D_CACHE to another folder."
    )


def file_sha256(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a file's contents, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
