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
    assert (request.parent, request.pipeline_job_id) == (api.parent, "weekly-2026-48")
    assert json_format.MessageToDict(job.pipeline_spec) == json_format.MessageToDict(
        json_format.ParseDict(spec.pipeline_spec, type(job.pipeline_spec)())
    )
    assert json_format.MessageToDict(job.runtime_config) == {
        "gcsOutputDirectory": "gs://yard-bucket/coralline",
        "parameterValues": {"push_to": "gs://yard-bucket/tried"},
    }
    assert job.labels["tfx_version"] == "1-16-0" and job.labels["coralline-pipeline"] == "yard"
    assert (done.is_new, done.run.id, done.run.name) == (True, "weekly-2026-48", "weekly-2026-48")
    assert done.run.state is RunState.PENDING and done.run.pipeline_version == spec.version
    assert done.run.link.endswith("/locations/europe-west4/pipelines/runs/weekly-2026-48?project=yard-project")
