"""A stand-in for Vertex AI on loopback, with TLS and sign-in, and the ways to it.

Nothing of the project or of Google's client is replaced: the endpoint is a setting, the certificate is made known to
gRPC by GRPC_DEFAULT_SSL_ROOTS_FILE_PATH, and credentials are files of the kinds that Google hands out. gRPC reads that
file once, before its first channel, whichever test opens it, so it is there when this file has been read.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(tempfile.mkdtemp(prefix="vertex-"))
os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = str(_FOLDER / "roots.pem")
sys.path.append(str(Path(__file__).parent))  # for the stand-in's modules

from vertex_api import VertexApi  # noqa: E402
from vertex_sign_in import SignIn, self_signed  # noqa: E402

_KEY, _CERTIFICATE = self_signed("localhost")
(_FOLDER / "roots.pem").write_bytes(_CERTIFICATE)
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


@pytest.fixture
def sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignIn]:
    """Google's sign-in; the environment has credentials that it takes."""
    for name in ("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    server = SignIn(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(server.workload_identity_file()))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    # Without credentials google-auth asks the machine that it runs on: here nobody answers, at once.
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    yield server
    server.stop()


@pytest.fixture
def api(sign_in: SignIn) -> Iterator[VertexApi]:
    """The service."""
    server = VertexApi(_KEY, _CERTIFICATE, sign_in.is_signed_in)
    yield server
    server.stop()


@pytest.fixture
def settings(api: VertexApi) -> Any:
    """`deployment.vertex` for the stand-in's project."""
    from pipeline.cluster_settings import VertexSettings

    return VertexSettings(project=api.project, region=api.region, api_endpoint=api.endpoint)


@pytest.fixture
def vertex(settings: Any) -> Any:
    """The project's way there, with no pauses before it tries again."""
    from deployment.vertex.vertex_connection import VertexConnection
    from deployment.vertex.vertex_location import vertex_location
    from deployment.vertex.vertex_service import VertexService

    return VertexService(settings, "yard", VertexConnection(vertex_location(settings), timeout_s=5, waits_s=(0, 0)))


@pytest.fixture(scope="session")
def compiled() -> Any:
    """What `coralline compile --target vertex` writes."""
    from deployment.spec.compiling import compile_pipeline
    from pipeline.config import load_config

    return compile_pipeline(
        load_config(
            None,
            {
                "name": "yard",
                "deployment.image": "europe-docker.pkg.dev/yard-project/images/coralline:1",
                "deployment.pipeline_root": "gs://yard-bucket/coralline",
            },
        ),
        "vertex",
    )


@pytest.fixture
def spec(compiled: bytes) -> Any:
    """The compiled pipeline, read to be submitted."""
    from deployment.submission.submitted_spec import submitted_spec

    return submitted_spec(compiled, "yard.json")
