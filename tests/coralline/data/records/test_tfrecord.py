"""Single records: reached without reading the rest, compressed or not, near or far."""

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from coralline.data.records import tfrecord
from coralline.foundation.errors import UserError
from coralline.foundation.storage import write_bytes

RECORDS = [b"first", b"", b"third" * 1000]


@pytest.fixture(params=["a.record", "a.record.gz"])
def path(request, tmp_path, write_records):
    return str(write_records(tmp_path / request.param, RECORDS))


def test_record_is_found_at_its_offset(path):
    found = list(tfrecord.read_with_offsets(path))
    assert [data for _, data in found] == RECORDS
    assert [tfrecord.read_record(path, offset) for offset, _ in reversed(found)] == RECORDS[::-1]


def test_file_that_was_replaced_is_read_anew(path, write_records):
    assert tfrecord.read_record(path, 0) == b"first"
    write_records(Path(path), [b"other"])
    os.utime(path, (1, 1))
    assert tfrecord.read_record(path, 0) == b"other"


@pytest.mark.parametrize("offset", [1, 1 << 40])
def test_place_without_a_record_is_an_oserror(path, offset):
    with pytest.raises(OSError, match="there is no"):
        tfrecord.read_record(path, offset)


def test_file_that_is_gone_is_an_oserror(tmp_path):
    with pytest.raises(OSError):
        tfrecord.read_record(str(tmp_path / "gone.record"), 0)


def test_addresses_are_read_alike(path, remote_folder):
    remote = f"{remote_folder}/{Path(path).name}"
    write_bytes(remote, Path(path).read_bytes())
    found = list(tfrecord.read_with_offsets(remote))
    assert [data for _, data in found] == RECORDS
    assert tfrecord.read_record(remote, found[2][0]) == RECORDS[2]
    with pytest.raises(OSError):
        tfrecord.read_record(f"{remote_folder}/nothing.record", 0)


@pytest.mark.parametrize("claimed", [1 << 24, 1 << 40, 1 << 63, (1 << 64) - 1])
@pytest.mark.parametrize("compressed", [False, True])
def test_length_that_is_not_there_is_one_message(tmp_path, claimed, compressed):
    length = claimed.to_bytes(8, "little")
    content = length + tfrecord.masked_crc32c(length) + b"some"
    path = tmp_path / "a.record"
    path.write_bytes(gzip.compress(content) if compressed else content)
    tracemalloc.start()
    with pytest.raises(UserError, match="this TFRecord file is cut off, damaged or isn't one"):
        list(tfrecord.read_record_file(str(path)))
    with pytest.raises(OSError, match="no whole record"):
        tfrecord.read_record(str(path), 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_content_that_fills_memory_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord, "_LEAST_LIMIT", 1 << 20)
    length = (20 << 20).to_bytes(8, "little")
    path = tmp_path / "a.record.gz"
    path.write_bytes(gzip.compress(length + tfrecord.masked_crc32c(length) + bytes(20 << 20)))
    with pytest.raises(UserError) as caught:
        list(tfrecord.read_record_file(str(path)))
    assert caught.value.found == "a record that claims 20,971,520 bytes"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("train.record", True),
        ("pet_faces_train.record-00003-of-00010", True),
        ("data_tfrecord-00000-of-00001.gz", True),
        ("a/b/x.tfrecords", True),
        ("X.TFRECORD.GZ", True),
        ("record.txt", False),
        ("recording.mp4", False),
        ("train.record.index", False),
        ("discord", False),
    ],
)
def test_files_are_known_by_their_name(name, is_one):
    assert tfrecord.is_tfrecord_name(name) == is_one
