"""Files as torch's `save` wrote them before version 1.6, made without torch."""

import io
import pickle
import sys
from collections import OrderedDict
from types import ModuleType
from unittest.mock import patch

import numpy as np

from helpers.models.imagenet.weights import MAGIC_NUMBER


class FloatStorage:
    """Numbers that tensors share; torch's class of this name."""

    __module__ = "torch"

    def __init__(self, key, numbers):
        self.key, self.numbers = key, np.asarray(numbers, "<f4")


def _rebuild_tensor_v2():
    """Torch's function of this name, which makes a tensor."""


_rebuild_tensor_v2.__module__ = "torch._utils"


class Tensor:
    """A view of a storage; the offset and the strides are counted in numbers."""

    def __init__(self, storage, shape, strides, offset=0):
        self.storage, self.arguments = storage, (offset, shape, strides, False, OrderedDict())

    def __reduce__(self):
        return _rebuild_tensor_v2, (self.storage, *self.arguments)


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return ("storage", FloatStorage, value.key, "cpu", len(value.numbers), None) if isinstance(value, FloatStorage) else None


def torch_file(tensors, storages):
    """Return the content of a file with a state dict."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    torch.FloatStorage, utils._rebuild_tensor_v2 = FloatStorage, _rebuild_tensor_v2
    file = io.BytesIO()
    with patch.dict(sys.modules, {"torch": torch, "torch._utils": utils}):
        for value in (MAGIC_NUMBER, 1001, {"little_endian": True}, OrderedDict(tensors), [storage.key for storage in storages]):
            Pickler(file, protocol=2).dump(value)
    for storage in storages:
        file.write(len(storage.numbers).to_bytes(8, "little") + storage.numbers.tobytes())
    return file.getvalue()
