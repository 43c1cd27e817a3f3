"""Reading the published weights; hostile files are in faults/models/test_weights.py."""

import hashlib
import pickle
import sys

import numpy as np

from helpers.models.i3d import weights
from helpers.models.i3d.weights import read_checkpoint

TREE = {"params": {"unit": np.arange(6, dtype=np.float32).reshape(2, 3)}}


def pickled_by_numpy_1():
    """Return a pickle like that of the published weights."""
    pickled = pickle.dumps(TREE, protocol=4).replace(b"\x16numpy._core.multiarray", b"\x15numpy.core.multiarray")
    return pickled[:2] + pickled[11:]  # without the frame header of protocol 4: the replacement changed the length


def test_the_verified_bytes_are_the_ones_that_are_unpickled(tmp_path, monkeypatch):
    """The file is opened once. It could change between a first reading, for its hash, and a second."""
    path, pickled = tmp_path / "weights.ckpt", pickled_by_numpy_1()
    path.write_bytes(pickled)
    monkeypatch.setattr(weights, "CHECKPOINT_SIZE", len(pickled))
    monkeypatch.setattr(weights, "CHECKPOINT_SHA256", hashlib.sha256(pickled).hexdigest())
    opened = []
    sys.addaudithook(lambda event, arguments: event == "open" and arguments[0] == str(path) and opened.append(path))
    np.testing.assert_array_equal(read_checkpoint(path)["params"]["unit"], TREE["params"]["unit"])
    assert opened == [path]
