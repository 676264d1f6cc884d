"""What Kubeflow Pipelines' driver and launcher write to ML Metadata, and read back.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/metadata/client.go` at 00f7b52b28, beside
their callers in `driver/root_dag.go`, `driver/container.go` and `component/launcher_v2.go` of releases 2.5 to 2.17 (on
the main branch the driver has since stopped using ML Metadata: tasks go to the API server). In the order of a run:

1. Root driver: `get_pipeline` with everything, `create_execution` of type `system.DAGExecution` named `run/<run id>`,
   without task name, its inputs the run's parameters (root_dag.go, RootDAG). It stays RUNNING for ever: a DAG without
   `total_dag_tasks` is never closed (UpdateDAGExecutionsState), and the root driver gives it none.
2. Container driver: `get_pipeline` with the two names only, `get_execution` of the DAG, `get_executions_in_dag` to find
   producers, `get_output_artifacts` of each, `create_execution` of type `system.ContainerExecution` with task name,
   parent DAG, fingerprint (container.go, Container). When the cache answers: `get_output_artifacts` of the cached
   execution, `publish_execution` with them and CACHED; no launcher runs.
3. Launcher: `get_execution`, `pre_publish_execution` with the pod's name; after the container `record_artifact` for
   each output, `publish_execution` with COMPLETE, or with FAILED, no parameters and no artifacts, then
   `update_dag_state` (launcher_v2.go, Execute). A pod that is killed publishes nothing: RUNNING stays. A retried pod
   takes the same execution again. A run that is retried by hand gets a new execution for the task.

How a nested DAG forwards its tasks' outputs (`parameter_producer_task`, `artifact_producer_task`) isn't here: a TFX
pipeline compiles to one DAG.
"""

from __future__ import annotations

import contextlib
import json
import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format
from ml_metadata import ListOptions, MetadataStore, errors
from ml_metadata.proto import metadata_store_pb2 as pb

from deployment.emulation.metadata_records import (
    PIPELINE_CONTEXT,
    RUN_CONTEXT,
    ExecutionConfig,
    OutputArtifact,
    PipelineContexts,
    RecordedExecution,
)
from deployment.emulation.runtime_artifact import KfpMetadataError, schema_of, to_stored_artifact, type_name


def output_uri(pipeline_root: str, *paths: str, keep_query: bool = False) -> str:
    """`<root>/<paths>`; a `?query` of the root goes last, or is dropped (client.go, GenerateOutputURI)."""
    root, _, query = pipeline_root.partition("?")
    suffix = f"?{query}" if query and keep_query else ""
    return f"{root.rstrip('/')}/{posixpath.normpath(posixpath.join(*paths))}{suffix}"


