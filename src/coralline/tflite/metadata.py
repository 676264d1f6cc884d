"""TFLite Metadata: what a model's input and outputs mean, with the labels, inside the file itself.

The metadata is a separate flatbuffer (identifier M001) in a buffer that the model names TFLITE_METADATA; the label
file is in a zip archive appended to the model. Source of the layout: tflite-support's metadata_schema.fbs, of which
version 1.2.0 holds all that is used here; for detectors: its `metadata_writers/object_detector.py`.
`flatbuffer_table` says why not that package.
"""

from __future__ import annotations

import io
import zipfile
import zlib

import ai_edge_litert.schema_py_generated as schema
import flatbuffers

from coralline.foundation import text_file
from coralline.tflite import flatbuffer_table
from coralline.tflite.flatbuffer_table import Byte, Float, Floats, Int, Table, UInts, Union

LABELS_FILE = "labels.txt"
_NAME = "TFLITE_METADATA"
_MOST_LABEL_BYTES = 1 << 20


def write_metadata(model: bytes, *, labels: str, score_threshold: float, name: str, description: str) -> bytes:
    """The model with metadata and labels in it; replaces its own metadata.

    Args:
      model: a .tflite file with the standard detector contract.
      labels: one class a line, without its id.
      score_threshold: below it a score means nothing.
    """
    packed = flatbuffer_table.pack(_detector(labels, score_threshold, name, description), b"M001")
    file = io.BytesIO(_with_metadata(_without_archive(model), packed))
    with zipfile.ZipFile(file, "a") as archive:
        # A fixed date, so that the same model gives the same bytes.
        archive.writestr(zipfile.ZipInfo(LABELS_FILE, (1980, 1, 1, 0, 0, 0)), labels)
    return file.getvalue()


def _without_archive(model: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            return model[: min(entry.header_offset for entry in archive.infolist())]
    except (zipfile.BadZipFile, ValueError):
        return model


def read_labels(model: bytes) -> list[str] | None:
    """The labels in the file, one a line, or None if there are none.

    Raises:
      ValueError: there is an archive, as for labels, that can't be read.
    """
    packed = io.BytesIO(model)
    if not zipfile.is_zipfile(packed):
        return None
    try:
        with zipfile.ZipFile(packed) as archive:
            for entry in archive.infolist():
                if "label" in entry.filename.lower() and entry.file_size <= _MOST_LABEL_BYTES:
                    return _lines(archive.read(entry))
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError) as e:
        raise ValueError("the archive of labels in the file is damaged") from e
    return None


