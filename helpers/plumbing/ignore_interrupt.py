"""Loaded by worker processes: Ctrl-C reaches all processes of a terminal, and only the first one should react."""

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """Ignore SIGINT in this process. Dask calls this when a worker starts; the first process stops the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
