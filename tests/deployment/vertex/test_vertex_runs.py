"""Runs on Vertex AI: submitted once, found, listed, canceled, and what is told of them."""

from __future__ import annotations

import dataclasses
import json

import pytest
from google.cloud.aiplatform_v1 import types
from google.protobuf import json_format

from coralline.foundation.errors import UserError
from deployment.submission.remote_runs import RunRequest, RunState


def _asked(api, method):
    return [request for name, request in api.seen if name == method]


def test_a_run_is_submitted_with_the_whole_spec(api, vertex, spec):
    done = vertex.submit(spec, RunRequest("weekly-2026-48", {"push_to": "gs://yard-bucket/tried"}))
    (request,) = _asked(api, "CreatePipelineJob")
    job = types.PipelineJob.pb(request.pipeline_job)
    assert (request.parent, request.pipeline_job_id) == (api.parent, "yard-weekly-2026-48")
    assert json_format.MessageToDict(job.pipeline_spec) == json_format.MessageToDict(
        json_format.ParseDict(spec.pipeline_spec, type(job.pipeline_spec)())
    )
    assert json_format.MessageToDict(job.runtime_config) == {
        "gcsOutputDirectory": "gs://yard-bucket/coralline",
        "parameterValues": {"push_to": "gs://yard-bucket/tried"},
    }
    assert job.labels["tfx_version"] == "1-16-0" and job.labels["coralline-pipeline"] == "yard"
    assert (done.is_new, done.run.id, done.run.name) == (True, "yard-weekly-2026-48", "weekly-2026-48")
    assert done.run.state is RunState.PENDING and done.run.pipeline_version == spec.version
    assert done.run.link.endswith("/locations/europe-west4/pipelines/runs/yard-weekly-2026-48?project=yard-project")


