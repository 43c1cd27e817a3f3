"""Measure features of many clips: what Dask adds to a plain loop, its memory, and a run that has nothing left to do."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks.measuring import TOP, in_new_process, in_turn, row
from helpers import load_i3d, load_model, read_video, samples
from helpers.basics.cache import cache_folder
from helpers.basics.quiet import tf
from helpers.clips.folders import source_clips
from helpers.learn.classifier import learn
from helpers.learn.many_clips.table import write_features
from helpers.learn.many_clips.task import describe_clip, model_key
from helpers.models.learned import saving as learned_model
from helpers.video.preprocessing import to_batch
from helpers.video.writing import write_video
from tests.support.ucf101 import NAMES

CLIPS = 40  # for I3D: a minute on two cores, for each of eight runs
MODEL = "tests.support.cheap_models:five_milliseconds"
FIRST = 1000  # clips of the plain loop, and where the growth of memory starts


def rows_of_scale():
    """Yield lines for RESULTS.md."""
    yield row(f"features of {CLIPS} clips with I3D, one process of two threads, vs. a plain loop", *seconds_with_i3d(), 1.05)
    with served_clips():
        for line in sentences_of_many_clips():
            print(line, flush=True)
            yield line


def seconds_with_i3d():
    """Return the seconds of the command and of a plain loop over the same clips, each in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        own, clips, out = Path(folder, "cache"), Path(folder, "clips"), Path(folder, "out")
        own.mkdir()
        clips.mkdir()
        for entry in cache_folder().iterdir():
            if entry.name != "features":  # they would be used instead of I3D
                (own / entry.name).symlink_to(entry)
        for name in samples.videos[:CLIPS]:
            (clips / name).symlink_to(samples[name])
        command = ["features", clips, "--workers", 1, "--dashboard", "off", "--out"]
        times = in_turn(
            3,
            dask=lambda: in_new_process("-m", "helpers", *command, tempfile.mkdtemp(dir=folder), I3D_CACHE=str(own)),
            loop=lambda: in_new_process(TOP / "benchmarks" / "plain_loop.py", out, *clips.iterdir(), PYTHONPATH=str(TOP)),
        )
    return times["dask"], times["loop"]


@contextlib.contextmanager
def served_clips():
    """Serve a small clip for each name in UCF101 at 127.0.0.1, and let UCF101_ROOT name the server."""
    with tempfile.TemporaryDirectory() as folder:
        content = write_video(np.zeros((10, 32, 32, 3), np.uint8), Path(folder, "small.avi"), 5).read_bytes()
        for name in NAMES:
            Path(folder, name).write_bytes(content + name.encode())  # decoders ignore the end, but no two clips are the same
        server = [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder]
        with subprocess.Popen(server, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1) as running:
            try:
                os.environ["UCF101_ROOT"] = running.stdout.readline().split("(")[1].split(")")[0]
                yield
            finally:
                running.terminate()


def sentences_of_many_clips():
    """Describe 13,320 clips; return sentences about the time, the memory, and a second run."""
    with tempfile.TemporaryDirectory() as folder:
        one, two, out = Path(folder, "one"), Path(folder, "two"), Path(folder, "out")
        plain = seconds_of_plain_loop(one, Path(folder, "plain"))
        seconds, memory = watched_run(out, two)
        again, _ = watched_run(out, two)
    clip = seconds / len(NAMES)
    growth = max(megabytes for done, megabytes in memory if done > FIRST) - next(mb for done, mb in memory if done >= FIRST)
    return [
        f"Features of {len(NAMES):,} small clips from a server on 127.0.0.1, with a model of 5 ms and one process: "
        f"{seconds:.0f} s, {1e3 * clip:.1f} ms a clip; a plain loop that downloads, decodes and writes them takes "
        f"{1e3 * plain:.1f} ms: {1e3 * (clip - plain):+.1f} ms (at most +5).",
        f"Memory of client, scheduler and process from clip {FIRST:,} to clip {len(NAMES):,}: {growth:+.0f} MB (at most +150).",
        f"The command again, with nothing left to do: {again:.1f} s (at most 30).",
    ]


def seconds_of_plain_loop(cache, out):
    """Return the seconds that the first clips take one after the other, each, in this process."""
    before = os.environ.get("I3D_CACHE")
    os.environ["I3D_CACHE"] = str(cache)
    try:
        clips, key = source_clips("ucf101")[:FIRST], model_key(MODEL)
        start = time.perf_counter()
        for clip in clips:
            outcome = describe_clip(clip, MODEL, key)
            write_features(out, clip, outcome.record, outcome.about)
        return (time.perf_counter() - start) / len(clips)
    finally:
        os.environ.pop("I3D_CACHE")
        if before is not None:
            os.environ["I3D_CACHE"] = before


def watched_run(out, cache):
    """Run the command; return its seconds, and pairs of clips done and the memory of all its processes in MB."""
    options = ["--model", MODEL, "--workers", "1", "--dashboard", "off", "--out", str(out)]
    command = [sys.executable, "-m", "helpers", "features", "ucf101", *options]
    memory, start = [], time.perf_counter()
    with subprocess.Popen(command, cwd=TOP, env={**os.environ, "I3D_CACHE": str(cache)}, stdout=subprocess.DEVNULL) as running:
        while running.poll() is None:
            memory.append((sum(1 for _ in out.glob("*/*.npz")), megabytes_of(running.pid)))
            time.sleep(1)
    assert running.returncode == 0, "the command failed"
    return time.perf_counter() - start, memory


def megabytes_of(pid):
    """Return the resident memory of a process and of those that it started."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in [parent := psutil.Process(pid), *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
    return total / 1e6


def rows_of_learned(clip, rounds):
    """Yield lines for RESULTS.md: a model learned from random features costs what any learned model costs."""
    network, random = load_i3d(), np.random.default_rng(0)
    batch = tf.constant(to_batch(read_video(clip, 64)))
    names = [str(i % 10) for i in range(100)]
    classifier = learn(random.normal(size=(100, 1024)).astype(np.float32), names, [str(i // 10) for i in range(100)])
    with tempfile.TemporaryDirectory() as folder:
        learned = load_model(learned_model.save(network, classifier, Path(folder, "learned"), {}))
        times = in_turn(
            rounds, learned=lambda: learned(batch)["default"].numpy(), network=lambda: network(batch)["default"].numpy()
        )
    yield row("a model learned with I3D, 64 frames, vs. I3D alone", times["learned"], times["network"], 1.02, digits=3)
