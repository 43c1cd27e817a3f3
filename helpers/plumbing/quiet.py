"""Import TensorFlow without the log lines of its C++ code, which Jupyter shows like errors.

Other modules use `from .plumbing.quiet import tf` instead of `import tensorflow as tf`.
"""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator

__all__ = ["keras", "tensorflow_hub", "tf"]


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard what the process writes to standard error in this block. Python's exceptions are raised as usual."""
    sys.stderr.flush()
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


with quiet_stderr(), warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    import keras
    import tensorflow as tf
    import tensorflow_hub
