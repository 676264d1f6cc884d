"""Reading what the Edge TPU compiler made, without a device.

A compiled file holds `edgetpu-custom-op`s. Its custom options are a FlexBuffer map; under key "4" is a flatbuffer
package (identifier DWN1) of executables. Source: google-coral/libedgetpu, executable/executable.fbs (field order, the
types of executables) and tflite/custom_op_data.h (keys).
"""

from __future__ import annotations

import collections
import dataclasses

from flatbuffers import encode, number_types
from flatbuffers.table import Table

from coralline.tflite.model_file import EDGE_TPU_OP, Model, Op

_PACKAGE = b"DWN1"
# Slots of executable.fbs.
_MIN_RUNTIME_VERSION, _MULTI_EXECUTABLE, _COMPILER_VERSION = 0, 1, 4
_EXECUTABLES = 0
_PARAMETERS, _TYPE = 6, 13
_PARAMETER_CACHING = 1


@dataclasses.dataclass(frozen=True)
class Package:
    """One Edge TPU op: a subgraph of the source that was mapped.

    Attributes:
      op: the op, with its inputs and outputs.
      cached: bytes of parameters kept on the chip (of PARAMETER_CACHING executables).
      streamed: bytes of parameters sent with every inference (of the other executables).
      min_runtime_version: of libedgetpu.
      compiler_version: as the compiler wrote it.
    """

    op: Op
    cached: int
    streamed: int
    min_runtime_version: int
    compiler_version: str


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What is in a compiled file.

    Attributes:
      packages: its Edge TPU ops, in model order; at least one.
      cpu: ops left for the CPU, name -> count, in model order.
    """

    packages: tuple[Package, ...]
    cpu: dict[str, int]

    @property
    def cached(self) -> int:
        """Bytes of parameters kept on the chip, of all packages."""
        return sum(package.cached for package in self.packages)

    @property
    def streamed(self) -> int:
        """Bytes of parameters sent with every inference, of all packages."""
        return sum(package.streamed for package in self.packages)

    @property
    def min_runtime_version(self) -> int:
        """The libedgetpu runtime that all packages run on."""
        return max(package.min_runtime_version for package in self.packages)

    @property
    def compiler_version(self) -> str:
        """As the compiler wrote it."""
        return self.packages[0].compiler_version


def is_compiled(model: Model) -> bool:
    """Whether the Edge TPU compiler made this file."""
    return any(op.name == EDGE_TPU_OP for op in model.main.ops)


def read_compiled(model: Model) -> Compiled:
    """What is in a compiled model.

    Raises:
      ValueError: it isn't compiled, or its package is damaged.
    """
    packages = tuple(_package(op) for op in model.main.ops if op.name == EDGE_TPU_OP)
    if not packages:
        raise ValueError(f"no {EDGE_TPU_OP} in it")
    return Compiled(packages, dict(collections.Counter(op.name for op in model.main.ops if op.name != EDGE_TPU_OP)))


def _package(op: Op) -> Package:
    cached = streamed = 0
    try:
        package = _root(op.custom_options, op.custom_options.index(_PACKAGE) - 4)
        for executable in _executables(_bytes(package, _MULTI_EXECUTABLE)):
            parameters = _length(executable, _PARAMETERS)
            if _int(executable, _TYPE, number_types.Int16Flags) == _PARAMETER_CACHING:
                cached += parameters
            else:
                streamed += parameters
        runtime = _int(package, _MIN_RUNTIME_VERSION)
        version = _bytes(package, _COMPILER_VERSION).decode("utf-8", "replace")
    except Exception as e:  # damaged offsets can raise anything
        raise ValueError(f"damaged Edge TPU package: {e}") from e
    return Package(op, cached, streamed, runtime, version)


def _executables(multi: bytes) -> list[Table]:
    root = _root(multi, 0)
    field = _field(root, _EXECUTABLES)
    if not field:
        return []
    count, start = root.VectorLen(field), root.Vector(field)
    if count * 4 > len(multi):
        raise ValueError("it claims more executables than its bytes can hold")
    found = []
    for i in range(count):
        position = root.Indirect(start + 4 * i)
        length = encode.Get(number_types.UOffsetTFlags.packer_type, multi, position)
        found.append(_root(multi[position + 4 : position + 4 + length], 0))
    return found


def _root(content: bytes, start: int) -> Table:
    if start < 0:
        raise ValueError("no package in it")
    content = content[start:]
    return Table(content, encode.Get(number_types.UOffsetTFlags.packer_type, content, 0))


def _field(table: Table, slot: int) -> int:
    return int(table.Offset(4 + 2 * slot))


def _int(table: Table, slot: int, flags: type = number_types.Int32Flags) -> int:
    field = _field(table, slot)
    return int(table.Get(flags, table.Pos + field)) if field else 0


def _length(table: Table, slot: int) -> int:
    field = _field(table, slot)
    if not field:
        return 0
    length = int(table.VectorLen(field))
    if table.Vector(field) + length > len(table.Bytes):
        raise ValueError("a vector lies beyond the end")
    return length


def _bytes(table: Table, slot: int) -> bytes:
    field = _field(table, slot)
    if not field:
        return b""
    start = table.Vector(field)
    return bytes(table.Bytes[start : start + _length(table, slot)])
