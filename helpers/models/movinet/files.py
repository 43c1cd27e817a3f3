"""Download and verify MoViNet's files: the networks for LiteRT, and the labels of Kinetics-600."""

import os
import shutil
import tarfile
import warnings
import zlib
from pathlib import Path
from typing import IO, cast

from ...basics.cache import cache_folder, file_sha256, staging_dir
from ...basics.download import download, is_intact, recorded_sha256, sha256_record
from ...basics.files import replace_file
from ...basics.messages import DownloadError

# The page names no hashes. A0's was compared with a public manifest of the published file; those of A1 and A2 are recorded when
# they are first downloaded.
MOVINET_SHA256 = {"a0": "6125b36e2485eeb5cc1fd6206cf5e5d70235593fbc84610d1dce97fe3aa9c2ac", "a1": None, "a2": None}
TFHUB = "https://tfhub.dev/tensorflow/lite-model/movinet/{}/stream/kinetics-600/classification/tflite/int8/1?lite-format=tflite"
KAGGLE = "https://www.kaggle.com/api/v1/models/google/movinet/tfLite/{}-stream-kinetics-600-classification-tflite-int8/1/download"
LABELS_600 = (
    "https://raw.githubusercontent.com/tensorflow/models/f8af2291cced43fc9f1d9b41ddbf772ae7b0d7d2/"
    "official/projects/movinet/files/kinetics_600_labels.txt"
)
LABELS_600_SHA256 = "8dfca4202520ea8291ce0242ef33b006d0a0772b409663c090a2876bc1978dcf"
LARGEST = 100_000_000  # bytes; A2 has 7 million
TRIES = 2  # without a pause: there are two servers, and whoever is offline should know after seconds


def movinet_path(name: str) -> Path:
    """Return where the cache has the file of a MoViNet, "a0", "a1" or "a2". The file may not exist yet."""
    return cache_folder() / f"movinet_{name}_stream_int8.tflite"


def labels_path() -> Path:
    """Return where the cache has the labels of Kinetics-600. The file may not exist yet."""
    return cache_folder() / "kinetics_600_labels.txt"


def fetch_labels() -> Path:
    """Return the path of the labels of Kinetics-600, one a line, which are downloaded and verified on first use."""
    try:
        return download(LABELS_600, labels_path(), LABELS_600_SHA256, tries=TRIES)
    except DownloadError as error:
        raise DownloadError(f"The labels of Kinetics-600 could not be downloaded. {error}\n{_by_hand({})}") from None


def fetch_from_classroom(address: str) -> None:
    """Download MoViNet-A0 and its labels from a classroom's URL of weights to the cache. Print a line for each missing file."""
    for path, sha256 in {movinet_path("a0"): MOVINET_SHA256["a0"], labels_path(): LABELS_600_SHA256}.items():
        try:
            download(f"{address}/{path.name}", path, sha256)
        except DownloadError as error:
            print(f"The classroom will not have {path.name}: {error}")


def expected_sha256(name: str) -> str | None:
    """Return the SHA-256 that the file of a MoViNet must have; None before the first download of A1 or A2."""
    return MOVINET_SHA256[name] or recorded_sha256(movinet_path(name))


def fetch_movinet(name: str) -> Path:
    """Return the path of a MoViNet for LiteRT, which is downloaded and verified on first use.

    Warns if nothing is known to compare it with: the first A1 or A2. Raises DownloadError, which also names missing labels.
    """
    path, expected, problem = movinet_path(name), expected_sha256(name), ""
    if is_intact(path, expected):
        return path
    if expected is None and path.exists() and _is_unknown_network(path):  # put there by hand
        problem = _record_sha256(path)
    else:
        _fetch_from_anywhere(name, path, expected)
    if expected is None:
        recorded = "was recorded. From now on, any other file is rejected."
        warnings.warn(
            f"No hash of MoViNet-{name.upper()} is published, so this file could not be verified. Its SHA-256, "
            f"{file_sha256(path)}, {problem or recorded}",
            stacklevel=3,
        )
    return path


