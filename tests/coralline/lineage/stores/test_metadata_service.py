"""`--store grpc://...`: what isn't the service, or can't be reached, is told in one message within seconds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from coralline.foundation.errors import UserError
from coralline.lineage.run_history import open_lineage
from coralline.lineage.stores.store import open_store


@pytest.fixture(
    params=[b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"J\x00\x00\x00\x0a10.11.6-MariaDB", b""]
)
def something_else(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port where something answers in another protocol, or (the last) hangs up."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(request.param)

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def test_a_closed_port_and_an_unknown_host_are_told_with_how_to_forward_the_service() -> None:
    for address in ("grpc://127.0.0.1:1", "grpc://no-such-host.invalid:8080"):
        with pytest.raises(UserError, match="can't be reached") as told:
            open_store(address)
        assert told.value.file == address
        assert "kubectl port-forward" in str(told.value)


def test_another_protocol_is_not_taken_for_the_service(something_else: int) -> None:
    with pytest.raises(UserError, match="not ML Metadata's service"):
        open_store(f"grpc://127.0.0.1:{something_else}")


def test_another_grpc_service_is_not_taken_for_it(metadata_server) -> None:
    from concurrent import futures

    server = grpc.server(futures.ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(UserError, match="not ML Metadata's service") as told:
            open_store(f"grpc://127.0.0.1:{port}")
    finally:
        server.stop(None)
    assert "Unimplemented" in str(told.value)


def test_a_service_with_tls_is_trusted_by_the_named_certificates_only(
    metadata_server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, chain = (certificate / "key.pem").read_bytes(), (certificate / "cert.pem").read_bytes()
    server = metadata_server(grpc.ssl_server_credentials([(key, chain)]))
    with pytest.raises(UserError, match="not ML Metadata's service"):
        open_store(server.address)
    with pytest.raises(UserError, match="not ML Metadata's service") as told:
        open_store(server.address.replace("grpcs", "grpc"))
    assert "`grpcs://`" in str(told.value)
    monkeypatch.setenv("CORALLINE_STORE_CA", str(certificate / "cert.pem"))
    assert open_lineage(server.address).runs() == []
    monkeypatch.setenv("CORALLINE_STORE_CA", str(certificate / "nothing.pem"))
    with pytest.raises(UserError, match="no such file of certificates"):
        open_store(server.address)


@pytest.mark.parametrize("address", ["grpc://", "grpc://host:port", "grpc://host:8080/metadb", "grpc://user@host:8080"])
def test_an_address_that_is_not_host_and_port_is_told(address: str) -> None:
    with pytest.raises(UserError, match="address of the store") as told:
        open_store(address)
    assert told.value.expected == "grpc://host:port"


def test_a_service_that_goes_away_is_one_message(metadata_server) -> None:
    server = metadata_server()
    history = open_lineage(server.address)
    server.stop()
    with pytest.raises(UserError, match="can't be read"):
        history.runs()
