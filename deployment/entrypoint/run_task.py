"""Runs one TFX component in a container of Kubeflow Pipelines: `python -m deployment.entrypoint.run_task`.

It stands in the place of `tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor`, with that one's flags and
some more, and with TFX's own functions where they do right. `deployment.spec.container_steps` writes the command.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import logging
import os
import re
import sys
import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from components.kept_address import KEPT_ADDRESS
from components.recorded_properties import record_facts
from coralline.foundation.peak_memory import PeakMemory
from coralline.lineage import recorded_names as names
from deployment.entrypoint import executor_input, executor_output
from deployment.entrypoint.launcher_mirror import mirror_of
from deployment.entrypoint.process_end import run_to_its_end
from pipeline.running.run_facts import surroundings

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclasses.dataclass(frozen=True)
class TaskCommand:
    """What the command line says.

    Attributes:
      executor_class_path: `<module>.<class>`.
      executor_input: the launcher's, as JSON.
      inputs_spec, outputs_spec: the component's definitions, as protos.
      run_parameters: parameter -> setting (`executor_input.exec_properties`).
      artifacts: a folder on a volume where artifacts lie; empty: the launcher's mirror.
      training_workers: the other machines of a training (`kubernetes_workers`); empty: there are none.
      beam: flags of Beam's.
    """

    executor_class_path: str
    executor_input: str
    inputs_spec: Any
    outputs_spec: Any
    run_parameters: dict[str, str]
    artifacts: str
    training_workers: dict[str, Any]
    beam: list[str]

    @classmethod
    def parse(cls, argv: list[str]) -> TaskCommand:
        """From the command line."""
        parser = argparse.ArgumentParser(allow_abbrev=False)
        parser.add_argument("--executor_class_path", required=True)
        parser.add_argument("--json_serialized_invocation_args", required=True)
        parser.add_argument("--json_serialized_inputs_spec_args", required=True)
        parser.add_argument("--outputs_spec", required=True)
        parser.add_argument("--run_parameters", default="{}")
        parser.add_argument("--artifacts", default="")
        parser.add_argument("--training_workers", default="{}")
        args, beam = parser.parse_known_args(argv)
        return cls(
            args.executor_class_path,
            args.json_serialized_invocation_args,
            json_format.Parse(args.json_serialized_inputs_spec_args, pipeline_spec_pb2.ComponentInputsSpec()),
            json_format.Parse(args.outputs_spec, pipeline_spec_pb2.ComponentOutputsSpec()),
            json.loads(args.run_parameters),
            args.artifacts,
            json.loads(args.training_workers),
            beam,
        )

    def of_worker(self) -> list[str]:
        """The command of a machine that trains with this one (`training_worker`)."""
        return [
            *("python", "-m", "deployment.entrypoint.training_worker"),
            *("--executor_class_path", self.executor_class_path),
            *("--json_serialized_invocation_args", self.executor_input),
            *("--json_serialized_inputs_spec_args", json_format.MessageToJson(self.inputs_spec, indent=None)),
            *("--outputs_spec", json_format.MessageToJson(self.outputs_spec, indent=None)),
            *("--run_parameters", json.dumps(self.run_parameters)),
            *("--artifacts", self.artifacts),
            *self.beam,
        ]


def run_task(command: TaskCommand) -> None:
    """Runs the executor, and writes the ExecutorOutput.

    Raises:
      UserError: by the executor, or because the command isn't for this ExecutorInput.
    """
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_entrypoint_utils as tfx_entrypoint
    from tfx.orchestration.portable import outputs_utils

    given = executor_input.read_executor_input(command.executor_input)
    task = executor_input.for_tfx(given, command.inputs_spec, command.outputs_spec, mirror_of(command.artifacts))
    names: dict[int, str] = {}
    inputs = tfx_entrypoint.parse_raw_artifact_dict(task.inputs.artifacts, names)
    outputs = tfx_entrypoint.parse_raw_artifact_dict(task.outputs.artifacts, names)
    number_as_recorded(task, inputs, names)
    if not command.artifacts:
        name_addresses(given, inputs)
    _make_folders([*inputs.values(), *outputs.values()])
    properties = executor_input.exec_properties(task, command.inputs_spec, command.run_parameters)
    began, memory = time.monotonic(), PeakMemory()
    with _other_machines(command):
        _executor(command, given).Do(inputs, outputs, properties)
    record_step(outputs, time.monotonic() - began, memory.bytes)
    outputs_utils.tag_output_artifacts_with_version(outputs)
    names[0] = ""  # New artifacts have no name until the launcher has recorded them.
    made = tfx_entrypoint.translate_executor_output(outputs, names)
    executor_output.write_executor_output(executor_output.executor_output(made, given), given.outputs.output_file)


def record_step(outputs: Mapping[str, Sequence[Any]], seconds: float, peak_memory: int | None) -> None:
    """Writes onto what a step has made by which code it was, where, and what it took: the backend records none of it.

    Args:
      outputs: TFX's artifacts, by output.
      seconds: the step's.
      peak_memory: bytes; None if the system doesn't tell.
    """
    took: dict[str, float | int | None] = {names.STEP_SECONDS: seconds, names.STEP_PEAK_MEMORY_BYTES: peak_memory}
    for artifact in (one for several in outputs.values() for one in several):
        record_facts(artifact, {**surroundings(), **took})


def number_as_recorded(task: Any, inputs: dict[str, list[Any]], names: dict[int, str]) -> None:
    """Gives artifacts their ids in ML Metadata, which are their names here, in place of TFX's hashes of them."""
    for name, artifacts in inputs.items():
        for artifact, runtime in zip(artifacts, task.inputs.artifacts[name].artifacts, strict=True):
            if runtime.name.isdecimal():
                artifact.mlmd_artifact.id = int(runtime.name)
                names[artifact.mlmd_artifact.id] = runtime.name


