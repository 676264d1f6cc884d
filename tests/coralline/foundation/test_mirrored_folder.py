"""A folder whose machine vanishes, and its copy at an address."""

import json

import pytest

from coralline.foundation import patience, storage
from coralline.foundation.mirrored_folder import MirroredFolder


@pytest.fixture
def mirror(tmp_path):
    """`mirror(address, files) -> (folder, MirroredFolder)`, restored; each folder is new."""
    made = []

    def of(address):
        folder = tmp_path / f"machine-{len(made)}"
        folder.mkdir()
        made.append(MirroredFolder(str(folder), address))
        made[-1].restore()
        return folder, made[-1]

    yield of
    for mirrored in made:
        mirrored.close()


def write(folder, **files):
    for name, content in files.items():
        storage.write_bytes(f"{folder}/phase/{name}", content)


def contents(folder):
    return {path: storage.read_bytes(f"{folder}/{path}") for path in storage.list_tree(str(folder)).files}


def test_what_was_kept_last_is_there_on_another_machine(remote_folder, mirror):
    folder, kept = mirror(remote_folder)
    write(folder, a=b"1", b=b"same", events=b"x")
    kept.keep()
    kept.close()
    again, kept = mirror(remote_folder)
    assert contents(again) == {"phase/a": b"1", "phase/b": b"same", "phase/events": b"x"}
    storage.remove(f"{again}/phase/a")
    write(again, c=b"same", events=b"xy")
    kept.keep()
    kept.close()
    once_more, kept = mirror(remote_folder)
    assert contents(once_more) == {"phase/b": b"same", "phase/c": b"same", "phase/events": b"xy"}
    assert len(storage.list_folder(f"{remote_folder}/files")) == 2, "one a content, and none that is left over"
    kept.remove()
    assert not storage.exists(remote_folder)
    assert contents(mirror(remote_folder)[0]) == {}


def test_what_breaks_off_leaves_the_copy_before_and_is_told_and_tried_again(
    s3_bucket, tmp_path, mirror, proxied, notes, monkeypatch
):
    monkeypatch.setattr(patience, "WAITS_S", [])
    proxy, address = proxied("AWS_ENDPOINT_URL"), f"{s3_bucket}/{tmp_path.name}"
    folder, kept = mirror(address)
    write(folder, a=b"1")
    kept.keep()
    kept.wait()
    write(folder, a=b"2", b=bytes(100_000))
    proxy.cut_after, proxy.cuts = 50_000, 1000
    for _ in range(2):
        kept.keep()
        kept.wait()
    (told,) = notes
    assert told.startswith(f"the checkpoints can't be copied to {address}: ") and "Training goes on" in told
    proxy.cuts = 0
    assert contents(mirror(address)[0]) == {"phase/a": b"1"}
    kept.keep()
    kept.close()
    assert contents(mirror(address)[0]) == {"phase/a": b"2", "phase/b": bytes(100_000)}


def test_of_two_that_keep_the_same_the_first_goes_on_and_the_other_is_told(gs_bucket, tmp_path, mirror, notes):
    address = f"{gs_bucket}/{tmp_path.name}"
    (first, here), (second, there) = mirror(address), mirror(address)
    write(first, a=b"1")
    write(second, a=b"2")
    for kept in (here, there):
        kept.keep()
        kept.close()
    there.remove()
    assert "another run trains this same model now" in notes[0] and len(notes) == 1
    assert contents(mirror(address)[0]) == {"phase/a": b"1"}


@pytest.mark.parametrize("damage", ["missing", "changed", "manifest", "outside"])
def test_a_damaged_copy_is_told_and_not_used(gs_bucket, tmp_path, mirror, notes, damage):
    address = f"{gs_bucket}/{tmp_path.name}"
    folder, kept = mirror(address)
    write(folder, a=b"1", b=b"2")
    kept.keep()
    kept.close()
    (name, *_) = storage.list_folder(f"{address}/files")
    if damage == "missing":
        storage.remove(f"{address}/files/{name}")
    elif damage == "changed":
        storage.write_bytes(f"{address}/files/{name}", b"3")
    else:
        other = {"files": {"../a": name}} if damage == "outside" else []
        storage.write_bytes(f"{address}/manifest.json", json.dumps(other).encode())
    again, kept = mirror(address)
    assert contents(again) == {} and notes[0].startswith(f"what is kept in {address} is damaged")
    write(again, a=b"4")
    kept.keep()
    kept.close()
    assert contents(mirror(address)[0]) == {"phase/a": b"4"}
