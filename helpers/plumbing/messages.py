"""Messages for readers: errors without secrets, and whether to show a progress bar."""

import os
import re
import sys
from collections.abc import Iterator


def without_credentials(text: object) -> str:
    """Remove user names and passwords from the addresses in a text. For display only: requests use `split_credentials`.

    >>> without_credentials("https://alice:secret@example.org/UCF101/ could not be downloaded")
    'https://example.org/UCF101/ could not be downloaded'
    """
    return re.sub(r"(?<=://)[^/?#\s]*@", "", str(text))


def without_secrets(text: object) -> str:
    """Remove credentials and queries from the addresses in a text, and abbreviate the home folder to `~`.

    >>> without_secrets("https://example.org/clip.avi?token=secret could not be downloaded")
    'https://example.org/clip.avi?… could not be downloaded'
    """
    text = re.sub(r"(://[^\s?#'\"]*[?#])[^\s'\"]+", r"\1…", without_credentials(text))
    home = os.path.expanduser("~")
    # Whole path components only: with the home /home/ann, /home/ann-marie and /mnt/backup/home/ann are other folders.
    return re.sub(rf"(?<![\w.@+~()-]){re.escape(home)}(?![\w@+~-]|\.\w)", "~", text) if len(home) > 1 else text


class DownloadError(RuntimeError):
    """A file could not be downloaded; the message says why, and what to do. It contains no secrets."""

    def __init__(self, message: str):
        super().__init__(without_secrets(message))


class ModelError(RuntimeError):
    """A model could not be loaded; the message says why, and what to do. It contains no secrets."""

    def __init__(self, message: str):
        super().__init__(without_secrets(" ".join(message.split())))


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it, the innermost cause last."""
    while error:
        yield error
        # aia-chaser keeps the causes in `errors`.
        error = error.__cause__ or error.__context__ or next(iter(getattr(error, "errors", [])), None)


def reason(error: BaseException) -> str:
    """Return the innermost cause of an error, as one line."""
    *_, innermost = causes(error)
    return " ".join(str(getattr(innermost, "strerror", None) or innermost).split()) or type(innermost).__name__


def show_progress() -> bool:
    """Return True in a terminal or notebook, unless TQDM_DISABLE is set, as the tests do."""
    ipython = sys.modules.get("IPython")
    in_notebook = ipython is not None and hasattr(ipython.get_ipython(), "kernel")
    return (in_notebook or sys.stderr.isatty()) and not os.environ.get("TQDM_DISABLE")
