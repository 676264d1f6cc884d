"""The command of each step on Kubeflow: our entry point in the place of TFX's, and the small steps without TFX."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deployment.spec.cluster_places import artifacts_on_volume

if TYPE_CHECKING:
    from pipeline.config import Config

_RUN_TASK = "deployment.entrypoint.run_task"
EXECUTOR_INPUT = "{{$}}"
"""What the launcher replaces by the ExecutorInput."""


def command_of(module: str) -> list[str]:
    """Runs a module in the image."""
    return ["python", "-m", module]


def add_step(
    spec: dict[str, Any], name: str, module: str, args: list[str], component: dict[str, Any], task: dict[str, Any]
) -> None:
    """Adds a step of our own, in the image of the others, that is never answered from the cache.

    Args:
      spec: to add it to.
      name: the step's.
      module: what it runs.
      args: its arguments.
      component: the definitions of its inputs and outputs.
      task: where its inputs come from, and what it waits for.
    """
    executors = spec["deploymentSpec"]["executors"]
    label = f"{name}_executor"
    image = next(iter(executors.values()))["container"]["image"]
    executors[label] = {"container": {"image": image, "command": command_of(module), "args": args}}
    spec["components"][name] = {"executorLabel": label, **component}
    spec["root"]["dag"]["tasks"][name] = {
        "taskInfo": {"name": name},
        "componentRef": {"name": name},
        "cachingOptions": {"enableCache": False},
        **task,
    }


def use_own_entry_point(spec: dict[str, Any], config: Config, setting_of: dict[str, str]) -> None:
    """Gives each of TFX's steps the command of `deployment.entrypoint.run_task`.

    TFX's driver goes: Kubeflow Pipelines doesn't know that hook.

    Args:
      spec: with the parameters of a run that each step takes.
      config: all settings, for a cluster.
      setting_of: the setting of each of these parameters.
    """
    on_volume = artifacts_on_volume(config.deployment)
    for component in spec["components"].values():
        container = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        inputs = component.get("inputDefinitions", {})
        taken = {name: setting_of[name] for name in inputs.get("parameters", {}) if name in setting_of}
        executor_class = _given(container["args"], "--executor_class_path")
        if executor_class is None:
            container["args"] += ["--run_parameters", _json(taken)] if taken else []
            continue
        container.pop("lifecycle", None)
        beam = _behind(container["args"], "--json_serialized_inputs_spec_args")
        container["command"] = command_of(_RUN_TASK)
        container["args"] = [
            *("--executor_class_path", executor_class),
            *("--json_serialized_invocation_args", EXECUTOR_INPUT),
            *("--json_serialized_inputs_spec_args", _json(inputs)),
            *("--outputs_spec", _json(component["outputDefinitions"])),
            *(("--run_parameters", _json(taken)) if taken else ()),
            *(("--artifacts", on_volume) if on_volume else ()),
            *beam,
        ]


def _given(args: list[str], flag: str) -> str | None:
    return args[args.index(flag) + 1] if flag in args else None


def _behind(args: list[str], last_flag: str) -> list[str]:
    """Beam's flags, which TFX puts behind its own on steps that run Beam."""
    return args[args.index(last_flag) + 2 :] if last_flag in args else []


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
