"""Run many processes with Dask, on this computer or on a running cluster.

Rocklin, "Dask: Parallel Computation with Blocked algorithms and Task Scheduling", SciPy 2015.
"""

import asyncio
import hashlib
import logging
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, Nanny, Scheduler, SpecCluster, get_worker
from distributed.security import Security
from distributed.system import MEMORY_LIMIT

from ...basics.messages import reason

HERE = "127.0.0.1"
DASHBOARD = f"{HERE}:8787"
MEMORY = 3_500_000_000  # bytes for each process: I3D needs 3.05 GB for its longest chunk, and the frames of a clip come on top
LONG_MEMORY = 4_500_000_000  # for features over time: many chunks of I3D, one after the other, use up to 4.12 GB
QUIET = logging.CRITICAL + 1  # Dask logs as critical that a connection is closed while the run ends
GUARD = (
    'In a script, put the call under `if __name__ == "__main__":`, because each worker process imports the script. If it is '
    "there, run it again."
)
TERMINATE = 0.95  # of its share: a process that uses more memory is killed
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # a task whose process died is reported; the caller decides
    "distributed.worker.memory.target": False,  # TensorFlow's memory cannot be spilled, so a paused worker would wait forever
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": TERMINATE,
    "distributed.worker.profile.enabled": False,  # it would sample each thread a hundred times a second
    "distributed.nanny.pre-spawn-environ": {},  # its limits for malloc and OpenMP slow down decoding and TensorFlow
}


@contextmanager
def local_client(
    workers: int | None = None, dashboard: str | None = DASHBOARD, use_gpus: bool = True, memory: int = MEMORY
) -> Iterator[Client]:
    """Start processes on this computer, and stop them at the end of the block. The scheduler listens on 127.0.0.1 only.

    By default, there is one process for each GPU that is used; without a GPU, as many as cores and memory allow, if each needs
    `memory` bytes. Raises ValueError if the dashboard's address has no port, and OSError if the processes cannot be started.
    """
    page = {"dashboard": dashboard is not None, "dashboard_address": with_host(dashboard or f"{HERE}:0")}
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(SETTINGS))
        stack.enter_context(quiet_logs())
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Port .* is already in use")  # another port is used; the address is printed
        options = worker_options(workers, gpus() if use_gpus else [], memory)
        with interrupt_later():
            client = stack.enter_context(Client(stack.enter_context(start({"host": HERE, "port": 0, **page}, options))))
        yield client


def start(scheduler: dict[str, Any], workers: list[dict[str, Any]]) -> SpecCluster:
    """Start a scheduler in this process, and processes for the workers; raise OSError if that fails.

    They connect with a certificate of this run, because whoever can connect to a scheduler can run programs on its workers.
    """
    require_importable_script()
    secure = {"protocol": "tls://", "security": Security.temporary()}
    nannies = {i: {"cls": Nanny, "options": {**options, **secure}} for i, options in enumerate(workers)}
    main = {"cls": Scheduler, "options": {**scheduler, **secure}}
    try:
        return SpecCluster(nannies, main, security=secure["security"], silence_logs=QUIET)
    except RuntimeError as error:
        why = reason(error)
        advice = "Run the command again; if that does not help, choose another address for the dashboard, or none."
        raise OSError(f"Dask could not be started: {why.rstrip('.')}. {GUARD if 'Nanny' in why else advice}") from None


def require_importable_script() -> None:
    """Raise OSError if new processes cannot import the script that runs; Dask before 2026.8 would wait for them forever."""
    process = multiprocessing.get_context("spawn").Process(target=int)
    try:
        process.start()
    except RuntimeError:  # this process is one that imports the script
        raise OSError(GUARD) from None
    process.join()
    if process.exitcode:
        raise OSError(GUARD)


@contextmanager
def quiet_logs() -> Iterator[None]:
    """Hide Dask's log lines of this process in the block, whichever handler would print them."""
    with ExitStack() as stack:
        for logger in map(logging.getLogger, ("distributed", "distributed.client")):  # both have levels of their own
            stack.callback(logger.setLevel, logger.level)
            logger.setLevel(QUIET)
        yield


