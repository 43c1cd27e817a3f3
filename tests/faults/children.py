"""Child processes that may take only so much memory and time."""

import resource
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg

TOP = Path(__file__).parents[2]
GIB = 2**30


def run_limited(code, *arguments, gib=3, seconds=60, **options):
    """Run Python code in a child process; return what `subprocess.run` does."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=seconds, preexec_fn=limit(gib), **options)


def limit(gib):
    def set_limits():
        resource.setrlimit(resource.RLIMIT_AS, (int(gib * GIB),) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return set_limits


def ffmpeg(*arguments):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-y", *map(str, arguments)], check=True)
