"""Models from TensorFlow Hub: where they are cached, and a socket timeout for their download."""

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator

from filelock import FileLock

from .cache import cache_folder
from .quiet import tensorflow_hub


def fetch_module(handle: str) -> str:
    """Return the folder of a module, downloaded the first time.

    Leftovers of a killed process are removed first, or TensorFlow Hub would wait ten minutes for it.
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
    """Set a default socket timeout for the duration of the block: TensorFlow Hub sets none for its downloads."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
