"""Fixtures of the detector's tests."""

import os
from pathlib import Path

import numpy as np
import pytest

from coralline.data.drawn_shapes import CLASSES, draw_dataset


@pytest.fixture
def imagenet_tflite():
    """MobileNetV2 1.0 trained on ImageNet, an int8 file of others."""
    folder = os.environ.get("CORALLINE_TEST_DATA")
    if not folder:
        pytest.skip("CORALLINE_TEST_DATA is not set: needs models/tf2_mobilenet_v2_1.0_224_ptq.tflite")
    return str(Path(folder) / "models/tf2_mobilenet_v2_1.0_224_ptq.tflite")


@pytest.fixture(scope="session")
def shapes_record(tmp_path_factory):
    """A gzipped TFRecord of twelve drawn images."""
    import tensorflow as tf

    from coralline.data.data_settings import DataSettings
    from coralline.data.dataset import read_dataset
    from coralline.data.records.tf_example import encode_example

    folder = tmp_path_factory.mktemp("shapes")
    draw_dataset(folder / "voc", images=12, size_px=160)
    record = str(folder / "train.gz")
    with tf.io.TFRecordWriter(record, "GZIP") as writer:
        for image in read_dataset(str(folder / "voc"), DataSettings(path=str(folder / "voc"))).images:
            with open(image.place.path, "rb") as f:
                encoded = f.read()
            writer.write(
                encode_example(
                    filename=image.name,
                    image_encoded=encoded,
                    image_format="jpeg",
                    height=image.height,
                    width=image.width,
                    boxes_ymin_xmin_ymax_xmax=image.boxes_ymin_xmin_ymax_xmax,
                    class_ids=[CLASSES.index(name) + 1 for name in image.class_names],
                    class_names=image.class_names,
                    difficult=np.zeros(len(image.class_names), bool),
                    truncated=np.zeros(len(image.class_names), bool),
                )
            )
    return record
