"""Several writers at one publishing address, and writers that are killed."""

import collections
import subprocess
import sys
from pathlib import Path

import pytest

from coralline.foundation import storage
from coralline.foundation.conditional_writes import ABSENT, read_with_state, write_if_unchanged
from coralline.foundation.errors import UserError
from coralline.publishing import published, published_remotely, serving_record
from coralline.publishing.published_remotely import OvertakenError, RemotePlace, RemoteTurn

ROOT = Path(published.__file__).parents[3]
FIRST, SECOND, THIRD = ({"model.tflite": name, "labels.txt": b"cat\n"} for name in (b"1", b"2", b"3"))


@pytest.fixture(params=["s3", "gs"])
def place(request, tmp_path):
    """Where nothing is published yet, in stores with conditional writes."""
    bucket = request.getfixturevalue(f"{request.param}_bucket")
    return f"{bucket}/{tmp_path.parent.name}-{tmp_path.name}/models"


def served(place):
    bundle = published.latest_bundle(place)
    return bundle and bundle.rsplit("/", 1)[-1]


def require_one_history(place):
    """Each move on record was made from the version before it, and `latest` names the last one, which is whole."""
    moves = published.record(place).moves
    assert [move.before for move in moves] == [None, *(move.after for move in moves[:-1])]
    assert served(place) == moves[-1].after and published.is_whole(place, moves[-1].after)
    return moves


WRITERS = """
import os, sys
import gcsfs, s3fs
from coralline.foundation.errors import UserError
from coralline.publishing import published, served_model
place, kinds = sys.argv[1], sys.argv[2]
children = []
for number, kind in enumerate(kinds):
    if child := os.fork():
        children.append(child)
        continue
    done = []
    for turn in range(3):
        if kind == "b":
            done.append(published.roll_back(place, reason=f"{number} {turn}").after)
        else:
            files = {"model.tflite": f"{number} {turn}".encode(), "labels.txt": b"cat"}
            if kind == "p":
                done.append(published.publish(place, files, {}))
            else:
                while True:  # a run that is judged again when it was overtaken
                    judged = served_model.content_of(served_model.served_now(place))
                    try:
                        done.append(published.publish(place, files, {}, judged_against=judged))
                        break
                    except published.BaselineMovedError:
                        print("moved", flush=True)
    print(kind, *done, flush=True)
    os._exit(0)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


def at_once(place, kinds):
    """Three turns of each writer: `p` publishes, `j` what was judged against the served model, `b` rolls back."""
    command = [sys.executable, "-c", WRITERS, place, kinds]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    answers = collections.defaultdict(list)
    for line in done:
        kind, *versions = line.split(" ")
        answers[kind] += versions or [kind]
    return answers


def test_of_several_writers_at_once_each_move_is_on_record_and_follows_the_one_before(place):
    answers = at_once(place, "ppjj")
    moves = require_one_history(place)
    assert sorted(move.after for move in moves) == sorted(answers["p"] + answers["j"])
    assert len(published.versions(place)) == 12 and all(version.damage is None for version in published.versions(place))


def test_rollbacks_and_pushes_at_once_come_one_after_the_other(place):
    for files in (FIRST, SECOND, THIRD, {**FIRST, "model.tflite": b"4"}):  # enough for three rollbacks
        published.publish(place, files, {})
    answers = at_once(place, "pb")
    moves = require_one_history(place)[4:]
    assert [move.after for move in moves if move.by == "push"] == answers["p"]
    assert [move.after for move in moves if move.by == "rollback"] == answers["b"]


KILLED = """
import asyncio, os, signal, sys
import aiohttp, gcsfs, s3fs
from coralline.publishing import published
place, action, when = sys.argv[1:]
FILES = [{"model.tflite": name, "labels.txt": b"cat"} for name in (b"1", b"2", b"3")]
real = aiohttp.ClientSession._request

def kill_at(nth):
    writes = iter(range(1000))
    async def counted(self, method, *arguments, **named):
        mine = method in ("PUT", "POST", "DELETE") and next(writes) == nth
        if mine and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await real(self, method, *arguments, **named)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    aiohttp.ClientSession._request = counted

