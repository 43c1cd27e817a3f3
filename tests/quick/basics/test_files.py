"""Files appear complete or not at all, and temporary files do not stay."""

import os
import sys

import pytest

from helpers.basics.files import replacing


def test_a_file_is_replaced_only_when_it_is_complete(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("old")
    with pytest.raises(OSError, match="unplugged"), replacing(path) as part:
        part.write_text("half")
        raise OSError("unplugged")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("results.csv", "old")]
    with replacing(path) as part:
        part.write_text("new")
        assert (part.suffix, path.read_text()) == (".csv", "old")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("results.csv", "new")]


@pytest.mark.parametrize("name, error", [("missing/results.csv", FileNotFoundError), ("folder", IsADirectoryError)])
def test_an_error_names_the_file_and_not_the_temporary_one(name, error, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(error) as raised, replacing(tmp_path / name):
        pytest.fail("the error comes before the work")
    assert raised.value.filename == str(tmp_path / name) and ".part" not in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_permissions_are_kept_and_a_write_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "results.csv"
    path.write_text("old")
    path.chmod(0o640)
    with replacing(path) as part:
        part.write_text("new")
    assert path.stat().st_mode & 0o777 == 0o640 and path.read_text() == "new"
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to any file
    with pytest.raises(PermissionError) as raised, replacing(path):
        pytest.fail("the error comes before the work")
    assert raised.value.filename == str(path) and path.read_text() == "new"


def test_old_leftovers_of_killed_processes_are_removed_and_nothing_else(tmp_path):
    old, new, readers = (tmp_path / name for name in (f".{'1' * 32}.part.mp4", f".{'2' * 32}.part", ".video.part.mp4"))
    for path in (old, new, readers):
        path.touch()
    for path in (old, readers):
        os.utime(path, (0, 0))
    with replacing(tmp_path / "clip.mp4"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mp4", new.name, readers.name}


@pytest.mark.skipif(sys.platform == "win32", reason="links need permission on Windows, and there are no devices")
def test_a_link_stays_a_link_and_a_device_stays_a_device(tmp_path):
    (tmp_path / "file.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("file.txt")
    with replacing(tmp_path / "link.txt") as part:
        part.write_text("new")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "file.txt").read_text() == "new"
    with replacing(os.devnull) as part:
        assert part.samefile(os.devnull)
