"""Runs and their steps as OpenLineage run events (https://openlineage.io/spec/2-0-2/OpenLineage.json).

Each execution is a run of the job `<pipeline>.<component>` and has a START and, once it has ended, a COMPLETE, FAIL or
ABORT; the pipeline's run is the parent of its executions. Ids follow from the store's: exporting twice gives the same.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from coralline.foundation.printable import without_secrets
from coralline.lineage.answers.run_table import data_fingerprint, data_path
from coralline.lineage.export.exported_graph import ExportSubject
from coralline.lineage.export.openlineage_datasets import input_dataset, output_dataset, source_dataset
from coralline.lineage.export.openlineage_facets import SPEC, facet, own_facet, producer
from coralline.lineage.lineage_steps import LineageStep
from coralline.lineage.recorded_names import CODE_VERSION, EXAMPLES, GIT_COMMIT, MEASURED
from coralline.lineage.recorded_run import Artifact, Execution, Run
from coralline.lineage.run_history import RunHistory

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:coralline:openlineage")
_ENDED = {"COMPLETE": "COMPLETE", "CACHED": "COMPLETE", "FAILED": "FAIL", "CANCELED": "ABORT", "SKIPPED": "ABORT"}
_LONGEST_MESSAGE = 10_000


def openlineage_events(
    history: RunHistory, subject: ExportSubject, namespace: str = "coralline", repository: str | None = None
) -> list[dict[str, Any]]:
    """The events of a run with its steps, of one step, or of every step around an artifact, in the order of time.

    Args:
      history: the store.
      subject: what to export.
      namespace: of the jobs.
      repository: the address of the code's Git repository; None: events have the commit, but no address.
    """
    runs = {run.run_id: run for run in history.runs_named(step.execution.run_id for step in subject.steps)}
    writer = _Writer(history, namespace, repository)
    events = [event for step in subject.steps for event in writer.of_step(step, runs.get(step.execution.run_id))]
    if subject.run is not None:
        events += writer.of_run(subject.run, subject.steps)
    return sorted(events, key=lambda event: (event["eventTime"], event["eventType"] != "START"))


class _Writer:
    def __init__(self, history: RunHistory, namespace: str, repository: str | None):
        self._history, self._namespace, self._repository = history, namespace, repository

    def of_run(self, run: Run, made: Sequence[LineageStep]) -> Iterator[dict[str, Any]]:
        """The pipeline's run as a whole, of these steps."""
        version = next((found for step in made if (found := _tfx_version(step.outputs))), None)
        facets = {"processing_engine": _engine(run.executions, version)}
        failed = next((e for e in run.executions if e.state == "FAILED" and e.failure), None)
        begin, end = run.created_ms, max((e.updated_ms for e in run.executions), default=run.created_ms)
        job = self._job(run.pipeline or "pipeline", "DAG", run.executions, run.properties)
        yield from self._pair(
            {"runId": _run_uuid(run.run_id), "facets": facets}, job, begin, end, run.state, failed, [], []
        )

    def of_step(self, step: LineageStep, run: Run | None) -> Iterator[dict[str, Any]]:
        """One execution."""
        execution = step.execution
        pipeline = (run.pipeline if run else "") or "pipeline"
        properties = run.properties if run else {}
        facets = {
            "processing_engine": _engine([execution], _tfx_version(step.outputs)),
            "coralline_execution": own_facet(
                "ExecutionRunFacet",
                execution=execution.id,
                run=execution.run_id,
                state=execution.state,
                reused=execution.state == "CACHED",
                madeBy=self._made_by(step),
                settings=_settings(execution),
            ),
        }
        if execution.run_id:
            parent = {"namespace": self._namespace, "name": pipeline}
            facets["parent"] = facet("parent", run={"runId": _run_uuid(execution.run_id)}, job=parent)
        job = self._job(f"{pipeline}.{execution.node}", "TASK", [execution], {**properties, **step.code})
        inputs = [input_dataset(artifact) for artifacts in step.inputs.values() for artifact in artifacts]
        inputs += self._source(step)
        outputs = [output_dataset(artifact) for artifacts in step.outputs.values() for artifact in artifacts]
        described = {"runId": _step_uuid(execution), "facets": facets}
        yield from self._pair(
            described, job, execution.created_ms, execution.updated_ms, execution.state, execution, inputs, outputs
        )

    def _pair(
        self,
        run: dict[str, Any],
        job: dict[str, Any],
        begin_ms: int,
        end_ms: int,
        state: str,
        failed: Execution | None,
        inputs: list[dict[str, Any]],
        outputs: list[dict[str, Any]],
    ) -> Iterator[dict[str, Any]]:
        ended = _ENDED.get(state)
        nominal = facet(
            "nominalTime", nominalStartTime=_time(begin_ms), nominalEndTime=_time(end_ms) if ended else None
        )
        run = {**run, "facets": {**run["facets"], "nominalTime": nominal}}
        yield _event("START", begin_ms, run, job, inputs, [])
        if ended is None:
            return
        if ended == "FAIL":
            message = without_secrets((failed.failure if failed else None) or "no reason is recorded")[
                :_LONGEST_MESSAGE
            ]
            error = facet("errorMessage", message=message, programmingLanguage="PYTHON")
            run = {**run, "facets": {**run["facets"], "errorMessage": error}}
        yield _event(ended, end_ms, run, job, inputs, outputs)

    def _job(self, name: str, kind: str, executions: Sequence[Execution], properties: dict[str, Any]) -> dict[str, Any]:
        integration = "KUBEFLOW" if _is_kubeflow(executions) else "TFX"
        facets = {"jobType": facet("jobType", processingType="BATCH", integration=integration, jobType=kind)}
        code = {str(key): str(properties[key]) for key in CODE_VERSION if key in properties}
        if code:
            facets["coralline_code"] = own_facet("CodeJobFacet", **code)
        commit = code.get(GIT_COMMIT)
        if self._repository and commit and commit != "unknown":
            where = self._repository.removesuffix(".git").rstrip("/")
            facets["sourceCodeLocation"] = facet(
                "sourceCodeLocation",
                type="git",
                url=f"{where}/tree/{commit.partition('+')[0]}",
                repoUrl=self._repository,
                version=commit,
            )
        return {"namespace": self._namespace, "name": name, "facets": facets}

    def _made_by(self, step: LineageStep) -> dict[str, Any] | None:
        """Of a reused result: the execution that made it."""
        if step.execution.state != "CACHED":
            return None
        artifacts = [artifact.id for made in step.outputs.values() for artifact in made]
        makers = {execution for execution, _ in self._history.producers(artifacts).values()}
        made = next(iter(self._history.executions(sorted(makers))), None)
        return None if made is None else {"execution": made.id, "run": made.run_id, "runId": _step_uuid(made)}

    def _source(self, step: LineageStep) -> list[dict[str, Any]]:
        """The data set, of the step that makes examples from it."""
        makes = any(artifact.type == EXAMPLES for made in step.outputs.values() for artifact in made)
        path = data_path([step]) if makes else None
        return [source_dataset(path, data_fingerprint([step]))] if path else []


