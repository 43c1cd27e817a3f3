"""Errors without secrets, counts with their nouns, and whether to show a progress bar."""

import os
import re
import sys
from collections.abc import Iterator


def number(count: int, noun: str) -> str:
    """Return "1 clip" or "2 clips"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def without_credentials(text: object) -> str:
    """Remove user names and passwords from the URLs in a text, for display.

    >>> without_credentials("https://alice:secret@example.org/UCF101/ could not be downloaded")
    'https://example.org/UCF101/ could not be downloaded'
    """
    return re.sub(r"(?<=://)[^/?#\s]*@", "", str(text))


def without_secrets(text: object) -> str:
    """Remove credentials and queries from the URLs in a text, and abbreviate the home folder to `~`.

    TF Hub's query for a file of LiteRT stays, because without it the address is of no use in a browser.

    >>> without_secrets("https://example.org/clip.avi?token=secret could not be downloaded")
    'https://example.org/clip.avi?… could not be downloaded'
    """
    query = r"(?!lite-format=tflite(?:\s|$))[^\s'\"]+"
    text = re.sub(rf"(://[^\s?#'\"]*[?#]){query}", r"\1…", without_credentials(text))
    home = os.path.expanduser("~")
    # Match whole path components only: the home /home/ann is not part of /home/ann-marie or /mnt/backup/home/ann.
    return re.sub(rf"(?<![\w.@+~()-]){re.escape(home)}(?![\w@+~-]|\.\w)", "~", text) if len(home) > 1 else text


class DownloadError(RuntimeError):
    """Raised if a file cannot be downloaded. The message states the reason and a solution, without secrets."""

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))


class ModelError(RuntimeError):
    """Raised if a model cannot be loaded. The message states the reason and a solution, without secrets."""

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(" ".join(message.split())))


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its chain of causes; the innermost cause is last."""
    while error:
        yield error
        # aia-chaser stores the causes in `errors`.
        error = error.__cause__ or error.__context__ or next(iter(getattr(error, "errors", [])), None)


def reason(error: BaseException) -> str:
    """Describe the innermost cause of an error in one line: its message, or its type if it has none."""
    *_, innermost = causes(error)
    return " ".join(str(getattr(innermost, "strerror", None) or innermost).split()) or type(innermost).__name__


def in_words(error: Exception) -> str:
    """Return the message of an error; that of an OSError without its number, and with its file."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


def show_progress() -> bool:
    """Return True in a terminal or notebook, unless the environment variable TQDM_DISABLE is set."""
    ipython = sys.modules.get("IPython")
    in_notebook = ipython is not None and hasattr(ipython.get_ipython(), "kernel")
    in_terminal = not getattr(sys.stderr, "closed", True) and sys.stderr.isatty()  # a service's standard error may be None
    return (in_notebook or in_terminal) and not os.environ.get("TQDM_DISABLE")
