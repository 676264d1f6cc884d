"""The kfp client of the lock, opened so that its requests end and tell, with the listings and uploads that we need.

What the client prints (links) and keeps in the home folder (a namespace) is left out. It is asked whether there are
several users once, where the stock client asks up to five times with five seconds between (`get_kfp_healthz`).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from coralline.foundation.errors import UserError
from deployment.kubeflow.api_errors import answers_told
from deployment.kubeflow.sign_in import SignIn
from deployment.submission.submitted_spec import SubmittedSpec
from pipeline.cluster_settings import KubeflowSettings

_HOST = "KF_PIPELINES_ENDPOINT"
_IN_CLUSTER = "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_PAGE_SIZE = 100
_NEWEST_FIRST = "created_at desc"
_EQUALS = 1
"""Of the filters' operations (`Predicate.Operation` in backend/api/v2beta1/filter.proto)."""


class KubeflowApi:
    """Requests in the terms of Kubeflow Pipelines.

    Args:
      settings: where it is.

    Raises:
      UserError: no address, no credentials where they are wanted, no answer, or no namespace where there are several.
    """

    def __init__(self, settings: KubeflowSettings) -> None:
        self.host = _host(settings)
        self.place = f"Kubeflow Pipelines at {self.host}"
        self.sign_in = SignIn(settings.token_file)
        ca_file = settings.ca_file and str(Path(settings.ca_file).expanduser())
        if ca_file and not Path(ca_file).is_file():
            raise UserError("there are no certificates", file=ca_file, fix="correct deployment.kubeflow.ca_file")
        with self.asked("it can't be spoken to"):
            self.client = _opened(self.host, self.sign_in, ca_file, settings.timeout_s)
            several = bool(self.client.get_kfp_healthz().multi_user)
        self.namespace = _namespace(settings, self.place) if several else None

    @contextlib.contextmanager
    def asked(self, doing: str, changes: bool = False) -> Iterator[None]:
        """As `answers_told`; what the client prints is left out."""
        with answers_told(self.place, self.sign_in, doing, changes), contextlib.redirect_stdout(io.StringIO()):
            yield

    def experiment_id(self, name: str) -> str | None:
        """The id of an experiment that isn't archived; None: there is none."""
        found = self._named(self.client.list_experiments, "experiments", name, namespace=self.namespace)
        return next((experiment.experiment_id for experiment in found if _is_there(experiment)), None)

    def made_experiment_id(self, name: str) -> str:
        """The id of an experiment, which is made if there is none."""
        known = self.experiment_id(name)
        if known is not None:
            return known
        with self.asked(f"the experiment {name} can't be made", changes=True):
            made = self.client.create_experiment(name, namespace=self.namespace)
            return str(_said(made.experiment_id))

    def pipeline_id(self, name: str) -> str | None:
        """The id of a pipeline; None: there is none."""
        found = self._named(self.client.list_pipelines, "pipelines", name, namespace=self.namespace)
        return next((pipeline.pipeline_id for pipeline in found), None)

    def versions(self, pipeline_id: str) -> dict[str, str]:
        """Names of a pipeline's versions by id, newest first."""
        with self.asked("the pipeline's versions can't be listed"):
            found = _all(self.client.list_pipeline_versions, "pipeline_versions", None, pipeline_id=pipeline_id)
            return {version.pipeline_version_id: version.display_name for version in found}

    def upload(self, spec: SubmittedSpec) -> tuple[str, str]:
        """Uploads a version that isn't there; gives the ids of pipeline and version.

        The pipeline itself is made first, without a version: an upload of a pipeline would make one with the pipeline's
        name.
        """
        pipeline_id = self.pipeline_id(spec.name)
        if pipeline_id is None:
            with self.asked(f"the pipeline {spec.name} can't be made", changes=True):
                models = self.client.api_models
                body = models.V2beta1Pipeline(display_name=spec.name, namespace=self.namespace)
                pipeline_id = str(_said(self.client.pipelines.create_pipeline(body=body).pipeline_id))
        with tempfile.TemporaryDirectory() as folder, self.asked(f"{spec.version} can't be uploaded", changes=True):
            # The API goes by the name's ending.
            file = Path(folder, "pipeline.yaml")
            file.write_bytes(spec.content)
            made = self.client.upload_pipeline_version(str(file), spec.version, pipeline_id=pipeline_id)
            return pipeline_id, str(_said(made.pipeline_version_id))

    def runs(self, experiment_id: str, most: int | None, name: str | None = None) -> list[Any]:
        """Runs that aren't archived, newest first; all of that name if there is one."""
        with self.asked("runs can't be listed"):
            filtered = _filter(name) if name is not None else None
            found = _all(
                self.client.list_runs, "runs", most, experiment_id=experiment_id, filter=filtered, sort_by=_NEWEST_FIRST
            )
            return [run for run in found if _is_there(run) and name in (None, run.display_name)]

    def recurring_runs(self, experiment_id: str) -> list[Any]:
        """All recurring runs."""
        with self.asked("schedules can't be listed"):
            return _all(self.client.list_recurring_runs, "recurring_runs", None, experiment_id=experiment_id)

    def _named(self, listing: Callable[..., Any], key: str, name: str, **arguments: Any) -> list[Any]:
        """The API may take names that differ in upper and lower case for equal (`AddToSelect` in filter.go)."""
        with self.asked(f"{key} can't be listed"):
            return [
                one for one in _all(listing, key, None, filter=_filter(name), **arguments) if one.display_name == name
            ]


