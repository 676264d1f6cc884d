"""The two scripts that people make TFRecords with, as a peer to measure against.

They imitate `xml_to_csv.py` and `generate_tfrecord.py` of github.com/datitran/raccoon_dataset, which the Object
Detection API's tutorials hand on: every XML file through ElementTree into a pandas table and a CSV file; that file read
back and grouped by image; each image read through TensorFlow, opened with Pillow for its size, and written as an
uncompressed tf.Example. Same libraries, same calls per file, box and image; nothing is checked.
"""

from __future__ import annotations

import collections
import glob
import io
import os
import xml.etree.ElementTree as ElementTree
from typing import Any

import pandas as pd
import tensorflow as tf
from PIL import Image

_COLUMNS = ["filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax"]
_CLASS_IDS = {"raccoon": 1}

_Group = collections.namedtuple("_Group", ["filename", "object"])


def xml_to_csv(annotations: str, csv: str) -> None:
    """One row a box, from every XML file of a folder."""
    rows = []
    for path in glob.glob(f"{annotations}/*.xml"):
        root = ElementTree.parse(path).getroot()
        for member in root.findall("object"):
            box = member.find("bndbox")
            rows.append(
                (
                    root.find("filename").text,
                    int(root.find("size")[0].text),
                    int(root.find("size")[1].text),
                    member[0].text,
                    *(int(box.find(side).text) for side in _COLUMNS[4:]),
                )
            )
    pd.DataFrame(rows, columns=_COLUMNS).to_csv(csv, index=None)


def generate_tfrecord(csv: str, images: str, record: str) -> None:
    """One example an image that has a row."""
    with tf.io.TFRecordWriter(record) as writer:
        for group in _grouped_by_image(pd.read_csv(csv)):
            writer.write(_example(group, images).SerializeToString())


def _grouped_by_image(table: pd.DataFrame) -> list[_Group]:
    grouped = table.groupby("filename")
    return [_Group(filename, grouped.get_group(filename)) for filename in grouped.groups]


def _example(group: _Group, images: str) -> tf.train.Example:
    with tf.io.gfile.GFile(os.path.join(images, group.filename), "rb") as file:
        encoded = file.read()
    width, height = Image.open(io.BytesIO(encoded)).size
    columns: dict[str, list[Any]] = collections.defaultdict(list)
    for _, row in group.object.iterrows():
        for side, length in (("xmin", width), ("xmax", width), ("ymin", height), ("ymax", height)):
            columns[side].append(row[side] / length)
        columns["text"].append(row["class"].encode())
        columns["label"].append(_CLASS_IDS[row["class"]])
    filename = group.filename.encode()
    feature = {
        "image/height": _int64s([height]),
        "image/width": _int64s([width]),
        "image/filename": _bytes([filename]),
        "image/source_id": _bytes([filename]),
        "image/encoded": _bytes([encoded]),
        "image/format": _bytes([b"jpg"]),
        "image/object/class/text": _bytes(columns["text"]),
        "image/object/class/label": _int64s(columns["label"]),
    }
    for side in _COLUMNS[4:]:
        feature[f"image/object/bbox/{side}"] = tf.train.Feature(float_list=tf.train.FloatList(value=columns[side]))
    return tf.train.Example(features=tf.train.Features(feature=feature))


def _int64s(values: list[int]) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def _bytes(values: list[bytes]) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
