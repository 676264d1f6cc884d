"""A password or signature of an address reaches whoever connects, and nothing that is kept or shown."""

import hashlib
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.metadata import sqlite_metadata_connection_config
from tfx.orchestration.pipeline import Pipeline

from components.artifacts import LabelMap
from coralline.detector.model_settings import ModelSettings
from coralline.detector.warm_start import download
from coralline.foundation.errors import UserError
from coralline.foundation.output_capture import output_to
from deployment.spec.compiling import compile_pipeline
from pipeline.config import load_config
from pipeline.running.local_dag_runner import RecordingLocalDagRunner

CONTENT = b"weights"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
_SECRETS = ("s3cr3t", "AKIA1234")

# TFX reads the annotations of these functions: they have to be types, not strings.


@component
def Fetcher(label_map: OutputArtifact[LabelMap], model: Parameter[str]):
    settings = ModelSettings.from_property(model)
    path = download.fetch(settings.warm_start, settings.warm_start_sha256)
    Path(label_map.uri, "content").write_bytes(Path(path).read_bytes())


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Gives the file only if it is asked for with its signature."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("CORALLINE_WITHHELD", "{}")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            signed = "X-Amz-Signature=s3cr3t" in self.path
            self.send_response(200 if signed else 403)
            self.end_headers()
            self.wfile.write(CONTENT if signed else b"")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/w.tflite"
        running.shutdown()


def _signed(server, signature="s3cr3t", date="20260314T101502Z"):
    return f"{server}?X-Amz-Credential=AKIA1234%2F2026&X-Amz-Date={date}&X-Amz-Signature={signature}"


def _config(address, sha256=SHA256):
    return load_config(None, {"model.warm_start": address, "model.warm_start_sha256": sha256})


def _run(config, out, run_id):
    pipeline = Pipeline(
        "toy",
        str(out / "artifacts"),
        components=[Fetcher(model=config.model.to_property())],
        enable_cache=True,
        metadata_connection_config=sqlite_metadata_connection_config(str(out / "metadata.sqlite")),
    )
    with output_to(out / "logs" / f"{run_id}.log"):
        RecordingLocalDagRunner(run_id).run(pipeline)


def _kept(folder):
    """Everything that a run leaves, without what was fetched."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path for path in files if any(secret.encode() in path.read_bytes() for secret in _SECRETS)}


def test_a_component_connects_with_what_nothing_records(server, tmp_path):
    _run(_config(_signed(server)), tmp_path / "out", "run-1")
    [content] = tmp_path.glob("out/artifacts/Fetcher/label_map/*/content")
    assert content.read_bytes() == CONTENT
    assert b"w.tflite?***" in (tmp_path / "out/metadata.sqlite").read_bytes()
    assert _kept(tmp_path) == set()


def test_a_new_signature_changes_no_cache_key(server):
    first, second = (_config(_signed(server, f"s{date}", date)).model.to_property() for date in ("1", "2"))
    assert first == second


def test_a_failure_records_no_secret_either(server, tmp_path):
    with pytest.raises(Exception, match="HTTP status 403"):
        _run(_config(_signed(server, "AKIA1234")), tmp_path / "out", "run-1")
    assert b"HTTP status 403" in (tmp_path / "out/metadata.sqlite").read_bytes()
    assert _kept(tmp_path) == set()


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_no_message_of_the_command_line_shows_it(server, tmp_path, option):
    arguments = [
        *("run", "--data", str(tmp_path), "--set", f"model.warm_start={_signed(server, 'AKIA1234')}"),
        *("--set", f"model.warm_start_sha256='{'0' * 64}'", *option),
    ]
    call = [sys.executable, "-c", "from pipeline.cli import main; main()", *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "HTTP status 403" in done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in _SECRETS)
    assert not option or json.loads(done.stdout)["error"]["file"].endswith("/w.tflite?***")


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("model.warm_start", "https://host/w.tflite?sig=s3cr3t"),
        ("push.to", "sftp://me:s3cr3t@host/models"),
        ("data.path", "sftp://me:s3cr3t@host/data"),
        ("deployment.pipeline_root", "sftp://me:s3cr3t@host/root"),
    ],
)
def test_a_spec_for_a_cluster_is_refused(key, address, monkeypatch):
    monkeypatch.setenv("CORALLINE_WITHHELD", "{}")
    with pytest.raises(UserError, match=f"the address in `{key}` has a password or a signature") as caught:
        compile_pipeline(load_config(None, {key: address}), "kubeflow")
    assert "s3cr3t" not in str(caught.value)
