"""Where on Vertex AI: the project, the region and the address of its API, looked at before anything is sent."""

from __future__ import annotations

import dataclasses
import os
import re
from typing import TYPE_CHECKING

from coralline.foundation.errors import UserError

if TYPE_CHECKING:
    from pipeline.cluster_settings import VertexSettings

# https://cloud.google.com/resource-manager/docs/creating-managing-projects; a project's number does, too.
_PROJECT = re.compile(r"^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$|^\d+$")
_REGION = re.compile(r"^[a-z]+-[a-z]+\d+$")
_CONSOLE = "https://console.cloud.google.com/vertex-ai"


@dataclasses.dataclass(frozen=True)
class VertexLocation:
    """A project in a region.

    Attributes:
      project: its id or number.
      region: such as europe-west4.
      endpoint: host, and perhaps port, of the API.
    """

    project: str
    region: str
    endpoint: str

    @property
    def parent(self) -> str:
        """The resource that runs and schedules belong to."""
        return f"projects/{self.project}/locations/{self.region}"

    @property
    def place(self) -> str:
        """In words, for messages."""
        return f"Vertex AI in {self.region}, project {self.project}"

    def run_link(self, job_id: str) -> str:
        """A run's page in the console (`PipelineJob._dashboard_uri` of google-cloud-aiplatform)."""
        return f"{_CONSOLE}/locations/{self.region}/pipelines/runs/{job_id}?project={self.project}"

    def schedule_link(self, schedule_id: str) -> str:
        """A schedule's page in the console (`_Schedule._dashboard_uri`)."""
        return f"{_CONSOLE}/locations/{self.region}/pipelines/schedules/{schedule_id}?project={self.project}"


def vertex_location(settings: VertexSettings) -> VertexLocation:
    """The place that settings name; the project may come from the environment.

    Raises:
      UserError: one is missing or can't be one.
    """
    project = settings.project or os.environ.get("GOOGLE_CLOUD_PROJECT")
    _require("project", project, _PROJECT, "a Google Cloud project, such as yard-123456", "gcloud projects list")
    _require("region", settings.region, _REGION, "a region, such as europe-west4", "gcloud compute regions list")
    assert project is not None and settings.region is not None
    endpoint = settings.api_endpoint or f"{settings.region}-aiplatform.googleapis.com"
    return VertexLocation(project, settings.region, endpoint)


def _require(key: str, value: str | None, pattern: re.Pattern[str], expected: str, command: str) -> None:
    if value is None or not pattern.match(value):
        raise UserError(
            f"no {key} is named for Vertex AI" if value is None else f"this can't be a {key} of Google Cloud",
            expected=f"{expected}, in deployment.vertex.{key}",
            found=value,
            fix=f"set deployment.vertex.{key}; `{command}` lists them",
        )