def name_addresses(given: Any, inputs: dict[str, list[Any]]) -> None:
    """Says on each artifact that is read from the launcher's copy where in the bucket it stays."""
    for name, artifacts in inputs.items():
        for artifact, runtime in zip(artifacts, given.inputs.artifacts[name].artifacts, strict=True):
            artifact.set_string_custom_property(KEPT_ADDRESS, runtime.uri)


def _make_folders(artifacts: Iterable[list[Any]]) -> None:
    """An artifact without files isn't uploaded, and isn't there for the next step; it is an empty folder."""
    for artifact in (one for several in artifacts for one in several):
        if "://" not in artifact.uri:
            os.makedirs(artifact.uri, exist_ok=True)


def _other_machines(command: TaskCommand) -> contextlib.AbstractContextManager[None]:
    if not command.training_workers:
        return contextlib.nullcontext()
    from deployment.entrypoint.kubernetes_workers import training_workers

    return training_workers(command.training_workers, command.of_worker())


def _executor(command: TaskCommand, given: Any) -> Any:
    from tfx.dsl.components.base import base_beam_executor
    from tfx.utils import import_utils

    executor = import_utils.import_class_by_path(command.executor_class_path)
    is_beam = issubclass(executor, base_beam_executor.BaseBeamExecutor)
    context: dict[str, Any] = {
        "beam_pipeline_args" if is_beam else "extra_flags": command.beam,
        # Beside the ExecutorOutput: the one place where a container without a writable root can write for certain.
        "tmp_dir": os.path.join(os.path.dirname(given.outputs.output_file), ".temp"),
        "unique_id": str(os.getpid()),
        "pipeline_run_id": run_id_of(given),
    }
    return executor(executor.Context(**context))


def run_id_of(given: Any) -> str:
    """The run's id, from the URI of an output: `<root>/<pipeline>/<run id>/<task>/<UUID>/<output>`; else empty.

    Older backends have no UUID of the task there.
    """
    for artifacts in given.outputs.artifacts.values():
        for artifact in artifacts.artifacts:
            if found := [part for part in artifact.uri.split("/") if _UUID.fullmatch(part)]:
                return found[-2:][0]
    return ""


def quiet_libraries() -> None:
    """Leaves the log to the components: without Beam's notes on types, and Google's on future Pythons."""
    from absl import logging as absl_logging

    warnings.filterwarnings("ignore", category=FutureWarning, module=r"google\.")
    absl_logging.use_absl_handler()
    absl_logging.set_verbosity(absl_logging.INFO)
    logging.getLogger("apache_beam").setLevel(logging.WARNING)


def main() -> None:
    """The container's command."""
    quiet_libraries()
    run_to_its_end(lambda: run_task(TaskCommand.parse(sys.argv[1:])))


if __name__ == "__main__":
    main()
