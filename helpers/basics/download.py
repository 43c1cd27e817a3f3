"""Download a file: verified, written atomically, and cached."""

import os
from pathlib import Path

from .cache import file_sha256, staging_dir
from .messages import DownloadError

TIMEOUT = 30  # seconds without a byte
TRIES = 4


def download(
    url: str, path: str | os.PathLike, sha256: str | None = None, starts_with: bytes = b"", tries: int | None = None
) -> Path:
    """Download one file, unless it already exists.

    Parameters
    ----------
    url : str
        An https address. Plain http is accepted only with a `sha256`, or from this computer and private networks (a
        classroom's mirror).
    path : str or Path
        Destination. Written atomically: complete and verified, or not at all.
    sha256 : str, optional
        Expected SHA-256 of the file, in hexadecimal. Without it, the SHA-256 of the downloaded file is recorded next to it, so
        that a file that is changed later is detected and downloaded again.
    starts_with : bytes, optional
        First bytes of files of this kind, to detect a web page that is sent in place of a video.
    tries : int, optional
        How often to try; by default `TRIES`, with pauses that last six seconds in all. Two tries have no pause.

    Returns
    -------
    Path
        The same `path`.

    Raises
    ------
    DownloadError
        If the server refuses, cannot be reached or verified, or sends something else, or if the file cannot be written.
    """
    path = Path(path)
    if is_intact(path, sha256):  # checked without a lock first, because a shared cache may be read-only
        return path
    from .transfer import check_address, fetch  # only if there is something to transfer, because requests is slow to import

    check_address(url, https_only=not sha256)
    with staging_dir(path) as folder:  # a lock for each file, so that several can be downloaded at the same time
        if not is_intact(path, sha256):  # another process may have downloaded it in the meantime
            part = folder / path.name
            digest = fetch(url, part, not sha256, TIMEOUT, tries or TRIES)
            check_content(url, part, digest, sha256, starts_with)
            record = folder / "sha256"
            record.write_text(f"{digest}  {path.name}\n", encoding="utf-8")
            os.replace(record, sha256_record(path))
            os.replace(part, path)
    return path


def check_content(url: str, path: Path, found: str, expected: str | None, starts_with: bytes) -> None:
    """Raise DownloadError if a server sent something else."""
    if expected and found != expected:
        raise DownloadError(f"{url} is the wrong file: its SHA-256 is {found}; expected {expected}.")
    with open(path, "rb") as file:
        start = file.read(len(starts_with))
    if start != starts_with:
        raise DownloadError(f"{url} is the wrong kind of file: it begins with {start!r}, not {starts_with!r}.")


def sha256_record(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def is_intact(path: Path, sha256: str | None = None) -> bool:
    """Return whether a file exists and has the expected SHA-256, or else the one recorded when it was downloaded."""
    try:
        return file_sha256(path) == (sha256 or sha256_record(path).read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return False
