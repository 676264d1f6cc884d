"""Reading a .tflite file: what is in it, as plain immutable records.

The flatbuffer format trusts its offsets, so a damaged file can claim anything. Everything is read within a budget (no
more elements than the file has bytes) and cross-checked; anything invalid is one `UserError`.
Source of the layout: tensorflow/lite/schema/schema.fbs, through `ai_edge_litert.schema_py_generated`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Callable, Mapping
from os import PathLike, fspath
from typing import Any, TypeVar

import ai_edge_litert.schema_py_generated as schema
import numpy as np

from coralline.foundation import storage
from coralline.foundation.errors import UserError

EDGE_TPU_OP = "edgetpu-custom-op"

_T = TypeVar("_T")
_BYTES = {
    "FLOAT32": 4, "FLOAT16": 2, "BFLOAT16": 2, "FLOAT64": 8, "COMPLEX64": 8, "COMPLEX128": 16, "BOOL": 1,
    "INT8": 1, "UINT8": 1, "INT16": 2, "UINT16": 2, "INT32": 4, "UINT32": 4, "INT64": 8, "UINT64": 8,
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MAX_TENSOR_BYTES = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class Tensor:
    """One tensor.

    Attributes:
      shape: () for a scalar. A signature that leaves the batch open doesn't show: runtime and compiler go by the shape.
      dynamic: a size of the shape isn't fixed.
      constant: its values are in the file.
      variable: the state of a layer.
      scales, zero_points: empty when it isn't quantized, longer than one when per channel.
    """

    index: int
    name: str
    type: str
    shape: tuple[int, ...]
    dynamic: bool
    buffer: int
    constant: bool
    variable: bool
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of its values; 0 if the type has no fixed size."""
        return math.prod(self.shape) * _BYTES.get(self.type, 0)


@dataclasses.dataclass(frozen=True)
class Op:
    """One operation. `name` is the builtin's name (CONV_2D) or the custom code; a tensor of -1 is an absent input."""

    index: int
    name: str
    custom: bool
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]
    custom_options: bytes


@dataclasses.dataclass(frozen=True)
class Graph:
    """One subgraph; `inputs` and `outputs` are tensor indices in the order in which programs address them."""

    name: str
    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Signature:
    """Names for inputs and outputs: name -> tensor index."""

    key: str
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Model:
    """A .tflite file. `constants(buffer)` gives a buffer's bytes."""

    content: bytes
    description: str
    graphs: tuple[Graph, ...]
    signatures: tuple[Signature, ...]
    metadata: Mapping[str, bytes]
    buffers: tuple[bytes, ...]

    @property
    def main(self) -> Graph:
        """The graph that runs."""
        return self.graphs[0]

    def values(self, tensor: Tensor) -> np.ndarray:
        """The values of a constant tensor of a fixed-size type, in its shape."""
        return np.frombuffer(self.buffers[tensor.buffer], tensor.type.lower()).reshape(tensor.shape)


def read_model_file(path: str | PathLike[str]) -> Model:
    """The model in a file, of this machine or at an address.

    Raises:
      UserError: the file can't be read or isn't a whole .tflite file.
    """
    try:
        content = storage.read_bytes(fspath(path))
    except OSError as e:
        raise UserError("the model can't be read", file=path, found=e, fix="give a .tflite file or its address") from e
    return read_model(content, file=path)


def read_model(content: bytes, file: str | PathLike[str] | None = None) -> Model:
    """The model in a .tflite file's content.

    Raises:
      UserError: it isn't a whole, consistent .tflite file; with `file` as the place.
    """
    if content[4:8] != b"TFL3":
        raise UserError(
            "this is not a .tflite file",
            file=file,
            expected="a TensorFlow Lite flatbuffer (bytes 4 to 8 are TFL3)",
            found=f"{len(content)} bytes that start with {content[:8].hex(' ') or 'nothing'}",
            fix="give a file that the TFLite converter wrote",
        )
    try:
        model = _Reader(content).model()
        _check(model)
    except Exception as e:  # the generated reader trusts offsets: damaged bytes can raise anything
        raise UserError(
            "this .tflite file is damaged",
            file=file,
            expected="a whole and consistent flatbuffer",
            found=e if isinstance(e, ValueError) else f"{len(content)} bytes that contradict each other",
            fix="copy or export it again",
        ) from e
    return model


