"""The cache folder: locking, atomic writes, and file hashes."""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from .messages import DownloadError

# Errors that the reader can fix: disk full, no permission, a file in place of the folder.
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR}


def cache_folder() -> Path:
    """Return the folder for weights, models and videos, which is created if needed: I3D_CACHE, or the system's place for caches.

    Raises DownloadError if it cannot be created, or if I3D_CACHE is a relative path.
    """
    import pooch  # only here, because it imports requests, which is slow

    folder = expanded(os.environ.get("I3D_CACHE") or pooch.os_cache("i3d-tutorial"))
    if not folder.is_absolute():  # each notebook and program would have a cache of its own
        raise DownloadError(
            f"The environment variable I3D_CACHE is {folder}, which depends on the current folder. Set it to the whole path, "
            f"such as {folder.absolute()}."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error.strerror) from None
    return folder


def expanded(path: str | os.PathLike) -> Path:
    """Replace `~` by the home folder. That of an unknown user, such as `~nobody`, stays as it is, and then does not exist.

    `Path.expanduser` raises a RuntimeError for it.
    """
    return Path(os.path.expanduser(path))


@contextmanager
def staging_dir(path: str | os.PathLike) -> Iterator[Path]:
    """Hold a lock and yield an empty staging folder next to `path`; leftovers of killed processes are removed first.

    The caller moves what it made there to `path` when it is complete. Raises DownloadError if the disk is full or read-only.
    """
    folder = Path(f"{path}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                # Use a new name each time: a child of a killed process may still write to the old folder.
                yield Path(tempfile.mkdtemp(dir=folder))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise unwritable(folder.parent, error.strerror) from None


def unwritable(folder: Path, reason: str | None) -> DownloadError:
    """Return the error for a folder that cannot be written to."""
    return DownloadError(
        f"The folder {folder} cannot be written to: {reason}. Free some space, ask for write permission, "
        "or set the environment variable I3D_CACHE to another folder."
    )


def is_abandoned(path: Path) -> bool:
    """Return whether a temporary file or folder is over an hour old, so that the process that made it was most likely killed."""
    return time.time() - path.stat().st_mtime > 3600


def file_sha256(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a file; raise OSError if it is unreadable, or a pipe, a socket or a device, which may never end."""
    return _hash(path, hashlib.sha256())


def git_blob_id(path: str | os.PathLike) -> str:
    """Return git's id of the content of a file, a SHA-1; raise OSError as `file_sha256` does."""
    return _hash(path, hashlib.sha1(b"blob %d\0" % os.path.getsize(path)))


def _hash(path: str | os.PathLike, digest: Any) -> str:
    kind = os.stat(path).st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):  # open() refuses a folder, but would wait for a pipe
        raise OSError(errno.EINVAL, "it is a pipe, a socket or a device, not a file", str(path))
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def folder_sha256(folder: str | os.PathLike) -> str:
    """Return the SHA-256 of the names and contents of all files in a folder."""
    folder, digest = expanded(folder), hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()} {file_sha256(path)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
