"""Single records: reached without reading the rest, compressed or not, near or far."""

import os
from pathlib import Path

import pytest

from coralline.data.records import tfrecord
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
