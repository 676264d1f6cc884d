"""A backend to run specs on, and specs of a few scripts."""

from __future__ import annotations

import dataclasses
import types
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployment.emulation.cluster_description import ClusterDescription
from deployment.emulation.emulated_backend import EmulatedBackend
from deployment.emulation.process_pods import ProcessPods
from deployment.emulation.run_progress import TaskProgress
from deployment.emulation.task_driver import BackendOptions

_EXAMPLES = "title: tfx.Examples\ntype: object\n"

# What each script begins with: its ExecutorInput, where the launcher mirrors a URI, and how it answers.
_PRELUDE = """
import json, os, sys
given = json.loads(sys.argv[1])
def mirror(uri):
    scheme, _, path = uri.partition("://")
    return f"/{ {'gs': 'gcs'}.get(scheme, scheme)}/{path}"
def out(name="out"):
    return given["outputs"]["artifacts"][name]["artifacts"][0]["uri"]
def make(text="made", name="out"):
    os.makedirs(mirror(out(name)), exist_ok=True)
    open(mirror(out(name)) + "/made", "w").write(text)
def taken(name="taken"):
    return open(mirror(given["inputs"]["artifacts"][name]["artifacts"][0]["uri"]) + "/made").read()
def answer(text):
    file = given["outputs"]["outputFile"]
    os.makedirs(os.path.dirname(file), exist_ok=True)
    open(file, "w").write(text if isinstance(text, str) else json.dumps(text))
"""


@dataclasses.dataclass
class ScriptTask:
    """A task that runs `python -c SCRIPT EXECUTOR_INPUT`, with the names of the prelude.

    Attributes:
      takes: {input: (task, output)}; outputs are artifacts unless their name begins with `p_`.
      gives: outputs, `p_...` a STRING parameter.
      parameters: {name: InputParameterSpec}, all of type STRING.
      task, container: further fields of the PipelineTaskSpec and the PipelineContainerSpec.
    """

    script: str = "make()"
    takes: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    gives: tuple[str, ...] = ("out",)
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    task: dict[str, Any] = dataclasses.field(default_factory=dict)
    container: dict[str, Any] = dataclasses.field(default_factory=dict)


def compiled(tasks: dict[str, ScriptTask], platform: dict[str, Any] | None = None, **root_inputs: Any) -> bytes:
    """A spec of such tasks, with a platform document of {task: KubernetesExecutorConfig}, and its own parameters."""
    spec: dict[str, Any] = {
        "pipelineInfo": {"name": "scripts"},
        "schemaVersion": "2.1.0",
        "components": {name: _component(name, task) for name, task in tasks.items()},
        "deploymentSpec": {"executors": {f"{name}_executor": _executor(task) for name, task in tasks.items()}},
        "root": {
            "dag": {"tasks": {name: _task(name, task) for name, task in tasks.items()}},
            "inputDefinitions": {"parameters": root_inputs},
        },
    }
    documents = [spec]
    if platform:
        configs = {f"{name}_executor": config for name, config in platform.items()}
        documents.append({"platforms": {"kubernetes": {"deploymentSpec": {"executors": configs}}}})
    return yaml.safe_dump_all(documents).encode()


def _component(name: str, task: ScriptTask) -> dict[str, Any]:
    kind, text = {"artifactType": {"instanceSchema": _EXAMPLES}}, {"parameterType": "STRING"}
    sources = {name: source for name, (_, source) in task.takes.items()}
    return {
        "executorLabel": f"{name}_executor",
        "inputDefinitions": {
            "artifacts": {name: kind for name, source in sources.items() if not source.startswith("p_")},
            "parameters": {name: text for name, source in sources.items() if source.startswith("p_")}
            | dict.fromkeys(task.parameters, text),
        },
        "outputDefinitions": {
            "artifacts": {name: kind for name in task.gives if not name.startswith("p_")},
            "parameters": {name: text for name in task.gives if name.startswith("p_")},
        },
    }


def _executor(task: ScriptTask) -> dict[str, Any]:
    return {
        "container": {"image": "scripts:1", "command": ["python", "-c"], "args": [_PRELUDE + task.script, "{{$}}"]}
        | task.container
    }


def _task(name: str, task: ScriptTask) -> dict[str, Any]:
    artifacts, parameters = {}, dict(task.parameters)
    for taken, (producer, output) in task.takes.items():
        if output.startswith("p_"):
            parameters[taken] = {"taskOutputParameter": {"producerTask": producer, "outputParameterKey": output}}
        else:
            artifacts[taken] = {"taskOutputArtifact": {"producerTask": producer, "outputArtifactKey": output}}
    made = {
        "taskInfo": {"name": name},
        "componentRef": {"name": name},
        "inputs": {"artifacts": artifacts, "parameters": parameters},
        "cachingOptions": {"enableCache": True},
    }
    return made | task.task


def performed(backend: EmulatedBackend, spec: bytes, root: str | None, **parameters: Any) -> dict[str, TaskProgress]:
    """The tasks of a run that ends well."""
    return dict(backend.perform(backend.begin(spec, "spec.yaml", root, parameters)))


@pytest.fixture(scope="session")
def scripts() -> types.SimpleNamespace:
    """`Task`, `compiled` and `performed`, as above."""
    return types.SimpleNamespace(Task=ScriptTask, compiled=compiled, performed=performed)


@pytest.fixture(scope="session")
def process_pods() -> ProcessPods:
    return ProcessPods()


@pytest.fixture
def backend(tmp_path: Path, process_pods: ProcessPods) -> EmulatedBackend:
    return EmulatedBackend(tmp_path / "backend", ClusterDescription(), process_pods, BackendOptions())
