"""Send tasks to Dask's workers, a few at a time, and yield the results as they arrive.

A task that does not end, and a cluster without workers, are named on standard error, and given up after a time.
"""

import itertools
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from distributed import Client, Future, get_worker
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker
from tqdm.auto import tqdm

Item = TypeVar("Item")

TASKS_PER_THREAD = 3  # so that no thread waits for the client
STARTED = "helpers-task-started"  # topic of the events with which workers say which task they begin
LONG = 120  # seconds after which a task is said to be still running, and again after twice the time
GONE, GIVEN_UP = 60, 600  # seconds without workers after which this is said, and after which the run stops
LOST = "the connection to the scheduler was lost."


def completed(
    client: Client,
    function: Callable,
    items: Iterable[Item],  # consumed a few at a time, so that memory use does not grow with their number
    *arguments: Any,
    at_once: int | None = None,  # items sent at a time; three for each thread of the workers by default
    time_limit: float | None = None,  # seconds after which a process that still works on an item is ended
    started: dict[Item, float] | None = None,  # filled with the items that workers work on, and their starts (time.monotonic)
) -> Iterator[tuple[Item, Any]]:
    """Call `function(item, *arguments)` for each item on the workers, and yield (item, result) as the results arrive.

    The result is None if the process died; with several items sent at a time, it may have died because of another item. Raises
    ConnectionError if the scheduler is lost, or if there are no workers for ten minutes; and what the function raises.
    """
    items, workers, done = iter(items), Workers(client), queue.SimpleQueue[Any]()
    waiting: dict[Any, tuple[Item, Future]] = {}
    started = {} if started is None else started
    announced: dict[Item, float] = {}  # seconds after which an item is announced next

    def note(event: tuple[float, Any]) -> None:
        if event[1] in waiting:
            started[waiting[event[1]][0]] = time.monotonic()

    def fill() -> None:
        free = (at_once or TASKS_PER_THREAD * workers.threads()) - len(waiting)
        for item in itertools.islice(items, max(0, free)):
            future = client.submit(run_watched, function, time_limit, item, *arguments, pure=False)
            waiting[future.key] = item, future
            future.add_done_callback(lambda future: done.put(future.key))

    def announce() -> None:
        for item, since in started.copy().items():
            seconds = time.monotonic() - since
            if seconds > announced.get(item, LONG):
                say(f"still working on {item}, for {seconds / 60:.0f} minutes")
                announced[item] = 2 * seconds

    def results() -> Iterator[tuple[Item, Any]]:
        while waiting:
            try:
                item, future = waiting.pop(done.get(timeout=1))  # Windows does not interrupt it
            except queue.Empty:
                announce()
                workers.require()
                continue
            result = result_of(future)
            del future
            fill()
            yield item, result  # still in `started`
            started.pop(item, None)

    client.subscribe_topic(STARTED, note)
    fill()  # now, not when the first result is asked for
    return results()


def dask_setup(worker: Any) -> None:
    """Ignore Ctrl-C in a worker process, where Dask calls this first. The main process reacts, and stops the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_watched(function: Callable, time_limit: float | None, item: Any, *arguments: Any) -> Any:
    """Call a function in a worker: tell the client, and end this process if it takes too long. A thread cannot be ended."""
    worker = get_worker()
    worker.log_event(STARTED, worker.get_current_task())
    if time_limit is None:
        return function(item, *arguments)
    watchdog = threading.Timer(min(time_limit, threading.TIMEOUT_MAX), os._exit, [1])
    watchdog.daemon = True
    watchdog.start()
    try:
        return function(item, *arguments)
    finally:
        watchdog.cancel()


def result_of(future: Future) -> Any:
    """Return the result of a task, or raise its error; None if its process died. ConnectionError if the scheduler is lost."""
    try:
        return future.result()
    except KilledWorker:
        return None
    except ImportError as error:
        raise ConnectionError(f"a worker cannot import the helpers: {error}. Install the same copy on each worker.") from None
    except (CancelledError, CommClosedError):
        raise ConnectionError(LOST) from None


class Workers:
    """The workers of a scheduler. They may come and go, so they are counted every ten seconds."""

    def __init__(self, client: Client) -> None:
        self.client, self.found, self.asked = client, 0, float("-inf")
        self.seen, self.is_said = time.monotonic(), False

    def threads(self) -> int:
        """Return the number of threads, at least 1."""
        now = time.monotonic()
        if now - self.asked > 10:
            try:
                self.found, self.asked = sum(self.client.nthreads().values()), now
            except OSError:
                raise ConnectionError(LOST) from None
        if self.found:
            self.seen, self.is_said = now, False
        return max(1, self.found)

    def require(self) -> None:
        """Say so if there have been no workers for a minute; raise ConnectionError after ten minutes."""
        self.threads()
        seconds = time.monotonic() - self.seen
        if seconds > GIVEN_UP:
            raise ConnectionError(
                f"there have been no workers for {GIVEN_UP / 60:.0f} minutes, so the run stopped. Finished clips are kept: start "
                "workers, and run the command again."
            )
        if seconds > GONE and not self.is_said:
            self.is_said = True
            say(f"all workers are gone; the run stops if none comes back within {GIVEN_UP / 60:.0f} minutes")


def say(text: str) -> None:
    """Print a line on standard error, above the progress bar if there is one."""
    tqdm.write(text, file=sys.stderr)
