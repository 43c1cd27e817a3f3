"""Skip tests that need features of some operating systems."""

import functools
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]


@functools.cache
def can_make_symlinks():
    """Return whether this process may create symbolic links."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            Path(folder, "link").symlink_to(folder, target_is_directory=True)
        except (OSError, NotImplementedError):
            return False
    return True


needs_posix_signals = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals, which Windows lacks")
needs_posix_shell = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell, which Windows lacks")
needs_named_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes in folders, which Windows lacks")
needs_symlinks = pytest.mark.skipif(
    not can_make_symlinks(), reason="needs symbolic links, which only administrators can create on Windows"
)


def require_permissions():
    if not hasattr(os, "seteuid"):
        pytest.skip("needs POSIX users and file permissions, which Windows lacks")


# Names that a library may take for a pattern, an option, or a protocol.
ODD_NAMES = ["%03d", "a#b", "c [2026]", "a:b", "concat:x", "-dash", "pipe:1", "file:x", "ümlaut 名", "quote'"]


def require_file_name(name):
    if os.name == "nt" and set(name) & set('<>:"|?*'):
        pytest.skip("needs a file system that allows quotes and colons in names, which Windows does not")


def require_process_groups():
    if not hasattr(os, "killpg"):
        pytest.skip("needs POSIX process groups, which Windows lacks")


def limit_memory(limit):
    """Limit the address space of this process, in bytes, and disable core dumps. Do nothing on Windows."""
    if resource is None:
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@functools.cache
def can_limit_memory():
    """Return whether the memory of a child process can be limited. macOS has `resource`, but may refuse RLIMIT_AS."""
    if resource is None:
        return False
    try:
        subprocess.run([sys.executable, "-S", "-c", ""], check=True, preexec_fn=functools.partial(limit_memory, 2**31))
    except subprocess.SubprocessError:
        return False
    return True


def require_memory_limit():
    if not can_limit_memory():
        pytest.skip("needs a POSIX memory limit (RLIMIT_AS), which Windows lacks and macOS may refuse")
