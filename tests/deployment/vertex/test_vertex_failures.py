"""What goes wrong on the way to Vertex AI: sign-in, rights, quotas, lost connections, time limits; one message each."""

from __future__ import annotations

import socket
import time

import pytest
from vertex_answers import Code, deny, refuse
from vertex_sign_in import ACCOUNT

from coralline.foundation.errors import UserError
from deployment.submission.cron_times import read_cron
from deployment.submission.remote_runs import RunRequest, RunState
from deployment.submission.service_errors import PassingServiceError
from deployment.vertex.vertex_connection import VertexConnection
from deployment.vertex.vertex_location import VertexLocation, vertex_location
from deployment.vertex.vertex_service import VertexService, open_vertex
from pipeline.cluster_settings import VertexSettings

# Sign-in


def test_a_service_accounts_key(api, vertex, spec, sign_in, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(sign_in.account_file()))
    assert vertex.submit(spec, RunRequest("weekly")).is_new
    assert sign_in.given == []  # It signs tokens itself.


def test_a_token_that_expires_between_two_calls_is_renewed(api, vertex, spec, sign_in):
    sign_in.lives_s = 1
    vertex.submit(spec, RunRequest("weekly"))
    sign_in.good.clear()
    assert vertex.run("weekly").state is RunState.PENDING
    assert len(sign_in.given) >= 2


def test_a_token_that_is_revoked_before_its_time_is_renewed_once(vertex, spec, sign_in):
    vertex.submit(spec, RunRequest("weekly"))
    sign_in.good.clear()
    assert vertex.run("weekly").state is RunState.PENDING
    assert len(sign_in.given) == 2


def test_credentials_that_vertex_ai_does_not_take(api, vertex, sign_in):
    api.is_signed_in = lambda token: False
    with pytest.raises(UserError, match="doesn't accept the credentials") as error:
        vertex.runs(1)
    assert "gcloud auth application-default login" in error.value.fix
    assert len(sign_in.given) == 2
    assert not any(token in str(error.value) for token in sign_in.given)


def test_no_credentials(api, vertex, monkeypatch):
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    with pytest.raises(UserError, match="no credentials for Google Cloud that work") as error:
        vertex.runs(1)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in error.value.fix and api.seen == []


@pytest.mark.parametrize("content", [None, "", "{}", '{"type": "service_account", "private_key": "s3cret-key"}'])
def test_a_file_that_is_none_of_credentials(vertex, content, tmp_path, monkeypatch):
    if content is not None:
        (tmp_path / "c.json").write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "c.json"))
    with pytest.raises(UserError, match="no credentials for Google Cloud that work") as error:
        vertex.runs(1)
    assert "s3cret-key" not in str(error.value)


def test_sign_in_that_is_refused(api, vertex, sign_in):
    sign_in.refuses = "Token has been expired or revoked."
    with pytest.raises(UserError, match="no credentials for Google Cloud that work") as error:
        vertex.runs(1)
    assert "Token has been expired or revoked." in error.value.found and api.seen == []


def test_sign_in_that_is_refused_later(vertex, spec, sign_in):
    sign_in.lives_s = 1
    vertex.submit(spec, RunRequest("weekly"))
    sign_in.refuses = "Token has been expired or revoked."
    with pytest.raises(UserError, match="no credentials for Google Cloud that work") as error:
        vertex.run("weekly")
    assert "Token has been expired or revoked." in error.value.found


def test_sign_in_that_is_not_there(vertex, sign_in):
    sign_in.stop()
    with pytest.raises(UserError, match="sign-in can't be reached"):
        vertex.runs(1)


def test_no_token_is_shown_or_logged(api, vertex, spec, sign_in, capfd, caplog):
    caplog.set_level(0)
    vertex.submit(spec, RunRequest("weekly"))
    api.troubles.append(("GetPipelineJob", lambda context: deny(context, "aiplatform.pipelineJobs.get", "x")))
    with pytest.raises(UserError) as error:
        vertex.run("weekly")
    seen = "".join(capfd.readouterr()) + caplog.text + str(error.value)
    assert sign_in.given and not any(token in seen for token in sign_in.given)


