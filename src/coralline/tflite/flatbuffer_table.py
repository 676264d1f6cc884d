"""Writing small flatbuffers from plain values, by slot number, for schemas that ship no Python code.

Why not generated code: the only package that has it for TFLite Metadata is tflite-support 0.4.4, which holds protobuf
below 4, takes 237 MB with what it depends on, and can't be imported without libusb-1.0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import flatbuffers
from flatbuffers import number_types


@dataclasses.dataclass(frozen=True)
class TableScalar:
    """A number with its type in the schema."""

    value: float
    type: Any


@dataclasses.dataclass(frozen=True)
class Numbers:
    """A vector of numbers."""

    values: Sequence[float]
    type: Any


@dataclasses.dataclass(frozen=True)
class Table:
    """A table: values by slot (the field's place in the schema, from 0; a union takes two)."""

    fields: dict[int, Value] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Union:
    """A union's value: its type's number (from 1) and table. It takes the slot of its type; the table follows."""

    type: int
    table: Table


Value = str | TableScalar | Numbers | Table | Union | Sequence[str | Table]


def Byte(value: int) -> TableScalar:
    return TableScalar(value, number_types.Int8Flags)


def Int(value: int) -> TableScalar:
    return TableScalar(value, number_types.Int32Flags)


def Float(value: float) -> TableScalar:
    return TableScalar(value, number_types.Float32Flags)


def UInts(values: Sequence[int]) -> Numbers:
    return Numbers(values, number_types.Uint32Flags)


def Floats(values: Sequence[float]) -> Numbers:
    return Numbers(values, number_types.Float32Flags)


def pack(root: Table, identifier: bytes) -> bytes:
    """A flatbuffer with `root` as its root table and a four-byte file identifier."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(_table(builder, root), identifier)
    return bytes(builder.Output())


def _table(builder: flatbuffers.Builder, table: Table) -> int:
    slots = [part for slot, value in table.fields.items() for part in _slots(builder, slot, value)]
    builder.StartObject(1 + max((slot for slot, _ in slots), default=-1))
    for slot, add in slots:
        add()
        builder.Slot(slot)
    return builder.EndObject()


def _slots(builder: flatbuffers.Builder, slot: int, value: Value) -> list[tuple[int, Callable[[], None]]]:
    """Writes what a field points to; returns the slots, with functions that fill them once the table is open."""
    if isinstance(value, TableScalar):
        return [(slot, lambda: builder.Prepend(value.type, value.value))]
    if isinstance(value, Union):
        type_slot = (slot, lambda: builder.Prepend(number_types.Uint8Flags, value.type))
        return [type_slot, *_slots(builder, slot + 1, value.table)]
    offset = _offset(builder, value)
    return [(slot, lambda: builder.PrependUOffsetTRelative(offset))]


def _offset(builder: flatbuffers.Builder, value: Value) -> int:
    if isinstance(value, str):
        return builder.CreateString(value)
    if isinstance(value, Table):
        return _table(builder, value)
    if isinstance(value, Numbers):
        return _vector(builder, value.values, value.type.bytewidth, lambda v: builder.Prepend(value.type, v))
    assert not isinstance(value, TableScalar | Union)
    offsets = [_offset(builder, element) for element in value]
    return _vector(builder, offsets, 4, builder.PrependUOffsetTRelative)


def _vector(builder: flatbuffers.Builder, values: Sequence[Any], width: int, prepend: Callable[[Any], None]) -> int:
    builder.StartVector(width, len(values), width)
    for value in reversed(values):
        prepend(value)
    return builder.EndVector()
