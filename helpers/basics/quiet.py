"""Import TensorFlow on first use, and without the log lines of its C++ code, which Jupyter shows like errors.

Other modules use `from ..basics.quiet import tf` instead of `import tensorflow as tf`. Those that also serve MoViNet, which does
not need TensorFlow, use `from ..basics import quiet` and `quiet.tf`: it is then imported where it is first used.
"""

import logging
import os
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .stderr import quiet_stderr

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    import tensorflow_hub

__all__ = ["keras", "save_module", "tensorflow_hub", "tf"]


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