@pytest.mark.slow
def test_the_sdk_of_google_makes_the_same_of_the_file(compiled, spec, settings, tmp_path):
    """But for our labels, and those of TFX, which it drops."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform

    from deployment.vertex.vertex_location import vertex_location
    from deployment.vertex.vertex_requests import pipeline_job

    (tmp_path / "yard.json").write_bytes(compiled)
    parameters = {"push_to": "gs://yard-bucket/tried"}
    theirs = aiplatform.PipelineJob(
        display_name="weekly",
        template_path=str(tmp_path / "yard.json"),
        job_id="weekly",
        parameter_values=parameters,
        project=settings.project,
        location=settings.region,
        credentials=AnonymousCredentials(),
    )
    ours = pipeline_job(spec, RunRequest("weekly", parameters), settings, vertex_location(settings), "1")
    ours.labels = {}
    assert theirs._gca_resource == ours


def test_account_network_key_and_labels_come_from_the_settings(api, vertex, spec, settings):
    key = "projects/yard-project/locations/europe-west4/keyRings/r/cryptoKeys/k"
    vertex._settings = settings.model_copy(
        update={
            "service_account": "runner@yard-project.iam.gserviceaccount.com",
            "network": "projects/42/global/networks/yard",
            "encryption_key": key,
            "labels": {"team": "yard"},
        }
    )
    run = vertex.submit(spec, RunRequest("weekly")).run
    (request,) = _asked(api, "CreatePipelineJob")
    job = request.pipeline_job
    assert run.service_account == job.service_account == "runner@yard-project.iam.gserviceaccount.com"
    assert (job.network, job.encryption_spec.kms_key_name) == ("projects/42/global/networks/yard", key)
    assert job.labels["team"] == "yard"


def test_no_call_overrides_the_cache_of_a_step(api, vertex, spec):
    vertex.submit(spec, RunRequest("weekly"))
    tasks = json_format.MessageToDict(types.PipelineJob.pb(next(iter(api.jobs.values()))).pipeline_spec)["root"]["dag"]
    cached = {name: task["cachingOptions"].get("enableCache", False) for name, task in tasks["tasks"].items()}
    assert not cached["EdgeTpuPusher"] and not cached["ServedModelImporter"] and cached["QatTrainer"]


def test_the_same_name_twice_is_the_same_run(api, vertex, spec):
    vertex.submit(spec, RunRequest("weekly"))
    again = vertex.submit(spec, RunRequest("weekly"))
    assert (again.is_new, again.run.id, len(api.jobs)) == (False, "yard-weekly", 1)


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (RunRequest("weekly", {"push_to": "gs://b/x"}), "parameter push_to: not given -> gs://b/x"),
        (RunRequest("weekly", pipeline_root="gs://b/y"), "pipeline root: gs://yard-bucket/coralline -> gs://b/y"),
    ],
)
def test_the_same_name_with_other_settings_is_refused(vertex, spec, request_, told):
    vertex.submit(spec, RunRequest("weekly"))
    with pytest.raises(UserError, match="there is already a run `weekly`, of something else") as error:
        vertex.submit(spec, request_)
    assert error.value.found == told


def test_a_name_of_another_spec_is_refused(vertex, spec, compiled):
    from deployment.submission.submitted_spec import submitted_spec

    vertex.submit(spec, RunRequest("weekly"))
    other = json.loads(compiled)
    other["pipelineSpec"]["root"]["dag"]["tasks"]["QatTrainer"]["retryPolicy"]["maxRetryCount"] = 5
    other_spec = submitted_spec(json.dumps(other).encode(), "other.json")
    with pytest.raises(UserError, match="already") as error:
        vertex.submit(other_spec, RunRequest("weekly"))
    assert error.value.found.endswith(f"version: {spec.version} -> {other_spec.version}")


def test_a_lost_answer_begins_no_second_run(api, vertex, spec):
    api.answers_lost.append("CreatePipelineJob")
    done = vertex.submit(spec, RunRequest("weekly"))
    assert done.is_new and len(api.jobs) == 1 and len(_asked(api, "CreatePipelineJob")) == 2


def test_any_text_can_be_a_runs_name(api, vertex, spec):
    names = ["Yard 2026/48", "Yard 2026.48", "48", "yard-weekly", "Ярд", "y" * 128]
    ids = [vertex.submit(spec, RunRequest(name)).run.id for name in names]
    assert len(set(ids)) == 6 and ids[0].startswith("yard-yard-2026-48-") and ids[2:4] == ["yard-48", "yard-weekly"]
    assert [vertex.run(name).id for name in names] == ids
    assert vertex.run(ids[0]).name == "Yard 2026/48"


def test_runs_of_other_pipelines_are_left_alone(api, vertex, spec):
    vertex.submit(spec, RunRequest("weekly"))
    other = types.PipelineJob(next(iter(api.jobs.values())))
    other.name, other.display_name = f"{api.parent}/pipelineJobs/harbour-weekly", "weekly"
    types.PipelineJob.pb(other).pipeline_spec["pipelineInfo"]["name"] = "harbour"
    api.jobs[other.name] = other
    assert [run.id for run in vertex.runs(9)] == ["yard-weekly"]
    assert vertex.run("weekly").id == "yard-weekly" and vertex.run("harbour-weekly").id == "harbour-weekly"


def test_two_names_of_one_id_are_told_apart(api, vertex, spec):
    vertex.submit(spec, RunRequest("weekly"))
    with pytest.raises(UserError, match="of something else") as error:
        vertex.submit(spec, RunRequest("yard-weekly"))
    assert error.value.found == "name: weekly -> yard-weekly"


def test_a_run_tells_its_states_and_tasks(api, vertex, spec):
    vertex.submit(spec, RunRequest("weekly"))
    assert vertex.run("weekly").state is RunState.PENDING
    running = vertex.run("weekly")
    assert running.state is RunState.RUNNING and running.finished is None
    assert running.tasks[0].state is RunState.RUNNING
    done = vertex.run("weekly")
    assert done.state is RunState.SUCCEEDED and done.error is None and done.finished >= done.created
    assert {task.state for task in done.tasks} == {RunState.SUCCEEDED}
    assert {task.name for task in done.tasks} == set(spec.pipeline_spec["root"]["dag"]["tasks"])
    assert done.finished.utcoffset() == running.created.utcoffset() and done.finished.tzinfo is not None


def test_a_failed_run_says_which_step_and_why(api, vertex, spec):
    # GoogleCloudPlatform/vertex-ai-samples and others show such texts.
    why = "The replica workerpool0-0 exited with a non-zero status of 1."
    api.fails["yard-weekly"] = ("QatTrainer", why)
    vertex.submit(spec, RunRequest("weekly"))
    run = [vertex.run("weekly") for _ in range(3)][-1]
    assert run.state is RunState.FAILED
    assert run.error == "The DAG failed because some tasks failed. The failed tasks are: [QatTrainer]."[:-1]
    assert [(task.name, task.error) for task in run.tasks if task.error] == [("QatTrainer", why)]
    assert {task.name for task in run.tasks if task.state is RunState.CANCELED} >= {"TFLiteExporter", "EdgeTpuPusher"}


def test_runs_are_listed_newest_first(api, vertex, spec):
    for number in range(12):
        vertex.submit(spec, RunRequest(f"run-{number:02}", {"push_to": f"gs://b/{number}"}))
    listed = vertex.runs(11)
    assert [run.name for run in listed] == [f"run-{number:02}" for number in range(11, 0, -1)]
    assert listed[0].parameters == {"push_to": "gs://b/11"} and listed[0].pipeline_version == spec.version
    assert listed[0].tasks == () and len(_asked(api, "ListPipelineJobs")) == 1
    assert len(vertex.runs(3)) == 3


def test_a_run_that_is_not_there_is_told(vertex):
    with pytest.raises(UserError, match="there is no run `weekly`"):
        vertex.run("weekly")


def test_canceling(api, vertex, spec):
    api.held = True
    vertex.submit(spec, RunRequest("weekly"))
    assert vertex.cancel("weekly").state is RunState.CANCELING
    assert vertex.cancel("weekly").state is RunState.CANCELING
    assert len(_asked(api, "CancelPipelineJob")) == 1
    api.held = False
    vertex.run("weekly")
    ended = vertex.run("weekly")
    assert ended.state is RunState.CANCELED and ended.error is None
    assert vertex.cancel("weekly") == ended


def test_a_run_that_ends_while_it_is_canceled(api, vertex, spec):
    api.held = True
    vertex.submit(spec, RunRequest("weekly"))
    (job,) = api.jobs.values()

    def ends(context):
        job.state = types.PipelineState.PIPELINE_STATE_SUCCEEDED

    api.troubles.append(("CancelPipelineJob", ends))
    assert vertex.cancel("weekly").state is RunState.SUCCEEDED


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (RunRequest("weekly", pipeline_root="s3://bucket/x"), "Google Cloud Storage only"),
        (RunRequest("weekly", pipeline_root="/mnt/yard"), "Google Cloud Storage only"),
        (RunRequest("y" * 129), "can't be a name"),
        (RunRequest(" "), "can't be a name"),
    ],
)
def test_what_can_be_known_is_refused_before_anything_is_sent(api, vertex, spec, request_, told):
    with pytest.raises(UserError, match=told):
        vertex.submit(spec, request_)
    assert api.seen == []


def test_a_key_of_another_region_is_refused(api, vertex, spec, settings):
    key = "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"
    vertex._settings = settings.model_copy(update={"encryption_key": key})
    with pytest.raises(UserError, match="encryption key can't be used there"):
        vertex.submit(spec, RunRequest("weekly"))
    assert api.seen == []


def test_a_spec_of_another_target_is_refused(api, vertex, spec):
    with pytest.raises(UserError, match="compiled for"):
        vertex.submit(dataclasses.replace(spec, target="kubeflow"), RunRequest("weekly"))
    assert api.seen == []
