"""How fast the page of lineage answers over a large store: `python -m benchmarks.lineage [--store ADDRESS]`.

It fills a store (`benchmarks.big_store`; 10,000 executions and 30,000 artifacts), starts `coralline lineage serve` on
it, and asks from ten threads of this process. Then somebody writes runs into the store: alone, beside the same readers,
and beside the same readers of a copy of the store, which shows how much of a delay is only that of a busy machine.
Prints one JSON object; times are in milliseconds unless they say seconds.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.big_store import StoreWriter, open_to_write, write_big_store

_READERS = 10
_WRITTEN_RUNS = 8
_WHOLE = "direction=both&depth=40&limit=200"
_TRIED = 100


class Server:
    """`coralline lineage serve` in a process of its own, on a free port."""

    def __init__(self, store: str):
        command = "from pipeline.cli import main; main()"
        arguments = ["lineage", "serve", "--store", store, "--port", "0"]
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", command, *arguments], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        address = self._process.stdout.readline().rpartition(" ")[2].strip()
        self.place = urllib.parse.urlsplit(address).netloc
        if not self.place:
            raise RuntimeError("the server did not start")

    def resident_mb(self) -> dict[str, int]:
        """Now, and at most so far."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        lines = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith("Vm")}
        return {"now": int(lines["VmRSS"]) // 1024, "most": int(lines["VmHWM"]) // 1024}

    def close(self) -> float:
        """Ends it as Ctrl-C does, and gives how many seconds that took."""
        began = time.perf_counter()
        self._process.send_signal(2)
        self._process.wait(30)
        return time.perf_counter() - began


class Reader:
    """A connection that stays open, as a browser's does."""

    def __init__(self, place: str):
        self._connection = http.client.HTTPConnection(place, timeout=60)

    def get(self, path: str) -> tuple[int, bytes, float]:
        """Status, body and milliseconds."""
        began = time.perf_counter()
        try:
            self._connection.request("GET", path)
            answer = self._connection.getresponse()
            return answer.status, answer.read(), 1000 * (time.perf_counter() - began)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, b"", 1000 * (time.perf_counter() - began)


def _paths(known: dict[str, Any], chance: random.Random) -> dict[str, Callable[[], str]]:
    """What readers ask for."""
    some = lambda: chance.randrange(1, known["artifacts"])  # noqa: E731
    sorts = ("began", "AP", "seconds", "state")
    return {
        "runs": lambda: f"/api/runs?sort={chance.choice(sorts)}&offset={chance.randrange(0, 900, 50)}&limit=50",
        "search": lambda: f"/api/runs?search=raccoon-{chance.randrange(20)}&state=COMPLETE",
        "graph of 200": lambda: f"/api/artifacts/{chance.choice(known['wide'])}/graph?{_WHOLE}",
        "run": lambda: f"/api/runs/{chance.choice(known['runs'])}",
        "artifact": lambda: f"/api/artifacts/{some()}",
    }


def _known(place: str) -> dict[str, Any]:
    """What there is to ask for: runs, and artifacts with a lineage of 200 nodes."""
    reader, chance = Reader(place), random.Random(0)
    artifacts = json.loads(reader.get("/api/store")[1])["artifacts"]
    found = [a["id"] for a in json.loads(reader.get("/api/search?q=Examples")[1])["artifacts"]]
    runs = [row["run_id"] for row in json.loads(reader.get("/api/runs?limit=500")[1])["runs"]]
    wide: list[int] = []
    for number in (*found, *(chance.randrange(1, artifacts) for _ in range(_TRIED))):
        graph = json.loads(reader.get(f"/api/artifacts/{number}/graph?{_WHOLE}")[1])
        wide += [number] * (len(graph["nodes"]) == 200)
    return {"artifacts": artifacts, "runs": runs, "wide": wide}


def load(place: str, requests: int, readers: int = _READERS) -> dict[str, Any]:
    """Asks so often, from so many threads at once, each as fast as it's answered."""
    known = _known(place)
    took: dict[str, list[float]] = {}
    failures: list[tuple[str, int]] = []
    note = threading.Lock()

    def read(number: int) -> None:
        reader, chance = Reader(place), random.Random(number)
        paths = _paths(known, chance)
        for _ in range(requests // readers):
            kind = chance.choice(list(paths))
            path = paths[kind]()
            status, _, ms = reader.get(path)
            with note:
                took.setdefault(kind, []).append(ms)
                if status != 200:
                    failures.append((path, status))

    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(readers) as pool:
        list(pool.map(read, range(readers)))
    return {
        "requests": sum(map(len, took.values())),
        "errors": len(failures),
        "first errors": failures[:3],
        "a second": round(sum(map(len, took.values())) / (time.perf_counter() - began)),
        **{kind: _spread(found) for kind, found in sorted(took.items())},
    }


def _spread(found: list[float]) -> dict[str, float]:
    ordered = sorted(found)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "most": round(ordered[-1], 1),
    }


@contextlib.contextmanager
def _reading(place: str) -> Iterator[None]:
    """Readers that ask until the context ends."""
    going, known = True, _known(place)

    def read(number: int) -> None:
        reader, chance = Reader(place), random.Random(number)
        paths = _paths(known, chance)
        while going:
            reader.get(paths[chance.choice(list(paths))]())

    threads = [threading.Thread(target=read, args=(number,)) for number in range(_READERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        going = False
        for thread in threads:
            thread.join()


def write_runs(store: str, runs: int) -> dict[str, float]:
    """Milliseconds for each execution that is written, with its artifacts and events."""
    command = "import sys; from benchmarks import lineage; lineage.write_and_print(sys.argv[1], int(sys.argv[2]))"
    done = subprocess.run(
        [sys.executable, "-c", command, store, str(runs)], check=True, stdout=subprocess.PIPE, text=True
    )
    return _spread(json.loads(done.stdout))


def write_and_print(store: str, runs: int) -> None:
    """Writes runs, as a pipeline does, and prints how long each execution took."""
    writer = StoreWriter(open_to_write(store), "/written", seed=os.getpid())
    writer.runs = 100_000 + os.getpid() % 1000 * 100
    ended: list[float] = [time.perf_counter()]
    for _ in range(runs):
        writer.write_run(lambda: ended.append(time.perf_counter()))
    print(json.dumps([1000 * (after - before) for before, after in itertools.pairwise(ended)]))


def _wait_for_load(server: Server) -> dict[str, float]:
    reader, first = Reader(server.place), None
    while True:
        status, body, _ = reader.get("/api/runs?limit=50")
        answer = json.loads(body) if status == 200 else {"runs": [], "loading": True}
        if first is None and answer["runs"]:
            first = time.perf_counter() - server.began
        if not answer["loading"]:
            whole = time.perf_counter() - server.began
            return {"first runs after s": round(first or whole, 2), "whole store after s": round(whole, 1)}
        time.sleep(0.02)


def measure(store: str, requests: int, copy: str | None) -> dict[str, Any]:
    """Everything, over a store that is filled; `copy`: another one with the same content, for comparison."""
    found: dict[str, Any] = {"written alone": write_runs(store, _WRITTEN_RUNS)}
    server = Server(store)
    try:
        found["start"] = _wait_for_load(server)
        found["resident MB after loading"] = server.resident_mb()
        found["load test"] = load(server.place, requests)
        found["resident MB after the load test"] = server.resident_mb()
        with _reading(server.place):
            found["written beside ten readers"] = write_runs(store, _WRITTEN_RUNS)
    finally:
        found["ended after s"] = round(server.close(), 2)
    if copy:
        other = Server(copy)
        try:
            _wait_for_load(other)
            with _reading(other.place):
                found["written beside ten readers of another store"] = write_runs(store, _WRITTEN_RUNS)
        finally:
            other.close()
    found["written alone again"] = write_runs(store, _WRITTEN_RUNS)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", help="a file or a database, filled if it's empty [default: a new SQLite file]")
    parser.add_argument("--executions", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = arguments.store or os.path.join(folder, "metadata.sqlite")
        tell = lambda line: print(line, file=sys.stderr)  # noqa: E731
        if "://" in store:
            if len(open_to_write(store).get_context_types()) == 0:
                write_big_store(store, arguments.executions, tell)
            copy = None
        else:
            if not os.path.exists(store):
                write_big_store(store, arguments.executions, tell)
            copy = os.path.join(folder, "copy.sqlite")
            shutil.copy(store, copy)
        print(json.dumps(measure(store, arguments.requests, copy), indent=2))


if __name__ == "__main__":
    main()
