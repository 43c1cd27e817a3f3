"""What all groups of measurements share: medians of functions that alternate, rows of the table, new processes, and videos."""

import itertools
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import cv2

from helpers import samples
from helpers.video.reading import iterate_frames
from helpers.video.writing import write_video as write_frames

TOP = Path(__file__).resolve().parents[1]


def in_turn(rounds, **functions):
    """Call each function once to warm up, then all functions in each round; return the median seconds of each."""
    seconds = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def row(name, ours, baseline, limit, unit="s", digits=2):
    """Print and return a row of the table: two values, their ratio, and whether it is within the limit."""
    ratio = ours / baseline
    verdict = "yes" if ratio <= limit else "**no**"
    line = f"| {name} | {ours:.{digits}f} {unit} | {baseline:.{digits}f} {unit} | {ratio:.3f} | {limit} | {verdict} |"
    print(line, flush=True)
    return line


def in_new_process(file, *arguments, **variables):
    """Run a file in a new process, without the environment variables that the helpers set; return its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "OPENCV_"))}
    command = [sys.executable, str(file), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**environment, **variables}).stdout


def peak_memory():
    """Return the peak memory of this process in MB. getrusage would include the parent's memory."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1.024e-3


def write_video(path, count, size, fps=25):
    """Write a video of this many frames from the sample clips."""
    clips = itertools.cycle(samples.videos)
    frames = (frame for name in clips for frame in iterate_frames(samples[name]))
    return write_frames((cv2.resize(frame, size) for frame in itertools.islice(frames, count)), path, fps)