for nth in range(100):
    if (child := os.fork()) == 0:
        folder = f"{place}/{nth}"
        for files in FILES[:2]:
            published.publish(folder, files, {})
        kill_at(nth)
        published.publish(folder, FILES[2], {}) if action == "push" else published.roll_back(folder, reason="killed")
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
print(nth)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("action", ["push", "rollback"])
def test_killed_at_any_write_it_leaves_a_whole_version_serving_and_the_next_one_goes_on(
    gs_bucket, tmp_path, action, when, monkeypatch
):
    place = f"{gs_bucket}/{tmp_path.parent.name}-{tmp_path.name}"
    monkeypatch.setattr(published_remotely, "GRACE_S", 0.0)
    command = [sys.executable, "-c", KILLED, place, action, when]
    writes = int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert writes >= (5 if action == "push" else 2)
    for folder in (f"{place}/{nth}" for nth in range(writes)):
        first, second = (move.after for move in published.record(folder).moves[:2])
        assert served(folder) in {move.after for move in published.record(folder).moves} and published.is_whole(
            folder, served(folder)
        )
        if action == "push":
            published.publish(folder, THIRD, {})
            assert published.record(folder).trail[:2] == (first, second)
        else:
            if served(folder) == second:
                published.roll_back(folder)
            assert served(folder) == first and published.record(folder).trail == (first,)
        require_one_history(folder)


def test_a_turn_that_was_overtaken_changes_nothing(place):
    first, second = (published.publish(place, files, {}) for files in (FIRST, SECOND))
    turn = RemoteTurn(place)
    third = published.publish(place, THIRD, {})
    with pytest.raises(OvertakenError):
        turn.move_latest(first, serving_record.with_move(turn.read_record(), second, first, "rollback"))
    assert [move.after for move in require_one_history(place)] == [first, second, third]


def test_what_a_writer_put_on_record_and_did_not_make_in_time_it_never_makes(place, monkeypatch):
    monkeypatch.setattr(published_remotely, "GRACE_S", 0.1)
    first = published.publish(place, FIRST, {})
    record, pointer = (read_with_state(f"{place}/{name}") for name in ("history.json", "latest"))
    slow = serving_record.with_move(record.content, first, "gone", "push")
    assert write_if_unchanged(f"{place}/history.json", slow, record) and RemoteTurn(place).awaits_another
    second = published.publish(place, SECOND, {})
    assert write_if_unchanged(f"{place}/latest", b"gone\n\n", pointer) is None
    assert [move.after for move in require_one_history(place)] == [first, second]
    assert published.roll_back(place).after == first


def test_a_first_writer_that_was_killed_before_anything_was_served_is_ruled_out_too(place, monkeypatch):
    monkeypatch.setattr(published_remotely, "GRACE_S", 0.1)
    write_if_unchanged(f"{place}/history.json", serving_record.with_move(None, None, "gone", "push"), ABSENT)
    assert served(place) is None
    first = published.publish(place, FIRST, {})
    assert write_if_unchanged(f"{place}/latest", b"gone\n", ABSENT) is None
    assert [move.after for move in require_one_history(place)] == [first]


def test_latest_is_read_by_a_shell_and_never_has_the_same_content_twice(place):
    contents = set()
    for files in (FIRST, SECOND, FIRST, SECOND):
        version = published.publish(place, files, {})
        content = storage.read_bytes(f"{place}/latest")
        assert content.rstrip(b"\n").decode() == version
        contents.add(content)
    assert len(contents) == 4


def test_two_writers_of_one_name_do_not_mix_their_files(place):
    here, there = RemoteTurn(place), RemoteTurn(place)
    here.write_version("20260101T000000Z-aaaaaaaa", {"model.tflite": b"1", "frigate.yml": b"1"})
    with pytest.raises(OvertakenError):
        there.write_version("20260101T000000Z-aaaaaaaa", {"model.tflite": b"1", "frigate.yml": b"2"})
    assert RemotePlace(place).read("20260101T000000Z-aaaaaaaa", "frigate.yml") == b"1"


def test_where_there_are_no_conditional_writes_it_is_said(tmp_path, notes):
    published.publish(f"file://{tmp_path}/models", FIRST, {})
    assert "has no conditional writes" in notes[0]


@pytest.mark.parametrize("bucket", ["unconditional", "careless"])
def test_a_store_without_conditional_writes_is_published_to_and_it_is_said(s3_bucket, tmp_path, notes, bucket):
    place = f"s3://{bucket}/{tmp_path.name}"
    first, second = (published.publish(place, files, {}) for files in (FIRST, SECOND))
    assert published.roll_back(place).after == first and len(published.versions(place)) == 2
    assert [move.after for move in require_one_history(place)] == [first, second, first]
    assert all("has no conditional writes" in note for note in notes) and len(notes) >= 2


def test_to_a_full_bucket_nothing_is_published_and_one_message_says_so(s3_bucket):
    with pytest.raises(UserError, match="the model can't be published") as refused:
        published.publish("s3://full/models", FIRST, {})
    assert "bucket `full` has no room left: Storage backend" in refused.value.found
    assert published.latest_bundle("s3://full/models") is None
