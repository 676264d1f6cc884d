"""A data set that a test writes file by file."""

import gzip
import hashlib
import struct
from pathlib import Path

import pytest
from PIL import Image

from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset
from coralline.data.records.tfrecord import masked_crc32c


class VocFolder:
    """Writes images and annotations below a folder."""

    def __init__(self, root: Path):
        self.root = root

    def image(self, name, size=(100, 80), mode="RGB", colour=None, **save):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if colour is None:  # No two images of a data set are the same, unless a test wants them to be.
            colour = tuple(hashlib.sha256(name.encode()).digest()[:3]) if mode == "RGB" else 0
        Image.new(mode, size, colour).save(path, **save)
        return path

    def annotation(self, name, boxes=((10, 20, 30, 40),), label="cat", size=(100, 80), filename="", extra=""):
        corners = ("xmin", "ymin", "xmax", "ymax")
        objects = "".join(
            f"<object>\n<name>{label}</name>\n{extra}<bndbox>"
            + "".join(f"<{side}>{value}</{side}>" for side, value in zip(corners, box, strict=True))
            + "</bndbox>\n</object>\n"
            for box in boxes
        )
        sides = f"<size><width>{size[0]}</width><height>{size[1]}</height><depth>3</depth></size>\n" if size else ""
        return self.text(name, f"<annotation>\n<filename>{filename}</filename>\n{sides}{objects}</annotation>\n")

    def text(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def pair(self, stem, folder="", **annotation):
        self.image(f"{folder}{stem}.jpg")
        return self.annotation(f"{folder}{stem}.xml", **annotation)


@pytest.fixture
def voc(tmp_path):
    return VocFolder(tmp_path)


@pytest.fixture
def look(voc):
    """`look(reader="csv", ...) -> Dataset` of the folder that the test wrote, with these settings."""

    def inspect(**settings):
        return check_dataset(str(voc.root), DataSettings(**settings))

    return inspect


@pytest.fixture(scope="session")
def write_records():
    """`write_records(path, records)`: a TFRecord file; compressed where its name ends with .gz."""
    return _write_records


def _write_records(path, records):
    content = b"".join(_framed(record) for record in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def _framed(record):
    length = struct.pack("<Q", len(record))
    return length + masked_crc32c(length) + record + masked_crc32c(record)
