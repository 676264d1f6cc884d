"""The sections `deployment.kubeflow` and `deployment.vertex`: where runs are submitted to, and as whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from coralline.foundation.settings_section import SettingsSection

# PipelineJob.labels in google/cloud/aiplatform/v1/pipeline_job.proto, but for letters of other alphabets.
_LabelKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
_LabelValue = Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,63}$")]


class KubeflowSettings(SettingsSection):
    """A Kubeflow Pipelines API. Tokens and cookies are in no setting: docs/cluster.md says where they come from."""

    host: str | None = Field(
        None,
        min_length=1,
        description="Address of its API, such as https://kubeflow.example.org/pipeline; else the environment's "
        "KF_PIPELINES_ENDPOINT.",
    )
    namespace: str | None = Field(
        None, pattern=r"^[a-z0-9][a-z0-9-]*$", description="The profile's, where there are several users."
    )
    experiment: str | None = Field(
        None, min_length=1, description="The experiment that runs belong to. Default: the pipeline's name."
    )
    service_account: str | None = Field(
        None, min_length=1, description="The Kubernetes account of the steps. Default: the cluster's."
    )
    token_file: str | None = Field(
        None,
        min_length=1,
        description="A file with a bearer token, read for each request, so that it may be renewed meanwhile.",
    )
    ca_file: str | None = Field(
        None, min_length=1, description="Certificates (PEM) that vouch for the host, where it isn't publicly known."
    )
    timeout_s: int = Field(60, ge=1, description="Longest wait for an answer, in seconds.")
    time_zone: str = Field(
        "UTC",
        min_length=1,
        description="The time zone that the cluster's scheduler goes by (CRON_SCHEDULE_TIMEZONE of "
        "ml-pipeline-scheduledworkflow); it has one for all schedules.",
    )


class VertexSettings(SettingsSection):
    """A Vertex AI project; credentials are Google's application default credentials."""

    project: str | None = Field(
        None, min_length=1, description="The Google Cloud project; else the environment's GOOGLE_CLOUD_PROJECT."
    )
    region: str | None = Field(None, min_length=1, description="Its region, such as europe-west4.")
    service_account: str | None = Field(
        None,
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="The e-mail address of the steps' account. Default: the project's Compute Engine default account, "
        "which can do more than steps need.",
    )
    network: str | None = Field(
        None,
        pattern=r"^projects/[^/]+/global/networks/[^/]+$",
        description="The VPC network that steps are peered with: projects/PROJECT_NUMBER/global/networks/NAME.",
    )
    encryption_key: str | None = Field(
        None,
        pattern=r"^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$",
        description="The Cloud KMS key that protects runs, of the same region: "
        "projects/P/locations/REGION/keyRings/R/cryptoKeys/K.",
    )
    labels: dict[_LabelKey, _LabelValue] = Field(
        {}, max_length=50, description="Labels of runs, for finding them and for bills."
    )
    api_endpoint: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9.-]+(:\d+)?$",
        description="Host of the API, where it is another than REGION-aiplatform.googleapis.com: Private Service "
        "Connect, for one.",
    )
