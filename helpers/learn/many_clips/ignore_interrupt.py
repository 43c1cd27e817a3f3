"""Loaded by worker processes: Ctrl-C reaches all processes in a terminal, but only the main process should react."""

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """Ignore SIGINT in this process. Dask calls this when a worker starts; the main process stops the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
