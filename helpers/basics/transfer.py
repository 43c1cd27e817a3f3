"""HTTP transfers with retries, verified servers, and checked redirects."""

import hashlib
import ipaddress
import socket
import ssl
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from tqdm.auto import tqdm
from urllib3.util import Retry

from .cache import UNWRITABLE
from .messages import DownloadError, causes, reason, show_progress

LONGEST_WAIT = 30  # seconds, even if a server requests more


class Retries(Retry):
    """Retries with a limit on Retry-After, and none for a server whose identity cannot be verified."""

    def increment(self, method=None, url=None, response=None, error=None, *args, **kwargs):
        if isinstance(error, urllib3.exceptions.SSLError) and isinstance(error.args[0], ssl.SSLCertVerificationError):
            raise error
        return super().increment(method, url, response, error, *args, **kwargs)

    def parse_retry_after(self, retry_after):
        try:
            return min(super().parse_retry_after(retry_after), LONGEST_WAIT)
        except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
            return 1


def fetch(url: str, path: Path, https_only: bool, timeout: float, tries: int) -> tuple[str, str]:
    """Download one file, completing the server's certificate chain if needed. Raises DownloadError.

    Return its SHA-256 and its address, which differs from `url` after a redirect and has no credentials.
    """
    try:
        try:
            return transfer(url, path, https_only, timeout, tries)
        except requests.exceptions.SSLError as error:
            if not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error)):
                raise  # the connection broke; the certificate is not the problem
            refused = error
        # Outside of the except block, so that `refused` is not among the causes of later errors.
        return transfer_with_completed_chain(refused, url, path, https_only, timeout, tries)
    # `from None`, because the causes contain the URL with its secrets.
    except (OSError, urllib3.exceptions.HTTPError) as error:  # every error of requests is an OSError
        if getattr(error, "errno", None) in UNWRITABLE:
            raise  # a disk error
        raise DownloadError(f"{url} could not be downloaded (tried up to {tries} times): {reason(error)}.") from None


def transfer_with_completed_chain(
    refused: requests.exceptions.SSLError, url: str, path: Path, https_only: bool, timeout: float, tries: int
) -> tuple[str, str]:
    """Like `transfer`, with the certificates that complete the chain of a server that was refused."""
    server = str(refused.request.url) if refused.request is not None else ""  # may be the target of a redirect
    try:
        from .certificates import completed_bundle  # only here, because few servers need it

        completed = completed_bundle(server, timeout)
    except Exception as error:  # a hostile certificate can break its parser in many ways
        raise not_verified(server, refused, error) from None
    bundle = path.with_name("certificates.pem")
    bundle.write_bytes(completed)
    try:
        return transfer(url, path, https_only, timeout, tries, verify=str(bundle))
    except requests.exceptions.SSLError as error:
        raise not_verified(server, refused, error) from None


def not_verified(server: str, refused: Exception, error: Exception) -> DownloadError:
    return DownloadError(
        f"The identity of {urlsplit(server).hostname} could not be verified, so nothing was downloaded: {reason(refused)}; "
        f"completing its certificate chain did not help: {reason(error)}."
    )


def transfer(url: str, path: Path, https_only: bool, timeout: float, tries: int, verify: bool | str = True) -> tuple[str, str]:
    """Request an address and save the body of the response; return its SHA-256 and its own address."""
    address, credentials = split_credentials(url)
    retries = Retries(tries - 1, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504))
    with requests.Session() as session:
        session.hooks["response"] = [lambda response, **_: check_response(response, https_only)]
        while True:
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=retries))
            with session.get(address, auth=credentials, stream=True, timeout=timeout, verify=verify) as response:
                try:
                    return save(response, path), response.url
                # The connection broke while the body was read. urllib3 leaves such retries to its callers.
                except requests.exceptions.RequestException as error:
                    retries = response.raw.retries.increment("GET", address, error=error)
            retries.sleep()


def save(response: requests.Response, path: Path) -> str:
    """Save the body of a response; return its SHA-256."""
    digest = hashlib.sha256()
    bar = tqdm(total=response.raw.length_remaining, unit="B", unit_scale=True, disable=not show_progress())
    with bar, open(path, "wb") as file:
        for chunk in response.iter_content(2**16):
            file.write(chunk)
            digest.update(chunk)
            bar.update(len(chunk))
    return digest.hexdigest()


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """Return a URL without its user name and password, so that no error contains them, and both as a pair, or None.

    >>> split_credentials("https://alice:secret@example.org?contact=me@example.com")
    ('https://example.org?contact=me@example.com', ('alice', 'secret'))
    """
    parts = urlsplit(url)
    credentials = (unquote(parts.username or ""), unquote(parts.password or ""))
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), credentials if any(credentials) else None


def check_response(response: requests.Response, https_only: bool) -> None:
    """Refuse redirects that cannot be verified and every status other than 200, before the body is read."""
    url = response.url
    if response.is_redirect:
        target = urljoin(url, response.headers["Location"])
        if url.startswith("https:") and urlsplit(target).scheme == "http":
            raise DownloadError(f"{url} redirects to an address that is not encrypted: {target}.")
        check_address(target, https_only)
    elif response.status_code != 200:
        raise DownloadError(f"{url} returned HTTP {response.status_code} {response.reason}.")


def check_address(url: str, https_only: bool) -> None:
    """Refuse an address that is not http or https, or is plain http to a public server although `https_only` is set."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:  # a malformed IPv6 address
        valid = False
    if not valid:
        raise DownloadError(f"{url} is not a web address: it must begin with https:// and name a server.")
    if parts.scheme == "https" or not https_only:
        return
    try:
        found = {ipaddress.ip_address(info[4][0]) for info in socket.getaddrinfo(parts.hostname, None)}
    except (OSError, UnicodeError) as error:
        raise DownloadError(f"The server {parts.hostname} could not be found: {reason(error)}.") from None
    if not all(address.is_private for address in found):
        raise DownloadError(f"{url} is not encrypted, so what it sends cannot be verified: use https://.")
