"""Runs a compiled spec on this machine, task by task, by the commands that its containers would run.

What a cluster does with a task is done here with local folders: the ExecutorInput is filled in from the spec and from
what earlier tasks have answered, the driver of the task runs where it has one, then its executor, each in a process of
its own; the ExecutorOutput says what the artifacts became. It finds a spec that can't run before it reaches a cluster.
Begun again after it was stopped, it does what a cluster does that retries a run: tasks that had ended well aren't run
again, and the first that hadn't is, with the same ExecutorInput.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

_EXECUTOR_INPUT = "{{$}}"
_DONE = "rehearsed.json"  # in the folder of a task that has ended well


@dataclasses.dataclass(frozen=True)
class Rehearsed:
    """A task that has run.

    Attributes:
      name: the task's.
      commands: what was run, in order.
      outputs: {output name: artifact as JSON: name, uri, type, metadata}.
    """

    name: str
    commands: list[list[str]]
    outputs: dict[str, dict[str, Any]]


class TaskFailed(Exception):
    """A task's process ended with another code than 0; the message ends with its last lines."""


def parse_spec(spec: bytes) -> Any:
    """A PipelineSpec from the YAML that Kubeflow takes, or from the PipelineJob in JSON that Vertex takes.

    Raises:
      google.protobuf.json_format.ParseError: it isn't one.
    """
    content = yaml.safe_load(spec)
    return json_format.ParseDict(content.get("pipelineSpec", content), pipeline_spec_pb2.PipelineSpec())


def rehearse(spec: Any, root: Path) -> Iterator[Rehearsed]:
    """Runs every task of a PipelineSpec, each after those that it depends on.

    Args:
      spec: as `parse` gives it; its settings name places on this machine.
      root: a folder for artifacts, answers and logs; with those of an earlier rehearsal of the same spec in it, that
        one goes on.

    Yields:
      each task when it's done.

    Raises:
      TaskFailed: at the first task that fails.
    """
    deployment = json_format.ParseDict(
        json_format.MessageToDict(spec.deployment_spec), pipeline_spec_pb2.PipelineDeploymentConfig()
    )
    done: dict[str, Rehearsed] = {}
    for name in _in_order(spec.root.dag.tasks):
        task = spec.root.dag.tasks[name]
        component = spec.components[task.component_ref.name]
        container = deployment.executors[component.executor_label].container
        record = root / name / _DONE
        if record.exists():
            done[name] = Rehearsed(**json.loads(record.read_text(encoding="utf-8")))
        else:
            done[name] = _run_task(name, task, component, container, done, root / name)
            record.write_text(json.dumps(dataclasses.asdict(done[name])), encoding="utf-8")
        yield done[name]


def _in_order(tasks: Any) -> list[str]:
    ordered: list[str] = []
    while len(ordered) < len(tasks):
        ready = [n for n in sorted(tasks) if n not in ordered and set(tasks[n].dependent_tasks) <= set(ordered)]
        if not ready:
            raise ValueError("the tasks of the spec wait for each other")
        ordered += ready
    return ordered


def _run_task(
    name: str, task: Any, component: Any, container: Any, done: dict[str, Rehearsed], folder: Path
) -> Rehearsed:
    folder.mkdir(parents=True, exist_ok=True)
    given = _executor_input(task, component, done, folder)
    hook = container.lifecycle.pre_cache_check
    commands = [[*hook.command, *hook.args]] if hook.command else []
    commands.append([*container.command, *container.args])
    for number, command in enumerate(commands):
        command[:] = [json.dumps(given) if part == _EXECUTOR_INPUT else part for part in command]
        _run(name, command, folder / f"log-{number}.txt")
    answer = json.loads(Path(given["outputs"]["outputFile"]).read_text(encoding="utf-8"))
    outputs = {}
    for output, artifacts in given["outputs"]["artifacts"].items():
        (artifact,) = artifacts["artifacts"]
        answered = answer.get("artifacts", {}).get(output, {}).get("artifacts", [{}])[0]
        outputs[output] = artifact | {key: answered[key] for key in ("uri", "metadata") if key in answered}
    return Rehearsed(name, commands, outputs)


def _executor_input(task: Any, component: Any, done: dict[str, Rehearsed], folder: Path) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for name, source in task.inputs.artifacts.items():
        made = source.task_output_artifact
        inputs[name] = {"artifacts": [done[made.producer_task].outputs[made.output_artifact_key]]}
    parameters = {
        name: json_format.MessageToDict(value.runtime_value.constant) for name, value in task.inputs.parameters.items()
    }
    outputs = {}
    for name, declared in component.output_definitions.artifacts.items():
        artifact = {
            "name": f"rehearsal/{folder.name}/{name}",
            "uri": str(folder / name),
            "type": json_format.MessageToDict(declared.artifact_type),
        }
        outputs[name] = {"artifacts": [artifact]}
    return {
        "inputs": {"artifacts": inputs, "parameterValues": parameters},
        "outputs": {"artifacts": outputs, "outputFile": str(folder / "executor_output.json")},
    }


def _run(name: str, command: list[str], log: Path) -> None:
    """`python` in the image has the packages; here this environment's does."""
    bin_folder = os.path.dirname(sys.executable)
    environment = os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    with open(log, "wb") as stream:
        code = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, env=environment, check=False).returncode
    if code != 0:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise TaskFailed(f"{name}: {' '.join(command[:4])} ... ended with {code}; its log, {log}, ends:\n{end}")
