"""Messages for readers: errors without secrets, and whether to show a progress bar."""

import os
import re
import sys


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
    """A file could not be downloaded; the message says why, and what to do. It contains no secrets."""

    def __init__(self, message):
        super().__init__(without_secrets(message))


def show_progress() -> bool:
    """Return True in a terminal or notebook, unless TQDM_DISABLE is set, as the tests do."""
    ipython = sys.modules.get("IPython")
    in_notebook = ipython is not None and hasattr(ipython.get_ipython(), "kernel")
    return (in_notebook or sys.stderr.isatty()) and not os.environ.get("TQDM_DISABLE")
