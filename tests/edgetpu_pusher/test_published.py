import hashlib
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.edgetpu_pusher import published
from components.errors import UserError

FILES = {"model.tflite": b"model", "labels.txt": b"cat\n"}


def whole(bundle):
    manifest = json.loads(Path(bundle, "manifest.json").read_text())
    return manifest["version"] == Path(bundle).name and all(
        hashlib.sha256(Path(bundle, name).read_bytes()).hexdigest() == sha256
        for name, sha256 in manifest["files"].items()
    )


def test_nothing_is_published_before_the_first_push(tmp_path):
    assert published.latest_bundle(str(tmp_path / "none")) is None
    assert published.latest_bundle(str(tmp_path)) is None


def test_a_published_version_is_the_latest_and_whole(tmp_path):
    version = published.publish(str(tmp_path), FILES, {"labels": ["cat"]})
    bundle = published.latest_bundle(str(tmp_path))
    assert bundle == str(tmp_path / version) and whole(bundle)
    assert (tmp_path / "latest" / "model.tflite").read_bytes() == b"model"
    assert json.loads((tmp_path / "latest/manifest.json").read_text())["labels"] == ["cat"]


def test_the_same_model_twice_is_one_version(tmp_path):
    first = published.publish(str(tmp_path), FILES, {"run": 1})
    assert published.publish(str(tmp_path), FILES, {"run": 2}) == first
    assert len([path for path in tmp_path.iterdir() if path.is_dir() and not path.is_symlink()]) == 1


def test_pushing_an_older_model_again_serves_it_again(tmp_path):
    first = published.publish(str(tmp_path), FILES, {})
    second = published.publish(str(tmp_path), {**FILES, "model.tflite": b"other"}, {})
    assert published.latest_bundle(str(tmp_path)) == str(tmp_path / second)
    published.publish(str(tmp_path), FILES, {})
    assert published.latest_bundle(str(tmp_path)) == str(tmp_path / first)


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError, match="can't be published"):
        published.publish(str(tmp_path / "file"), FILES, {})


def test_a_latest_file_works_where_there_are_no_symbolic_links(tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError("Operation not permitted")

    monkeypatch.setattr(published.os, "symlink", no_links)
    version = published.publish(str(tmp_path), FILES, {})
    assert published.latest_bundle(str(tmp_path)) == str(tmp_path / version)


def test_an_address_of_gfile_is_published_to_with_the_manifest_last(tmp_path):
    address = f"file://{tmp_path}/remote"
    pytest.importorskip("tensorflow")
    version = published.publish(address, FILES, {})
    assert published.publish(address, FILES, {}) == version
    assert published.latest_bundle(address) == f"{address}/{version}"
    assert whole(tmp_path / "remote" / version)


PUSH_FOREVER = """
import os, sys
from components.edgetpu_pusher import published
print("ready", flush=True)
while True:
    files = {"model.tflite": os.urandom(1 << 20), "model_edgetpu.tflite": os.urandom(1 << 20), "labels.txt": b"cat"}
    published.publish(sys.argv[1], files, {})
"""


def test_killed_at_any_time_it_leaves_a_whole_version_serving(tmp_path):
    chance = random.Random(5)
    root = Path(published.__file__).parents[2]
    for _ in range(6):
        pusher = subprocess.Popen(
            [sys.executable, "-c", PUSH_FOREVER, str(tmp_path)], stdout=subprocess.PIPE, cwd=root, text=True
        )
        pusher.stdout.readline()
        time.sleep(chance.uniform(0.02, 0.3))
        pusher.kill()
        pusher.wait()
        bundle = published.latest_bundle(str(tmp_path))
        assert bundle is None or whole(bundle)
    published.publish(str(tmp_path), FILES, {})
    assert all(whole(path.parent) for path in tmp_path.glob("2*/manifest.json"))
    assert whole(published.latest_bundle(str(tmp_path)))


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_damaged_version_is_not_whole_and_is_published_again_under_a_new_name(tmp_path, scheme):
    if scheme:
        pytest.importorskip("tensorflow")
    address = f"{scheme}{tmp_path}/to"
    first = published.publish(address, FILES, {})
    assert published.is_whole(address, first)
    (tmp_path / "to" / first / "model.tflite").unlink()
    assert not published.is_whole(address, first)
    second = published.publish(address, FILES, {})
    assert published.is_whole(address, second) and published.latest_bundle(address).endswith(second)


def test_a_push_onto_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    served = published.publish(str(tmp_path), FILES, {})

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(published.os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device"):
        published.publish(str(tmp_path), {**FILES, "model.tflite": b"other"}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([".lock", "latest", served])
