"""Load models from TensorFlow Hub, downloaded to the cache with a socket timeout."""

import atexit
import contextlib
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock

from ...basics.cache import cache_folder, unwritable
from ...basics.messages import ModelError
from ...basics.quiet import tensorflow_hub, tf

_timeout_lock = threading.RLock()
PATTERN = set("*?[") if os.name == "nt" else set("*?[\\")  # TensorFlow takes a path with one of these for a pattern


def load_module(handle: str) -> Any:
    """Load a module from its folder or its URL; it is downloaded to the cache, or to TFHUB_CACHE_DIR, on first use.

    Raises DownloadError if the cache cannot be written to, the ModelError of `without_pattern`, and TensorFlow Hub's own errors.
    """
    try:
        folder = _resolve(handle)
    except (PermissionError, tf.errors.PermissionDeniedError, tf.errors.ResourceExhaustedError) as error:  # the last: disk full
        problem = getattr(error, "strerror", None) or str(error).rpartition("; ")[2]
        raise unwritable(Path(os.environ.get("TFHUB_CACHE_DIR") or cache_folder()), problem) from None
    return tensorflow_hub.load(without_pattern(folder))


def without_pattern(folder: str) -> str:
    """Return a folder whose path TensorFlow does not take for a pattern, if need be a link that lasts as long as the process."""
    if not PATTERN & set(folder):
        return folder
    parent = tempfile.mkdtemp(prefix="i3d-tutorial-")
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    link = Path(parent) / "model"
    try:
        link.symlink_to(Path(folder).resolve(), target_is_directory=True)
    except OSError as error:  # Windows lets only some users make links
        found = " and ".join(sorted(PATTERN & set(folder)))
        raise ModelError(
            f"TensorFlow cannot load {folder}, because it takes {found} in a path for a pattern, and no link to it can be "
            f"made ({error.strerror}). Rename the folder, or set I3D_CACHE to another one."
        ) from None
    return str(link)


def _resolve(handle: str) -> str:
    """Return the folder of a module, which is downloaded on first use.

    Leftovers of a killed process are removed first. Otherwise TensorFlow Hub would wait ten minutes for that process.
    """
    if "://" not in handle or os.environ.get("TFHUB_CACHE_DIR"):
        return tensorflow_hub.resolve(handle)
    folder = cache_folder() / "tfhub"
    with contextlib.ExitStack() as stack:
        if os.access(cache_folder(), os.W_OK):
            stack.enter_context(FileLock(f"{folder}.lock"))
            for leftover in folder.glob("*.lock"):
                leftover.unlink()
            for leftover in folder.glob("*.tmp"):
                shutil.rmtree(leftover, ignore_errors=True)
        stack.callback(os.environ.pop, "TFHUB_CACHE_DIR", None)
        os.environ["TFHUB_CACHE_DIR"] = str(folder)
        return tensorflow_hub.resolve(handle)


@contextlib.contextmanager
def socket_timeout(seconds: float) -> Iterator[None]:
    """Set a default socket timeout, in seconds, for the duration of the block. TensorFlow Hub sets none for its downloads."""
    with _timeout_lock:  # one thread at a time, because the timeout belongs to the process
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(seconds)
        try:
            yield
        finally:
            socket.setdefaulttimeout(before)
