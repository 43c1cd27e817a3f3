"""Replace files atomically: an error or a killed process leaves the previous file, never half of the new one."""

import csv
import errno
import os
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from .cache import is_abandoned

# The errors that reading a damaged `.npz` file raises, from NumPy, from zipfile and from zlib.
DAMAGED_NPZ = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
TEMPORARY = f".{'[0-9a-f]' * 32}.part*"  # glob pattern of the names that `replacing` uses


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path next to `path`; at the end of the block, the file there replaces the one at `path`.

    If the block raises an error, `path` stays as it was. If `path` is a link, the file that it leads to is replaced. A device or
    a pipe, such as /dev/stdout, cannot be replaced, so that it is yielded itself. On the first use of a folder, what killed
    processes left there is removed. Raises OSError, which names `path`, if the file cannot be written or is write-protected.
    """
    path = Path(os.path.expanduser(path))
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{uuid.uuid4().hex}.part{target.suffix}")  # unique: two processes may write the same file
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if target.exists() and not os.access(target, os.W_OK):  # a write-protected file can be replaced, but should not be
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        remove_leftovers_once(target.parent)
        part.touch()
        yield part
        with suppress(OSError):  # there is no file yet, or the file system has no permissions
            shutil.copymode(target, part)
        os.replace(part, target)
    except OSError as error:
        if error.filename in (part, str(part)):
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
    finally:
        with suppress(OSError):  # it was moved, or never created
            part.unlink()


def replace_file(path: str | os.PathLike, content: bytes) -> None:
    """Write a file atomically, as `replacing` does; its folder is created if needed."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_bytes(content)


@contextmanager
def restorable(path: Path, *others: Path) -> Iterator[None]:
    """Read a file of samples/; if it is missing (FileNotFoundError) or damaged (ValueError), say how to restore it."""
    names = [f"samples/{one.name}" for one in (path, *others)]
    advice = f"Download the tutorial again, or, in a clone, run in the tutorial's top folder: git checkout {' '.join(names)}"
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(f"{names[0]} is missing. {advice}") from None
    # TypeError, AttributeError: a row has too few or too many values; IndexError: there are too few lines.
    except (*DAMAGED_NPZ, csv.Error, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"{names[0]} is damaged ({error}). {advice}") from None


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table with one comment, in its first line."""
    with restorable(path):
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()[1:], delimiter="\t"))
        if not rows or any(None in row.values() for row in rows):
            raise ValueError("it is empty or cut off")
        return rows


def write_table(path: Path, columns: Mapping[str, Sequence[str]], measured: str) -> None:
    """Write columns to a table, with a comment in its first line."""
    lines = [f"# {measured}", "\t".join(columns), *map("\t".join, zip(*columns.values()))]
    replace_file(path, ("\n".join(lines) + "\n").encode())


def remove_leftovers(folder: Path, pattern: str = TEMPORARY) -> None:
    """Remove the temporary files in a folder that are older than an hour."""
    for part in folder.glob(pattern):
        with suppress(OSError):  # another process may have removed it, or it may be another user's
            if is_abandoned(part):
                part.unlink()


# A folder may contain many thousands of files, so it is searched only once.
remove_leftovers_once = lru_cache(maxsize=1000)(remove_leftovers)
