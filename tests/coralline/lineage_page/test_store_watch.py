import contextlib
import http.client
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

import pytest

from coralline.foundation.errors import UserError
from coralline.lineage_page.page_server import PageOptions, PageServer

DONE = 3


def _until(wanted, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if wanted():
            return True
        time.sleep(0.05)
    return False


def test_what_a_pipeline_writes_appears(recorded, open_page):
    page = open_page(recorded.out)
    before = page.json("/api/store")["version"]
    examples = recorded.artifact("Examples", recorded.out / "e")
    step = recorded.execute("20260104-000000-dddd", "VocExampleGen", 2, {}, {"examples": examples})
    assert _until(lambda: page.json("/api/runs")["total"] == 4)
    assert page.json("/api/runs")["runs"][0]["state"] == "RUNNING"
    assert page.json("/api/store")["version"] > before
    (execution,) = recorded.store.get_executions_by_id([step])
    execution.last_known_state = 4
    execution.custom_properties["error_message"].string_value = "no space"
    recorded.store.put_executions([execution])
    assert _until(lambda: page.json("/api/runs")["runs"][0]["state"] == "FAILED")
    assert page.json("/api/runs")["runs"][0]["failure"] == "VocExampleGen: no space"


@pytest.mark.parametrize("attempt", range(3))
def test_what_was_written_a_moment_ago_is_there_at_once(recorded, open_page, attempt):
    page = open_page(recorded.out)
    page.json("/api/runs")  # the store has just been looked at
    step = recorded.execute("20260104-000000-dddd", "VocExampleGen", 2, {}, {})
    assert page.json("/api/runs/20260104-000000-dddd")["run"]["state"] == "RUNNING"
    assert page.json(f"/api/executions/{step}/graph")["nodes"]


def test_an_event_that_comes_later_appears(recorded, open_page):
    from ml_metadata.proto import metadata_store_pb2 as pb

    page = open_page(recorded.out)
    step = recorded.execute("20260104-000000-dddd", "Trainer", 2, {}, {})
    assert _until(lambda: page.json("/api/runs")["total"] == 4)
    recorded.store.put_events([pb.Event(execution_id=step, artifact_id=1, type=pb.Event.INPUT)])
    assert _until(lambda: page.json(f"/api/executions/{step}")["inputs"])


def test_deleted_artifacts_are_marked(recorded, open_page):
    page = open_page(recorded.out)
    (artifact,) = recorded.store.get_artifacts_by_id([3])
    artifact.state = 4
    recorded.store.put_artifacts([artifact])
    node = lambda: page.json("/api/artifacts/3/graph")["nodes"][0]  # noqa: E731
    assert _until(lambda: node()["state"] == "DELETED")


def test_listeners_are_told_of_changes(recorded, open_page):
    page = open_page(recorded.out)
    connection = http.client.HTTPConnection("127.0.0.1", page.address.port, timeout=30)
    connection.request("GET", "/api/events")
    answer = connection.getresponse()
    assert answer.getheader("content-type").startswith("text/event-stream")

    def event():
        line = b""
        while not line.startswith(b"data:"):
            line = answer.readline()
        return json.loads(line[5:])["version"]

    first = event()
    recorded.execute("20260104-000000-dddd", "Trainer", DONE, {}, {})
    assert event() > first
    connection.close()


def test_a_locked_store_shows_what_is_known_and_says_so(recorded, open_page):
    page = open_page(recorded.out)
    hold = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN EXCLUSIVE');"
        " print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(recorded.out / "metadata.sqlite")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        holder.stdout.readline()
        assert _until(lambda: page.json("/api/store")["problem"], 60)
        assert page.json("/api/runs")["total"] == 3
    finally:
        holder.communicate()
    assert _until(lambda: page.json("/api/store")["problem"] is None, 60)


def test_a_store_that_is_gone_shows_what_is_known_and_says_so(recorded, open_page):
    page = open_page(recorded.out)
    os.rename(recorded.out / "metadata.sqlite", recorded.out / "away")
    assert _until(lambda: "no store" in (page.json("/api/store")["problem"] or ""))
    assert page.json("/api/runs")["total"] == 3
    os.rename(recorded.out / "away", recorded.out / "metadata.sqlite")
    assert _until(lambda: page.json("/api/store")["problem"] is None)


def test_another_store_in_its_place_is_read_anew(recorded, open_page, tmp_path_factory):
    page = open_page(recorded.out)
    other = tmp_path_factory.mktemp("other") / "metadata.sqlite"
    shutil.copy(recorded.out / "metadata.sqlite", other)
    recorded.execute("20260104-000000-dddd", "Trainer", DONE, {}, {})
    assert _until(lambda: page.json("/api/runs")["total"] == 4)
    os.replace(other, recorded.out / "metadata.sqlite")
    assert _until(lambda: page.json("/api/runs")["total"] == 3)


def test_a_store_cut_short_shows_what_is_known_and_says_so(recorded, open_page):
    page = open_page(recorded.out)
    os.truncate(recorded.out / "metadata.sqlite", 20_000)
    assert _until(lambda: page.json("/api/store")["problem"], 60)
    assert page.json("/api/runs")["total"] == 3
    assert page.get("/api/runs/latest")[0] != 200
    assert b"Traceback" not in page.get("/api/artifacts/1")[2]


@pytest.mark.parametrize("content", [None, b"", b"hello, this is no store", b"SQLite format 3\0" + b"\0" * 2000])
def test_what_is_not_a_store_is_refused_with_one_message(tmp_path, content):
    file = tmp_path / "metadata.sqlite"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError) as raised:
        PageServer(PageOptions(str(file), port=0))
    assert str(file) in str(raised.value)
    assert content is None or file.read_bytes() == content


def test_reading_writes_nothing(recorded, open_page):
    before = (recorded.out / "metadata.sqlite").read_bytes()
    page = open_page(recorded.out)
    for path in ("/api/runs/latest", "/api/artifacts/1", "/api/served", "/api/impact/1", "/api/search?q=a"):
        page.json(path)
    assert (recorded.out / "metadata.sqlite").read_bytes() == before
    assert sorted(p.name for p in recorded.out.iterdir()) == ["artifacts", "logs", "metadata.sqlite"]


def _sql(file, statement):
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)


def test_a_store_that_is_read_from_a_copy_follows_its_file(recorded, open_page, tmp_path_factory):
    file = tmp_path_factory.mktemp("wal") / "metadata.sqlite"
    shutil.copy(recorded.out / "metadata.sqlite", file)
    _sql(file, "PRAGMA journal_mode=WAL")
    page = open_page(file)
    assert page.json("/api/store")["executions"] == 9
    _sql(
        file,
        "INSERT INTO Execution (type_id, last_known_state, create_time_since_epoch, last_update_time_since_epoch)"
        " SELECT type_id, 3, create_time_since_epoch + 1, last_update_time_since_epoch + 1 FROM Execution LIMIT 1",
    )
    assert _until(lambda: page.json("/api/store")["executions"] == 10)
