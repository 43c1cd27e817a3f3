"""Download models from TensorFlow Hub to the cache, with a socket timeout."""

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator

from filelock import FileLock

from .cache import cache_folder
from .quiet import tensorflow_hub


def fetch_module(handle: str) -> str:
    """Return the folder of a module, which is downloaded on first use.

    Leftovers of a killed process are removed first. Otherwise TensorFlow Hub would wait ten minutes for that process.

    Parameters
    ----------
    handle : str
        The URL of a module, or a folder.

    Returns
    -------
    str
        A folder: in the cache, or where the environment variable TFHUB_CACHE_DIR points.

    Raises
    ------
    Exception
        TensorFlow Hub's own errors, if the module cannot be downloaded.
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
    """Set a default socket timeout for the duration of the block. TensorFlow Hub sets none for its downloads.

    Parameters
    ----------
    seconds : float
        Time without data after which a connection fails.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
