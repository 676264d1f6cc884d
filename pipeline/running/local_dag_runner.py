"""TFX's local runner, which reports to a listener and records each run in ML Metadata as a whole."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tfx.dsl.compiler import constants
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.portable import beam_executor_operator, launcher, runtime_parameter_utils
from tfx.proto.orchestration import executable_spec_pb2, placeholder_pb2

from pipeline.running import run_record


class NodeOutcome(enum.Enum):
    """How a component's part of a run ended."""

    DONE = "done"
    REUSED = "reused"


class Listener(Protocol):
    """Follows what the runner does."""

    def component_begins(self, node_id: str) -> None:
        """A component is about to run or to be reused."""

    def component_ended(self, node_id: str, outcome: NodeOutcome, seconds: float) -> None:
        """It has succeeded."""

    def component_failed(self, node_id: str, error: BaseException) -> None:
        """It has ended with an exception, which the runner raises again."""


class RecordingLocalDagRunner(LocalDagRunner):
    """Runs a pipeline component by component, as `LocalDagRunner` does, under the caller's run id.

    The run's context in ML Metadata says from the start how it was called, where it runs, and by which code. An
    execution that ends with an exception or Ctrl-C is recorded as FAILED with its message, never as RUNNING; a killed
    one is marked FAILED by the next run.

    Args:
      run_id: the run's.
      listener: follows each component.
      beam_args: flags of Beam's, which are no part of the cache key: where the work runs changes nothing of what comes
        of it.
      call: how the run was called, as its context has it (`run_facts.RunCall.as_properties`).
    """

    def __init__(
        self,
        run_id: str,
        listener: Listener | None = None,
        beam_args: Sequence[str] = (),
        call: Mapping[str, str | int] | None = None,
    ):
        super().__init__()
        self._run_id, self._call = run_id, call or {}
        self._listener = listener
        self._operators = {executable_spec_pb2.BeamExecutableSpec: _operator_with(beam_args)}

    def run_with_ir(self, pipeline: Any, run_options: Any = None) -> None:
        if run_options is not None:
            raise ValueError("partial runs are not supported: unchanged components are reused anyway")
        run_id = {constants.PIPELINE_RUN_ID_PARAMETER_NAME: self._run_id}
        runtime_parameter_utils.substitute_runtime_parameter(pipeline, run_id)
        deployment = runner_utils.extract_local_deployment_config(pipeline)
        connections = deployment.metadata_connection_config
        connection = getattr(connections, connections.WhichOneof("connection_config"))
        record = run_record.RunRecord(connection, self._run_id, self._call)
        with record.written():
            for node in pipeline.nodes:
                self._run_node(pipeline, deployment, record, node.pipeline_node)

    def _run_node(self, pipeline: Any, deployment: Any, record: run_record.RunRecord, node: Any) -> None:
        node_id = node.node_info.id
        if self._listener is not None:
            self._listener.component_begins(node_id)
        try:
            with record.step() as step:
                execution = launcher.Launcher(
                    pipeline_node=node,
                    mlmd_connection=metadata.Metadata(record.connection),
                    pipeline_info=pipeline.pipeline_info,
                    pipeline_runtime_spec=pipeline.runtime_spec,
                    executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
                    custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
                    custom_executor_operators=self._operators,
                ).launch()
            state = run_record.execution_state(record.connection, execution)
            if state not in ("COMPLETE", "CACHED"):
                # If inputs can't be resolved, the launcher records that or skips the node, and returns normally.
                raise RuntimeError(f"{node_id} was not run: its execution is {state}")
        except BaseException as error:
            if self._listener is not None:
                self._listener.component_failed(node_id, error)
            raise
        if self._listener is not None:
            outcome = NodeOutcome.REUSED if state == "CACHED" else NodeOutcome.DONE
            self._listener.component_ended(node_id, outcome, step.seconds)


def _operator_with(beam_args: Sequence[str]) -> type[beam_executor_operator.BeamExecutorOperator]:
    """TFX's operator of components with a Beam executor, which gives them these flags beside those of their spec."""

    class WithBeamArgs(beam_executor_operator.BeamExecutorOperator):
        def __init__(self, *args: Any, **kwargs: Any):
            super().__init__(*args, **kwargs)
            for arg in beam_args:
                # TFX resolves each as a placeholder; this one is the text itself.
                expression = placeholder_pb2.PlaceholderExpression()
                expression.value.string_value = arg
                self.beam_pipeline_args.append(expression)

    return WithBeamArgs
