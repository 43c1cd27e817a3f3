"""Silence the log lines of C++ code, which Jupyter shows like errors."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_blocks = 0  # how many are running, in all threads
_saved: int | None = None  # descriptor of the real standard error while they run


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard what the process writes to standard error in this block. Python's exceptions are raised as usual.

    Blocks of several threads may overlap: standard error is back when the last one ends. Without a standard error, as in
    services, nothing is done.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _blocks, _saved
    with _lock:
        if _blocks == 0 and sys.__stderr__ is not None:  # None: descriptor 2 is closed, or belongs to a file opened since
            with contextlib.suppress(AttributeError, OSError, ValueError):  # sys.stderr may be None or closed
                sys.stderr.flush()
            _saved = _redirect()
        _blocks += 1


def _leave() -> None:
    global _blocks, _saved
    with _lock:
        _blocks -= 1
        if _blocks == 0 and _saved is not None:
            os.dup2(_saved, 2)
            os.close(_saved)
            _saved = None


def _redirect() -> int | None:
    """Let descriptor 2 discard what is written to it; return a copy of the descriptor, or None if it is closed."""
    try:
        saved = os.dup(2)
    except OSError:
        return None
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    return saved
