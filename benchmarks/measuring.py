"""What all groups of measurements share: medians of functions that alternate, rows of the table, and new processes."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

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
