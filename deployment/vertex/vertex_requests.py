"""What Vertex AI is sent: a PipelineJob or a Schedule from a compiled spec and what a run is to be given.

The spec goes whole into the request, as google-cloud-aiplatform's `PipelineJob` sends it (`pipeline_utils.py`:
`parameterValues` from schema 2.1.0 on, the root as `gcs_output_directory`); the labels that TFX wrote into the file,
which that class drops, are kept. Nothing overrides what the spec says of each step's cache.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from deployment.submission.cron_times import CronTimes
from deployment.submission.remote_runs import RunRequest
from deployment.submission.submitted_spec import SubmittedSpec
from deployment.vertex.vertex_location import VertexLocation

if TYPE_CHECKING:
    from pipeline.cluster_settings import VertexSettings

REQUEST_LABEL = "coralline-request"
"""Which request has made it."""
# The two parts of `SubmittedSpec.version`, which together may be too long for a label.
_PIPELINE_LABEL, _SPEC_LABEL = "coralline-pipeline", "coralline-spec"
_OWN_LABELS = (_PIPELINE_LABEL, _SPEC_LABEL, REQUEST_LABEL)

# "less than 128 characters", CreatePipelineJobRequest.pipeline_job_id
_MOST_OF_AN_ID = 127
_ID = re.compile(rf"^[a-z][-a-z0-9]{{0,{_MOST_OF_AN_ID - 1}}}$")
_DIGITS = 12
# PipelineJob.display_name and Schedule.display_name
_MOST_OF_A_NAME = 128
_KEY = re.compile(r"^projects/[^/]+/locations/([^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+$")


def job_id_of(name: str, pipeline: str) -> str:
    """The job id of a run: the pipeline's name and the run's, which is given a digest where it can't be in an id.

    Ids are those of all pipelines in a region; a run's name may have the pipeline's in front already.
    """
    whole = name if f"{name}-".startswith(f"{pipeline}-") else f"{pipeline}-{name}"
    if is_job_id(whole):
        return whole
    alike = re.sub(r"[^a-z0-9]+", "-", whole.lower()).strip("-")
    return f"{alike[: _MOST_OF_AN_ID - _DIGITS - 1]}-{hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]}"


def is_job_id(text: str) -> bool:
    """Whether it can be the id of a PipelineJob."""
    return _ID.match(text) is not None


def pipeline_job(
    spec: SubmittedSpec, request: RunRequest, settings: VertexSettings, location: VertexLocation, request_id: str
) -> Any:
    """The PipelineJob.

    Args:
      spec: compiled for Vertex AI.
      request: what the run is to be given.
      settings, location: where, as whom, in which network, under which key.
      request_id: in a label, so that a job whose creation was never answered can be told from an earlier one.

    Raises:
      UserError: the spec is another target's, or the root, the name or the key can't be used.
    """
    from google.cloud.aiplatform_v1 import types
    from google.protobuf import json_format

    spec.require_target("vertex")
    root = _root(spec, request)
    _require_name(request.name)
    if settings.encryption_key is not None:
        _require_key(settings.encryption_key, location.region)
    document: dict[str, Any] = {
        "displayName": request.name,
        "pipelineSpec": spec.pipeline_spec,
        "runtimeConfig": {"gcsOutputDirectory": root, "parameterValues": dict(request.parameters)},
    }
    if account := request.service_account or settings.service_account:
        document["serviceAccount"] = account
    if settings.network is not None:
        document["network"] = settings.network
    if settings.encryption_key is not None:
        document["encryptionSpec"] = {"kmsKeyName": settings.encryption_key}
    own = (spec.name, spec.version.removeprefix(f"{spec.name}-"), request_id)
    labels = spec.documents[0].get("labels", {}) | settings.labels
    document["labels"] = labels | dict(zip(_OWN_LABELS, own, strict=True))
    job = types.PipelineJob()
    json_format.ParseDict(document, types.PipelineJob.pb(job))
    return job


def schedule(job: Any, cron: CronTimes, location: VertexLocation) -> Any:
    """The Schedule that starts such jobs, one at a time, none for times that were missed.

    `max_concurrent_run_count` limits how many are being started, `max_concurrent_active_run_count` how many go on. Not
    queueing, a time at which a run still goes on is skipped. Jobs have ids of Vertex AI's making.

    Raises:
      UserError: Vertex AI's cron can't say these times.
    """
    from google.cloud.aiplatform_v1 import types

    return types.Schedule(
        display_name=job.display_name,
        cron=cron_text(cron),
        max_concurrent_run_count=1,
        max_concurrent_active_run_count=1,
        allow_queueing=False,
        create_pipeline_job_request={"parent": location.parent, "pipeline_job": job},
    )


def cron_text(cron: CronTimes) -> str:
    """`TZ=Europe/Berlin 0 4 * * 1`, as Vertex AI has it.

    Raises:
      UserError: it has seconds, which Vertex AI doesn't know.
    """
    if cron.seconds != "0":
        raise UserError(
            "Vertex AI's schedules know no seconds",
            expected="five fields (minute, hour, day of month, month, day of week), or six with 0 first",
            found=cron.six_fields,
            fix=f"--cron '{cron.five_fields}'",
        )
    return f"TZ={cron.time_zone} {cron.five_fields}"


def labels_of(job: Any) -> dict[str, str]:
    """The labels that settings and spec gave a PipelineJob: not those of this module, nor those of Vertex AI."""
    return {key: job.labels[key] for key in sorted(job.labels) if key not in _OWN_LABELS and key[:7] != "vertex-"}


def version_of(job: Any) -> str | None:
    """`SubmittedSpec.version` of a PipelineJob; None: it was submitted by other means."""
    name, digest = job.labels.get(_PIPELINE_LABEL), job.labels.get(_SPEC_LABEL)
    return f"{name}-{digest}" if name and digest else None


def _root(spec: SubmittedSpec, request: RunRequest) -> str:
    root = request.pipeline_root or spec.default_root or ""
    if not re.match(r"^gs://[^/]+", root):
        raise UserError(
            "Vertex AI writes artifacts to Google Cloud Storage only",
            expected="a pipeline root gs://bucket/...",
            found=root or "none",
            fix="set deployment.pipeline_root and compile again, or give the run another root",
        )
    return root


def _require_name(name: str) -> None:
    if not name.strip() or len(name) > _MOST_OF_A_NAME:
        raise UserError(
            "this can't be a name on Vertex AI",
            expected=f"1 to {_MOST_OF_A_NAME} characters",
            found=f"{len(name)} characters: {name[:40]}",
            fix="give it another name",
        )


def _require_key(key: str, region: str) -> None:
    found = _KEY.match(key)
    if found is None or found.group(1) != region:
        raise UserError(
            "this encryption key can't be used there",
            expected=f"projects/PROJECT/locations/{region}/keyRings/RING/cryptoKeys/KEY: a key of the same region",
            found=key,
            fix="set deployment.vertex.encryption_key",
        )
