"""One file from one address: verified, whole or not at all, tried again when the network stumbles."""

import errno
import ipaddress
import os
import re
import shutil
import socket
import ssl
import sys
import tempfile
import time
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from filelock import FileLock

TIMEOUT = 30  # seconds without a byte
TRIES = 4
# Where a certificate says its issuer can be fetched, an attacker may have written an address inside the reader's network.
ALLOW_PRIVATE_ISSUERS = False
# What the reader can mend about a folder: no room, no permission, a file in its place.
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR}


def without_credentials(text):
    """Take user names and passwords out of the addresses in a text.

    >>> without_credentials("https://alice:secret@example.org/UCF101/ could not be fetched")
    'https://example.org/UCF101/ could not be fetched'
    """
    return re.sub(r"(?<=://)[^/\s]*@", "", str(text))


def without_secrets(text):
    """Take out of a message what nobody else should read: credentials and queries in addresses, and the reader's home."""
    text = re.sub(r"(://[^\s?'\"]*\?)[^\s'\"]+", r"\1…", without_credentials(text))
    home = os.path.expanduser("~")
    return re.sub(rf"{re.escape(home)}(?!\w)", "~", text) if len(home) > 1 else text


class DownloadError(RuntimeError):
    """A file could not be had; the message says why, and what to do. It holds no secrets."""

    def __init__(self, message):
        super().__init__(without_secrets(message))


def unwritable(folder, error):
    return DownloadError(
        f"The folder {folder} cannot be written to: {error.strerror}. Make room in it, ask for permission, "
        "or name another folder in the variable I3D_CACHE."
    )


def cache_folder():
    """Return the folder that keeps weights and clips from one session to the next.

    The variable I3D_CACHE names another one than the system's usual place for caches.
    """
    import pooch

    folder = Path(os.environ.get("I3D_CACHE") or pooch.os_cache("i3d-tutorial")).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


