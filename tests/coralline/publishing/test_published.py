import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing import published
from coralline.publishing.published_locally import LocalPlace

FILES = {"model.tflite": b"model", "labels.txt": b"cat\n"}
OTHER = {**FILES, "model.tflite": b"other"}


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
    assert json.loads((tmp_path / "latest/manifest.json").read_text())["run"] == 1


def test_pushing_an_older_model_again_serves_it_again(tmp_path):
    first = published.publish(str(tmp_path), FILES, {})
    second = published.publish(str(tmp_path), OTHER, {})
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

    monkeypatch.setattr("os.symlink", no_links)
    version = published.publish(str(tmp_path), FILES, {})
    assert published.latest_bundle(str(tmp_path)) == str(tmp_path / version)
    published.publish(str(tmp_path), OTHER, {})
    assert published.roll_back(str(tmp_path)).after == version
    assert published.latest_bundle(str(tmp_path)) == str(tmp_path / version)


def test_an_address_is_published_to_with_the_manifest_last(tmp_path):
    address = f"file://{tmp_path}/remote"
    version = published.publish(address, FILES, {})
    assert published.publish(address, FILES, {}) == version
    assert published.latest_bundle(address) == f"{address}/{version}"
    assert whole(tmp_path / "remote" / version)


# Does what its last argument says once for each place where it can be killed, in a process and in a folder of its own:
# before the nth call that changes the folder. Prints how many there are.
KILLED_AT_EACH_STEP = """
import os, shutil, signal, sys
from coralline.publishing import published
start, root, action = sys.argv[1:]
def kill_before(nth):
    calls = iter(range(1000))
    def counted(real):
        def call(*arguments, **named):
            if next(calls) == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)
        return call
    for name in ("mkdir", "fsync", "rename", "replace", "symlink"):
        setattr(os, name, counted(getattr(os, name)))
for nth in range(1000):
    folder = f"{root}/{nth}"
    shutil.copytree(start, folder, symlinks=True)
    if (child := os.fork()) == 0:
        kill_before(nth)
        if action == "push":
            published.publish(folder, {"model.tflite": b"new", "labels.txt": b"cat"}, {})
        else:
            published.roll_back(folder, reason="killed")
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
print(nth)
"""


@pytest.mark.parametrize("action", ["push", "rollback"])
def test_killed_at_any_step_it_leaves_a_whole_version_serving_and_the_next_one_goes_on(tmp_path, action):
    start = str(tmp_path / "start")
    first, second = published.publish(start, FILES, {}), published.publish(start, OTHER, {})
    root = Path(published.__file__).parents[3]
    command = [sys.executable, "-c", KILLED_AT_EACH_STEP, start, str(tmp_path), action]
    steps = int(subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout)
    assert steps >= (9 if action == "push" else 5)
    for folder in (str(tmp_path / str(nth)) for nth in range(steps)):
        served = published.latest_bundle(folder)
        assert whole(served)
        if action == "rollback":
            assert Path(served).name in (first, second)
            if Path(served).name == second:
                published.roll_back(folder)
            assert published.latest_bundle(folder) == f"{folder}/{first}"
            assert published.record(folder).trail == (first,)
        else:
            new = published.publish(folder, {"model.tflite": b"new", "labels.txt": b"cat"}, {})
            assert published.latest_bundle(folder) == f"{folder}/{new}"
            assert len(list(Path(folder).glob("2*"))) == 3
            assert published.record(folder).trail == (first, second, new)
            assert published.roll_back(folder).after == second


PUSH_SEVERAL = """
import sys
from coralline.publishing import published
for i in range(10):
    published.publish(sys.argv[1], {"model.tflite": f"{sys.argv[2]} {i}".encode(), "labels.txt": b"cat"}, {})
"""


def test_pushes_at_the_same_time_come_one_after_the_other(tmp_path):
    root = Path(published.__file__).parents[3]
    command = [sys.executable, "-c", PUSH_SEVERAL, str(tmp_path)]
    pushers = [subprocess.Popen([*command, name], cwd=root) for name in ("one", "other")]
    assert [pusher.wait() for pusher in pushers] == [0, 0]
    versions = published.versions(str(tmp_path))
    assert len(versions) == 20 and all(version.damage is None for version in versions)
    moves = published.record(str(tmp_path)).moves
    assert [move.before for move in moves] == [None, *(move.after for move in moves[:-1])]
    assert published.latest_bundle(str(tmp_path)) == str(tmp_path / moves[-1].after)


def test_a_damaged_version_is_not_whole_and_is_published_again_under_a_new_name(place):
    first = published.publish(place, FILES, {})
    assert published.is_whole(place, first)
    storage.remove(f"{place}/{first}/model.tflite")
    assert not published.is_whole(place, first)
    second = published.publish(place, FILES, {})
    assert published.is_whole(place, second) and published.latest_bundle(place).endswith(second)


