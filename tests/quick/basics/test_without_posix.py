"""Without the modules, functions and signals that Windows lacks, tests that need them are skipped with a reason.

This imitates Windows on Linux. The tests have never been run on Windows itself.
"""

import os
import subprocess
import sys

from tests.support import TOP

# A pytest plugin. It hides these modules from our files only, because on Linux libraries such as psutil need them.
WITHOUT_POSIX = f"""
import builtins, os, signal
import asyncio, subprocess  # on Linux they need the names that are removed below

HIDDEN = {{"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios"}}
OURS = tuple(os.path.join({str(TOP)!r}, folder, "") for folder in ("helpers", "tests", "tools"))
true_import = builtins.__import__

def import_as_on_windows(name, globals=None, *arguments, **options):
    if name in HIDDEN and str((globals or {{}}).get("__file__")).startswith(OURS):
        raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
    return true_import(name, globals, *arguments, **options)

builtins.__import__ = import_as_on_windows
for name in ("fork", "forkpty", "geteuid", "getgid", "getpgid", "killpg", "mkfifo", "setegid", "seteuid", "setsid", "setuid"):
    vars(os).pop(name, None)
for name in ("SIGALRM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "alarm", "pause", "setitimer"):
    vars(signal).pop(name, None)
"""
# For each kind of guard, a small test and the reason for skipping it.
GUARDED = {
    "test_interrupted.py and clip": "needs POSIX signals",
    "without_read_permission": "needs POSIX users and file permissions",
    "test_weights.py and runs_nothing and huge": "needs a POSIX memory limit (RLIMIT_AS)",
}


def test_without_posix_all_tests_are_collected_and_guarded_ones_are_skipped(tmp_path):
    (tmp_path / "without_posix.py").write_text(WITHOUT_POSIX, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    chosen = " or ".join(f"({test})" for test in GUARDED)
    command = [sys.executable, "-m", "pytest", "-p", "without_posix", "-p", "no:cacheprovider", "-rs", "-k", chosen, "tests"]
    finished = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert " skipped, " in finished.stdout and "passed" not in finished.stdout, finished.stdout
    assert not [reason for reason in GUARDED.values() if reason not in finished.stdout], finished.stdout
