"""Run Python in a subprocess."""

import os
import subprocess
import sys

from tests.support import TOP


def run(*arguments, **variables):
    """Run Python in the top folder, with extra environment variables; return a `CompletedProcess` with text."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=TOP,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **variables},
    )
