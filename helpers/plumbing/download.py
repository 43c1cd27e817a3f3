"""One file from one address: verified, whole or not at all, tried again when the network stumbles."""

import ipaddress
import os
import re
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from .cache import file_sha256, staging_dir
from .messages import DownloadError, show_progress, without_credentials

TIMEOUT = 30  # seconds without a byte
TRIES = 4
# Where a certificate says its issuer can be fetched, an attacker may have written an address inside the reader's network.
ALLOW_PRIVATE_ISSUERS = False


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
    with staging_dir(path.parent / "download") as folder:
        if not is_verified(path, sha256):  # another process may have fetched it meanwhile
            part = fetch(url, folder / path.name, sha256, starts_with)
            os.replace(record_hash(part), hash_record(path))
            os.replace(part, path)
    return path


def hash_record(path):
    return path.with_name(f"{path.name}.sha256")


def record_hash(path):
    """Write down what a file hashes to, to notice later whether it was changed; return where."""
    record = hash_record(path)
    record.write_text(f"{file_sha256(path)}  {path.name}\n")
    return record


def is_verified(path, sha256=None):
    """Tell whether a file is there and still what was downloaded."""
    try:
        return file_sha256(path) == (sha256 or hash_record(path).read_text().split()[0])
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
    options = {"timeout": TIMEOUT, "chunk_size": 2**16, "progressbar": show_progress(), "hooks": {"response": inspect_answer}}
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
