"""Where a dataset's files are: on a web page that links to them, or in a folder."""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from .cache import cache_folder
from .download import download
from .messages import without_credentials


def files_below(folder: Path) -> dict[str, list[Path]]:
    """Map each file name below a folder to its paths, sorted. Symbolic links to folders are not followed.

    Raises
    ------
    OSError
        If the folder cannot be read.
    """
    os.listdir(folder)  # raises if the folder cannot be read; os.walk ignores that
    files: dict[str, list[Path]] = {}
    for parent, _, names in sorted(os.walk(folder)):
        for name in names:
            files.setdefault(name, []).append(Path(parent, name))
    return files


def links_on(url: str) -> list[str]:
    """Return the targets of all links on a web page.

    Raises
    ------
    DownloadError
        If the page cannot be downloaded.
    """
    with tempfile.TemporaryDirectory() as folder:
        page = download(url, Path(folder) / "index.html").read_text(encoding="utf-8", errors="replace")
    return re.findall(r'href="([^"]+)"', page)


def file_url(url: str, name: str) -> str:
    """Return the URL of a file on a web page. A query, such as a token, stays at the end.

    >>> file_url("https://example.org/UCF101/?token=secret", "clip.avi")
    'https://example.org/UCF101/clip.avi?token=secret'
    """
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}").geturl()


def page_folder(url: str) -> Path:
    """Return the cache folder of a web page. The hash distinguishes a-b.org from a.b.org."""
    url = without_credentials(url)
    readable = re.sub(r"\W+", "_", url.partition("?")[0])[:80]
    return cache_folder() / f"{readable}_{hashlib.sha256(url.encode()).hexdigest()[:16]}"