class KfpMetadata:
    """The operations of the backend's ML Metadata client (client.go, Client) on a store that may be written to."""

    def __init__(self, store: MetadataStore):
        self._store = store

    def get_pipeline(
        self,
        pipeline_name: str,
        run_id: str,
        namespace: str = "",
        run_resource: str = "",
        pipeline_root: str = "",
        store_session_info: str = "",
    ) -> PipelineContexts:
        """The contexts of a pipeline and its run, made if they aren't there, the pipeline the run's parent.

        What is there stays as it is, so that drivers after the root's give the two names only (GetPipeline). The root
        driver gives `run-resource` for the resource (root_dag.go, RootDAG).

        Raises:
          KfpMetadataError: the run belongs to another pipeline.
        """
        pipeline = self._context(PIPELINE_CONTEXT, pipeline_name, {})
        known = {
            "namespace": namespace,
            "resource_name": run_resource,
            "pipeline_root": output_uri(pipeline_root, pipeline_name, run_id, keep_query=True),
            "store_session_info": store_session_info,
        }
        run = self._context(RUN_CONTEXT, run_id, known)
        parents = self._store.get_parent_contexts_by_context(run.id)
        if any(parent.id != pipeline.id for parent in parents):
            raise KfpMetadataError(
                f"Parent context ID {parents[0].id} of current run is different from expected: {pipeline.id}"
            )
        if not parents:
            with contextlib.suppress(errors.AlreadyExistsError):
                self._store.put_parent_contexts([pb.ParentContext(child_id=run.id, parent_id=pipeline.id)])
        return PipelineContexts(pipeline, run)

    def _context(self, context_type: str, name: str, properties: Mapping[str, str]) -> pb.Context:
        """(getOrInsertContext, getContextTypeID: types have no properties of their own.)"""
        if found := self._store.get_context_by_type_and_name(context_type, name):
            return found
        context = pb.Context(type_id=self._store.put_context_type(pb.ContextType(name=context_type)), name=name)
        for key, value in properties.items():
            context.custom_properties[key].string_value = value
        with contextlib.suppress(errors.AlreadyExistsError):
            self._store.put_contexts([context])
        return self._store.get_context_by_type_and_name(context_type, name)

    def create_execution(self, contexts: PipelineContexts, config: ExecutionConfig) -> RecordedExecution:
        """Registers an execution as RUNNING, or CANCELED if its condition was false, with its inputs (CreateExecution).

        Raises:
          ml_metadata.errors.AlreadyExistsError: an execution has this name: the run's root was made before.
        """
        execution = pb.Execution(type_id=self._store.put_execution_type(pb.ExecutionType(name=config.execution_type)))
        if config.name:
            execution.name = config.name
        execution.last_known_state = pb.Execution.CANCELED if config.not_triggered else pb.Execution.RUNNING
        for key, text in config.texts().items():
            execution.custom_properties[key].string_value = text
        for key, number in config.numbers().items():
            execution.custom_properties[key].int_value = number
        if config.input_parameters is not None:
            execution.custom_properties["inputs"].struct_value.SetInParent()
            json_format.ParseDict(dict(config.input_parameters), execution.custom_properties["inputs"].struct_value)
        events = [
            (None, _event(pb.Event.INPUT, name, artifact_id))
            for name, ids in config.input_artifact_ids.items()
            for artifact_id in ids
        ]
        execution_id, _, _ = self._store.put_execution(execution, events, [contexts.pipeline, contexts.run])
        return self.get_execution(execution_id)

    def pre_publish_execution(
        self, execution: RecordedExecution, pod_name: str, pod_uid: str, namespace: str
    ) -> RecordedExecution:
        """Before the container starts, at every try: the pod, and RUNNING (PrePublishExecution)."""
        for key, text in {"pod_name": pod_name, "pod_uid": pod_uid, "namespace": namespace}.items():
            execution.stored.custom_properties[key].string_value = text
        execution.stored.last_known_state = pb.Execution.RUNNING
        self._store.put_execution(execution.stored, [], [])
        return execution

    def publish_execution(
        self,
        execution: RecordedExecution,
        output_parameters: Mapping[str, Any] | None,
        output_artifacts: Sequence[OutputArtifact],
        state: str,
    ) -> None:
        """The end of an execution: `state` is COMPLETE, CACHED or FAILED (PublishExecution).

        Args:
          output_parameters: None (a failed container): the property `outputs` isn't written.
          output_artifacts: recorded before; each gets an OUTPUT event with its name as the path's only step.
        """
        execution.stored.last_known_state = pb.Execution.State.Value(state)
        if output_parameters is not None:
            outputs = execution.stored.custom_properties["outputs"].struct_value
            outputs.Clear()
            outputs.SetInParent()
            json_format.ParseDict(dict(output_parameters), outputs)
        events = [(None, _event(pb.Event.OUTPUT, made.name, made.stored.id)) for made in output_artifacts]
        self._store.put_execution(execution.stored, events, [execution.contexts.pipeline, execution.contexts.run])

    def get_execution(self, execution_id: int) -> RecordedExecution:
        """An execution with its contexts, as the store has it now (GetExecution, GetPipelineFromExecution, GetDAG).

        Raises:
          KfpMetadataError: there is none with this number.
        """
        found = self._store.get_executions_by_id([execution_id])
        if not found:
            raise KfpMetadataError(f"execution ID={execution_id} not found")
        by_type = {context.type: context for context in self._store.get_contexts_by_execution(execution_id)}
        return RecordedExecution(found[0], PipelineContexts(by_type[PIPELINE_CONTEXT], by_type[RUN_CONTEXT]))

    def get_execution_by_name(self, execution_type: str, name: str) -> RecordedExecution:
        """An execution by its name, such as the root's `run/<run id>` (GetExecutionByTypeAndName).

        Raises:
          KfpMetadataError: there is none.
        """
        found = self._store.get_execution_by_type_and_name(execution_type, name)
        if found is None:
            raise KfpMetadataError(f'no execution found for type="{execution_type}", name="{name}"')
        return self.get_execution(found.id)

    def get_executions_in_dag(self, dag: RecordedExecution, everywhere: bool = False) -> dict[str, RecordedExecution]:
        """A DAG's tasks by `<task>_<DAG's id>`, with `_idx_<n>` in a loop (GetExecutionsInDAG).

        Args:
          everywhere: the whole run's executions, those of DAGs below it among them, under this DAG's id.

        Raises:
          KfpMetadataError: two executions have the same name, as after a task was run again by hand.
        """
        query = (
            None if everywhere else ListOptions(filter_query=f"custom_properties.parent_dag_id.int_value = {dag.id}")
        )
        tasks: dict[str, RecordedExecution] = {}
        for stored in self._store.get_executions_by_context(dag.contexts.run.id, query):
            task = RecordedExecution(stored, dag.contexts)
            name = f"{task.task_name}_{dag.id}"
            looped = next((e for e in (stored, dag.stored) if "iteration_index" in e.custom_properties), None)
            if looped is not None:
                name += f"_idx_{looped.custom_properties['iteration_index'].int_value}"
            if name in tasks:
                raise KfpMetadataError(
                    f'two tasks have the same task name "{name}", id1={tasks[name].id} id2={task.id}'
                )
            tasks[name] = task
        return tasks

    def update_dag_state(self, dag: RecordedExecution) -> None:
        """Closes a DAG whose tasks have ended, and those above it; never a root, which has no count of its tasks
        (UpdateDAGExecutionsState)."""
        counts = {name: value.int_value for name, value in dag.stored.custom_properties.items()}
        expected = counts.get("iteration_count", counts.get("total_dag_tasks", 0))
        if not expected and "iteration_count" not in counts:
            return
        states = [task.state for task in self.get_executions_in_dag(dag).values()]
        if sum(state in ("COMPLETE", "CACHED", "CANCELED") for state in states) == expected:
            dag.stored.last_known_state = pb.Execution.COMPLETE
        elif "FAILED" in states:
            dag.stored.last_known_state = pb.Execution.FAILED
        else:
            return
        self._store.put_execution(dag.stored, [], [])
        if parent := counts.get("parent_dag_id"):
            self.update_dag_state(self.get_execution(parent))

    def record_artifact(
        self, output_name: str, runtime_artifact: dict[str, Any], store_session_info: str = ""
    ) -> OutputArtifact:
        """Stores an output as LIVE under the type that its schema's title names (RecordArtifact).

        Args:
          output_name: becomes `display_name` unless the metadata has one.
          runtime_artifact: what the container said, over what the driver provisioned, with `type`.
          store_session_info: as the run's context has it.

        Raises:
          KfpMetadataError: the type has no title, or a value is null.
        """
        artifact = to_stored_artifact(runtime_artifact)
        schema = schema_of(runtime_artifact.get("type", {}))
        artifact.type_id = self._store.put_artifact_type(pb.ArtifactType(name=type_name(schema)))
        artifact.state = pb.Artifact.LIVE
        session = json.dumps(json.loads(store_session_info), separators=(",", ":")) if store_session_info else "null"
        for key, text in {"display_name": output_name, "store_session_info": session}.items():
            if key not in artifact.custom_properties:
                artifact.custom_properties[key].string_value = text
        (artifact_id,) = self._store.put_artifacts([artifact])
        (stored,) = self._store.get_artifacts_by_id([artifact_id])
        return OutputArtifact(output_name, stored, runtime_artifact["type"].get("instanceSchema", ""))

    def get_output_artifacts(self, execution_id: int) -> dict[str, OutputArtifact]:
        """What an execution has made or reused, by output name; without schema (GetOutputArtifactsByExecutionId)."""
        names = {
            event.artifact_id: event.path.steps[0].key
            for event in self._store.get_events_by_execution_ids([execution_id])
            if event.type == pb.Event.OUTPUT
        }
        found = self._store.get_artifacts_by_id(list(names)) if names else []
        return {names[artifact.id]: OutputArtifact(names[artifact.id], artifact) for artifact in found}


def _event(kind: int, name: str, artifact_id: int) -> pb.Event:
    """(eventPath: one step, the key.)"""
    event = pb.Event(type=kind, artifact_id=artifact_id)
    event.path.steps.add().key = name
    return event