def test_a_push_onto_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    served = published.publish(str(tmp_path), FILES, {})

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="No space left on device"):
        published.publish(str(tmp_path), OTHER, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([".lock", "history.json", "latest", served])


@pytest.fixture
def place(any_folder):
    """Somewhere to publish to: a folder, or an address."""
    return any_folder


def push(place, *models):
    return [published.publish(place, {**FILES, "model.tflite": model}, {}) for model in models]


def served(place):
    bundle = published.latest_bundle(place)
    return bundle and bundle.rsplit("/", 1)[-1]


def test_rolled_back_twice_it_goes_further_back_and_then_says_that_there_is_no_more(place):
    first, second, third = push(place, b"1", b"2", b"3")
    assert published.roll_back(place).after == second == served(place)
    assert published.roll_back(place, reason="worse").after == first == served(place)
    with pytest.raises(UserError, match="no earlier version") as error:
        published.roll_back(place)
    assert third in str(error.value) and served(place) == first
    moves = published.record(place).moves[-2:]
    assert [(move.before, move.after, move.by, move.reason) for move in moves] == [
        (third, second, "rollback", ""),
        (second, first, "rollback", "worse"),
    ]


def test_a_version_can_be_named_by_how_it_begins_or_in_full(place):
    first, second = push(place, b"1", b"2")
    assert published.roll_back(place, first).after == first == served(place)
    assert published.roll_back(place, second[:-1]).after == second == served(place)
    done = published.roll_back(place, second)
    assert done.before == done.after == second
    for wrong in ("1999", "2", "../to", "latest"):
        with pytest.raises(UserError, match=f"with `{wrong}`") as error:
            published.roll_back(place, wrong)
        assert first in str(error.value) and second in str(error.value)


def refused(place, files):
    """Why a bundle isn't published; None if it is."""
    try:
        published.publish(place, files, {})
    except published.WithdrawnError as error:
        return error
    return None


def test_after_a_rollback_another_model_is_served_when_it_is_pushed(place):
    first, second = push(place, b"1", b"2")
    published.roll_back(place)
    (third,) = push(place, b"3")
    assert served(place) == third
    assert published.roll_back(place).after == first  # not the one that was gone back from
    assert second not in published.record(place).trail


def test_a_model_that_was_rolled_back_is_known_by_its_content_until_it_is_served_again(place):
    one, two = ({**FILES, "model.tflite": model} for model in (b"1", b"2"))
    two_compiled = {**two, "model_edgetpu.tflite": b"2c"}
    push(place, b"1", b"2")
    rollback = published.roll_back(place, reason="blind at night")
    for bundle in (two, two_compiled):
        error = refused(place, bundle)
        assert error.version == rollback.before and "(blind at night)" in str(error)
    assert refused(place, one) is None and served(place) == rollback.after
    published.roll_back(place, rollback.before)
    assert refused(place, two) is None and refused(place, two_compiled) is None


def test_the_compiled_version_can_be_rolled_back_and_not_the_model(place):
    bundle = {**FILES, "model_edgetpu.tflite": b"compiled"}
    published.publish(place, FILES, {})
    compiled = published.publish(place, bundle, {})
    published.roll_back(place)
    assert refused(place, FILES) is None
    assert refused(place, bundle).version == compiled
    assert refused(place, {**FILES, "model_edgetpu.tflite": b"by another compiler"}) is None


def test_a_rollback_between_the_decision_to_publish_and_the_lock_counts(tmp_path, monkeypatch):
    place = str(tmp_path)
    first, second = push(place, b"1", b"2")
    own = LocalPlace.in_turn

    def after_a_rollback(of, act):
        with monkeypatch.context() as patched:
            patched.setattr(LocalPlace, "in_turn", own)
            published.roll_back(place)
        return own(of, act)

    monkeypatch.setattr(LocalPlace, "in_turn", after_a_rollback)
    assert refused(place, {**FILES, "model.tflite": b"2"}).version == second and served(place) == first


def damage(place, version, name, content=b"damaged"):
    storage.write_bytes(f"{place}/{version}/{name}", content)


@pytest.mark.parametrize(
    ("name", "told"),
    [("model.tflite", "model.tflite isn't as it was published"), ("manifest.json", "manifest.json isn't a manifest")],
)
def test_a_damaged_version_is_passed_over_and_refused_by_name(place, name, told):
    first, second, _ = push(place, b"1", b"2", b"3")
    damage(place, second, name)
    done = published.roll_back(place)
    assert (done.after, done.skipped) == (first, {second: told})
    with pytest.raises(UserError, match="damaged and can't be served") as error:
        published.roll_back(place, second)
    assert told in str(error.value) and served(place) == first


def test_with_only_damaged_versions_before_it_what_is_served_stays(place):
    first, second = push(place, b"1", b"2")
    damage(place, first, "labels.txt")
    with pytest.raises(UserError, match="no earlier version") as error:
        published.roll_back(place)
    assert f"{first}, damaged: labels.txt isn't as it was published" in str(error.value) and served(place) == second


def test_deleted_versions_are_passed_over_without_a_word(tmp_path):
    first, second, _ = push(str(tmp_path), b"1", b"2", b"3")
    shutil.rmtree(tmp_path / second)
    done = published.roll_back(str(tmp_path))
    assert (done.after, done.skipped) == (first, {})


def test_a_folder_from_before_there_was_a_record_is_rolled_back_in_the_order_of_its_versions(tmp_path):
    for version in ("20260101T000000Z-aaaaaaaa", "20260102T000000Z-bbbbbbbb", "20260103T000000Z-cccccccc"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "manifest.json").write_text('{"files": {}}')
    (tmp_path / "latest").symlink_to("20260102T000000Z-bbbbbbbb")
    assert published.roll_back(str(tmp_path)).after == "20260101T000000Z-aaaaaaaa"


def test_nothing_is_made_where_nothing_is_published(tmp_path):
    with pytest.raises(UserError, match="nothing is published here"):
        published.roll_back(str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_a_rollback_that_cannot_be_recorded_does_not_happen(tmp_path, monkeypatch):
    _, second = push(str(tmp_path), b"1", b"2")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="can't be moved"):
        published.roll_back(str(tmp_path))
    assert served(str(tmp_path)) == second and not list(tmp_path.glob(".incoming-*"))


def test_a_push_to_an_address_that_breaks_off_leaves_what_was_served(monkeypatch, tmp_path):
    place, real = f"file://{tmp_path}/to", LocalFileSystem.pipe_file
    (first,) = push(place, b"1")
    room = iter(())

    def takes_what_there_is_room_for(files, name, content):
        if next(room, None) is None:
            raise OSError(errno.EDQUOT, "quota exceeded")
        real(files, name, content)

    for files in range(5):  # two files, the manifest, the record, and `latest` last
        room = iter(range(files))
        with monkeypatch.context() as patched, pytest.raises(UserError, match="quota exceeded"):
            patched.setattr(LocalFileSystem, "pipe_file", takes_what_there_is_room_for)
            published.publish(place, {**FILES, "model.tflite": f"after {files}".encode()}, {})
        assert served(place) == first and published.is_whole(place, first)
    (second,) = push(place, b"2")
    assert served(place) == second and published.roll_back(place).after == first


def test_another_detect_py_alone_is_no_new_version(tmp_path):
    place = str(tmp_path)
    first = published.publish(place, {**FILES, "detect.py": b"1"}, {})
    assert published.publish(place, {**FILES, "detect.py": b"2"}, {}) == first
    assert (tmp_path / "latest/detect.py").read_bytes() == b"1" and whole(tmp_path / first)


def test_a_version_from_before_there_was_a_detect_py_stays_the_version_of_its_model(tmp_path):
    place, program = str(tmp_path), {"detect.py": b"1"}
    first = published.publish(place, FILES, {})
    assert published.publish(place, {**FILES, **program}, {}) == first and whole(tmp_path / first)
    published.publish(place, OTHER, {})
    published.roll_back(place)
    assert refused(place, {**OTHER, **program}) is not None
    assert refused(place, {**FILES, **program}) is None


def test_a_changed_detect_py_is_damage(tmp_path):
    version = published.publish(str(tmp_path), {**FILES, "detect.py": b"1"}, {})
    (tmp_path / version / "detect.py").write_bytes(b"2")
    assert not published.is_whole(str(tmp_path), version)


_UNREAD = "the published versions can't be read"


@pytest.fixture
def unsteady_place(unsteady_store):
    version = published.publish("unsteady://bucket/models", {"model.tflite": b"1", "labels.txt": b"cat\n"}, {})
    return unsteady_store, "unsteady://bucket/models", version


def test_a_place_that_cannot_be_read_for_a_moment_is_what_it_was(unsteady_place):
    store, place, version = unsteady_place
    for look, expected in (
        (lambda: published.latest_bundle(place), f"{place}/{version}"),
        (lambda: published.is_whole(place, version), True),
        (lambda: published.serves(place, b"1"), True),
    ):
        store.fail(2)
        assert look() == expected


def test_a_place_that_cannot_be_read_is_one_message_and_not_an_empty_one(unsteady_place):
    store, place, version = unsteady_place
    for look in (
        lambda: published.latest_bundle(place),
        lambda: published.is_whole(place, version),
        lambda: published.serves(place, b"1"),
        lambda: published.record(place),
        lambda: published.versions(place),
    ):
        store.fail(1000)
        with pytest.raises(UserError, match=_UNREAD):
            look()
    with pytest.raises(UserError, match="can't be published"):
        published.publish(place, {"model.tflite": b"1", "labels.txt": b"cat\n"}, {})
    store.fail(0)
    assert [found.name for found in published.versions(place)] == [version]


def test_a_file_that_is_not_there_is_still_damage(unsteady_place):
    _, place, version = unsteady_place
    storage.remove(f"{place}/{version}/labels.txt")
    assert published.is_whole(place, version) is False
    storage.remove(f"{place}/{version}/manifest.json")
    assert published.latest_bundle(place) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_local_file_that_may_not_be_read_is_no_damage(tmp_path):
    version = published.publish(str(tmp_path), {"model.tflite": b"1", "labels.txt": b"cat\n"}, {})
    (tmp_path / version / "model.tflite").chmod(0)
    with pytest.raises(UserError, match=_UNREAD):
        published.is_whole(str(tmp_path), version)
