"""Child processes whose memory and time are limited."""

import subprocess
import sys
from functools import partial

import imageio_ffmpeg

from tests.support import TOP
from tests.support.systems import limit_memory, require_memory_limit

GIB = 2**30


def run_limited(code, *arguments, gib=3, seconds=60, **options):
    """Run Python code in a child process; return what `subprocess.run` does."""
    require_memory_limit()
    command = [sys.executable, "-c", code, *map(str, arguments)]
    options |= {"capture_output": True, "text": True, "timeout": seconds, "preexec_fn": partial(limit_memory, int(gib * GIB))}
    return subprocess.run(command, cwd=TOP, **options)


def ffmpeg(*arguments):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-y", *map(str, arguments)], check=True)
