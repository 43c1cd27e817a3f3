"""Silence the log lines of C++ code, which Jupyter shows like errors, and import TensorFlow on first use without them.

Other modules use `from ..basics.quiet import tf` instead of `import tensorflow as tf`. Those that also serve MoViNet, which does
not need TensorFlow, use `from ..basics import quiet` and `quiet.tf`: it is then imported where it is first used.
"""

import contextlib
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    import tensorflow_hub

__all__ = ["keras", "quiet_stderr", "save_module", "tensorflow_hub", "tf"]

_lock = threading.Lock()
_blocks = 0  # how many are running, in all threads
_saved: int | None = None  # descriptor of the real standard error while they run


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with quiet_stderr(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
        # Only here, because they take seconds to import.
        import keras
        import tensorflow
        import tensorflow_hub
    globals().update(keras=keras, tensorflow_hub=tensorflow_hub, tf=tensorflow)
    return globals()[name]


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard what the process writes to standard error in this block. Python's exceptions are raised as usual.

    Blocks of several threads may overlap: standard error is back when the last one ends. Without a standard error, as in
    services, nothing is done.
    """
    global _blocks, _saved
    with _lock:
        if _blocks == 0 and sys.__stderr__ is not None:  # None: descriptor 2 is closed, or belongs to a file opened since
            with contextlib.suppress(AttributeError, OSError, ValueError):  # sys.stderr may be None or closed
                sys.stderr.flush()
            with contextlib.suppress(OSError):  # descriptor 2 is closed
                _saved = os.dup(2)
            if _saved is not None:
                with open(os.devnull, "wb") as null:
                    os.dup2(null.fileno(), 2)
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if _blocks == 0 and _saved is not None:
                os.dup2(_saved, 2)
                os.close(_saved)
                _saved = None


def save_module(module: "tf.Module", folder: str | os.PathLike, signatures: Mapping[str, Callable]) -> None:
    """Write a SavedModel without TensorFlow's log lines. Raises tensorflow.errors.OpError if the files cannot be written."""
    from tensorflow import get_logger, saved_model  # imported by whoever made the module

    get_logger().setLevel("WARNING")  # otherwise TensorFlow logs each file it writes
    handler = logging.NullHandler()
    logging.root.addHandler(handler)  # otherwise absl adds one, which would print the log lines of all libraries from then on
    try:
        saved_model.save(module, str(folder), signatures=signatures)
    finally:
        logging.root.removeHandler(handler)