# Where


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"region": "europe-west4"}, "no project is named"),
        ({"project": "yard-project"}, "no region is named"),
        ({"project": "My First Project", "region": "europe-west4"}, "can't be a project"),
        ({"project": "yard-project", "region": "europe"}, "can't be a region"),
        ({"project": "yard-project", "region": "europe-west4-a"}, "can't be a region"),
    ],
)
def test_project_and_region_are_looked_at_first(settings, told, monkeypatch):
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    with pytest.raises(UserError, match=told) as error:
        open_vertex(_configured(VertexSettings(**settings)))
    assert "deployment.vertex." in error.value.fix


def test_the_project_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "yard-project")
    there = open_vertex(_configured(VertexSettings(region="europe-west4")))
    assert there.place == "Vertex AI in europe-west4, project yard-project"
    location = vertex_location(VertexSettings(region="europe-west4"))
    assert location.endpoint == "europe-west4-aiplatform.googleapis.com"


def _configured(settings):
    from pipeline.config import Config
    from pipeline.deployment_settings import DeploymentSettings

    return Config(deployment=DeploymentSettings(vertex=settings))


def test_another_project(api, settings):
    there = _at(VertexLocation("other-project", api.region, api.endpoint))
    with pytest.raises(UserError, match="may not do this: listing runs") as error:
        there.runs(1)
    assert "roles/aiplatform.user in project other-project (aiplatform.pipelineJobs.list)" in error.value.fix


def test_another_region(api):
    with pytest.raises(UserError, match="refuses the request: listing runs") as error:
        _at(VertexLocation(api.project, "us-central1", api.endpoint)).runs(1)
    assert "Unsupported region" in error.value.found


def _at(location, **limits):
    return VertexService(VertexSettings(), "yard", VertexConnection(location, **{"waits_s": (0, 0), **limits}))


# What the service says


@pytest.mark.parametrize(
    ("code", "message", "info", "told", "fix"),
    [
        (
            Code.PERMISSION_DENIED,
            "Vertex AI API has not been used in project yard-project before or it is disabled.",
            {"reason": "SERVICE_DISABLED", "service": "aiplatform.googleapis.com"},
            "may not do this",
            "gcloud services enable aiplatform.googleapis.com --project yard-project",
        ),
        (
            Code.PERMISSION_DENIED,
            "This API method requires billing to be enabled.",
            {"reason": "BILLING_DISABLED"},
            "may not do this",
            "link a billing account",
        ),
        # GoogleCloudPlatform/training-data-analyst#1811
        (
            Code.PERMISSION_DENIED,
            "Permission denied on resource project My First Project.",
            {"reason": "CONSUMER_INVALID", "consumer": "projects/My First Project"},
            "may not do this",
            "id or number, not its title",
        ),
        (
            Code.RESOURCE_EXHAUSTED,
            "Quota exceeded for quota metric 'Pipeline job create requests'.",
            {"reason": "RATE_LIMIT_EXCEEDED"},
            "quota is used up",
            "Quotas in the console",
        ),
        # statmike/vertex-ai-mlops#60
        (
            Code.FAILED_PRECONDITION,
            "Service account `runner@yard-project.iam.gserviceaccount.com` does not have "
            '`[storage.objects.get, storage.objects.create]` IAM permission(s) to the bucket "yard-bucket".',
            None,
            "refuses the request",
            "roles/storage.objectUser",
        ),
        (Code.INTERNAL, "Internal error encountered.", None, "Vertex AI failed", "status.cloud.google.com"),
        (Code.UNKNOWN, "Stream removed", None, "Vertex AI failed", "call it again"),
        (Code.ABORTED, "The operation was aborted.", None, "Vertex AI failed", "call it again"),
        (Code.UNIMPLEMENTED, "Received http2 header with status: 404", None, "isn't Vertex AI", "api_endpoint"),
        (Code.NOT_FOUND, "The metadata store isn't there.", None, "doesn't find it", "deployment.vertex.project"),
        (
            Code.DEADLINE_EXCEEDED,
            "Deadline Exceeded",
            None,
            "didn't answer in time",
            "call it again: what was done is found then",
        ),
    ],
)
def test_a_refusal_is_one_message_with_what_to_do(api, vertex, spec, code, message, info, told, fix):
    api.troubles.append(("CreatePipelineJob", lambda context: refuse(context, code, message, info)))
    with pytest.raises(UserError, match=told) as error:
        vertex.submit(spec, RunRequest("weekly"))
    assert error.value.found == message and fix in error.value.fix
    assert api.jobs == {}


