"""The sections `deployment.kubeflow` and `deployment.vertex`: where runs are submitted to, and as whom."""

from __future__ import annotations

from pydantic import Field

from coralline.foundation.settings_section import SettingsSection


class KubeflowSettings(SettingsSection):
    """A Kubeflow Pipelines API. Tokens and cookies are in no setting: docs/cluster.md says where they come from."""

    host: str | None = Field(
        None,
        min_length=1,
        description="Address of its API, such as https://kubeflow.example.org/pipeline; else the environment's "
        "KF_PIPELINES_ENDPOINT.",
    )
    namespace: str | None = Field(
        None, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", description="The profile's, where there are several users."
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
        None, min_length=1, description="The e-mail address of the steps' account. Default: Vertex AI's."
    )
