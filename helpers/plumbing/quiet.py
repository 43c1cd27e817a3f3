"""Import TensorFlow without the log lines of its C++ code, which Jupyter shows like errors.

Other modules use `from .plumbing.quiet import tf` instead of `import tensorflow as tf`.
"""

import logging
import os
import warnings
from collections.abc import Callable, Mapping

from .stderr import quiet_stderr

__all__ = ["keras", "save_module", "tensorflow_hub", "tf"]

with quiet_stderr(), warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    import keras
    import tensorflow as tf
    import tensorflow_hub


def save_module(module: tf.Module, folder: str | os.PathLike, signatures: Mapping[str, Callable]) -> None:
    """Write a SavedModel without TensorFlow's log lines. Raises tensorflow.errors.OpError if the files cannot be written."""
    tf.get_logger().setLevel("WARNING")  # otherwise TensorFlow logs each file it writes
    handler = logging.NullHandler()
    logging.root.addHandler(handler)  # otherwise absl adds one, which would print the log lines of all libraries from then on
    try:
        tf.saved_model.save(module, str(folder), signatures=signatures)
    finally:
        logging.root.removeHandler(handler)
