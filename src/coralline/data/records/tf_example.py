"""How an annotated image is laid out as a tf.Example: the keys of the TensorFlow Object Detection API.

Source: object_detection/dataset_tools/create_pascal_tf_record.py, and `official/vision/dataloaders/
tf_example_decoder.py`, which the trainer reads it with. Ids start at 1; image bytes are passed through as they are.
One key is our own: `image/group`, of images that belong with others.
"""

from __future__ import annotations

import dataclasses
import hashlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from coralline.data.records import tfrecord
from coralline.data.records.example_proto import example_class


class NotAnExampleError(Exception):
    """A record that isn't an annotated image; the message says why."""


@dataclasses.dataclass(frozen=True)
class GroundTruthExample:
    """One image with its boxes, as read from a tf.Example.

    Attributes:
      filename: the image's file name.
      source_id: identifies the image within the data set: its path.
      image_encoded: JPEG or PNG bytes.
      image_format: "jpeg" or "png".
      height: pixels.
      width: pixels.
      boxes_ymin_xmin_ymax_xmax: [n, 4] float32, normalized to the image.
      class_ids: [n] int64, from 1.
      class_names: n names; none if the example has only ids.
      difficult: [n] bool; a difficult box is no target and no miss when a model is scored.
      truncated: [n] bool.
      group: what it shares with the images that it belongs with (see `AnnotatedImage`); None: it's alone.
    """

    filename: str
    source_id: str
    image_encoded: bytes
    image_format: str
    height: int
    width: int
    boxes_ymin_xmin_ymax_xmax: np.ndarray
    class_ids: np.ndarray
    class_names: tuple[str, ...]
    difficult: np.ndarray
    truncated: np.ndarray
    group: str | None = None


def encode_example(
    *,
    filename: str,
    image_encoded: bytes,
    image_format: str,
    height: int,
    width: int,
    boxes_ymin_xmin_ymax_xmax: np.ndarray,
    class_ids: Sequence[int],
    class_names: Sequence[str],
    difficult: Sequence[bool],
    truncated: Sequence[bool],
    source_id: str | None = None,
    sha256: bytes | None = None,
    group: str | None = None,
) -> bytes:
    """Serializes one annotated image; arguments as in `GroundTruthExample`. The same arguments give the same bytes.

    `source_id` is the file name if it isn't given, `sha256` that of the encoded image.
    """
    example = example_class()()
    feature = example.features.feature
    for key, value in (
        ("image/encoded", image_encoded),
        ("image/filename", _utf8(filename)),
        ("image/format", image_format.encode()),
        ("image/key/sha256", (sha256 or hashlib.sha256(image_encoded).digest()).hex().encode()),
        ("image/source_id", _utf8(source_id or filename)),
    ):
        feature[key].bytes_list.value.append(value)
    if group is not None:
        feature["image/group"].bytes_list.value.append(_utf8(group))
    boxes = np.asarray(boxes_ymin_xmin_ymax_xmax, np.float32).reshape(-1, 4)
    for column, side in enumerate(("ymin", "xmin", "ymax", "xmax")):
        feature[f"image/object/bbox/{side}"].float_list.value.extend(boxes[:, column].tolist())
    for key, numbers in (
        ("image/height", [height]),
        ("image/width", [width]),
        ("image/object/class/label", [int(i) for i in class_ids]),
        ("image/object/difficult", [int(flag) for flag in difficult]),
        ("image/object/truncated", [int(flag) for flag in truncated]),
    ):
        feature[key].int64_list.value.extend(numbers)
    feature["image/object/class/text"].bytes_list.value.extend(label.encode() for label in class_names)
    return bytes(example.SerializeToString(deterministic=True))


def decode_example(serialized: bytes) -> GroundTruthExample:
    """Reads what `encode_example`, or the Object Detection API's own scripts, wrote.

    Raises:
      NotAnExampleError: the bytes aren't a tf.Example, or its image and boxes don't fit together.
    """
    try:
        return _decoded(_parsed(serialized).features.feature)
    except (DecodeError, ValueError) as e:
        raise NotAnExampleError(str(e)) from e


