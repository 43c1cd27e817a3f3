"""Import TensorFlow without the log lines of its C++ code, which Jupyter shows like errors.

Other modules use `from .plumbing.quiet import tf` instead of `import tensorflow as tf`.
"""

import warnings

from .stderr import quiet_stderr

__all__ = ["keras", "tensorflow_hub", "tf"]

with quiet_stderr(), warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    import keras
    import tensorflow as tf
    import tensorflow_hub
