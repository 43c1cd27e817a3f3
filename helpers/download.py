"""One file from one address: verified, whole or not at all, tried again when the network stumbles."""

import ipaddress
import os
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT = 30  # seconds without a byte
TRIES = 4
# Where a certificate says its issuer can be fetched, an attacker may have written an address inside the reader's network.
ALLOW_PRIVATE_ISSUERS = False


class DownloadError(RuntimeError):
    """A file could not be had; the message says why, and what to do."""


def cache_folder():
    """Return the folder that keeps weights and clips from one session to the next.

    The variable I3D_CACHE names another one than the system's usual place for caches.
    """
    import pooch

    folder = Path(os.environ.get("I3D_CACHE") or pooch.os_cache("i3d-tutorial")).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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
    import pooch
    import requests

    path = Path(path)
    require_private_or_https(url, sha256)

    def transfer(url, output_file, _):
        fetch_verified(url, output_file)
        require_start(url, output_file, starts_with)

    pooch.get_logger().setLevel("WARNING")
    registry = pooch.create(
        path.parent, "", registry={path.name: sha256}, urls={path.name: url}, retry_if_failed=TRIES - 1
    )
    try:
        registry.fetch(path.name, downloader=transfer)
    except requests.exceptions.RequestException as error:
        raise DownloadError(f"{url} could not be fetched in {TRIES} tries: {reason(error)}.") from error
    except ValueError as error:  # pooch's word for a wrong hash
        raise DownloadError(f"{url} is not the file that was expected: {error}") from error
    return path


def require_private_or_https(url, sha256):
    """Refuse an address whose answer nobody could verify."""
    parts = urlsplit(url)
    if parts.scheme == "https" or sha256:
        return
    if parts.scheme != "http":
        raise DownloadError(f"{url} is no web address: it must begin with https://.")
    try:
        address = ipaddress.ip_address(socket.gethostbyname(parts.hostname))
    except OSError as error:
        raise DownloadError(f"{parts.hostname} could not be found: {error}.") from error
    if not address.is_private:
        raise DownloadError(f"{url} is not encrypted, so its answer cannot be verified: use https://.")


def fetch_verified(url, output_file):
    """Transfer with the connection verified, completing the server's certificate chain where it is incomplete."""
    import requests
    from aia_chaser.exceptions import AiaChaserError
    from aia_chaser.utils.cert_utils import temp_pem_file
    from pooch import HTTPDownloader

    options = {"timeout": TIMEOUT, "chunk_size": 2**16, "progressbar": someone_watches(), "hooks": {"response": inspect}}
    try:
        HTTPDownloader(**options)(url, output_file, None)
    except requests.exceptions.SSLError as error:
        try:
            with temp_pem_file(missing_certificates(url)) as bundle:
                HTTPDownloader(verify=str(bundle), **options)(url, output_file, None)
        except (AiaChaserError, requests.exceptions.SSLError, OSError) as failure:
            raise DownloadError(
                f"The identity of {urlsplit(url).hostname} could not be verified, so nothing was downloaded: {reason(error)}; "
                f"completing its certificate chain did not help: {reason(failure)}."
            ) from error


def missing_certificates(url):
    """Return the certificates between the server's own and one that this computer trusts.

    A server should send them, the UCF101 one does not; its certificate says where they are (RFC 5280, section 4.2.2.1).
    Browsers follow that address; Python does not.
    """
    import requests
    from aia_chaser import AiaChaser
    from cryptography.x509 import load_pem_x509_certificates

    trusted = Path(os.environ.get("REQUESTS_CA_BUNDLE") or requests.certs.where()).read_bytes()
    chaser = AiaChaser(trusted_cas=load_pem_x509_certificates(trusted), allow_private_ip=ALLOW_PRIVATE_ISSUERS)
    return chaser.fetch_cert_chain_for_url(url)[1:]


def inspect(response, **_):
    """Look at each answer before its body is read: stop at what no second try would change, heed a plea to wait."""
    url, status = response.url, response.status_code
    if response.is_redirect and url.startswith("https:") and response.headers["Location"].startswith("http:"):
        raise DownloadError(f"{url} leads to an address that is not encrypted: {response.headers['Location']}.")
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        time.sleep(min(int(wait), TIMEOUT) if wait.isdigit() else 1)
    elif 400 <= status < 500:
        raise DownloadError(f"{url} answered {status} {response.reason}.")


def require_start(url, path, starts_with):
    with open(path, "rb") as file:
        start = file.read(len(starts_with))
    if start != starts_with:
        raise DownloadError(f"{url} sent something else than was asked for: it begins with {start!r}, not {starts_with!r}.")


def reason(error):
    """Return the innermost cause of an error, as one line."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return " ".join(str(error).split()) or type(error).__name__
