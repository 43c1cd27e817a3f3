"""Node.js, which runs JavaScript without a browser."""

import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

OLDEST = 18  # the first version with a test runner


def run_node(*arguments: str | Path) -> subprocess.CompletedProcess:
    """Run Node.js, the one on the PATH or else Playwright's own; skip the test if neither is new enough."""
    for folder in (None, Path(playwright.__file__).parent / "driver"):
        node = shutil.which("node", path=folder)
        if node and _version(node) >= OLDEST:
            return subprocess.run([node, *arguments], capture_output=True, encoding="utf-8", timeout=60)
    pytest.skip(f"needs Node.js {OLDEST} or newer, on the PATH or in the package playwright")


def _version(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").split(".")[0])