def test_an_account_that_one_may_not_act_as(api, vertex, spec):
    with pytest.raises(UserError, match="refuses the request") as error:
        vertex.submit(spec, RunRequest("weekly", service_account=ACCOUNT))
    assert f"roles/iam.serviceAccountUser on {ACCOUNT};" in error.value.fix


def test_a_schedule_that_is_refused(api, vertex, spec):
    api.troubles.append(("CreateSchedule", lambda context: deny(context, "aiplatform.schedules.create", api.parent)))
    with pytest.raises(UserError, match="may not do this: making the schedule `weekly`"):
        vertex.keep_schedule(spec, RunRequest("weekly"), read_cron("0 4 * * 1", "UTC"))
    assert api.schedules == {}


# The way there


def test_what_is_unavailable_for_a_moment_is_asked_again(api, vertex):
    for _ in range(2):
        api.troubles.append(("ListPipelineJobs", lambda context: refuse(context, Code.UNAVAILABLE, "try later")))
    assert vertex.runs(1) == []


def test_what_stays_unavailable_is_told(api, vertex):
    for _ in range(3):
        api.troubles.append(("ListPipelineJobs", lambda context: refuse(context, Code.UNAVAILABLE, "try later")))
    with pytest.raises(UserError, match="can't be reached at localhost") as error:
        vertex.runs(1)
    assert "deployment.vertex.region" in error.value.fix


def test_whoever_waits_can_tell_what_may_pass(api, vertex, spec):
    vertex.submit(spec, RunRequest("weekly"))
    for code in (Code.UNAVAILABLE, Code.INTERNAL, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED):
        for _ in range(3 if code is Code.UNAVAILABLE else 1):
            api.troubles.append(("GetPipelineJob", lambda context, code=code: refuse(context, code, "later")))
        with pytest.raises(PassingServiceError):
            vertex.run("weekly")
    api.troubles.append(("GetPipelineJob", lambda context: refuse(context, Code.PERMISSION_DENIED, "never")))
    with pytest.raises(UserError) as error:
        vertex.run("weekly")
    assert not isinstance(error.value, PassingServiceError)


def test_a_change_without_an_answer_says_what_is_not_known(api, vertex, spec):
    api.troubles.append(("CreatePipelineJob", lambda context: refuse(context, Code.INTERNAL, "Internal error.")))
    with pytest.raises(UserError, match="submitting the run `weekly`; whether it was done isn't known") as error:
        vertex.submit(spec, RunRequest("weekly"))
    assert not isinstance(error.value, PassingServiceError)


def test_without_googles_client(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="Google's client for Vertex AI isn't installed"):
        open_vertex(_configured(VertexSettings(project="yard-project", region="europe-west4")))


def test_nobody_there(api, settings, sign_in):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    with pytest.raises(UserError, match=f"can't be reached at localhost:{port}"):
        _at(VertexLocation(api.project, api.region, f"localhost:{port}")).runs(1)


def test_no_answer_in_time(api, spec):
    there = _at(VertexLocation(api.project, api.region, api.endpoint), timeout_s=0.5)
    api.troubles.append(("CreatePipelineJob", lambda context: time.sleep(1.0)))
    with pytest.raises(UserError, match="didn't answer in time"):
        there.submit(spec, RunRequest("weekly"))
    for _ in range(100):
        if api.jobs:
            break
        time.sleep(0.05)
    # It came through all the same; the same call again finds it.
    again = _at(VertexLocation(api.project, api.region, api.endpoint)).submit(spec, RunRequest("weekly"))
    assert not again.is_new and len(api.jobs) == 1


def test_something_else_answers(api, sign_in):
    """A web server in the place of the API: it speaks no gRPC."""
    host = sign_in.address.removeprefix("http://")
    with pytest.raises(UserError, match=r"can't be reached|isn't Vertex AI"):
        _at(VertexLocation(api.project, api.region, host), timeout_s=5).runs(1)


def test_a_connection_that_breaks_while_it_lists(api, vertex, spec):
    for number in range(3):
        vertex.submit(spec, RunRequest(f"run-{number}"))
    api.answers_lost.append("ListPipelineJobs")
    assert [run.name for run in vertex.runs(2)] == ["run-2", "run-1"]