class _Reader:
    """Walks the flatbuffer, counting elements."""

    def __init__(self, content: bytes):
        self._content, self._budget = content, len(content)

    def model(self) -> Model:
        root = schema.Model.GetRootAs(self._content, 0)
        if root.Version() != 3:
            raise ValueError(f"schema version {root.Version()}, not 3")
        buffers = self._vector(root.BuffersLength(), lambda i: self._buffer(root.Buffers(i)))
        codes = self._vector(root.OperatorCodesLength(), lambda i: _op_code(root.OperatorCodes(i)))
        graphs = self._vector(root.SubgraphsLength(), lambda i: self._graph(root.Subgraphs(i), codes, buffers))
        return Model(
            content=self._content,
            description=_text(root.Description()),
            graphs=graphs,
            signatures=self._vector(root.SignatureDefsLength(), lambda i: self._signature(root.SignatureDefs(i))),
            metadata=dict(
                self._vector(
                    root.MetadataLength(),
                    lambda i: (_text(root.Metadata(i).Name()), buffers[root.Metadata(i).Buffer()]),
                )
            ),
            buffers=buffers,
        )

    def _vector(self, length: int, element: Callable[[int], _T]) -> tuple[_T, ...]:
        self._budget -= length
        if self._budget < 0:
            raise ValueError("it claims more elements than its bytes can hold")
        return tuple(element(i) for i in range(length))

    def _integers(self, length: int, values: Callable[[], Any]) -> tuple[int, ...]:
        self._budget -= length
        if self._budget < 0:
            raise ValueError("it claims more elements than its bytes can hold")
        return tuple(int(v) for v in values()) if length else ()

    def _buffer(self, buffer: Any) -> bytes:
        if buffer.Size() and buffer.Offset() > 1:  # content beyond the flatbuffer, for files over 2 GB
            data = self._content[buffer.Offset() : buffer.Offset() + buffer.Size()]
            if len(data) != buffer.Size():
                raise ValueError("a buffer lies beyond the end of the file")
            return data
        return buffer.DataAsNumpy().tobytes() if buffer.DataLength() else b""

    def _graph(self, graph: Any, codes: tuple[tuple[str, bool, int], ...], buffers: tuple[bytes, ...]) -> Graph:
        return Graph(
            name=_text(graph.Name()),
            tensors=self._vector(graph.TensorsLength(), lambda i: self._tensor(i, graph.Tensors(i), buffers)),
            ops=self._vector(graph.OperatorsLength(), lambda i: self._op(i, graph.Operators(i), codes)),
            inputs=self._integers(graph.InputsLength(), graph.InputsAsNumpy),
            outputs=self._integers(graph.OutputsLength(), graph.OutputsAsNumpy),
        )

    def _tensor(self, index: int, tensor: Any, buffers: tuple[bytes, ...]) -> Tensor:
        shape = self._integers(tensor.ShapeLength(), tensor.ShapeAsNumpy)
        scales: tuple[float, ...] = ()
        zero_points: tuple[int, ...] = ()
        quantization = tensor.Quantization()
        if quantization is not None and quantization.ScaleLength():
            self._budget -= quantization.ScaleLength()
            scales = tuple(float(v) for v in quantization.ScaleAsNumpy())
            if not all(map(math.isfinite, scales)):
                raise ValueError(f"tensor {index} has a scale that is no number")
            zero_points = self._integers(quantization.ZeroPointLength(), quantization.ZeroPointAsNumpy)
        return Tensor(
            index=index,
            name=_text(tensor.Name()),
            type=_names(schema.TensorType)[tensor.Type()],
            shape=shape,
            dynamic=any(size < 0 for size in shape),
            buffer=tensor.Buffer(),
            constant=bool(buffers[tensor.Buffer()]),
            variable=bool(tensor.IsVariable()),
            scales=scales,
            zero_points=zero_points,
        )

    def _op(self, index: int, op: Any, codes: tuple[tuple[str, bool, int], ...]) -> Op:
        name, custom, version = codes[op.OpcodeIndex()]
        options: Mapping[str, Any] = {}
        if op.BuiltinOptionsType() and op.BuiltinOptions() is not None:
            read_options = schema.BuiltinOptionsCreator(op.BuiltinOptionsType(), op.BuiltinOptions())
            options = {} if read_options is None else vars(read_options)
        return Op(
            index=index,
            name=name,
            custom=custom,
            version=version,
            inputs=self._integers(op.InputsLength(), op.InputsAsNumpy),
            outputs=self._integers(op.OutputsLength(), op.OutputsAsNumpy),
            options=options,
            custom_options=op.CustomOptionsAsNumpy().tobytes() if op.CustomOptionsLength() else b"",
        )

    def _signature(self, signature: Any) -> Signature:
        inputs = self._vector(signature.InputsLength(), lambda i: _named(signature.Inputs(i)))
        outputs = self._vector(signature.OutputsLength(), lambda i: _named(signature.Outputs(i)))
        return Signature(key=_text(signature.SignatureKey()), inputs=dict(inputs), outputs=dict(outputs))


def _named(entry: Any) -> tuple[str, int]:
    return _text(entry.Name()), entry.TensorIndex()


def _text(value: bytes | None) -> str:
    return "" if value is None else _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value.decode("utf-8", "replace"))


@functools.cache
def _names(enum: type) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if not name.startswith("_")}


def _op_code(code: Any) -> tuple[str, bool, int]:
    # Codes from 127 on don't fit the old field; writers fill one or both (schema.fbs, OperatorCode).
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    custom = number == schema.BuiltinOperator.CUSTOM
    name = _text(code.CustomCode()) if custom else _names(schema.BuiltinOperator)[number]
    return name, custom, code.Version()


def _check(model: Model) -> None:
    if not model.graphs:
        raise ValueError("it holds no graph")
    for graph in model.graphs:
        count = len(graph.tensors)
        for op in graph.ops:
            _check_indices(op.inputs, -1, count, f"op {op.index} ({op.name})")
            _check_indices(op.outputs, 0, count, f"op {op.index} ({op.name})")
        _check_indices(graph.inputs + graph.outputs, 0, count, "the graph")
        for tensor in graph.tensors:
            _check_size(tensor, model)


def _check_indices(indices: tuple[int, ...], least: int, count: int, whose: str) -> None:
    for index in indices:
        if not least <= index < count:
            raise ValueError(f"{whose} names tensor {index}; there are {count}")


def _check_size(tensor: Tensor, model: Model) -> None:
    if not tensor.dynamic and tensor.nbytes > _MAX_TENSOR_BYTES:
        raise ValueError(f"tensor {tensor.index} ({tensor.name}) claims {tensor.nbytes} bytes")
    if tensor.constant and tensor.type in _BYTES and len(model.buffers[tensor.buffer]) != tensor.nbytes:
        raise ValueError(
            f"tensor {tensor.index} ({tensor.name}) claims {tensor.nbytes} bytes, "
            f"its buffer holds {len(model.buffers[tensor.buffer])}"
        )
