"""Mutated clips: every one is frames of the right shape and dtype or a clear error, within a memory and a time limit.

MUTATIONS says how many. To see one again: python -m tests.faults.mutation SEED SEED+1 samples/*.avi (and the other clips).
"""

import collections
import json
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers import samples
from tests.faults.children import ffmpeg
from tests.support import TOP
from tests.support.systems import require_memory_limit

MUTATIONS = int(os.environ.get("MUTATIONS", 10_000))
SECONDS = 60  # for one clip, on a busy machine
CLEAR = re.compile(
    r"is empty|is not a video that can be read|contains no picture that can be decoded|has \d+ frames: I3D needs at least 9"
)


@pytest.fixture
def clips(tmp_path):
    """The samples, and one of them as telephones and web sites have it."""
    cartwheel = samples["v_Cartwheel_g01_c01.avi"]
    ffmpeg("-i", cartwheel, "-c:v", "libx264", "-pix_fmt", "yuv420p", tmp_path / "clip.mp4")
    ffmpeg("-i", cartwheel, "-c:v", "libvpx-vp9", tmp_path / "clip.webm")
    return [*(samples[name] for name in samples.videos), tmp_path / "clip.mp4", tmp_path / "clip.webm"]


def read_mutated(first, last, clips):
    """Yield [seed, kind, what] for each seed; a child process that ends or hangs is followed by another, at the next seed."""
    while first < last:
        command = [sys.executable, "-m", "tests.faults.mutation", str(first), str(last), *map(str, clips)]
        child = subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in lines_in_time(child):
            outcome = json.loads(line)
            yield outcome
            first = outcome[0] + 1
        said = child.stderr.read()
        if child.wait() or said:
            yield [first, "crash or hang", f"exit code {child.returncode}: {said[-1000:]}"]
            first += 1


def lines_in_time(child):
    """Yield what a child prints, and kill it when it prints nothing for too long."""
    while True:
        alarm = threading.Timer(SECONDS, child.kill)
        alarm.start()
        line = child.stdout.readline()
        alarm.cancel()
        if not line:
            return
        yield line


@pytest.mark.long
def test_mutated_clips(clips, capsys):
    require_memory_limit()
    halves = [(0, MUTATIONS // 2), (MUTATIONS // 2, MUTATIONS)]
    with ThreadPoolExecutor(2) as pool:
        outcomes = sum(pool.map(lambda half: list(read_mutated(*half, clips)), halves), [])
    with capsys.disabled():
        print(f"\n{MUTATIONS:,} mutated clips: {dict(collections.Counter(kind for _, kind, _ in outcomes))}")
    assert [seed for seed, *_ in outcomes] == list(range(MUTATIONS))
    assert not [outcome for outcome in outcomes if outcome[1] not in ("frames", "error")]
    assert not [outcome for outcome in outcomes if outcome[1] == "error" and not CLEAR.search(outcome[2])]


def test_a_crash_and_a_hang_are_noticed(monkeypatch):
    """The watch itself, on a child that prints one seed and dies, and on one that sleeps."""
    dies = subprocess.Popen(
        [sys.executable, "-c", "import os; print(1, flush=True); os.abort()"], stdout=subprocess.PIPE, text=True
    )
    assert list(lines_in_time(dies)) == ["1\n"] and dies.wait() != 0
    monkeypatch.setitem(globals(), "SECONDS", 0.5)
    sleeps = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.PIPE, text=True)
    assert list(lines_in_time(sleeps)) == [] and sleeps.wait() != 0
