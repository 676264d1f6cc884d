"""Examples and TFRecords: the same bytes as TensorFlow's, without TensorFlow."""

import gzip

import numpy as np
import pytest

from coralline.data.records import tfrecord
from coralline.data.records.tf_example import NotAnExampleError, decode_example, encode_example, read_examples
from coralline.foundation.errors import UserError

FIELDS = {
    "filename": "a.jpg",
    "source_id": "sub/a.jpg",
    "image_encoded": b"\xff\xd8...",
    "image_format": "jpeg",
    "height": 80,
    "width": 100,
    "boxes_ymin_xmin_ymax_xmax": np.array([[0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]], np.float32),
    "class_ids": [2, 1],
    "class_names": ("dog", "cät"),
    "difficult": [False, True],
    "truncated": [True, False],
    "group": "sub/a-1.jpg",
}


def test_what_is_encoded_is_decoded():
    example = decode_example(encode_example(**FIELDS))
    for name, value in FIELDS.items():
        np.testing.assert_array_equal(getattr(example, name), value)
    assert example.boxes_ymin_xmin_ymax_xmax.dtype == np.float32 and example.class_ids.dtype == np.int64


def test_background_image_has_boxes_of_shape_0_by_4():
    fields = FIELDS | {"class_ids": [], "class_names": (), "difficult": [], "truncated": []}
    example = decode_example(encode_example(**fields | {"boxes_ymin_xmin_ymax_xmax": np.zeros((0, 4))}))
    assert example.boxes_ymin_xmin_ymax_xmax.shape == (0, 4) and example.class_names == ()


def test_name_that_is_not_utf8_keeps_its_bytes():
    name = b"\xff.jpg".decode("utf-8", "surrogateescape")
    assert decode_example(encode_example(**FIELDS | {"filename": name})).filename == name


def test_tensorflow_reads_and_writes_the_same(tmp_path):
    import tensorflow as tf

    serialized = encode_example(**FIELDS)
    theirs = tf.train.Example.FromString(serialized)
    assert theirs.SerializeToString(deterministic=True) == serialized
    assert list(theirs.features.feature["image/object/class/label"].int64_list.value) == [2, 1]
    for name, compression in (("a.tfrecord", None), ("b.tfrecord.gz", "GZIP")):
        with tf.io.TFRecordWriter(str(tmp_path / name), compression) as writer:
            writer.write(serialized)
            writer.write(b"")
    assert list(read_examples(str(tmp_path))) == [serialized, b"", serialized, b""]


def test_reads_the_object_detection_api_s_own_record(real_data):
    examples = [
        decode_example(record) for record in tfrecord.read_record_file(str(real_data / "raccoon" / "test.record"))
    ]
    assert len(examples) == 40
    assert examples[0].filename == "raccoon-129.jpg" and examples[0].class_names == ("raccoon",)


@pytest.mark.parametrize(
    "content",
    [b"no record at all", b"\x10" + b"\0" * 11 + b"short", gzip.compress(b"x" * 50)[:-9]],
    ids=["text", "cut off", "cut off within gzip"],
)
def test_refuses_a_damaged_record(tmp_path, content):
    (tmp_path / "a.tfrecord").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.tfrecord"):
        list(read_examples(str(tmp_path)))


def test_refuses_a_folder_without_records(tmp_path):
    with pytest.raises(UserError, match="no TFRecord files"):
        list(read_examples(str(tmp_path)))
    with pytest.raises(UserError, match="can't read the folder"):
        list(read_examples(str(tmp_path / "nothing")))


@pytest.mark.parametrize(
    "damaged", [b"\xff", b"\x0c", encode_example(**FIELDS)[:-1], encode_example(**FIELDS) + b"\x0c"]
)
def test_refuses_what_is_no_whole_example(damaged):
    with pytest.raises(NotAnExampleError):
        decode_example(damaged)