def _lines(content: bytes) -> list[str]:
    """The labels, trimmed. TFLite's own readers know no ids in front: a number is part of the name."""
    lines = [line.strip() for line in text_file.lines(content.decode("utf-8-sig", "replace"))]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _with_metadata(model: bytes, packed: bytes) -> bytes:
    """The model's flatbuffer with a new root in front: all other bytes and their alignment stay unchanged."""
    old = schema.Model.GetRootAs(model, 0)
    body = model + b"\0" * (-len(model) % 16)
    builder = flatbuffers.Builder(len(body) + len(packed) + 65536)
    builder.Bytes[len(builder.Bytes) - len(body) :] = body
    builder.head -= len(body)

    def kept(slot: int) -> int:
        """The position of the old root's field, counted from the end as builders do; 0 if absent."""
        field = old._tab.Offset(4 + 2 * slot)
        return 0 if not field else len(body) - old._tab.Indirect(old._tab.Pos + field)

    builder.StartVector(1, len(packed), 16)
    builder.head -= len(packed)
    builder.Bytes[builder.head : builder.head + len(packed)] = packed
    data = builder.EndVector()
    schema.BufferStart(builder)
    schema.BufferAddData(builder, data)
    buffer = schema.BufferEnd(builder)
    entry_name = builder.CreateString(_NAME)
    schema.MetadataStart(builder)
    schema.MetadataAddName(builder, entry_name)
    schema.MetadataAddBuffer(builder, old.BuffersLength())
    entry = schema.MetadataEnd(builder)

    entries = [old.Metadata(i) for i in range(old.MetadataLength())]
    others = [len(body) - e._tab.Pos for e in entries if e.Name() != _NAME.encode()]
    buffers = [len(body) - old.Buffers(i)._tab.Pos for i in range(old.BuffersLength())]
    new_buffers = _offsets(builder, [*buffers, buffer])
    new_entries = _offsets(builder, [*others, entry])
    schema.ModelStart(builder)
    schema.ModelAddVersion(builder, old.Version())
    for add, slot in (
        (schema.ModelAddOperatorCodes, 1),
        (schema.ModelAddSubgraphs, 2),
        (schema.ModelAddDescription, 3),
        (schema.ModelAddMetadataBuffer, 5),
        (schema.ModelAddSignatureDefs, 7),
    ):
        if kept(slot):
            add(builder, kept(slot))
    schema.ModelAddBuffers(builder, new_buffers)
    schema.ModelAddMetadata(builder, new_entries)
    builder.Finish(schema.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


def _offsets(builder: flatbuffers.Builder, offsets: list[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _detector(labels: str, score_threshold: float, name: str, description: str) -> Table:
    """A ModelMetadata table. Numbers are the slots of the schema's fields, in its order; a union takes two."""
    outputs = [
        _tensor("location", "Boxes, ymin, xmin, ymax, xmax, normalized.", Union(3, _BOXES), per_detection=True),
        _tensor(
            "category",
            "Class of each box, 0 is the first label.",
            Union(1, Table()),
            per_detection=True,
            labels="One class a line.",
        ),
        _tensor(
            "score",
            "Score of each box, strongest first.",
            Union(1, Table()),
            per_detection=True,
            unit=Union(3, Table({0: Float(score_threshold)})),
        ),
        _tensor("number of detections", "How many rows count.", Union(1, Table()), per_detection=False),
    ]
    normalization = Union(1, Table({0: Floats([127.5]), 1: Floats([127.5])}))
    image = Union(2, Table({0: Byte(1)}))  # ImageProperties, ColorSpaceType.RGB
    inputs = [_tensor("image", "RGB image, 0 to 255.", image, per_detection=False, unit=normalization)]
    inputs[0].fields[5] = Table({0: Floats([255.0]), 1: Floats([0.0])})  # Stats: max, min
    group = Table({0: "detection_result", 1: ["location", "category", "score"]})
    classes = len(labels.splitlines())
    return Table(
        {
            0: name,
            1: description or f"Object detector of {classes} classes.",
            3: [Table({2: inputs, 3: outputs, 8: [group]})],
            7: "1.2.0",
        }
    )


# BoundingBoxProperties: left, top, right, bottom are at 1, 0, 3, 2 of a row; type BOUNDARIES; coordinates as a RATIO.
_BOXES = Table({0: UInts([1, 0, 3, 2]), 1: Byte(1), 2: Byte(0)})


def _tensor(
    name: str,
    description: str,
    content: Union,
    *,
    per_detection: bool,
    unit: Union | None = None,
    labels: str | None = None,
) -> Table:
    content_fields: dict[int, flatbuffer_table.Value] = {0: content}
    if per_detection:
        content_fields[2] = Table({0: Int(2), 1: Int(2)})  # ValueRange: the last dimension of [1, N] holds detections
    fields: dict[int, flatbuffer_table.Value] = {0: name, 1: description, 3: Table(content_fields)}
    if unit is not None:
        fields[4] = [Table({0: unit})]
    if labels is not None:
        fields[6] = [Table({0: LABELS_FILE, 1: labels, 2: Byte(3)})]  # AssociatedFileType.TENSOR_VALUE_LABELS
    return Table(fields)
