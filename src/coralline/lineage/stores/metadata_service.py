"""ML Metadata's gRPC service, which Kubeflow Pipelines runs as `metadata-grpc-service` on port 8080."""

from __future__ import annotations

import socket
import tempfile
import urllib.parse
from pathlib import Path

from ml_metadata import MetadataStore, errors
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.foundation.output_capture import output_to
from coralline.foundation.printable import without_secrets
from coralline.lineage.stores.certificates import CA_VARIABLE, trusted_certificates

_PORT = 8080
_FIRST_ANSWER_S, _ANSWER_S = 5.0, 30.0
_LARGEST_ANSWER = 100 * 1024 * 1024
"""As Kubeflow's own client has it (client.go, defaultMaxGRPCMessageSize); gRPC's default of 4 MB is too little."""


def open_service(address: urllib.parse.SplitResult) -> MetadataStore:
    """Connects to the service at `grpc://host:port`, or with TLS at `grpcs://host:port`.

    Raises:
      UserError: within seconds, if nothing answers there, or something else does.
    """
    shown = without_secrets(address.geturl())
    host, port = _place(address, shown)
    _require_open(host, port, shown)
    with tempfile.TemporaryDirectory() as folder, output_to(Path(folder, "log")):  # gRPC writes from C++
        try:
            MetadataStore(_config(address.scheme, host, port, _FIRST_ANSWER_S)).get_context_types()
        except errors.StatusError as error:
            raise _no_service(address.scheme, shown, error) from error
    return MetadataStore(_config(address.scheme, host, port, _ANSWER_S))


def _place(address: urllib.parse.SplitResult, shown: str) -> tuple[str, int]:
    try:
        port = address.port or _PORT
    except ValueError:
        port = 0
    beside = address.username or address.path.strip("/") or address.query
    if not address.hostname or not port or beside:
        raise UserError("the address of the store is not right", expected=f"{address.scheme}://host:port", found=shown)
    return address.hostname, port


def _require_open(host: str, port: int, shown: str) -> None:
    """gRPC would wait long for a host that doesn't answer, and hardly say why."""
    try:
        socket.create_connection((host, port), timeout=_FIRST_ANSWER_S).close()
    except OSError as error:
        raise UserError(
            "the store of ML Metadata can't be reached",
            file=shown,
            found=error,
            fix="check the address; for Kubeflow's, keep `kubectl port-forward -n kubeflow"
            " service/metadata-grpc-service 8080` running",
        ) from error


def _config(scheme: str, host: str, port: int, timeout_s: float) -> pb.MetadataStoreClientConfig:
    config = pb.MetadataStoreClientConfig(
        host=f"[{host}]" if ":" in host else host, port=port, client_timeout_sec=timeout_s
    )
    config.channel_arguments.max_receive_message_length = _LARGEST_ANSWER
    if scheme == "grpcs":
        config.ssl_config.SetInParent()
        if file := trusted_certificates():
            config.ssl_config.custom_ca = Path(file).read_text(encoding="ascii", errors="replace")
    return config


def _no_service(scheme: str, shown: str, error: errors.StatusError) -> UserError:
    plain = scheme == "grpc"
    fix = "give the address of metadata-grpc-service" + (
        "; if it asks for TLS, `grpcs://`" if plain else f"; without TLS, `grpc://`; a private CA in {CA_VARIABLE}"
    )
    told = (str(error).splitlines() or [type(error).__name__])[0]
    return UserError(
        "what answers there is not ML Metadata's service", file=shown, found=f"{type(error).__name__}: {told}", fix=fix
    )
