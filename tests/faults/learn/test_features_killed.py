"""`python -m helpers features` with real processes: killed workers, clients and schedulers, a server that is gone, a full disk.

Each time, what was done is kept, nothing is lost or done twice, and the next run completes.
"""

import csv
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from helpers.learn.features import compute
from helpers.learn.many_clips.table import load_features
from helpers.learn.over_time import compute_over_time, sampling
from tests.support import TOP
from tests.support.cheap_models import colors
from tests.support.clock_videos import ffmpeg, write_clock
from tests.support.operating_systems import require_process_groups

MODEL = "tests.support.cheap_models:slow"
STUCK = "tests.support.cheap_models:stuck"
FAST = "tests.support.cheap_models:five_milliseconds"
CLIPS = 16
WHITE = "wave/white.mkv"  # kills the process that computes it
SECONDS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sixteen short clips of two actions."""
    folder = tmp_path_factory.mktemp("clips")
    for action in ("clap", "wave"):
        (folder / action).mkdir()
    for i in range(CLIPS):
        write_clock(folder / ("clap", "wave")[i % 2] / f"{i:02}.mkv", 25, 10, start=i / 10)
    return folder


@pytest.fixture
def clips(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "clips")


@contextmanager
def running(*command, **variables):
    """Run Python in a session of its own, which Ctrl-C can reach as in a terminal; nothing is left of it after the block."""
    require_process_groups()
    environment = {**os.environ, "PYTHONPATH": str(TOP), **variables}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    child = subprocess.Popen([sys.executable, *map(str, command)], cwd=TOP, env=environment, preexec_fn=interruptible, **options)
    try:
        yield child
    finally:
        for process in [child, *children(child)]:
            process.kill()
        child.communicate()


def interruptible():
    """Background processes of a shell script ignore SIGINT, and so would this one."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def features(source, out, *options, workers=2, model=MODEL, dashboard="off", **variables):
    arguments = ("features", source, "--out", out, "--model", model, "--dashboard", dashboard, "--workers", workers, *options)
    return running("-m", "helpers", *arguments, **variables)


