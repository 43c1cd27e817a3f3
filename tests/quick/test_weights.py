"""Reading the published weights; what hostile files may not do is in faults/test_weights.py."""

import hashlib
import pickle
import sys

import numpy as np

from helpers.plumbing import weights
from helpers.plumbing.weights import read_checkpoint, unpickle_arrays

TREE = {"params": {"unit": np.arange(6, dtype=np.float32).reshape(2, 3)}}


def as_published():
    """Pickle as numpy 1 did, which is how the published weights were written."""
    return unframed(pickle.dumps(TREE, protocol=4).replace(b"\x16numpy._core.multiarray", b"\x15numpy.core.multiarray"))


def test_nested_arrays_are_read():
    read = unpickle_arrays(as_published())
    np.testing.assert_array_equal(read["params"]["unit"], TREE["params"]["unit"])


def test_what_is_unpickled_is_what_was_verified(tmp_path, monkeypatch):
    """The file is opened once: read again after its hash was verified, it might be another one."""
    path, published = tmp_path / "weights.ckpt", as_published()
    path.write_bytes(published)
    monkeypatch.setattr(weights, "CHECKPOINT_SIZE", len(published))
    monkeypatch.setattr(weights, "CHECKPOINT_SHA256", hashlib.sha256(published).hexdigest())
    opened = []
    sys.addaudithook(lambda event, arguments: event == "open" and arguments[0] == str(path) and opened.append(path))
    np.testing.assert_array_equal(read_checkpoint(path)["params"]["unit"], TREE["params"]["unit"])
    assert opened == [path]


def unframed(pickled):
    """Drop the frame header of protocol 4, whose length the replacement made wrong."""
    return pickled[:2] + pickled[11:] if pickled[2:3] == b"\x95" else pickled
