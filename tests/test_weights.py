"""Reading the published weights; what hostile files may not do is in faults/test_weights.py."""

import pickle

import numpy as np

from helpers.plumbing.weights import unpickle_arrays


def test_nested_arrays_are_read():
    # As numpy 1 wrote them, which is how the published weights were written.
    tree = {"params": {"unit": np.arange(6, dtype=np.float32).reshape(2, 3)}}
    written = pickle.dumps(tree, protocol=4).replace(b"\x16numpy._core.multiarray", b"\x15numpy.core.multiarray")
    read = unpickle_arrays(unframed(written))
    np.testing.assert_array_equal(read["params"]["unit"], tree["params"]["unit"])


def unframed(pickled):
    """Drop the frame header of protocol 4, whose length the replacement made wrong."""
    return pickled[:2] + pickled[11:] if pickled[2:3] == b"\x95" else pickled
