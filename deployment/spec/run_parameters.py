"""Settings that each run may be given anew: parameters of the pipeline with defaults, which Kubeflow's pages show.

All are texts, and an empty one is none: Kubeflow has no number that may be missing. A step takes only those that
concern it, so that only what depends on a changed one runs again. `deployment.entrypoint` puts them into the step's
settings, and `DataFingerprint`, the first step, refuses a value that can't be. Vertex AI runs TFX's own entry point,
which can't do that: there only the address for publishing can be given, a parameter of the components themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coralline.detector.warm_start.weights_source import LATEST_BLESSED
from deployment.spec.steps import DATA_FINGERPRINT, SERVED_FINGERPRINT, WARM_START_IMPORTER

if TYPE_CHECKING:
    from pipeline.config import Config

PUSH_TO = "push_to"
_TRAINING = (WARM_START_IMPORTER, "QatTrainer")
_OFFERED = {
    "data.path": ("VocExampleGen",),
    "train.float_steps": _TRAINING,
    "train.qat_steps": _TRAINING,
    "model.warm_start": _TRAINING,
    "evaluate.min_ap50": ("Evaluator",),
    "evaluate.min_ap": ("Evaluator",),
    "evaluate.max_loss_to_float": ("Evaluator",),
    "evaluate.max_loss_to_baseline": ("Evaluator",),
}
SETTING_OF = {setting.replace(".", "_"): setting for setting in _OFFERED}
"""Parameter -> setting."""


def add_run_parameters(spec: dict[str, Any], config: Config) -> None:
    """Offers settings as parameters of a run, with the compiled ones as defaults."""
    tasks = spec["root"]["dag"]["tasks"]
    for parameter, setting in SETTING_OF.items():
        if setting == "model.warm_start" and config.model.warm_start is None:
            continue  # There is no step that would look for it.
        section, _, key = setting.partition(".")
        value = getattr(getattr(config, section), key)
        _offer(spec, parameter, "" if value is None else str(value), f"`{setting}` of the settings.")
        for name in (DATA_FINGERPRINT, *_OFFERED[setting]):
            if name in tasks:
                _pass_on(spec, parameter, name, parameter)
    add_publish_address(spec, config)


def add_publish_address(spec: dict[str, Any], config: Config) -> None:
    """Offers the address for publishing."""
    _offer(spec, PUSH_TO, config.push.to or "", "`push.to` of the settings: where models are published.")
    takers = {"ServedModelImporter": "published_at", SERVED_FINGERPRINT: "published_at", "EdgeTpuPusher": PUSH_TO}
    if config.model.warm_start == LATEST_BLESSED:
        takers[WARM_START_IMPORTER] = "published_at"
    for name, parameter in takers.items():
        if name in spec["root"]["dag"]["tasks"]:
            _pass_on(spec, PUSH_TO, name, parameter)


def _offer(spec: dict[str, Any], parameter: str, default: str, description: str) -> None:
    offered = spec["root"].setdefault("inputDefinitions", {}).setdefault("parameters", {})
    offered[parameter] = {
        "parameterType": "STRING",
        "isOptional": True,
        "defaultValue": default,
        "description": description,
    }


def _pass_on(spec: dict[str, Any], parameter: str, name: str, as_parameter: str) -> None:
    component = spec["components"][name].setdefault("inputDefinitions", {}).setdefault("parameters", {})
    component[as_parameter] = {"parameterType": "STRING"}
    inputs = spec["root"]["dag"]["tasks"][name].setdefault("inputs", {}).setdefault("parameters", {})
    inputs[as_parameter] = {"componentInputParameter": parameter}
