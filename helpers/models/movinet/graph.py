"""Append operations to a network for LiteRT, in its `.tflite` file, and metadata with labels.

The file is a FlatBuffer: https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs
"""

import io
import zipfile
from collections.abc import Mapping, Sequence

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

FLOAT = np.dtype(np.float32)
TYPES = {FLOAT: schema.TensorType.FLOAT32, np.dtype(np.int32): schema.TensorType.INT32}
IDENTIFIER, ALIGNMENT = b"TFL3", 16  # of the file; of the weights in it, in bytes, as schema.fbs demands
METADATA, METADATA_IDENTIFIER = b"TFLITE_METADATA", b"M001"
AXIS_LABELS, PARSER = 2, "1.0.0"  # a kind of file in the metadata, and the version of their schema that introduced all of this
SAME_TIME = (1980, 1, 1, 0, 0, 0)  # of the files in the archive, so that the same model has the same bytes


class AlignedBuilder(flatbuffers.Builder):
    """A builder that aligns all vectors as those of weights; the generated Python code ignores `force_align` in the schema."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:
        return super().StartVector(elemSize, numElems, max(alignment, ALIGNMENT))


class Graph:
    """The graph of a network with one signature. Tensors are their indices; all that are added are float32 `[1, n]`."""

    def __init__(self, content: bytes) -> None:
        self.model = schema.ModelT.InitFromPackedBuf(content, 0)
        (self.graph,), (self.signature,) = self.model.subgraphs, self.model.signatureDefs
        self.axis = self.constant(np.array([1], np.int32))

    def output(self, name: str) -> int:
        """Return the tensor that is the output of this name."""
        return next(output.tensorIndex for output in self.signature.outputs if output.name == name.encode())

    def width(self, tensor: int) -> int:
        """Return the `n` of a tensor `[1, n]`."""
        return int(self.graph.tensors[tensor].shape[-1])

    def constant(self, values: np.ndarray) -> int:
        """Add a constant, float32 or int32."""
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        return self._tensor(values.shape, len(self.model.buffers) - 1, values.dtype)

    def _tensor(self, shape: Sequence[int], buffer: int = 0, dtype: np.dtype = FLOAT) -> int:
        """Add a tensor; buffer 0 is the empty one, for tensors that are computed."""
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = list(shape), TYPES[dtype], buffer
        tensor.name = f"learned/{len(self.graph.tensors)}".encode()
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def add(self, name: str, *inputs: int, width: int = 1, **options: object) -> int:
        """Add an operation, by its name in the schema such as MUL, with its options; return its result."""
        code, kind = getattr(schema.BuiltinOperator, name), OPTIONS[name]
        codes = [known.builtinCode for known in self.model.operatorCodes]
        if code not in codes:
            new = schema.OperatorCodeT()
            new.builtinCode = new.deprecatedBuiltinCode = code  # runtimes before 2020 know only the deprecated field
            new.version = 1
            self.model.operatorCodes.append(new)
            codes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs = codes.index(code), list(inputs)
        operator.outputs = [self._tensor([1, width])]
        if kind:
            operator.builtinOptions = getattr(schema, f"{kind}T")()
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            for option, value in options.items():
                setattr(operator.builtinOptions, option, value)
        self.graph.operators.append(operator)
        return operator.outputs[0]

    def binary(self, name: str, one: int, other: int) -> int:
        """Add an operation on each number of two tensors, one of which may be `[1, 1]`."""
        return self.add(name, one, other, width=max(self.width(one), self.width(other)))

    def reduce(self, name: str, tensor: int) -> int:
        """Add an operation that returns one number for a tensor."""
        return self.add(name, tensor, self.axis, keepDims=True)

    def linear(self, tensor: int, weights: np.ndarray, bias: np.ndarray) -> int:
        """Add `tensor @ weights + bias`."""
        constants = [self.constant(array.astype(np.float32)) for array in (weights.T, bias)]
        return self.add("FULLY_CONNECTED", tensor, *constants, width=len(bias))

    def inverse_root(self, tensor: int) -> int:
        """Add 1 / sqrt(tensor), or a large number if it is zero."""
        return self.add("RSQRT", self.binary("MAXIMUM", tensor, self.number(1e-30)))

    def number(self, value: float) -> int:
        """Add a number as a tensor `[1, 1]`."""
        return self.constant(np.array([[value]], np.float32))

    def replace_output(self, name: str, tensor: int) -> None:
        """Let a tensor be the output of this name."""
        old = self.output(name)
        self.graph.outputs = [tensor if output == old else output for output in self.graph.outputs]
        next(output for output in self.signature.outputs if output.name == name.encode()).tensorIndex = tensor
        self.graph.tensors[tensor].name = name.encode()

    def add_output(self, name: str, tensor: int) -> None:
        """Let a tensor be another output."""
        output = schema.TensorMapT()
        output.name, output.tensorIndex = name.encode(), tensor
        self.signature.outputs.append(output)
        self.graph.outputs = [*self.graph.outputs, tensor]
        self.graph.tensors[tensor].name = name.encode()

    def names(self) -> tuple[list[str], list[str]]:
        """Return the names of the inputs and of the outputs in the signature, in the order of the graph."""
        sides = ((self.graph.inputs, self.signature.inputs), (self.graph.outputs, self.signature.outputs))
        by_index = [({one.tensorIndex: one.name.decode() for one in named}, indices) for indices, named in sides]
        inputs, outputs = ([names[int(index)] for index in indices] for names, indices in by_index)
        return inputs, outputs

    def to_bytes(self, metadata: bytes, files: Mapping[str, bytes]) -> bytes:
        """Return the content of a file with these metadata, and with files in an archive (zip) at its end."""
        entry, buffer = schema.MetadataT(), schema.BufferT()
        buffer.data = np.frombuffer(metadata, np.uint8)
        self.model.buffers.append(buffer)
        entry.name, entry.buffer = METADATA, len(self.model.buffers) - 1
        self.model.metadata = [*(self.model.metadata or []), entry]
        builder = AlignedBuilder()
        builder.Finish(self.model.Pack(builder), file_identifier=IDENTIFIER)
        content = io.BytesIO(bytes(builder.Output()))
        with zipfile.ZipFile(content, "a") as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name, SAME_TIME), data)
        return content.getvalue()


OPTIONS = {  # the options of each operation, in the schema
    "ADD": "AddOptions",
    "CONCATENATION": "ConcatenationOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MEAN": "ReducerOptions",
    "MUL": "MulOptions",
    "REDUCE_MAX": "ReducerOptions",
    "RSQRT": None,
    "SOFTMAX": "SoftmaxOptions",
    "SUB": "SubOptions",
    "SUM": "ReducerOptions",
}


def model_metadata(
    name: str, description: str, inputs: Mapping[str, str], outputs: Mapping[str, str], labels: Mapping[str, str]
) -> bytes:
    """Return metadata: a description of the model, of each input and output, and the file with the labels of some outputs.

    They follow metadata_schema.fbs, as https://ai.google.dev/edge/lite/models/metadata describes them.
    """
    builder = flatbuffers.Builder()

    def table(*fields: int | None) -> int:
        builder.StartObject(len(fields))
        for slot, field in enumerate(fields):
            if field is not None:
                builder.PrependUOffsetTRelativeSlot(slot, field, 0)
        return builder.EndObject()

    def vector(offsets: Sequence[int]) -> int:
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()

    def file(path: str) -> int:
        text = builder.CreateString(path)
        builder.StartObject(4)
        builder.PrependUOffsetTRelativeSlot(0, text, 0)
        builder.PrependInt8Slot(2, AXIS_LABELS, 0)
        return builder.EndObject()

    def tensor(title: str, about: str) -> int:
        files = vector([file(labels[title])]) if title in labels else None
        return table(builder.CreateString(title), builder.CreateString(about), None, None, None, None, files)

    sides = [vector([tensor(title, about) for title, about in tensors.items()]) for tensors in (inputs, outputs)]
    graphs = vector([table(None, None, *sides)])
    texts = [builder.CreateString(text) for text in (name, description)]
    root = table(*texts, None, graphs, None, None, None, builder.CreateString(PARSER))
    builder.Finish(root, file_identifier=METADATA_IDENTIFIER)
    return bytes(builder.Output())