def _record_sha256(path: Path) -> str:
    """Record the SHA-256 of a file in the cache, or return why that failed: a shared cache may be read-only."""
    try:
        replace_file(sha256_record(path), f"{file_sha256(path)}  {path.name}\n".encode())
    except OSError as error:
        return f"could not be recorded next to it: {error.strerror}."
    return ""


def _fetch_from_anywhere(name: str, path: Path, expected: str | None) -> None:
    damaged = "The file in the cache is damaged. " if path.exists() else ""
    try:
        _fetch_from_tfhub(TFHUB.format(name), path, expected)
    except DownloadError as error:
        try:
            _fetch_from_archive(KAGGLE.format(name), path, expected)
        except DownloadError as second:
            addresses = f"{TFHUB.format(name)}\n    or the only .tflite file in the archive\n    {KAGGLE.format(name)}"
            raise DownloadError(
                f"{damaged}MoViNet-{name.upper()} could not be downloaded. From TF Hub: {error} From Kaggle: {second}\n"
                f"{_by_hand({path: addresses})}"
            ) from None


def _by_hand(missing: dict[Path, str]) -> str:
    """Describe how to get files without this program; the labels are included if they are missing."""
    if not is_intact(labels_path(), LABELS_600_SHA256):
        missing = {**missing, labels_path(): LABELS_600}
    files = "\n".join(f"  {path.name}, from\n    {address}" for path, address in missing.items())
    return (
        f"Connect to the network and try again. Or download what is missing with a browser, and save it under "
        f"{'this name' if len(missing) == 1 else 'these names'} in {cache_folder()}:\n{files}"
    )


def _fetch_from_tfhub(url: str, path: Path, expected: str | None) -> None:
    """Download a network; one without a known hash must at least begin as files of LiteRT do."""
    download(url, path, expected, tries=TRIES)
    if not expected and not _is_unknown_network(path):
        for file in (path, sha256_record(path)):
            file.unlink(missing_ok=True)
        raise DownloadError(f"{url} is not a network for LiteRT (.tflite), or is another MoViNet.")


def _fetch_from_archive(url: str, path: Path, expected: str | None) -> None:
    """Download an archive and extract the only network in it."""
    archive = path.with_suffix(".tar.gz")
    try:
        download(url, archive, starts_with=b"\x1f\x8b", tries=TRIES)
        with staging_dir(path) as folder:
            part = _extract_network(archive, folder / path.name)
            found = file_sha256(part)
            if expected and found != expected:
                raise DownloadError(f"{url} contains the wrong network: its SHA-256 is {found}; expected {expected}.")
            if not expected and not _is_unknown_network(part):
                raise DownloadError(f"{url} does not contain a network for LiteRT (.tflite), or contains another MoViNet.")
            replace_file(sha256_record(path), f"{found}  {path.name}\n".encode())
            os.replace(part, path)
    finally:
        for file in (archive, sha256_record(archive)):
            file.unlink(missing_ok=True)


def _extract_network(archive: Path, path: Path) -> Path:
    try:
        with tarfile.open(archive) as tar, open(path, "wb") as file:
            networks = [member for member in tar if member.isreg() and member.name.endswith(".tflite")]
            if len(networks) != 1 or networks[0].size > LARGEST:
                raise DownloadError(
                    f"{archive.name} has {len(networks)} networks, but must have one, of at most {LARGEST:,} bytes."
                )
            shutil.copyfileobj(cast(IO[bytes], tar.extractfile(networks[0])), file)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DownloadError(f"the network cannot be extracted from {archive.name}: {error}.") from None
    return path


def _is_unknown_network(path: Path) -> bool:
    """Return whether a file begins as those of LiteRT do, and is not a MoViNet whose hash is known."""
    with open(path, "rb") as file:
        return file.read(8)[4:] == b"TFL3" and file_sha256(path) not in MOVINET_SHA256.values()
