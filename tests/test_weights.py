"""The restricted unpickler: five kinds of hostile pickle, none of which may run."""

import builtins
import os
import pickle
import subprocess

import numpy as np
import pytest

from helpers.weights import unpickle_arrays


class Calls:
    """Pickled, it asks for a function to be called when it is read."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def hostile_pickles(trace):
    write = f"open({str(trace)!r}, 'w').close()"
    touch = f"touch {trace}"
    return {
        "os.system": pickle.dumps(Calls(os.system, touch)),
        "builtins.eval": pickle.dumps(Calls(builtins.eval, write)),
        "subprocess": pickle.dumps(Calls(subprocess.call, ["touch", str(trace)])),
        "getattr chain": pickle.dumps(Calls(getattr, Calls(__import__, "os"), "system")),
        "object array": pickle.dumps(np.array([Calls(os.system, touch)], dtype=object)),
    }


KINDS = list(hostile_pickles("trace"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_pickle_is_refused_before_it_runs(kind, tmp_path):
    trace = tmp_path / "trace"
    with pytest.raises(pickle.UnpicklingError, match="numpy arrays only. It was not run"):
        unpickle_arrays(hostile_pickles(trace)[kind])
    assert not trace.exists()


@pytest.mark.parametrize("kind", ["os.system", "builtins.eval", "subprocess", "object array"])
def test_these_pickles_are_hostile_indeed(kind, tmp_path):
    trace = tmp_path / "trace"
    pickle.loads(hostile_pickles(trace)[kind])
    assert trace.exists()


def test_nested_arrays_are_read():
    # As numpy 1 wrote them, which is how the published weights were written.
    tree = {"params": {"unit": np.arange(6, dtype=np.float32).reshape(2, 3)}}
    written = pickle.dumps(tree, protocol=4).replace(b"\x16numpy._core.multiarray", b"\x15numpy.core.multiarray")
    read = unpickle_arrays(unframed(written))
    np.testing.assert_array_equal(read["params"]["unit"], tree["params"]["unit"])


def unframed(pickled):
    """Drop the frame header of protocol 4, whose length the replacement made wrong."""
    return pickled[:2] + pickled[11:] if pickled[2:3] == b"\x95" else pickled
