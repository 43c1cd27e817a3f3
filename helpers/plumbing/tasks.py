"""Send tasks to Dask's workers, a few at a time, and yield the results as they arrive."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from distributed import Client, Future, as_completed
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

Item = TypeVar("Item")

TASKS_PER_THREAD = 3  # so that no thread waits for the client


def completed(
    client: Client, function: Callable, items: Iterable[Item], *arguments: Any, at_once: int | None = None
) -> Iterator[tuple[Item, Any]]:
    """Call a function with each item on the workers, and yield the results as they arrive.

    Parameters
    ----------
    client : distributed.Client
        The client.
    function : callable
        Called as `function(item, *arguments)`. The workers must be able to import it.
    items : iterable
        Consumed a few at a time, so that memory use does not grow with the number of items.
    *arguments
        Sent with each item.
    at_once : int, optional
        How many items are sent at a time. Default: three for each thread of the workers.

    Yields
    ------
    (item, object)
        The item and the function's result, or None if the process died. With several items sent at a time, the process may
        have died because of another item.

    Raises
    ------
    ConnectionError
        If the scheduler is lost.
    Exception
        Whatever the function raises.
    """
    items, threads, running = iter(items), Threads(client), as_completed(loop=client.loop)
    waiting: dict[Any, Item] = {}

    def fill() -> None:
        free = (at_once or TASKS_PER_THREAD * threads.count()) - len(waiting)
        for item in itertools.islice(items, max(0, free)):
            future = client.submit(function, item, *arguments, pure=False)
            waiting[future.key] = item
            running.add(future)

    fill()
    for future in running:
        item, result = waiting.pop(future.key), result_of(future)
        del future
        fill()
        yield item, result


def result_of(future: Future) -> Any:
    """Return the result of a task; None if its process died.

    Raises ConnectionError if the scheduler is lost, or if a worker cannot import the helpers; and what the task raised.
    """
    try:
        return future.result()
    except KilledWorker:
        return None
    except ImportError as error:
        raise ConnectionError(f"a worker cannot import the helpers: {error}. Install the same copy on each worker.") from None
    except (CancelledError, CommClosedError):
        raise ConnectionError("the connection to the scheduler was lost.") from None


class Threads:
    """The number of threads of all workers. Workers may come and go, so it is updated every ten seconds."""

    def __init__(self, client: Client) -> None:
        self.client, self.found, self.asked = client, 1, float("-inf")

    def count(self) -> int:
        """Return the number of threads, at least 1."""
        if time.monotonic() - self.asked > 10:
            self.found, self.asked = max(1, sum(self.client.nthreads().values())), time.monotonic()
        return self.found
