import concurrent.futures
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from coralline.foundation.errors import UserError
from coralline.lineage_page.page_server import TOKEN_VARIABLE, PageOptions, PageServer

_COMMAND = "from pipeline.cli import main; main()"


def test_a_port_that_is_taken_is_told(recorded):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError) as raised:
            PageServer(PageOptions(str(recorded.out), port=port))
    assert f"127.0.0.1:{port}" in str(raised.value) and "--port" in str(raised.value)


@pytest.mark.parametrize("token", ["", "short", "with spaces in the middle", "ümläute-are-not-sent"])
def test_a_token_that_is_none_is_told(recorded, monkeypatch, token):
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with pytest.raises(UserError, match="token"):
        PageServer(PageOptions(str(recorded.out), port=0))


def test_a_token_may_stand_in_the_environment(recorded, open_page, monkeypatch):
    monkeypatch.setenv(TOKEN_VARIABLE, "a-token-of-some-length")
    page = open_page(recorded.out)
    assert page.get("/api/runs")[0] == 403
    assert page.get("/api/runs", authorization="Bearer a-token-of-some-length")[0] == 200


def test_ctrl_c_ends_it_at_once_though_somebody_listens(recorded):
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", _COMMAND, "lineage", "serve", "--port", "0", "--store", str(recorded.out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{address}api/events", timeout=30) as listening:
            listening.readline()
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=15)
    finally:
        process.kill()
    assert (process.returncode, told) == (0, "")


def test_clients_that_say_nothing_stop_nobody(page):
    slow = [socket.create_connection(("127.0.0.1", page.address.port)) for _ in range(100)]
    try:
        for number, client in enumerate(slow):
            # Some never ask, some stop in the middle, some never take their answer.
            client.sendall(
                (b"", b"GET /api/runs HTTP/1.1\r\nHost: loc", b"GET /api/runs HTTP/1.1\r\n\r\n" * 50)[number % 3]
            )
        assert page.json("/api/store")["runs"] == 3
    finally:
        for client in slow:
            client.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        b"GET /api/%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.example/api/none HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n",
    ],
)
def test_nonsense_is_refused_and_the_server_goes_on(page, sent):
    with socket.create_connection(("127.0.0.1", page.address.port), timeout=10) as client:
        client.sendall(sent)
        client.settimeout(10)
        answer = client.recv(65536)
    assert b"Traceback" not in answer and not answer.startswith(b"HTTP/1.1 200")
    assert page.json("/api/store")["runs"] == 3


def test_many_ask_at_once(page):
    paths = [
        "/api/runs",
        "/api/runs/latest",
        "/api/artifacts/1",
        "/api/artifacts/1/graph?direction=both",
        "/api/served",
    ]
    with concurrent.futures.ThreadPoolExecutor(20) as readers:
        answers = list(readers.map(lambda number: page.get(paths[number % len(paths)])[0], range(200)))
    assert set(answers) == {200}


def test_the_command_says_when_there_is_no_store(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, "lineage", "serve", "--store", str(tmp_path / "none")],
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert done.returncode == 1 and "there is no store" in done.stderr and "Traceback" not in done.stderr
