"""Mutated clips: each is read as frames of the right shape and dtype or raises a clear error, within memory and time limits.

MUTATIONS sets their number. To repeat one: python -m tests.faults.video.mutation SEED SEED+1 samples/*.avi (and the other clips).
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
from tests.faults.limited_process import ffmpeg
from tests.support import TOP
from tests.support.operating_systems import require_memory_limit

MUTATIONS = int(os.environ.get("MUTATIONS", 10_000))
SECONDS = 60  # limit for one clip, on a busy machine
CLEAR = re.compile(
    r"is empty|is not a video that can be read|contains (no picture|only one picture|only sound)|its end is missing|"
    r"for which FFmpeg has no decoder|is too long to be read at once|"
    r"has \d+ frames?, but I3D needs at least 9"
)


@pytest.fixture
def clips(tmp_path):
    """The samples, and one of them in the formats of phones and web sites."""
    cartwheel = samples["v_Cartwheel_g01_c01.avi"]
    ffmpeg("-i", cartwheel, "-c:v", "libx264", "-pix_fmt", "yuv420p", tmp_path / "clip.mp4")
    ffmpeg("-i", cartwheel, "-c:v", "libvpx-vp9", tmp_path / "clip.webm")
    return [*(samples[name] for name in samples.videos), tmp_path / "clip.mp4", tmp_path / "clip.webm"]


def read_mutated(first, last, clips):
    """Yield [seed, kind, details] for each seed. After a child process crashes or hangs, start another at the next seed."""
    while first < last:
        command = [sys.executable, "-m", "tests.faults.video.mutation", str(first), str(last), *map(str, clips)]
        child = subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in lines_in_time(child):
            outcome = json.loads(line)
            yield outcome
            first = outcome[0] + 1
        errors = child.stderr.read()
        if child.wait() or errors:
            yield [first, "crash or hang", f"exit code {child.returncode}: {errors[-1000:]}"]
            first += 1


def lines_in_time(child):
    """Yield the lines that a child prints; kill it if it prints nothing for too long."""
    while True:
        alarm = threading.Timer(SECONDS, child.kill)
        alarm.start()
        line = child.stdout.readline()
        alarm.cancel()
        if not line:
            return
        yield line


@pytest.mark.long
def test_a_mutated_clip_is_read_or_raises_a_clear_error(clips, capsys):
    require_memory_limit()
    halves = [(0, MUTATIONS // 2), (MUTATIONS // 2, MUTATIONS)]
    with ThreadPoolExecutor(2) as pool:
        outcomes = sum(pool.map(lambda half: list(read_mutated(*half, clips)), halves), [])
    with capsys.disabled():
        print(f"\n{MUTATIONS:,} mutated clips: {dict(collections.Counter(kind for _, kind, _ in outcomes))}")
    assert [seed for seed, *_ in outcomes] == list(range(MUTATIONS))
    assert not [outcome for outcome in outcomes if outcome[1] not in ("frames", "error")]
    assert not [outcome for outcome in outcomes if outcome[1] == "error" and not CLEAR.search(outcome[2])]


def test_a_crash_and_a_hang_are_detected(monkeypatch):
    """A test of `lines_in_time`: a child that prints one seed and aborts, and one that sleeps."""
    crash = subprocess.Popen(
        [sys.executable, "-c", "import os; print(1, flush=True); os.abort()"], stdout=subprocess.PIPE, text=True
    )
    assert list(lines_in_time(crash)) == ["1\n"] and crash.wait() != 0
    monkeypatch.setitem(globals(), "SECONDS", 0.5)
    hang = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.PIPE, text=True)
    assert list(lines_in_time(hang)) == [] and hang.wait() != 0