@contextmanager
def interrupt_later() -> Iterator[None]:
    """Delay Ctrl-C to the end of the block, so that Dask can stop what it starts. Processes started in it do not get Ctrl-C."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # when it starts, it allows Ctrl-C again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def with_host(address: str) -> str:
    """Return an address and a port; a port alone is one of 127.0.0.1, although to Dask it is one of all addresses."""
    host, _, port = address.rpartition(":")
    if not (port.isdecimal() and int(port) < 2**16):
        raise ValueError(f"the dashboard's address must be an address and a port, such as {DASHBOARD}, not {address!r}.")
    return f"{host or HERE}:{port}"


def worker_options(workers: int | None, gpus: list[str], memory: int = MEMORY) -> list[dict[str, Any]]:
    """Return the options of each process: its share of the cores and of the memory, and its GPU if there are any."""
    count = workers or len(gpus) or max(1, min(CPU_COUNT, MEMORY_LIMIT // memory))
    threads = str(max(1, CPU_COUNT // count))
    variables = {"TF_NUM_INTRAOP_THREADS": threads, "TF_NUM_INTEROP_THREADS": "1", "OPENCV_FOR_THREADS_NUM": threads}
    shared = {
        "host": HERE,
        "nthreads": 1,
        "memory_limit": max(MEMORY_LIMIT // count, min(memory, MEMORY_LIMIT)),
        "dashboard": False,
        "preload": [f"{__package__}.workers"],  # for its dask_setup
        "silence_logs": QUIET,
    }
    gpu = [
        {"CUDA_VISIBLE_DEVICES": gpus[i % len(gpus)], "TF_FORCE_GPU_ALLOW_GROWTH": "true"} if gpus else {} for i in range(count)
    ]
    return [{**shared, "env": {**variables, **own}} for own in gpu]


def gpus() -> list[str]:
    """Return the GPUs of this computer in the form of CUDA_VISIBLE_DEVICES; if that is set, return only those in it."""
    if (visible := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        names = [name.strip() for name in visible.split(",")]
        return list(takewhile(re.compile(r"\d+|(GPU|MIG)-.+").fullmatch, names))  # CUDA stops at the first other one, too
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True)
    return [str(i) for i, _ in enumerate(listed.stdout.splitlines())] if listed.returncode == 0 else []


def memory_limit() -> int:
    """Return how many bytes of memory this process may use: all of the computer's, or the share of a worker process."""
    try:
        share = get_worker().memory_manager.memory_limit
    except ValueError:  # not in a task of a worker
        share = None
    return int(TERMINATE * share) if share else MEMORY_LIMIT


@contextmanager
def remote_client(address: str) -> Iterator[Client]:
    """Connect to a running scheduler; its workers keep running after the block.

    Raises ConnectionError if no scheduler answers at the address, and the errors of `require_same_helpers`.
    """
    with quiet_logs():
        try:
            client = Client(address)
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            raise ConnectionError(f"no scheduler answers at {address}: {error}. Use an address such as tcp://lab:8786.") from None
        with client:
            if not client.nthreads():
                print(f"waiting for the first worker of {address}", file=sys.stderr, flush=True)
                client.wait_for_workers(1)
            require_same_helpers(client)
            yield client


def require_same_helpers(client: Client) -> None:
    """Raise ValueError if a worker cannot import the helpers, or if its helpers differ from those of this computer."""
    advice = "Install the same copy of this tutorial in each worker's Python (pip install --editable .)."
    try:
        found = client.run(helpers_fingerprint)
    except ImportError as error:
        raise ValueError(f"a worker of {client.scheduler.address} cannot import the helpers: {error}. {advice}") from None
    here = helpers_fingerprint()
    different = [worker for worker, fingerprint in found.items() if fingerprint != here]
    if different:
        raise ValueError(
            f"the helpers on {len(different)} of {len(found)} workers, such as {different[0]}, differ from those here. {advice}"
        )


def helpers_fingerprint() -> str:
    """Return a hash of the source code of the helpers."""
    helpers, digest = Path(__file__).parents[2], hashlib.sha256()
    for path in sorted(helpers.rglob("*.py")):
        digest.update(path.read_text(encoding="utf-8").encode())  # as text, because line endings may differ
    return digest.hexdigest()