def _host(settings: KubeflowSettings) -> str:
    host = settings.host or os.environ.get(_HOST)
    if host is None and "KUBERNETES_SERVICE_HOST" in os.environ:
        host = _IN_CLUSTER
    if host is None:
        raise UserError(
            "it isn't said where Kubeflow Pipelines is",
            expected="an address such as https://kubeflow.example.org/pipeline",
            fix=f"set deployment.kubeflow.host in the configuration, or {_HOST} in the environment",
        )
    if not host.startswith(("http://", "https://")) or "@" in host:
        raise UserError(
            "this is no address of Kubeflow Pipelines",
            expected="http:// or https://, without user and password",
            found=host,
            fix="correct deployment.kubeflow.host",
        )
    return host.rstrip("/")


def _opened(host: str, sign_in: SignIn, ca_file: str | None, timeout_s: int) -> Any:
    import kfp

    from deployment.kubeflow.api_requests import PromptRestClient

    class PromptClient(kfp.Client):  # type: ignore[misc]
        """Its requests end, and it is asked for its health once."""

        health: Any = None

        def get_kfp_healthz(self, sleep_duration: int = 0) -> Any:
            if self.health is None:
                api_client = self._healthz_api.api_client
                api_client.rest_client = PromptRestClient(api_client.configuration, sign_in, timeout_s)
                self.health = self._healthz_api.get_healthz()
            return self.health

        def set_user_namespace(self, namespace: str) -> None:
            self._context_setting["namespace"] = namespace

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PromptClient(
            host=host, namespace="", credentials=sign_in, cookies=sign_in.cookie, ssl_ca_cert=ca_file, ui_host=host
        )


def _namespace(settings: KubeflowSettings, place: str) -> str:
    if settings.namespace is not None:
        return settings.namespace
    if _POD_NAMESPACE.is_file():
        return _POD_NAMESPACE.read_text(encoding="utf-8").strip()
    raise UserError(
        f"{place} has several users, and none is named",
        expected="the namespace of a profile",
        fix="set deployment.kubeflow.namespace",
    )


def _filter(name: str) -> str:
    return json.dumps({"predicates": [{"operation": _EQUALS, "key": "display_name", "stringValue": name}]})


def _all(listing: Callable[..., Any], key: str, most: int | None, **arguments: Any) -> list[Any]:
    """The records of all pages, or of so many that there are enough."""
    found: list[Any] = []
    token = ""
    while True:
        page = listing(page_token=token, page_size=_PAGE_SIZE, **arguments)
        found += getattr(page, key) or []
        token = page.next_page_token or ""
        if not token or (most is not None and len(found) >= most):
            return found


def _is_there(record: Any) -> bool:
    return str(record.storage_state) != "ARCHIVED"


def _said(identifier: str | None) -> str:
    """An id that an answer must have; without it nothing was made that could be relied on."""
    if not identifier:
        raise ValueError("an answer without an id")
    return identifier
