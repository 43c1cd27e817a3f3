"""Measure features over time: the dense pass against separate windows, and the memory for long videos."""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measuring import TOP, in_new_process, in_turn, peak_memory, row, write_video
from helpers import load_i3d, read_video, samples
from helpers.learn.over_time import compute_over_time, rows_over_time, sampling

FRAMES = 1024


def rows_of_over_time(rounds):
    """Yield lines for RESULTS.md."""
    model = load_i3d()
    frames = np.concatenate([read_video(samples[name]) for name in samples.videos[: FRAMES // 64]])
    times = in_turn(rounds, dense=lambda: list(rows_over_time(model, frames, sampling(8))))
    start = time.perf_counter()  # once, because it takes minutes
    list(rows_over_time(model, frames, sampling(None, 64, 8)))
    windows = time.perf_counter() - start
    yield row(f"features every 8 of {len(frames)} frames, vs. windows of 64, step 8", times["dense"], windows, 0.2)
    with tempfile.TemporaryDirectory() as folder:
        peaks = []
        for minutes in (1, 10):
            video = write_video(Path(folder) / f"{minutes}.mp4", minutes * 60 * 25, (320, 240))
            peaks.append(float(in_new_process(__file__, video, PYTHONPATH=str(TOP)).split()[-1]))
    line = "Features every 8 frames: peak memory {:.0f} MB for 1 minute of video, {:.0f} MB for 10: {:+.0f} MB (at most +300)."
    line = line.format(*peaks, peaks[1] - peaks[0])
    print(line, flush=True)
    yield line


if __name__ == "__main__":
    compute_over_time(load_i3d(), Path(sys.argv[1]), sampling(8))
    print(peak_memory())
