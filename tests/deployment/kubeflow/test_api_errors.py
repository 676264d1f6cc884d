"""What goes wrong with requests to Kubeflow Pipelines, over HTTP: who asks, and what comes back or doesn't."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from coralline.foundation.errors import UserError
from deployment.kubeflow.kubeflow_service import KubeflowService, open_kubeflow
from deployment.submission.cron_times import read_cron
from deployment.submission.remote_runs import RunRequest
from deployment.submission.service_errors import PassingServiceError
from deployment.submission.submitted_spec import read_submitted_spec
from pipeline.config import load_config

_SECRET = "s3cret-t0ken-of-nobody"
_PAGE = (200, b"<html><body>Sign in</body></html>", "text/html")


def _opened(**settings: Any) -> KubeflowService:
    given = {f"deployment.kubeflow.{key}": value for key, value in settings.items()}
    return open_kubeflow(load_config(None, {"name": "yard"} | given))


def _rpc(status: int, message: str, code: int = 13) -> tuple[int, bytes, str]:
    return status, json.dumps({"code": code, "message": message, "details": []}).encode(), "application/json"


@pytest.mark.parametrize("way", ["file", "environment", "cookie", "pod"])
def test_credentials_come_from_a_file_the_environment_or_a_pod(kubeflow, tmp_path: Path, monkeypatch, way) -> None:
    kubeflow.wants = ("cookie", f"session={_SECRET}") if way == "cookie" else ("token", _SECRET)
    (tmp_path / "token").write_text(f"{_SECRET}\n")
    if way == "environment":
        monkeypatch.setenv("CORALLINE_KUBEFLOW_TOKEN", _SECRET)
    elif way == "cookie":
        monkeypatch.setenv("CORALLINE_KUBEFLOW_COOKIE", f"session={_SECRET}")
    elif way == "pod":
        monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
    service = _opened(**({"token_file": str(tmp_path / "token")} if way == "file" else {}))
    assert service.runs(3) == []


@pytest.mark.parametrize("sign_in", ["401", "page", "redirect"])
def test_who_is_not_known_is_told_so_at_once_and_no_credential_with_it(kubeflow, monkeypatch, sign_in) -> None:
    kubeflow.wants, kubeflow.sign_in = ("token", "another"), sign_in
    monkeypatch.setenv("CORALLINE_KUBEFLOW_TOKEN", _SECRET)
    with pytest.raises(UserError) as told:
        _opened()
    assert len(kubeflow.tokens) == 1, "it asks once, and follows to no page"
    wanted = "doesn't know who is asking (401)" if sign_in == "401" else "wants a sign-in"
    assert wanted in str(told.value) and "renew the token in CORALLINE_KUBEFLOW_TOKEN" in str(told.value)
    assert _SECRET not in str(told.value) and ("/dex/auth" in str(told.value)) == (sign_in == "redirect")


def test_what_a_server_sends_back_of_a_credential_is_not_shown(kubeflow, monkeypatch) -> None:
    monkeypatch.setenv("CORALLINE_KUBEFLOW_TOKEN", _SECRET)
    service = _opened()
    kubeflow.fail("GET", "experiments", _rpc(403, f"User with {_SECRET} is not authorized", 7))
    with pytest.raises(UserError, match="isn't allowed to do that") as told:
        service.runs(3)
    assert _SECRET not in str(told.value) and "User with *** is not authorized" in str(told.value)


def test_a_token_that_was_renewed_between_two_calls_is_taken(kubeflow, spec_file, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first-token")
    kubeflow.wants = ("token", "first-token")
    service = _opened(token_file=str(tmp_path / "token"))
    assert service.runs(3) == []
    kubeflow.wants = ("token", "second-token")
    (tmp_path / "token").write_text("second-token")
    assert service.submit(read_submitted_spec(spec_file()), RunRequest("first")).is_new


def test_a_token_that_is_renewed_while_it_is_asked_is_tried_again(kubeflow, tmp_path: Path, monkeypatch) -> None:
    token = tmp_path / "token"
    token.write_text("first-token")
    service = _opened(token_file=str(token))
    kubeflow.wants = ("token", "second-token")
    turned_away = kubeflow._turned_away

    def renewed(path: str) -> Any:
        token.write_text("second-token")
        return turned_away(path)

    monkeypatch.setattr(kubeflow, "_turned_away", renewed)
    assert service.runs(3) == []
    assert kubeflow.tokens[-2:] == ["Bearer first-token", "Bearer second-token"]


@pytest.mark.parametrize(("content", "wrong"), [(None, "can't be read"), ("", "an empty file"), ("a b", "one word")])
def test_a_token_file_without_a_token_is_told_before_anything_is_sent(kubeflow, tmp_path, content, wrong) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content)
    with pytest.raises(UserError, match=wrong):
        _opened(token_file=str(tmp_path / "token"))
    assert kubeflow.asked == []


@pytest.mark.parametrize("host", [None, "kubeflow.example", "https://me:secret@kubeflow.example"])
def test_no_address_or_a_wrong_one_is_told(monkeypatch, host) -> None:
    for name in ("KF_PIPELINES_ENDPOINT", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match=r"where Kubeflow Pipelines is|no address of Kubeflow") as told:
        _opened(**({} if host is None else {"host": host}))
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("answer", "said", "passes"),
    [
        (_rpc(400, "bad filter", 3), ["refuses it (HTTP 400)", "bad filter"], False),
        (_rpc(404, "Namespace gone", 5), ["isn't there (404)", "Namespace gone"], False),
        (_rpc(409, "Already exist error", 6), ["has it already (409)", "Already exist"], False),
        (_rpc(500, "database is locked"), ["failed (HTTP 500)", "database is locked", "logs of ml-pipeline"], False),
        (_rpc(503, "no healthy upstream"), ["isn't ready (HTTP 503)"], True),
        ((502, b"<html>Bad Gateway</html>", "text/html"), ["page for browsers (HTTP 502)"], True),
        ((404, b"<html>nginx</html>", "text/html"), ["page for browsers (HTTP 404)", "kubectl port-forward"], False),
        ((200, b"[1, 2]", "application/json"), ["isn't of its API"], False),
        ((200, b'{"experiments": 5}', "application/json"), ["isn't of its API"], False),
        ((500, b"\xff\xfe", "text/plain"), ["failed (HTTP 500)"], False),
        (_PAGE, ["wants a sign-in", "a page for browsers"], False),
    ],
)  # fmt: skip
def test_each_answer_that_is_no_good_is_one_message(kubeflow, answer, said, passes) -> None:
    service = _opened()
    kubeflow.fail("GET", "experiments", answer)
    with pytest.raises(UserError) as told:
        service.runs(3)
    assert all(text in str(told.value) for text in said), told.value
    assert isinstance(told.value, PassingServiceError) == passes and kubeflow.address in str(told.value)


def test_no_connection_is_told_with_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(PassingServiceError, match="can't be reached") as told:
        _opened(host=address)
    assert "Connection refused" in str(told.value) and address in str(told.value)


def test_a_host_is_trusted_by_the_certificates_that_are_named(kubeflow, tmp_path: Path, own_certificate) -> None:
    certificate, key = own_certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    kubeflow._server.socket = context.wrap_socket(kubeflow._server.socket, server_side=True)
    host = kubeflow.address.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(UserError, match="isn't trusted") as told:
        _opened(host=host)
    assert "deployment.kubeflow.ca_file" in str(told.value)
    assert _opened(host=host, ca_file=str(certificate)).runs(3) == []
    with pytest.raises(UserError, match="there are no certificates"):
        _opened(host=host, ca_file=str(tmp_path / "gone.pem"))


@pytest.fixture
def own_certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for `localhost` that nobody vouches for, and its key."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    openssl = shutil.which("openssl") or pytest.skip("there is no openssl")
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = [openssl, *made, *names, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def test_an_answer_that_does_not_come_is_given_up(kubeflow) -> None:
    service = _opened(timeout_s=1)
    kubeflow.fail("GET", "experiments", 1.5)
    with pytest.raises(PassingServiceError, match="can't be reached") as told:
        service.runs(3)
    assert "no answer in time" in str(told.value)


@pytest.mark.parametrize("fault", [1.5, (504, b"upstream request timeout", "text/plain")])
def test_after_a_lost_answer_the_same_command_finds_what_it_did(kubeflow, spec_file, fault) -> None:
    service, spec = _opened(timeout_s=1), read_submitted_spec(spec_file())
    kubeflow.fail("POST", "/runs", fault, after=True)
    with pytest.raises(UserError, match="it isn't known whether it was done") as told:
        service.submit(spec, RunRequest("first"))
    assert "its version yard-" in str(told.value) and len(kubeflow.runs) == 1
    again = service.submit(spec, RunRequest("first"))
    assert not again.is_new and list(kubeflow.runs) == [again.run.id]


def test_a_refused_upload_begins_no_run(kubeflow, spec_file) -> None:
    body = b'{"error_message":"Failed to create a pipeline version","error_details":"Error: quota exceeded"}'
    kubeflow.fail("POST", "upload_version", (500, body, "application/json"))
    with pytest.raises(UserError, match=r"yard-.* can't be uploaded: .* failed \(HTTP 500\)") as told:
        _opened().submit(read_submitted_spec(spec_file()), RunRequest("first"))
    assert "quota exceeded" in str(told.value) and kubeflow.runs == {} == kubeflow.versions
    assert _opened().submit(read_submitted_spec(spec_file()), RunRequest("first")).uploaded


def test_what_the_server_refuses_at_a_runs_creation_is_told_in_its_words(kubeflow, spec_file) -> None:
    spec = read_submitted_spec(spec_file(steps={"parameterType": "NUMBER_INTEGER"}))
    with pytest.raises(UserError, match=r"the run first can't be submitted .* failed \(HTTP 500\)") as told:
        _opened().submit(spec, RunRequest("first"))
    assert "parameter steps is not optional" in str(told.value) and kubeflow.runs == {}


def test_an_answer_without_an_id_is_not_taken_for_a_run(kubeflow, spec_file) -> None:
    kubeflow.fail("POST", "/recurringruns", (200, b"{}", "application/json"))
    with pytest.raises(UserError, match="gives an answer that isn't of its API"):
        _opened().keep_schedule(read_submitted_spec(spec_file()), RunRequest("y"), read_cron("0 4 * * 1", "UTC"))