def _parsed(serialized: bytes) -> Any:
    """A `tf.train.Example`; an error also where the C parser (protobuf 3.20.3) merely warns that it stopped early."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        example = example_class().FromString(serialized)
    if told:
        raise DecodeError(str(told[0].message))
    return example


def _decoded(feature: Any) -> GroundTruthExample:
    """Raises ValueError for lists that aren't of one length, and for a class that isn't text."""
    sides = [_floats(feature, f"image/object/bbox/{side}") for side in ("ymin", "xmin", "ymax", "xmax")]
    count = len(sides[0])
    names = tuple(name.decode() for name in feature["image/object/class/text"].bytes_list.value)
    if len(names) not in (0, count):
        raise ValueError(f"{count} boxes, {len(names)} class names")
    return GroundTruthExample(
        filename=_text(feature, "image/filename"),
        source_id=_text(feature, "image/source_id"),
        image_encoded=_bytes(feature, "image/encoded"),
        image_format=_text(feature, "image/format"),
        height=_integers(feature, "image/height", 1).item(),
        width=_integers(feature, "image/width", 1).item(),
        boxes_ymin_xmin_ymax_xmax=np.stack(sides, axis=1),
        class_ids=_integers(feature, "image/object/class/label", count),
        class_names=names,
        difficult=_integers(feature, "image/object/difficult", count).astype(bool),
        truncated=_integers(feature, "image/object/truncated", count).astype(bool),
        group=_text(feature, "image/group") or None,
    )


def encoded_image(serialized: bytes) -> bytes:
    """The image of an example alone; empty if it has none.

    Raises:
      NotAnExampleError: the bytes aren't a tf.Example.
    """
    try:
        return _bytes(_parsed(serialized).features.feature, "image/encoded")
    except DecodeError as e:
        raise NotAnExampleError(str(e)) from e


def image_feature(serialized: bytes, key: str) -> str | int | None:
    """A feature of an example; None if it has none of that name, or not exactly one text or whole number.

    Raises:
      NotAnExampleError: the bytes aren't a tf.Example.
    """
    return _image_features(serialized).get(key)


def image_feature_names(serialized: bytes) -> list[str]:
    """The features of an example that hold one text or one whole number."""
    return sorted(_image_features(serialized))


def _image_features(serialized: bytes) -> dict[str, str | int]:
    try:
        features = _parsed(serialized).features.feature
    except DecodeError as e:
        raise NotAnExampleError(str(e)) from e
    single: dict[str, str | int] = {}
    for key, feature in features.items():
        # Features of boxes have one value where there is one box.
        if key == "image/encoded" or key.startswith("image/object/"):
            continue
        if len(feature.bytes_list.value) == 1:
            single[key] = _text(features, key)
        elif len(feature.int64_list.value) == 1:
            single[key] = int(feature.int64_list.value[0])
    return single


def read_examples(split_dir: str) -> Iterator[bytes]:
    """Serialized examples of one split's folder (`Split-train`), in the order in which they were written.

    Raises:
      UserError: the folder holds no TFRecord, or a file is damaged.
    """
    return tfrecord.read_record_folder(split_dir)


def _utf8(name: str) -> bytes:
    """File names that aren't UTF-8 keep their bytes."""
    return name.encode("utf-8", "surrogateescape")


def _bytes(feature: Any, key: str) -> bytes:
    values = feature[key].bytes_list.value
    return bytes(values[0]) if values else b""


def _text(feature: Any, key: str) -> str:
    return _bytes(feature, key).decode("utf-8", "surrogateescape")


def _floats(feature: Any, key: str) -> np.ndarray:
    return np.array(feature[key].float_list.value, np.float32)


def _integers(feature: Any, key: str, count: int) -> np.ndarray:
    """[count] int64; zeros where the key is absent (the flags are optional in the layout)."""
    values = np.array(feature[key].int64_list.value, np.int64)
    if len(values) not in (0, count):
        raise ValueError(f"{len(values)} values of {key}, not {count}")
    return values if len(values) else np.zeros(count, np.int64)
