import os
import subprocess
import sys

import pytest

from coralline.foundation import storage
from coralline.foundation.errors import UserError


def test_what_is_written_is_read_listed_and_removed(any_folder):
    path = f"{any_folder}/a/b.txt"
    assert not storage.exists(path) and not storage.is_folder(any_folder)
    storage.write_bytes(path, b"first")
    storage.replace_bytes(path, b"second")
    assert (storage.read_bytes(path), storage.size(path), storage.read_head(path, 3)) == (b"second", 6, b"sec")
    assert storage.exists(path) and storage.is_folder(any_folder) and not storage.is_folder(path)
    assert (storage.list_folder(any_folder), storage.list_folder(f"{any_folder}/a")) == (["a"], ["b.txt"])
    storage.remove(path)
    storage.remove(path)
    assert not storage.exists(path)


def test_a_listing_is_not_remembered(any_folder):
    for name in ("a", "b"):
        storage.write_bytes(f"{any_folder}/{name}", b"")
        assert storage.list_folder(any_folder)[-1] == name


def test_a_tree_leaves_hidden_files_out_and_goes_as_a_whole(any_folder):
    for name in ("z", "a/b/c", ".hidden", "a/.git/x", "__MACOSX/y"):
        storage.write_bytes(f"{any_folder}/{name}", b"")
    assert storage.list_tree(any_folder).files == ["a/b/c", "z"]
    storage.remove_tree(any_folder)
    assert not storage.exists(f"{any_folder}/a/b/c")


def test_a_file_is_read_from_any_place(any_folder):
    content = bytes(range(256)) * 1000
    storage.write_bytes(f"{any_folder}/f", content)
    with storage.open_to_read(f"{any_folder}/f") as file:
        file.seek(200_000)
        assert file.read(10) == content[200_000:200_010]
        file.seek(5)
        assert file.read() == content[5:] and file.read(1) == b""


def test_a_file_is_written_piece_by_piece(any_folder):
    with storage.open_to_write(f"{any_folder}/f") as file:
        for _ in range(7):
            file.write(b"0123456789" * 200_000)  # more than one part of a multipart upload
    assert storage.size(f"{any_folder}/f") == 14_000_000
    assert storage.sha256(f"{any_folder}/f").hex().startswith("130a926c")


def test_of_a_remote_file_that_breaks_off_nothing_appears(remote_folder):
    if remote_folder.startswith("memory:"):
        pytest.skip("fsspec's memory:// shows a file from its first byte on")
    storage.write_bytes(f"{remote_folder}/f", b"before")
    with pytest.raises(UserError, match="stop"), storage.open_to_write(f"{remote_folder}/f") as file:
        file.write(b"half")
        raise UserError("stop")
    assert storage.read_bytes(f"{remote_folder}/f") == b"before"


def test_errors_are_oserrors_with_the_address(remote_folder):
    for fails in (storage.read_bytes, storage.size, storage.list_folder, storage.sha256):
        with pytest.raises(FileNotFoundError) as error:
            fails(f"{remote_folder}/none")
        assert error.value.filename == f"{remote_folder}/none"
        assert error.value.strerror == "No such file or directory"


def test_too_large_a_file_is_not_read(any_folder):
    storage.write_bytes(f"{any_folder}/f", bytes(2 << 20))
    with pytest.raises(OSError, match="it has 2 MiB; at most 1 MiB are read"):
        storage.read_bytes(f"{any_folder}/f", at_most=1 << 20)


def test_an_unknown_scheme_is_an_oserror_without_its_secrets():
    with pytest.raises(OSError) as error:
        storage.read_bytes("unheard://me:word@host/f?X-Amz-Signature=abc&part=1")
    assert error.value.filename == "unheard://***@host/f?X-Amz-Signature=***&part=1"
    assert "word" not in str(error.value) and "abc" not in str(error.value)


def test_a_store_that_cannot_be_reached_or_refuses_is_an_oserror(tmp_path):
    program = """
from coralline.foundation import storage
try:
    storage.read_bytes("s3://bucket/f")
except OSError as e:
    print(e)
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    unreachable = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    for more, said in ((unreachable, "Could not connect"), ({}, "Unable to locate credentials; set AWS_ACCESS_KEY_ID")):
        command, env = [sys.executable, "-c", program], {**environment, **more}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        assert said in done.stdout and "s3://bucket/f" in done.stdout


def test_local_paths_import_no_file_system(tmp_path):
    program = """
import sys
from coralline.foundation import storage
storage.write_bytes(sys.argv[1], b"x")
assert storage.read_bytes(sys.argv[1]) == b"x"
print([name for name in ("fsspec", "botocore", "tensorflow", "aiohttp") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "f"], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_cannot_be_read_for_a_moment_is_read_again(unsteady_store):
    storage.write_bytes("unsteady://bucket/f", b"content")
    for read, expected in (
        (storage.read_bytes, b"content"),
        (storage.exists, True),
        (storage.is_folder, False),
        (storage.size, 7),
    ):
        unsteady_store.fail(2)
        assert read("unsteady://bucket/f") == expected
    unsteady_store.fail(2)
    assert storage.list_folder("unsteady://bucket") == ["f"]


def test_what_cannot_be_read_at_all_is_not_taken_for_missing(unsteady_store):
    for look in (storage.exists, storage.is_folder, storage.read_bytes):
        unsteady_store.fail(1000)
        with pytest.raises(OSError, match="503 Service Unavailable") as caught:
            look("unsteady://bucket/nothing")
        assert not isinstance(caught.value, FileNotFoundError)
        unsteady_store.fail(0)
    assert storage.exists("unsteady://bucket/nothing") is False
