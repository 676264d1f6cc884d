"""What the stand-in refuses: the rules of google.cloud.aiplatform.v1's comments on PipelineJob and Schedule.

https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.pipelineJobs and .schedules say the same.
"""

from __future__ import annotations

import re
import zoneinfo
from typing import Any

import grpc
import yaml
from google.cloud.aiplatform_v1 import types
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
from vertex_answers import Code, refuse

JOB_ID = re.compile(r"^[a-z][-a-z0-9]{0,127}$")
_LABEL = re.compile(r"^[a-z0-9_-]{0,63}$")
_NETWORK = re.compile(r"^projects/\d+/global/networks/[a-z][-a-z0-9]*$")
_KEY = re.compile(r"^projects/[^/]+/locations/([^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+$")
_CRON_FIELD = re.compile(r"^(\*|\d+(-\d+)?)(/\d+)?(,(\*|\d+(-\d+)?)(/\d+)?)*$|^[A-Z]{3}(-[A-Z]{3})?$")
# What the service says of another title, in tensorflow/tfx#4472.
_TITLE = re.compile(r"^[a-z][a-z0-9-_]{2,20}[.][A-Z][a-zA-Z0-9-_]{2,49}$")
_TYPES = {"STRING": str, "NUMBER_INTEGER": float, "NUMBER_DOUBLE": float, "BOOLEAN": bool}


def require_job(context: grpc.ServicerContext, job: types.PipelineJob, region: str, acts_as: set[str]) -> None:
    """Refuses a job that the API wouldn't take."""

    def require(so: Any, message: str) -> None:
        if not so:
            refuse(context, Code.INVALID_ARGUMENT, message)

    require(len(job.display_name) <= 128, "display_name has more than 128 characters.")
    require(len(job.labels) <= 64, "There are more than 64 labels.")
    for key, value in job.labels.items():
        require(key[:1].isalpha() and _LABEL.match(key) and _LABEL.match(value), f"Invalid label: {key}={value}")
    require(not job.network or _NETWORK.match(job.network), f"Invalid network: {job.network}")
    if key := job.encryption_spec.kms_key_name:
        found = _KEY.match(key)
        require(found and found.group(1) == region, f"Invalid KMS key for {region}: {key}")
    require(
        not job.service_account or job.service_account in acts_as,
        # googleapis/python-aiplatform#1073
        f"You do not have permission to act as service_account: {job.service_account}. (or it may not exist).",
    )
    root = job.runtime_config.gcs_output_directory
    require(root.startswith("gs://"), f"Invalid gcs_output_directory: {root!r}")
    _require_spec(require, job)


def _require_spec(require: Any, job: types.PipelineJob) -> None:
    spec = json_format.MessageToDict(types.PipelineJob.pb(job).pipeline_spec)
    require(spec, "PipelineSpec is required.")
    try:
        parsed = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    except json_format.ParseError as error:
        require(False, f"Invalid pipeline spec: {error}")
    require(parsed.schema_version == "2.1.0" and parsed.pipeline_info.name, "Invalid pipeline spec.")
    require(not job.runtime_config.parameters, "RuntimeConfig.parameters is for schema_version 2.0.0 or lower.")
    for component in parsed.components.values():
        artifacts = (*component.input_definitions.artifacts.values(), *component.output_definitions.artifacts.values())
        for artifact in artifacts:
            title = yaml.safe_load(artifact.artifact_type.instance_schema)["title"]
            message = "MetadataSchema must include a schema title that satisfies the following regex: "
            require(_TITLE.match(title), message + _TITLE.pattern)
    declared = parsed.root.input_definitions.parameters
    given = json_format.MessageToDict(types.PipelineJob.pb(job).runtime_config).get("parameterValues", {})
    for name, value in given.items():
        require(name in declared, f"Parameter {name} is not found in the pipeline job input definitions.")
        kind = pipeline_spec_pb2.ParameterType.ParameterTypeEnum.Name(declared[name].parameter_type)
        require(isinstance(value, _TYPES[kind]), f"Parameter {name} is not of type {kind}.")
    for name, definition in declared.items():
        needed = not definition.is_optional and not definition.HasField("default_value")
        require(name in given or not needed, f"Parameter {name} has no value.")


def require_schedule(context: grpc.ServicerContext, schedule: types.Schedule) -> None:
    """Refuses a schedule that the API wouldn't take; its job is looked at by `require_job`."""
    if not schedule.display_name or len(schedule.display_name) > 128:
        refuse(context, Code.INVALID_ARGUMENT, "display_name is required, of at most 128 characters.")
    if schedule.max_concurrent_run_count < 1:
        refuse(context, Code.INVALID_ARGUMENT, "max_concurrent_run_count is required.")
    require_cron(context, schedule.cron)
    if "create_pipeline_job_request" not in schedule or not schedule.create_pipeline_job_request.parent:
        refuse(context, Code.INVALID_ARGUMENT, "create_pipeline_job_request.parent is required.")
    # Not documented; it would let the first run start and no other.
    if schedule.create_pipeline_job_request.pipeline_job_id:
        refuse(context, Code.INVALID_ARGUMENT, "pipeline_job_id: a second run would have the same.")


def require_cron(context: grpc.ServicerContext, cron: str) -> None:
    """Five fields, after `TZ=` or `CRON_TZ=` and a name of the IANA time zone database."""
    zone, fields = "UTC", cron.split()
    if fields and fields[0].startswith(("TZ=", "CRON_TZ=")):
        zone = fields.pop(0).partition("=")[2]
    if zone not in zoneinfo.available_timezones():
        refuse(context, Code.INVALID_ARGUMENT, f"Invalid time zone: {zone}")
    if len(fields) != 5 or not all(_CRON_FIELD.match(field) for field in fields):
        refuse(context, Code.INVALID_ARGUMENT, f"Invalid cron: {cron}")
