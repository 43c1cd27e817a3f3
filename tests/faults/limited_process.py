"""Child processes whose memory, time or disk space is limited."""

import os
import shutil
import subprocess
import sys
from functools import partial

import imageio_ffmpeg
import pytest

from tests.support import TOP
from tests.support.operating_systems import limit_memory, require_memory_limit

GIB = 2**30


def run_limited(code, *arguments, gib=3, seconds=60, **options):
    """Run Python code in a child process; return its CompletedProcess."""
    require_memory_limit()
    command = [sys.executable, "-c", code, *map(str, arguments)]
    options |= {"capture_output": True, "text": True, "timeout": seconds, "preexec_fn": partial(limit_memory, int(gib * GIB))}
    return subprocess.run(command, cwd=TOP, **options)


# In its own mount namespace: run code on a small disk, then again on a larger one.
DISK_FULL = """
import os, pathlib, subprocess, sys
cache, size, prepare, code = sys.argv[1:5]
pathlib.Path(cache).mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", cache], check=True)
from helpers import UCF101
from helpers.models.i3d import weights
from helpers.basics.messages import DownloadError, ModelError
exec(prepare)
try:
    eval(code)
except (DownloadError, ModelError) as error:
    print(error)
print(sorted(path.name for path in pathlib.Path(cache).rglob("*") if path.is_file() and path.suffix != ".lock"))
subprocess.run(["mount", "-o", "remount,size=1g", cache], check=True)
print(eval(code).exists())
"""


def mount_namespace():
    """Return the command that runs another where it may mount a disk; skip the test where that is not permitted."""
    namespace = ["unshare", "--mount"] if shutil.which("unshare") else []
    if not namespace or os.geteuid() or subprocess.run([*namespace, "true"], capture_output=True).returncode:
        pytest.skip("needs permission to mount a small disk")
    return namespace


def run_on_small_disk(cache, size, code, prepare=""):
    """Run code with its cache on a small disk, then on a larger one.

    Return the error, the files that remain after it, and whether the second run returns a path that exists.
    """
    command = [*mount_namespace(), sys.executable, "-c", DISK_FULL, cache, size, prepare, code]
    finished = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    error, left, worked = finished.stdout.splitlines()
    return error, left, worked


def ffmpeg(*arguments):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-y", *map(str, arguments)], check=True)