@contextmanager
def workshop(path):
    """Yield a temporary folder beside `path` to make it in: one process at a time, and swept of what a killed one left behind.

    Raises
    ------
    DownloadError
        If the disk is full, or may not be written to.
    """
    folder = Path(f"{path}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                # A name of its own, because a child of a killed process may still be writing to the old one.
                yield Path(tempfile.mkdtemp(dir=folder))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise unwritable(folder.parent, error) from None


def someone_watches():
    """Tell whether a progress bar has a reader: a terminal, or a notebook that no test runs (TQDM_DISABLE=1)."""
    ipython = sys.modules.get("IPython")
    in_notebook = ipython is not None and hasattr(ipython.get_ipython(), "kernel")
    return (in_notebook or sys.stderr.isatty()) and not os.environ.get("TQDM_DISABLE")


def download(url, path, sha256=None, starts_with=b""):
    """Fetch one file, unless it is there already.

    Parameters
    ----------
    url : str
        An https address. Plain http is taken only where a hash is given, or from this computer and private networks (a
        classroom's mirror).
    path : Path
        Where the file shall be. It appears there whole and verified, or not at all.
    sha256 : str, optional
        What the file must hash to.
    starts_with : bytes, optional
        What files of this kind begin with, to notice a web page that came in place of a video.

    Returns
    -------
    Path
        The same `path`.

    Raises
    ------
    DownloadError
        If the server refuses, cannot be reached or verified, or sends something else.
    """
    path = Path(path)
    if is_verified(path, sha256):
        return path
    require_private_or_https(url, sha256)
    with workshop(path.parent / "download") as folder:
        if not is_verified(path, sha256):  # another process may have fetched it meanwhile
            part = fetch(url, folder / path.name, sha256, starts_with)
            os.replace(record_hash(part), hash_record(path))
            os.replace(part, path)
    return path


def hash_record(path):
    return path.with_name(f"{path.name}.sha256")


def record_hash(path):
    """Write down what a file hashes to, to notice later whether it was changed; return where."""
    import pooch

    record = hash_record(path)
    record.write_text(f"{pooch.file_hash(path)}  {path.name}\n")
    return record


def is_verified(path, sha256=None):
    """Tell whether a file is there and still what was downloaded."""
    import pooch

    try:
        return pooch.file_hash(path) == (sha256 or hash_record(path).read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return False


def fetch(url, path, sha256, starts_with):
    """Transfer one file, in a few tries."""
    import pooch
    import requests

    def transfer(url, output_file, _):
        fetch_verified(url, output_file, sha256)
        require_start(url, output_file, starts_with)

    pooch.get_logger().setLevel("WARNING")
    registry = pooch.create(path.parent, "", registry={path.name: sha256}, urls={path.name: url}, retry_if_failed=TRIES - 1)
    try:
        registry.fetch(path.name, downloader=transfer)
    # Without their causes, which name the address as it was given.
    except requests.exceptions.RequestException as error:
        raise DownloadError(f"{url} could not be fetched in {TRIES} tries: {reason(error)}.") from None
    except ValueError as error:  # pooch's word for a wrong hash
        raise DownloadError(f"{url} is not the file that was expected: {error}") from None
    return path


def require_private_or_https(url, sha256):
    """Refuse an address whose answer nobody could verify."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DownloadError(f"{url} is no web address: it must begin with https:// and name a server.")
    if parts.scheme == "https" or sha256:
        return
    try:
        found = {ipaddress.ip_address(answer[4][0]) for answer in socket.getaddrinfo(parts.hostname, None)}
    except (OSError, UnicodeError) as error:
        raise DownloadError(f"{parts.hostname} could not be found: {error}.") from None
    if not all(address.is_private for address in found):
        raise DownloadError(f"{url} is not encrypted, so its answer cannot be verified: use https://.")


def fetch_verified(url, output_file, sha256):
    """Transfer with the connection verified, completing the server's certificate chain where it is incomplete."""
    import requests
    from pooch import HTTPDownloader

    def inspect_answer(response, **_):
        inspect(response, sha256)

    # Credentials travel beside the address, so that no error repeats them.
    credentials = requests.utils.get_auth_from_url(url)
    url = without_credentials(url)
    options = {"timeout": TIMEOUT, "chunk_size": 2**16, "progressbar": someone_watches(), "hooks": {"response": inspect_answer}}
    if any(credentials):
        options["auth"] = credentials
    try:
        return HTTPDownloader(**options)(url, output_file, None)
    except requests.exceptions.SSLError as error:
        if not isinstance(innermost(error), ssl.SSLCertVerificationError):
            raise  # the connection broke, which is no question of identity
        refused = error
    from aia_chaser.exceptions import AiaChaserError  # needed by few servers, and not to be had on Colab
    from aia_chaser.utils.cert_utils import temp_pem_file

    server = urlsplit(refused.request.url)  # which a redirect may have led to
    try:
        with temp_pem_file(with_missing_certificates(server.hostname, server.port or 443)) as bundle:
            HTTPDownloader(verify=str(bundle), **options)(url, output_file, None)
    except (AiaChaserError, requests.exceptions.SSLError, ssl.SSLError, TimeoutError, ConnectionError, ValueError) as error:
        raise DownloadError(
            f"The identity of {server.hostname} could not be verified, so nothing was downloaded: {reason(refused)}; "
            f"completing its certificate chain did not help: {reason(error)}."
        ) from None


def with_missing_certificates(host, port):
    """Return the certificates that this computer trusts, and those between them and a server's own, verified.

    A server should send them, the UCF101 one does not; its certificate says where they are (RFC 5280, section 4.2.2.1).
    Browsers follow that address; Python does not.
    """
    import requests
    from aia_chaser import AiaChaser, verify_certificate_chain
    from aia_chaser.utils.http_utils import RetryConfig
    from cryptography import x509

    bundle = Path(os.environ.get("REQUESTS_CA_BUNDLE") or requests.certs.where()).read_bytes()
    trusted = x509.load_pem_x509_certificates(bundle)
    chaser = AiaChaser(trusted_cas=trusted, allow_private_ip=ALLOW_PRIVATE_ISSUERS, retry_config=RetryConfig(max_attempts=2))
    # A certificate to look at, not yet to believe. Not chaser.fetch_host_cert, which would wait for ever.
    server = ssl.get_server_certificate((host, port), timeout=TIMEOUT)
    chain = list(chaser.aia_chase_cert(x509.load_pem_x509_certificate(server.encode())))
    verify_certificate_chain(chain, {certificate.subject: certificate for certificate in trusted})
    return trusted + chain[1:]


def inspect(response, sha256):
    """Look at each answer before its body is read: stop at what no second try would change, heed a plea to wait."""
    url, status = response.url, response.status_code
    if response.is_redirect:
        target = urljoin(url, response.headers["Location"])
        if url.startswith("https:") and urlsplit(target).scheme == "http":
            raise DownloadError(f"{url} leads to an address that is not encrypted: {target}.")
        require_private_or_https(target, sha256)
    elif status == 429:
        time.sleep(asked_to_wait(response.headers.get("Retry-After", "")))
    elif 200 < status < 500:
        raise DownloadError(f"{url} answered {status} {response.reason}.")


def asked_to_wait(retry_after):
    """Return how many seconds to wait: `Retry-After` holds a number or a date (RFC 9110, section 10.2.3).

    >>> asked_to_wait("7"), asked_to_wait("soon"), asked_to_wait("Fri, 31 Dec 1999 23:59:59 GMT")
    (7, 1, 0)
    """
    try:
        seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
    except (TypeError, ValueError):
        seconds = int(retry_after) if re.fullmatch("[0-9]{1,9}", retry_after) else 1
    return min(max(seconds, 0), TIMEOUT)


def require_start(url, path, starts_with):
    with open(path, "rb") as file:
        start = file.read(len(starts_with))
    if start != starts_with:
        raise DownloadError(f"{url} sent something else than was asked for: it begins with {start!r}, not {starts_with!r}.")


def innermost(error):
    while inner := error.__cause__ or error.__context__ or next(iter(getattr(error, "errors", [])), None):
        error = inner  # aia-chaser keeps its causes in `errors`
    return error


def reason(error):
    """Return the innermost cause of an error, as one line."""
    error = innermost(error)
    return " ".join(str(error).split()) or type(error).__name__
