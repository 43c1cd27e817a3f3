"""List the files of a dataset: on a web page that links to them, or in a folder."""

import codecs
import contextlib
import hashlib
import os
import re
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from . import download
from .cache import cache_folder
from .messages import without_credentials


def files_below(folder: Path) -> dict[str, list[Path]]:
    """Map each file name below a folder to its paths, sorted; links to folders are not followed. Raises OSError if unreadable."""
    os.listdir(folder)  # raises if the folder cannot be read; os.walk ignores that
    files: dict[str, list[Path]] = {}
    for parent, _, names in sorted(os.walk(folder)):
        for name in names:
            files.setdefault(name, []).append(Path(parent, name))
    return files


def links_on(url: str) -> dict[str, str]:
    """Map the name of each file that a web page links to, to its address; the first link to a name counts.

    Links are relative to the address that the page was redirected to. A query of the page, such as a token, is added to
    addresses on the same server that have none. Raises DownloadError.
    """
    from .transfer import check_address, fetch  # only here, because requests is slow to import

    check_address(url, https_only=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.html"
        _, address = fetch(url, path, True, download.TIMEOUT, download.TRIES)
        content = path.read_bytes()
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    return links_in(content.decode(encoding, errors="replace"), redirected(url, address))


def redirected(url: str, address: str) -> str:
    """Return the address that a page was redirected to, with the credentials and the query of `url` on the same server.

    >>> redirected("https://alice:secret@example.org/old?token=secret", "https://example.org/new/")
    'https://alice:secret@example.org/new/?token=secret'
    >>> redirected("https://alice:secret@example.org/old?token=secret", "https://mirror.org/new/")
    'https://mirror.org/new/'
    """
    given, found = urlsplit(url), urlsplit(address)
    if given.netloc.rpartition("@")[2] != found.netloc:
        return address
    return found._replace(netloc=given.netloc, query=found.query or given.query).geturl()


def links_in(page: str, url: str) -> dict[str, str]:
    """Map the name of each file that a page links to, to its address; see `links_on`.

    >>> links_in("<A HREF='day 1/clip.avi'>", "https://example.org/UCF101?token=secret")
    {'clip.avi': 'https://example.org/UCF101/day 1/clip.avi?token=secret'}
    """
    root = urlsplit(url)
    is_page = re.search(r"\.(html?|php)$", root.path, re.IGNORECASE)
    parser = _Links(root._replace(path=root.path if is_page else f"{root.path.rstrip('/')}/", query="").geturl())
    parser.feed(page)
    links: dict[str, str] = {}
    for address in parser.addresses:
        parts = urlsplit(address)
        if parts[:2] == root[:2] and not parts.query:  # the same scheme and server
            address = parts._replace(query=root.query).geturl()
        links.setdefault(unquote(parts.path.rpartition("/")[2]), address)
    return links


class _Links(HTMLParser):
    """Collects the addresses that a page links to, as a browser understands them."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.addresses = base, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        with contextlib.suppress(ValueError):  # not an address, such as http://[
            if href := dict(attrs).get("href"):
                address = urljoin(self.base, href.strip())
                if tag == "base":
                    self.base = address
                else:
                    self.addresses.append(address)


def page_folder(url: str) -> Path:
    """Return the cache folder of a web page. The hash distinguishes a-b.org from a.b.org."""
    url = without_credentials(url)
    readable = re.sub(r"\W+", "_", url.partition("?")[0])[:80]
    return cache_folder() / f"{readable}_{hashlib.sha256(url.encode()).hexdigest()[:16]}"
