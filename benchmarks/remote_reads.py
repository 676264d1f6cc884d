"""How long 1,000 small objects take to be read from S3: Coralline's reading ahead beside plain loops, in one run.

  python benchmarks/remote_reads.py [--objects 1000] [--bytes 20000] [--latency-ms 0 20]

The server is moto's, in a process of its own on this machine, and it waits so long before each answer: 0 ms shows what
the client and moto cost, 20 ms is what a store in the same region takes to its first byte. All read the same objects
one after the other and hash them, as VocExampleGen does; the order of the ways changes from round to round.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import time
from collections.abc import Callable
from typing import Any

import boto3
import s3fs

from coralline.foundation import read_ahead, storage

_ROUNDS = 2


def _serve(latency_s: float, ports: Any) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            """Nothing: a line a request would be measured too."""

    answering = DomainDispatcherApplication(create_backend_app)

    def late(environ: Any, start_response: Any) -> Any:
        time.sleep(latency_s)
        return answering(environ, start_response)

    server = make_server("127.0.0.1", 0, late, threaded=True, request_handler=Quiet)
    ports.put(server.port)
    server.serve_forever()


def _boto3_loop(names: list[str]) -> str:
    client, total = boto3.client("s3"), hashlib.sha256()
    for name in names:
        total.update(client.get_object(Bucket="bucket", Key=name)["Body"].read())
    return total.hexdigest()


def _s3fs_loop(names: list[str]) -> str:
    files, total = s3fs.S3FileSystem(skip_instance_cache=True), hashlib.sha256()
    for name in names:
        total.update(files.cat_file(f"bucket/{name}"))
    return total.hexdigest()


def _coralline_loop(names: list[str]) -> str:
    total = hashlib.sha256()
    for name in names:
        total.update(storage.read_bytes(f"s3://bucket/{name}"))
    return total.hexdigest()


def _coralline_ahead(names: list[str]) -> str:
    with read_ahead.of([f"s3://bucket/{name}" for name in names]):
        return _coralline_loop(names)


_WAYS: dict[str, Callable[[list[str]], str]] = {
    "boto3, one by one": _boto3_loop,
    "s3fs, one by one": _s3fs_loop,
    "storage, one by one": _coralline_loop,
    "storage, reading ahead": _coralline_ahead,
}


def _measure(objects: int, size: int, latency_ms: float) -> None:
    context = multiprocessing.get_context("spawn")
    ports = context.Queue()
    server = context.Process(target=_serve, args=(latency_ms / 1000, ports), daemon=True)
    server.start()
    os.environ |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports.get()}", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    s3fs.S3FileSystem.clear_instance_cache()
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    names = [f"images/{number:05d}.jpg" for number in range(objects)]
    for name in names:
        client.put_object(Bucket="bucket", Key=name, Body=os.urandom(size))
    took: dict[str, list[float]] = {way: [] for way in _WAYS}
    hashes = set()
    for turn in range(_ROUNDS):
        for way in list(_WAYS)[:: 1 if turn % 2 == 0 else -1]:
            begun = time.perf_counter()
            hashes.add(_WAYS[way](names))
            took[way].append(time.perf_counter() - begun)
    assert len(hashes) == 1, "all have read the same"
    server.terminate()
    print(f"{objects} objects of {size} bytes, {latency_ms:g} ms to each answer; best of {_ROUNDS}:")
    for way, seconds in took.items():
        print(f"  {way:24} {min(seconds):7.2f} s  {objects / min(seconds):7.0f} objects/s")


def main() -> None:
    """Prints a table for each latency."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=20_000)
    parser.add_argument("--latency-ms", type=float, nargs="+", default=[0.0, 20.0])
    given = parser.parse_args()
    for latency_ms in given.latency_ms:
        _measure(given.objects, given.bytes, latency_ms)


if __name__ == "__main__":
    main()