def _event(
    kind: str,
    time_ms: int,
    run: dict[str, Any],
    job: dict[str, Any],
    inputs: list[dict[str, Any]],
    outputs: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "eventType": kind,
        "eventTime": _time(time_ms),
        "run": run,
        "job": job,
        "inputs": inputs,
        "outputs": outputs,
        "producer": producer(),
        "schemaURL": f"{SPEC}#/$defs/RunEvent",
    }


def _engine(executions: Sequence[Execution], version: str | None) -> dict[str, Any]:
    name = "Kubeflow Pipelines" if _is_kubeflow(executions) else "TFX"
    return facet("processing_engine", name=name, version=version or "unknown", openlineageAdapterVersion=_adapter())


def _is_kubeflow(executions: Sequence[Execution]) -> bool:
    return any(execution.type.startswith("system.") for execution in executions)


def _tfx_version(outputs: dict[str, list[Artifact]]) -> str | None:
    known = (artifact.properties.get("tfx_version") for made in outputs.values() for artifact in made)
    return next((str(version) for version in known if version), None)


def _adapter() -> str:
    return producer().rpartition(":")[2]


def _settings(execution: Execution) -> dict[str, Any]:
    kept = {name: value for name, value in execution.settings.items() if name not in MEASURED}
    text = without_secrets(json.dumps(kept, default=str))
    settings: dict[str, Any] = json.loads(text)
    return settings


def _time(milliseconds: int) -> str:
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc).isoformat(
        timespec="milliseconds"
    )


def _run_uuid(run_id: str) -> str:
    return str(uuid.uuid5(_IDS, f"run/{run_id}"))


def _step_uuid(execution: Execution) -> str:
    return str(uuid.uuid5(_IDS, f"run/{execution.run_id}/execution/{execution.id}"))
