"""Reading ahead changes how fast remote files are read, and nothing else."""

import hashlib

import pytest

from coralline.foundation import read_ahead, storage


@pytest.fixture(params=["s3", "gs"])
def files(request, tmp_path, monkeypatch):
    """Files of a store, more than are fetched at the same time, by path; one is large."""
    monkeypatch.setattr(read_ahead, "CONNECTIONS", 4)
    bucket = request.getfixturevalue(f"{request.param}_bucket")
    folder = f"{bucket}/{tmp_path.parent.name}-{tmp_path.name}"
    contents = {f"{folder}/{number:02d}": b"%d" % number for number in range(12)}
    contents[f"{folder}/07"] = bytes(9 << 20)
    for path, content in contents.items():
        storage.write_bytes(path, content)
    return contents


def test_what_is_read_is_what_is_there(files):
    paths = list(files)
    missing = paths[0][:-2] + "missing"
    with read_ahead.of([*paths, missing]):
        assert [storage.read_bytes(path) for path in paths[:9]] == list(files.values())[:9]
        assert storage.read_bytes(paths[3]) == files[paths[3]], "once more"
        assert storage.read_bytes(paths[11]) == files[paths[11]], "out of order"
        assert storage.sha256(paths[9]) == hashlib.sha256(files[paths[9]]).digest()
        with pytest.raises(FileNotFoundError):
            storage.read_bytes(missing)
        with pytest.raises(OSError, match="at most 0 MiB"):
            storage.read_bytes(paths[10], at_most=1)
    assert storage.read_bytes(paths[0]) == files[paths[0]]


def test_the_next_ones_have_been_fetched_when_they_are_asked_for(files):
    paths = list(files)[2:6]
    with read_ahead.of(paths):
        assert [read_ahead.fetched(path) for path in paths] == [files[path] for path in paths]
        assert read_ahead.fetched(paths[0]) is None, "given once"
    assert read_ahead.fetched(paths[0]) is None
