"""Fixtures of the detector's tests."""

import os
from pathlib import Path

import pytest

from coralline.data.drawn_shapes import draw_dataset


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
    return _draw_record(tmp_path_factory.mktemp("shapes"), 12)


@pytest.fixture(scope="session")
def many_shapes_record(tmp_path_factory):
    """One of 64 images: half of them are enough to choose checkpoints."""
    return _draw_record(tmp_path_factory.mktemp("many_shapes"), 64)


def _draw_record(folder, images):
    from coralline.data.data_settings import DataSettings
    from coralline.data.dataset import read_dataset
    from coralline.data.records.annotated import encode_image
    from coralline.data.records.tfrecord_writer import TFRecordWriter

    draw_dataset(folder / "voc", images=images, size_px=160)
    dataset = read_dataset(folder / "voc", DataSettings(path=str(folder / "voc")))
    with (folder / "train.gz").open("wb") as file:
        writer = TFRecordWriter(file)
        for image in dataset.images:
            writer.write(encode_image(image, dataset.label_map))
        writer.finish()
    return str(folder / "train.gz")
