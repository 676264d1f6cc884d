"""Downloads from a server in this process, which can cut, refuse and lie."""

import hashlib
import http.server
import threading

import pytest

from coralline.detector.warm_start import download
from coralline.foundation.errors import UserError

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "coralline/warm_starts"


@pytest.fixture
def server(cache):
    class Handler(http.server.BaseHTTPRequestHandler):
        requests, content, ranges, cut, busy = [], CONTENT, True, None, 0

        def do_GET(self):
            asked = self.headers.get("Range")
            self.requests.append(asked)
            if Handler.busy:
                Handler.busy -= 1
                self.send_error(503)
                return
            if self.path != "/file":
                self.send_error(404)
                return
            start = int(asked[len("bytes=") : -1]) if asked and self.ranges else 0
            if start and start >= len(self.content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(self.content) - start))
            self.end_headers()
            self.wfile.write(self.content[start : start + (self.cut or len(self.content))])

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        Handler.url = f"http://127.0.0.1:{running.server_port}/file"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield Handler
        running.shutdown()


def content_of(path):
    with open(path, "rb") as file:
        return file.read()


def test_a_file_is_fetched_once(server):
    assert content_of(download.fetch(server.url, SHA256)) == CONTENT
    assert content_of(download.fetch(server.url, SHA256)) == CONTENT
    assert server.requests == [None]


def test_an_interrupted_download_goes_on_from_where_it_was(server, cache):
    server.cut = 200_000
    with pytest.raises(UserError, match=r"broke off\n  expected: 512000 bytes\n  found: 200000"):
        download.fetch(server.url, SHA256)
    assert content_of(download.fetch(server.url, SHA256)) == CONTENT
    assert server.requests == [None, "bytes=200000-", "bytes=400000-"]
    assert sorted(path.name for path in cache.iterdir()) == [SHA256, f"{SHA256}.lock"]


def test_a_server_without_ranges_sends_all_again(server):
    server.cut, server.ranges = 200_000, False
    for _ in range(2):
        with pytest.raises(UserError, match=r"broke off\n  expected: 512000 bytes\n  found: 200000"):
            download.fetch(server.url, SHA256)
    server.cut = None
    assert content_of(download.fetch(server.url, SHA256)) == CONTENT


def test_a_download_that_was_killed_at_its_end_needs_no_byte_more(server, cache):
    cache.mkdir(parents=True)
    (cache / f"{SHA256}.part").write_bytes(CONTENT)
    assert content_of(download.fetch(server.url, SHA256)) == CONTENT


def test_of_another_content_nothing_is_kept(server, cache):
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(UserError, match=f"doesn't match.*\n  expected: SHA-256 {SHA256}\n  found: "):
        download.fetch(server.url, SHA256)
    assert [path.name for path in cache.iterdir()] == [f"{SHA256}.lock"]


def test_what_cannot_be_had_is_told_in_one_message(server, cache):
    for url, sha256, told in [
        (server.url, None, "needs its SHA-256"),
        (f"{server.url}s", SHA256, "found: HTTP status 404: Not Found"),
        ("http://127.0.0.1:1/file", SHA256, "found: Connection refused"),
        ("https://no.such.host.invalid/file", SHA256, "can't be downloaded"),
        ("http://[/file", SHA256, "can't be downloaded"),
    ]:
        with pytest.raises(UserError, match=told):
            download.fetch(url, sha256)


def test_a_cache_that_cannot_be_written_is_told(server, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nothing")
    with pytest.raises(UserError, match="set XDG_CACHE_HOME to another folder"):
        download.fetch(server.url, SHA256)


def test_a_server_that_is_busy_for_a_moment_is_asked_again(server, monkeypatch):
    monkeypatch.setattr(download, "WAITS_S", [0.01, 0.01])
    server.busy = 2
    assert content_of(download.fetch(server.url, SHA256)) == CONTENT


def test_a_server_that_stays_busy_is_one_message(server, monkeypatch):
    monkeypatch.setattr(download, "WAITS_S", [0.01, 0.01])
    server.busy = 1000
    with pytest.raises(UserError, match="HTTP status 503"):
        download.fetch(server.url, SHA256)
    assert len(server.requests) == 3
