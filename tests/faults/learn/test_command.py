"""The command that learns actions: killed, and with a full disk. It learns with MoViNet."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from tests.faults.limited_process import mount_namespace
from tests.support import TOP
from tests.support.action_folder import copy_actions

LEARN = [sys.executable, "-m", "helpers", "learn"]


@pytest.fixture
def clips(tmp_path):
    return copy_actions(tmp_path / "clips", {"Crawl": "Crawl", "Jump": "Jump", "Dance": "Dance"})


def records(cache):
    return {path: path.stat().st_mtime_ns for path in cache.glob("features/*/[!.]*.npz")}


def test_a_run_that_was_killed_goes_on_where_it_stopped(movinet, movinet_cache, clips, tmp_path):
    cache, saved = tmp_path / "cache", tmp_path / "saved"
    shutil.copytree(movinet_cache, cache)
    shutil.rmtree(cache / "features", ignore_errors=True)
    command = [*LEARN, clips, "--model", "movinet-a0", "--save", saved]
    options = {"cwd": TOP, "env": {**os.environ, "I3D_CACHE": str(cache)}, "text": True}
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    while len(records(cache)) < 3:
        assert killed.poll() is None, "killed before it finished"
        time.sleep(0.001)
    killed.kill()
    killed.wait()
    before = records(cache)
    assert not saved.exists() and len(before) < 9
    finished = subprocess.run(command, capture_output=True, **options)
    assert finished.returncode == 0, finished.stderr
    after = records(cache)
    assert len(after) == 9 and before.items() <= after.items(), "what was computed before is not computed again"
    again = subprocess.run(command, capture_output=True, **options)
    assert again.stdout == finished.stdout and records(cache) == after


FULL = """
import os, subprocess, sys
disk, *learn = sys.argv[1:]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "none", disk], check=True)  # a model has 3 MB
for name in ("one", "two", "one"):
    finished = subprocess.run([*learn, os.path.join(disk, name)], capture_output=True, text=True)
    size = os.path.getsize(os.path.join(disk, "one", "network.tflite"))
    print(finished.returncode, sorted(os.listdir(disk)), size, finished.stderr.strip().splitlines()[-1:], sep="|")
"""


def test_a_full_disk_leaves_the_model_that_was_there_and_nothing_else(movinet, clips, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    learn = [*LEARN, clips, "--model", "movinet-a0", "--save"]
    finished = subprocess.run(
        [*mount_namespace(), sys.executable, "-c", FULL, disk, *learn], cwd=TOP, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    first, *others = [line.split("|") for line in finished.stdout.splitlines()]
    assert first[0] == "0" and first[1] == "['one']"
    for code, left, size, message in others:
        assert (code, left, size) == ("2", "['one']", first[2]), message
        assert "could not be saved in" in message and "No space left on device" in message
