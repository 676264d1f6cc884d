"""Processes that outlive the command that started them."""

import os
import sys

import pytest

from coralline.foundation.errors import UserError
from deployment.engines.engine_process import EngineProcess, free_ports, listens, require_ready, wait_until

_SERVE = """
import socket, sys, time
s = socket.create_server(('127.0.0.1', int(sys.argv[1])))
print('up', flush=True)
time.sleep(600)
"""


@pytest.fixture
def started(tmp_path):
    process, [port] = EngineProcess("server", tmp_path), free_ports(1)
    process.start([sys.executable, "-c", _SERVE, str(port)], os.environ)
    require_ready(process, lambda: listens(port), 60)
    yield process, port
    process.stop()


def test_it_is_found_again_and_stopped_by_another_command(started, tmp_path):
    process, port = started
    again = EngineProcess("server", tmp_path)
    assert again.pid == process.pid is not None
    again.stop()
    assert process.pid is None
    assert not listens(port)


def test_one_that_was_killed_isnt_running(started):
    process, _ = started
    process.kill()
    assert process.pid is None
    assert process.last_words() == "up"


def test_another_process_with_its_id_isnt_it(tmp_path):
    process = EngineProcess("server", tmp_path)
    (tmp_path / "server.pid").write_text(f"{os.getpid()} 1")
    assert process.pid is None
    process.stop()


def test_one_that_ends_at_once_is_told_with_its_last_words(tmp_path):
    process = EngineProcess("server", tmp_path)
    process.start([sys.executable, "-c", "print('no memory'); raise SystemExit(1)"], os.environ)
    with pytest.raises(UserError, match="server hasn't started") as told:
        require_ready(process, lambda: False, 60)
    assert told.value.found == "no memory"


def test_waiting_ends():
    assert not wait_until(lambda: False, 0)