def children(child):
    try:
        return psutil.Process(child.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def workers_of(child):
    return [process for process in children(child) if "spawn_main" in " ".join(process.cmdline())]


def listening(child):
    """Return the addresses at which a process and its children accept connections."""
    connections = [found for process in [psutil.Process(child.pid), *children(child)] for found in process.net_connections()]
    return [found.laddr for found in connections if found.status == psutil.CONN_LISTEN]


def files(out):
    """Return the names of the files of features, without temporary ones, and when they were written."""
    return {path.relative_to(out).as_posix(): path.stat().st_mtime_ns for path in out.rglob("[!.]*.npz")}


def wait_until(condition, child, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline and child.poll() is None, child.communicate()
        time.sleep(0.01)


def finish(child):
    """Return the exit code, the last line, and standard error; no process is left."""
    others = children(child)
    output, errors = child.communicate(timeout=SECONDS)
    psutil.wait_procs(others, timeout=10)
    assert not [process for process in others if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    return child.returncode, (output.splitlines() or [""])[-1], errors


def failures(out):
    with open(out / "failures.csv", newline="") as file:
        return {line["name"]: line["reason"] for line in csv.DictReader(file)}


def assert_complete(out, clips, without=()):
    """Assert that each clip has its own features, once."""
    names = sorted(path.relative_to(clips).as_posix() for path in clips.rglob("*.mkv"))
    table = load_features(out)
    assert table.names == [name for name in names if name not in without]
    for name, row in zip(table.names, table.rows):
        assert np.array_equal(row, compute(colors(), clips / name).features)
    assert list(failures(out)) == list(without)
    assert len(files(out)) == len(table.names)


def test_clients_and_workers_are_killed_and_a_clip_kills_its_process(clips, tmp_path):
    out = tmp_path / "out"
    with features(clips, out, dashboard="127.0.0.1:0") as child:
        wait_until(lambda: len(files(out)) >= 3, child)
        workers = children(child)
        assert {address.ip for address in listening(child)} == {"127.0.0.1"}, "not even its dashboard is open to others"
        child.kill()
        assert finish(child)[0] == -signal.SIGKILL
        psutil.wait_procs(workers, timeout=20)
        assert not [worker for worker in workers if worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE]
    first = files(out)
    write_clock(clips / WHITE, 25, 10, start=2.15)
    with features(clips, out) as child:
        wait_until(lambda: len(files(out)) >= len(first) + 2, child)
        workers_of(child)[0].kill()
        code, last, errors = finish(child)
    assert (code, errors) == (0, "")
    assert last.startswith(f"done {CLIPS - len(first)}, skipped {len(first)}, failed 1, ")
    assert_complete(out, clips, [WHITE])
    assert first.items() <= files(out).items(), "they were not written again"


def test_rows_over_time_continue_after_the_client_was_killed(clips, tmp_path):
    out, options = tmp_path / "out", ["--window", 1, "--format", "npy"]
    with features(clips, out, *options) as child:
        wait_until(lambda: len(files(out)) >= 3, child)
        child.kill()
        finish(child)
    first = files(out)
    with features(clips, out, *options) as child:
        code, last, errors = finish(child)
    assert (code, errors) == (0, "") and last.startswith(f"done {CLIPS - len(first)}, skipped {len(first)}, failed 0, ")
    assert first.items() <= files(out).items(), "they were not written again"
    table = load_features(out)
    assert len(table.names) == len(list(out.glob("*.npy"))) == CLIPS
    for name, rows in zip(table.names, table.rows):
        assert np.array_equal(rows, compute_over_time(colors(), clips / name, sampling(None, 1)).rows)
        assert np.array_equal(rows, np.load(out / f"{Path(name).stem}.npy"))


def test_interrupted_with_ctrl_c_while_a_decoder_does_not_return(clips, tmp_path):
    out, begun = tmp_path / "out", tmp_path / "begun"
    write_clock(clips / WHITE, 25, 10, start=2.15)
    with features(clips, out, model=STUCK, STUCK=str(begun)) as child:
        wait_until(lambda: len(files(out)) >= 3 and begun.exists(), child)
        time.sleep(0.5)  # until the client knows, too
        os.killpg(child.pid, signal.SIGINT)
        code, _, errors = finish(child)
    assert (code, errors) == (130, "python -m helpers: interrupted\n")
    assert len(load_features(out).names) == len(files(out)) >= 3, "the manifest lists what was done"
    assert WHITE in failures(out) and all("was being worked on for" in reason for reason in failures(out).values())
    assert not list(out.rglob("*.part*"))


def test_a_decoder_that_never_returns_is_given_up(clips, tmp_path):
    out = tmp_path / "out"
    write_clock(clips / WHITE, 25, 10, start=2.15)
    with features(clips, out, "--time-limit", 5, model=STUCK, STUCK=str(tmp_path / "begun")) as child:
        code, last, errors = finish(child)
    assert (code, errors) == (0, "") and last.startswith(f"done {CLIPS}, skipped 0, failed 1, ")
    assert failures(out) == {WHITE: "it took more than 5 s, so it was given up; --time-limit allows more"}


def test_a_script_that_its_workers_cannot_import_is_told_what_to_do(clips, tmp_path):
    script = tmp_path / "script.py"
    call = f"extract_features({str(clips)!r}, {str(tmp_path / 'out')!r}, {FAST!r}, workers=1, dashboard=None)"
    script.write_text(f"from helpers import extract_features\n{call}\n")
    with running(script) as child:
        code, _, errors = finish(child)
    named = [line for line in errors.splitlines() if line.startswith("OSError")]
    assert code == 1 and len(named) == 2, "of the worker, and of the script"
    assert all('put the call under `if __name__ == "__main__":`' in line for line in named)


@pytest.mark.long
@pytest.mark.parametrize(
    "victim, moment",
    [(victim, i) for victim, count in (("worker", 10), ("client", 5), ("all, with Ctrl-C", 5)) for i in range(count)],
)
def test_killed_at_random_moments(victim, moment, clips, tmp_path):
    out, dice = tmp_path / "out", random.Random(f"{moment} {victim}")
    with features(clips, out) as child:
        if victim != "client":  # not while Python starts
            wait_until(lambda: workers_of(child) if victim == "worker" else children(child), child)
        time.sleep(dice.uniform(0, 7))
        if victim == "all, with Ctrl-C":
            os.killpg(child.pid, signal.SIGINT)
        else:
            (child if victim == "client" else dice.choice(workers_of(child) or [child])).kill()
        errors = finish(child)[2]
        at_the_start = r"|.* (Dask could not be started: .*|the process died while loading .*)\n"
        expected = {"client": ".*", "worker": at_the_start, "all, with Ctrl-C": "|.* interrupted\n"}
        assert re.fullmatch(expected[victim], errors, re.DOTALL if victim == "client" else 0), "at most one line"
    first = files(out)
    with features(clips, out) as child:
        code, last, _ = finish(child)
    assert code == 0 and last.startswith(f"done {CLIPS - len(first)}, skipped {len(first)}, failed 0, ")
    assert_complete(out, clips)
    assert first.items() <= files(out).items()
    assert len(list(out.rglob("*.part*"))) <= 1, "that of the killed process"


@contextmanager
def scheduler(workers=1):
    """A scheduler and its workers, as on a cluster; yields its process and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    port = address.rpartition(":")[2]
    start = ("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
    worker = ("-m", "distributed.cli.dask_worker", address, "--nworkers", workers, "--nthreads", "2", "--no-dashboard")
    with running(*start) as process, running(*worker, "--death-timeout", "5"):
        yield process, address


def test_a_cluster_that_runs_already_and_its_scheduler_is_killed(clips, tmp_path):
    out = tmp_path / "out"
    with scheduler() as (process, address):
        with features(clips, out, "--scheduler", address) as child:
            wait_until(lambda: len(files(out)) >= 3, child)
            process.kill()
            code, _, errors = finish(child)
    errors = errors.removeprefix(f"waiting for the first worker of {address}\n")
    assert (code, errors) == (2, "python -m helpers: the connection to the scheduler was lost.\n")
    first = files(out)
    assert len(first) >= 3
    with features(clips, out) as child:
        assert finish(child)[0] == 0
    assert_complete(out, clips)
    assert first.items() <= files(out).items()


def test_the_server_of_ucf101_is_gone_and_comes_back(tmp_path, cache, folder):
    out, clip = tmp_path / "out", avi(tmp_path / "clip.avi")
    names = [f"v_Archery_g{i:02}_c01.avi" for i in range(1, 31)]
    served, limit = [], 6

    def send(request):
        if len(served) == limit:
            return Response("gone", 403)
        served.append(request.path)
        return Response(clip)

    def start(port=0):
        server = HTTPServer(host="127.0.0.1", port=port)
        server.expect_request("/UCF101/").respond_with_data("".join(f'<a href="{name}">{name}</a>' for name in names))
        for name in names:
            server.expect_request(f"/UCF101/{name}").respond_with_handler(send)
        server.start()
        return server

    server = start()
    variables = {"UCF101_ROOT": server.url_for("/UCF101/"), "I3D_CACHE": str(cache)}
    with features("ucf101", out, workers=1, model=FAST, **variables) as child:
        code, _, errors = finish(child)
    assert code == 2 and "20 clips in a row failed, so the run stopped." in errors and errors.count("\n") == 1, errors
    assert len(load_features(out).names) == limit == len(files(out))
    limit = len(names) - 10
    with features("ucf101", out, workers=1, model=FAST, **variables) as child:
        wait_until(lambda: len(files(out)) >= 10, child)
        server.stop()
        limit = len(names)
        time.sleep(0.5)
        server = start(server.port)
        code, last, errors = finish(child)
    server.stop()
    assert code == 0 and last.startswith("done 24, skipped 6, failed 0, "), (last, errors)
    assert load_features(out).names == names and load_features(out).groups == [name[10:13] for name in names]
    assert len(served) == len(set(served)) == len(names), "each clip was downloaded once"


def avi(path):
    """Return the bytes of a short AVI file, as UCF101's server sends."""
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=25:duration=0.4", "-c:v", "mpeg4", path)
    return path.read_bytes()


SMALL_DISK = """
mount -t tmpfs -o size=28k none "$2"
"$1" -m helpers features "$3" --out "$2" --model "$4" --dashboard off --workers 1
echo "code $?, $(find "$2" -name '*.npz' | wc -l) files, $(find "$2" -name '*.part*' | wc -l) parts"
mount -o remount,size=1m "$2"
"$1" -m helpers features "$3" --out "$2" --model "$4" --dashboard off --workers 1
cp -r "$2" "$5"
"""


def test_a_full_disk(clips, tmp_path):
    if not shutil.which("unshare") or os.geteuid() or subprocess.run(["unshare", "--mount", "true"]).returncode:
        pytest.skip("needs permission to mount a small disk")
    out = tmp_path / "out"
    out.mkdir()
    command = ["unshare", "--mount", "sh", "-c", SMALL_DISK, "sh", sys.executable, out, clips, MODEL, tmp_path / "copy"]
    finished = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=2 * SECONDS)
    code, *_, last = finished.stdout.splitlines()
    done = int(code.split()[2])
    assert code == f"code 2, {done} files, 0 parts" and 0 < done < CLIPS, finished
    assert finished.stderr.count("\n") == 1 and "cannot be written to: No space left on device" in finished.stderr
    assert last.startswith(f"done {CLIPS - done}, skipped {done}, failed 0, ")
    assert_complete(tmp_path / "copy", clips)
