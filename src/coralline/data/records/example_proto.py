"""The `tf.train.Example` message, without TensorFlow.

Making the class takes .014 s; importing TensorFlow's takes 2.3 s (2 cores, files in the cache; 8 s without), which a
command that only reads examples shouldn't pay. The calls are there from protobuf 3.20.3 to 7.36.

The message is declared here field by field as in tensorflow/core/example/{example,feature}.proto, in a descriptor pool
of its own, so that it stands beside TensorFlow's when both are loaded. The bytes are the same.
"""

from __future__ import annotations

import functools
from typing import Any

from google.protobuf import descriptor_pb2, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "tensorflow"


@functools.cache
def example_class() -> Any:
    """The class of `tf.train.Example` messages: `.features.feature[key].bytes_list.value` and so on."""
    return message_factory.GetMessages([_example_file()])[f"{_PACKAGE}.Example"]


def _example_file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="coralline/example.proto", package=_PACKAGE, syntax="proto3")
    for name, kind in (
        ("BytesList", _FIELD.TYPE_BYTES),
        ("FloatList", _FIELD.TYPE_FLOAT),
        ("Int64List", _FIELD.TYPE_INT64),
    ):
        file.message_type.add(name=name).field.add(name="value", number=1, type=kind, label=_FIELD.LABEL_REPEATED)
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, name in enumerate(("bytes_list", "float_list", "int64_list"), start=1):
        message = name.title().replace("_", "")
        _message_field(feature, name, number, message, oneof_index=0)
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    _message_field(entry, "value", 2, "Feature")
    _message_field(features, "feature", 1, "Features.FeatureEntry", label=_FIELD.LABEL_REPEATED)
    _message_field(file.message_type.add(name="Example"), "features", 1, "Features")
    return file


def _message_field(
    message: Any, name: str, number: int, kind: str, label: int = _FIELD.LABEL_OPTIONAL, **options: int
) -> None:
    message.field.add(
        name=name, number=number, type=_FIELD.TYPE_MESSAGE, type_name=f".{_PACKAGE}.{kind}", label=label, **options
    )
