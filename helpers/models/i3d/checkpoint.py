"""Read the published weights: a pickle of NumPy arrays, unpickled without running code."""

import hashlib
import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from ...basics.messages import DownloadError
from . import weights


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that allows only NumPy arrays. A plain unpickler calls any function that the pickle names."""

    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"): np.ndarray(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(
                f"the file contains {module}.{name}, but must contain only NumPy arrays. Nothing was executed."
            )
        return self.ALLOWED[module, name]


def read_checkpoint(path: str | os.PathLike) -> dict:
    """Read the published weights; raise DownloadError if the file contains anything else.

    Returns nested dicts of float32 arrays: `checkpoint["params"]["Conv3d_1a_7x7"]["Conv_0"]["kernel"]` has the shape
    `[kt, kh, kw, in, out]`.
    """
    # Read the file once, so that the verified bytes are the ones that are unpickled.
    pickled = Path(path).read_bytes() if Path(path).is_file() else b""
    if hashlib.sha256(pickled).hexdigest() != weights.CHECKPOINT_SHA256:
        published = f"{weights.CHECKPOINT_SIZE:,} bytes, SHA-256 {weights.CHECKPOINT_SHA256}"
        raise DownloadError(
            f"{path} does not contain the published weights ({published}), so it was not read. Delete it, and the weights "
            "will be downloaded again."
        )
    return unpickle_arrays(pickled)


def unpickle_arrays(pickled: bytes) -> dict:
    """Unpickle nested dicts of NumPy arrays without running code: a second line of defense, after the hash."""
    return _ArraysOnly(io.BytesIO(pickled)).load()
