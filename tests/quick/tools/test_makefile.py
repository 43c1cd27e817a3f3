"""`make` prints its commands, and `make demo` predicts and stops."""

import re
import shutil
import subprocess

import pytest

from tests.support import TOP

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments):
    return subprocess.run(["make", *arguments], cwd=TOP, capture_output=True, encoding="utf-8", check=True).stdout


def test_make_alone_lists_every_command_and_does_nothing():
    shown = make()
    targets = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    parts = {
        "help",
        "clean",
        "site-packages",
        "test-network",
        "test-notebooks",
        "drift-oldest",
        "drift-newest",
    }  # parts of other commands
    assert {*re.findall(r"^make ([\w-]+)", shown, re.MULTILINE)} == {*targets[1].replace("\\\n", "").split()} - parts


@pytest.mark.parametrize("video, clips", [("", 5), ("a trip.mp4", 1)])
def test_make_demo_only_predicts(video, clips):
    commands = [line for line in make("--dry-run", "demo", f"VIDEO={video}").splitlines() if "/python -m " in line]
    (predict,) = [command for command in commands if " -m pip " not in command]
    assert predict.split(" -m helpers predict ")[1].count('"a trip.mp4"' if video else "samples/") == clips
