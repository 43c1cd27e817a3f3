"""Download a file: verified, written atomically, and cached."""

import os
from pathlib import Path

from .cache import file_sha256, git_blob_id, staging_dir
from .messages import DownloadError

TIMEOUT = 30  # seconds without a byte
TRIES = 4  # with pauses of six seconds in all; two tries have no pause


def download(
    url: str,
    path: str | os.PathLike,
    sha256: str | None = None,
    starts_with: bytes = b"",
    tries: int | None = None,
    git_blob: str | None = None,
) -> Path:
    """Download a file to `path`, unless it is intact there, and return `path`. On DownloadError, nothing is written.

    The address must be https; http is accepted only with a `sha256`, or from this computer and private networks (a classroom's
    mirror). Without a `sha256` or a `git_blob`, a file is intact if it has the SHA-256 that was recorded next to it when it was
    downloaded. `starts_with` are the first bytes of files of this kind, to detect a web page in place of a video.
    """
    path = Path(path)
    if is_intact(path, sha256, git_blob):  # checked without a lock first, because a shared cache may be read-only
        return path
    from .transfer import check_address, fetch  # only if there is something to transfer, because requests is slow to import

    check_address(url, https_only=not sha256)
    with staging_dir(path) as folder:  # a lock for each file, so that several can be downloaded at the same time
        if not is_intact(path, sha256, git_blob):  # another process may have downloaded it in the meantime
            part = folder / path.name
            digest, _ = fetch(url, part, not sha256, TIMEOUT, tries or TRIES)
            if sha256 and digest != sha256:
                raise DownloadError(f"{url} is the wrong file: its SHA-256 is {digest}; expected {sha256}.")
            with open(part, "rb") as file:
                start = file.read(len(starts_with))
            if start != starts_with:
                raise DownloadError(f"{url} is the wrong kind of file: it begins with {start!r}, not {starts_with!r}.")
            if git_blob and (found := git_blob_id(part)) != git_blob:
                raise DownloadError(f"{url} is the wrong file: its git blob id is {found}; expected {git_blob}.")
            record = folder / "sha256"
            record.write_text(f"{digest}  {path.name}\n", encoding="utf-8")
            os.replace(record, sha256_record(path))
            os.replace(part, path)
    return path


def sha256_record(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def recorded_sha256(path: Path) -> str | None:
    """Return the SHA-256 that was recorded when a file was downloaded; None if there is no record."""
    try:
        return sha256_record(path).read_text(encoding="utf-8").split()[0]
    except (OSError, ValueError, IndexError):
        return None


def is_intact(path: Path, sha256: str | None = None, git_blob: str | None = None) -> bool:
    """Return whether a file exists and has the expected git blob id or SHA-256, or else the recorded SHA-256."""
    try:
        if git_blob:
            return git_blob_id(path) == git_blob
        return file_sha256(path) == (sha256 or recorded_sha256(path))
    except OSError:
        return False
