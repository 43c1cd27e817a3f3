"""Tasks are sent to Dask's workers a few at a time. The workers are threads of this process."""

import time

import pytest
from distributed import Client

from helpers.basics.messages import ModelError
from helpers.learn.many_clips import workers as tasks
from helpers.learn.many_clips.workers import TASKS_PER_THREAD, completed, result_of

THREADS = 2


@pytest.fixture(scope="module")
def client():
    with Client(processes=False, n_workers=1, threads_per_worker=THREADS, dashboard_address="127.0.0.1:0") as client:
        yield client


def square(number, offset=0):
    time.sleep(0.001 * (number % 3))
    return number**2 + offset


def fail(number):
    raise ModelError(f"{number} is not a model")


def counted(items, taken):
    for item in items:
        taken.append(item)
        yield item


@pytest.mark.parametrize("at_once, most", [(None, THREADS * TASKS_PER_THREAD), (1, 1), (4, 4)])
def test_only_a_few_are_sent_at_a_time(client, at_once, most):
    taken, found = [], {}
    for item, result in completed(client, square, counted(range(60), taken), 7, at_once=at_once):
        found[item] = result
        assert len(taken) - len(found) <= most
    assert found == {number: number**2 + 7 for number in range(60)}
    assert len(client.futures) <= 1, "results are not kept"


def test_nothing_to_do(client):
    assert list(completed(client, square, [])) == []


def test_an_error_of_the_function_is_raised(client):
    with pytest.raises(ModelError, match="1 is not a model"):
        list(completed(client, fail, [1]))


def test_a_task_that_takes_long_is_named_and_known_to_have_started(client, monkeypatch, capsys):
    monkeypatch.setattr(tasks, "LONG", 0.5)
    started = {}
    for _ in completed(client, time.sleep, [2.5], started=started):
        assert list(started) == [2.5]
    assert started == {}
    assert capsys.readouterr().err.startswith("still working on 2.5, for 0 minutes\n")


def test_a_cluster_without_workers_says_so_and_stops(monkeypatch, capsys):
    monkeypatch.setattr(tasks, "GONE", 0.1)
    monkeypatch.setattr(tasks, "GIVEN_UP", 2)
    with Client(processes=False, n_workers=0, dashboard_address="127.0.0.1:0") as client:
        with pytest.raises(ConnectionError, match="no workers for .* minutes, so the run stopped. Finished clips"):
            list(completed(client, square, [1, 2]))
        with pytest.raises(ConnectionError, match="no workers"):
            list(completed(client, square, [3]))
    message = "all workers are gone; the run stops if none comes back within 0 minutes\n"
    assert capsys.readouterr().err == 2 * message


def test_a_cancelled_task_means_that_the_scheduler_is_lost(client):
    future = client.submit(time.sleep, 0.2, pure=False)
    future.cancel()
    with pytest.raises(ConnectionError, match="the connection to the scheduler was lost"):
        result_of(future)
