"""Damaged tables of intervals: each is read, or is one ValueError that names the table. Nothing else is raised."""

import random
import warnings

import pytest

from helpers.clips.intervals import read_intervals
from tests.quick.clips.test_intervals import AGGREGATED_7, AGGREGATED_8, ELAN, ELAN_OF_SEVERAL_FILES, PLAIN, TABULAR_7, TABULAR_8

TABLES = [PLAIN, AGGREGATED_7, AGGREGATED_8, TABULAR_7, TABULAR_8, ELAN, ELAN_OF_SEVERAL_FILES]
BYTES = [b"", b"\0", b'"', b",", b"\t", b";", b"\n", b"\r", b"-", b"9", b"#", b"\xff", "é".encode(), b"a.mp4"]


@pytest.fixture
def folder(tmp_path):
    for name in ("a.mp4", "day 2/b.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("text", TABLES, ids=["plain", "aggregated 7", "aggregated 8", "tabular 7", "tabular 8", "elan", "files"])
def test_one_changed_place(folder, text):
    random.seed(0)
    whole, read, refused = text.encode(), 0, 0
    for _ in range(200):
        at = random.randrange(len(whole))
        content = whole[:at] + random.choice(BYTES) + whole[at + random.choice((0, 1, 1, 40)) :]
        (folder / "table.csv").write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            try:
                found = read_intervals(folder / "table.csv")
                read += 1
            except ValueError as error:
                assert "table.csv" in str(error).splitlines()[0]
                refused += 1
                continue
        assert found and all(0 <= part.start < part.end and part.action for part in found)
        assert all(one.file != other.file or one.end <= other.start + 1e-3 for one, other in zip(found, found[1:]))
    assert read > 10 and refused > 10


@pytest.mark.parametrize("text", TABLES, ids=["plain", "aggregated 7", "aggregated 8", "tabular 7", "tabular 8", "elan", "files"])
def test_a_table_that_was_cut(folder, text):
    """A time that was cut is still a time, so only the structure can tell."""
    for end in range(0, len(text), 7):
        (folder / "table.csv").write_text(text[:end], newline="")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            try:
                assert read_intervals(folder / "table.csv")
            except ValueError as error:
                assert "table.csv" in str(error)
