"""Settings of steps, as they were given and as they were used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coralline.lineage.answers.artifact_files import read_json
from coralline.lineage.answers.outcome import artifacts_made
from coralline.lineage.lineage_steps import LineageStep
from coralline.lineage.recorded_names import MODEL, RESOLVED_SETTINGS, recorded_value

LEFT_OPEN = frozenset(
    {
        *("model.input_size", "model.anchor_size", "model.num_scales", "model.aspect_ratios"),
        *("train.float_steps", "train.qat_steps", "train.batch_size", "train.learning_rate"),
        *("train.qat_learning_rate", "train.evaluate_every"),
        *("augment.scale", "export.max_detections", "edgetpu.compiler"),
    }
)
"""Settings whose default is `null` or `auto`: a value is chosen when the step runs, from the preset or the data."""

_VERSION, _DETECTOR_JSON = "version", "detector.json"
_IN_DETECTOR_JSON = {
    "model.input_size": "input_size",
    "model.anchor_size": "anchor_size",
    "model.num_scales": "num_scales",
    "model.aspect_ratios": "aspect_ratios",
    "train.float_steps": "float_steps",
    "train.qat_steps": "qat_steps",
}
# Of TFX's components: what says nothing of what was wanted.
_NOT_SETTINGS = {"error_message", "input_fingerprint", "span", "version", "output_data_format", "output_file_format"}
_SAY_NOTHING: tuple[Any, ...] = (None, "", "null", {}, [], "{}", "[]")


def settings_given(made: Iterable[LineageStep]) -> dict[str, dict[str, Any]]:
    """What was given to each step and differs from the defaults: {node: {dotted name: value}}.

    A section of our own (an object with `version`) names nothing else. Steps of a pipeline without sections are those
    of any TFX pipeline: everything that they were told and that isn't empty.
    """
    made = [step for step in made if step.execution.settings]
    sections = any(_sections(step.execution.settings) for step in made)
    given: dict[str, dict[str, Any]] = {}
    for step in made:
        settings = step.execution.settings
        told = _sections(settings) if sections else _told(settings)
        if flat := flattened(told):
            given.setdefault(step.execution.node, {}).update(flat)
    return given


def resolved_settings(made: Sequence[LineageStep]) -> dict[str, dict[str, Any]]:
    """The values that were used, for the settings that each step has recorded: {node: {dotted name: value}}."""
    resolved: dict[str, dict[str, Any]] = {}
    for step in made:
        for artifact in (a for artifacts in step.outputs.values() for a in artifacts):
            found = recorded_value(artifact.properties, RESOLVED_SETTINGS)
            if isinstance(found, dict):
                resolved.setdefault(step.execution.node, {}).update(found)
        if step.execution.node not in resolved:
            for model in artifacts_made([step], MODEL):
                detector = read_json(model, _DETECTOR_JSON)
                if isinstance(detector, dict):
                    resolved[step.execution.node] = {
                        name: _scalar(detector[key]) for name, key in _IN_DETECTOR_JSON.items() if key in detector
                    }
    return resolved


def flattened(settings: Mapping[str, Any]) -> dict[str, Any]:
    """`{"train": {"seed": 3}}` as `{"train.seed": 3}`, without a section's version."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": inner for key, inner in value.items() if key != _VERSION}
        else:
            flat[name] = value
    return flat


def without_data_place(given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The settings, less where data is read and models are published."""
    places = {"data.path", "input_base", "push_to", "push_destination"}
    kept = {
        node: {name: value for name, value in settings.items() if name not in places}
        for node, settings in given.items()
    }
    return {node: settings for node, settings in kept.items() if settings}


def _sections(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if isinstance(value, dict) and _VERSION in value}


def _told(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in _NOT_SETTINGS and value not in _SAY_NOTHING}


def _scalar(value: Any) -> Any:
    """[160, 160] as 160."""
    return value[0] if isinstance(value, list) and len(value) == 2 and value[0] == value[1] else value
