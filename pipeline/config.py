"""The configuration: one typed section for each concern, read from YAML.

Sections are defined in the rooms that use them and come together here. Each component receives its own sections
only, so that a changed setting runs just what depends on it. An unknown key is an error that names the nearest one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml
from pydantic import Field

from coralline.data.data_settings import DataSettings
from coralline.detector.inputs.augmentation import AugmentSettings
from coralline.detector.model_settings import ModelSettings
from coralline.detector.train_settings import TrainSettings
from coralline.edgetpu.edgetpu_settings import EdgeTpuSettings
from coralline.foundation import settings_errors, text_file, withheld, yaml_text
from coralline.foundation.errors import UserError
from coralline.foundation.printable import shortened
from coralline.foundation.settings_section import SettingsSection
from coralline.scoring.evaluate_settings import EvaluateSettings
from coralline.tflite.export_settings import ExportSettings
from pipeline.beam_settings import BeamSettings
from pipeline.deployment_settings import DeploymentSettings

_Section = TypeVar("_Section", bound=SettingsSection)


class PushSettings(SettingsSection):
    """Where models are published."""

    to: str | None = Field(
        None,
        description="Where models are published: a folder, or an address such as gs://bucket/models; else "
        "OUT/published.",
    )


class Config(SettingsSection):
    """The whole configuration."""

    version: int = Field(
        1, strict=True, ge=1, description="Version of the configuration's format, for files that are kept."
    )
    name: str = Field(
        "coralline",
        pattern=r"^[a-z][a-z0-9-]{0,62}$",
        description="The pipeline's name in ML Metadata and on a cluster: lower-case letters, digits and hyphens.",
    )
    data: DataSettings = DataSettings()
    model: ModelSettings = ModelSettings()
    train: TrainSettings = TrainSettings()
    augment: AugmentSettings = AugmentSettings()
    export: ExportSettings = ExportSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    edgetpu: EdgeTpuSettings = EdgeTpuSettings()
    push: PushSettings = PushSettings()
    beam: BeamSettings = BeamSettings()
    deployment: DeploymentSettings = DeploymentSettings()
    out: str = Field("coralline-out", description="The folder for artifacts, metadata, logs and published models.")


def load_config(path: str | Path | None = None, overrides: dict[str, Any] | None = None) -> Config:
    """The configuration from a YAML file (or the defaults), with dotted overrides (`{"train.seed": 3}`) applied.

    Addresses come without their passwords and signatures, which `coralline.foundation.withheld` keeps apart.

    Raises:
      UserError: the file can't be read or parsed, is of a newer version, or a key or value isn't valid.
    """
    text = "" if path is None else _read(path)
    values = _parse(text, path)
    for key, value in (overrides or {}).items():
        _set(values, key, value)
    _require_version(values, path)
    try:
        return _without_secrets(Config.model_validate(values))
    except pydantic.ValidationError as e:
        raise settings_errors.as_user_error(e, Config, path, text, overrides or {}) from e


def addresses_with_secrets(config: Config) -> dict[str, str]:
    """The settings whose address had a password or a signature, by dotted key."""
    found = {}
    for name, value in config:
        settings = [(f"{name}.{key}", inner) for key, inner in value] if isinstance(value, SettingsSection) else []
        for key, inner in settings or [(name, value)]:
            if isinstance(inner, str) and withheld.has_withheld(inner):
                found[key] = inner
    return found


def _without_secrets(config: Config) -> Config:
    """The configuration with what is secret of its addresses kept apart (`coralline.foundation.withheld`).

    Raises:
      UserError: two addresses of one host have different passwords.
    """
    known: dict[str, str] = {}
    changed = _withheld(config, known)
    withheld.keep_withheld(known)
    return changed


def _withheld(section: _Section, known: dict[str, str]) -> _Section:
    changed: dict[str, Any] = {}
    for name, value in section:
        if isinstance(value, SettingsSection):
            changed[name] = _withheld(value, known)
        elif isinstance(value, str) and (address := withheld.withhold(value, known)) != value:
            changed[name] = address
    changed = {name: value for name, value in changed.items() if value is not getattr(section, name)}
    return section.model_copy(update=changed) if changed else section


def _read(path: str | Path) -> str:
    try:
        return text_file.strictly_decoded(Path(path).read_bytes())
    except (OSError, UnicodeDecodeError) as e:
        raise UserError(
            "can't read the configuration",
            file=path,
            found=e,
            fix="give the path of a YAML file",
        ) from e


def _parse(text: str, path: str | Path | None) -> dict[str, Any]:
    """The file's settings; a section whose lines are all commented out is left out."""
    try:
        values = yaml_text.parse_yaml(text) or {}
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        raise UserError(
            "the configuration is not valid YAML",
            file=path,
            line=mark.line + 1 if mark else None,
            found=shortened(str(getattr(e, "problem", e))),
            fix="check indentation and colons at that line",
        ) from e
    if not isinstance(values, dict):
        raise UserError(
            "the configuration must be a mapping",
            file=path,
            expected="keys such as `data:` and `model:`",
            found=type(values).__name__,
        )
    return {key: value for key, value in values.items() if value is not None}


def _set(values: dict[str, Any], dotted: str, value: Any) -> None:
    *sections, last = dotted.split(".")
    for section in sections:
        inner = values.get(section)
        if not isinstance(inner, dict):
            inner = values[section] = {}
        values = inner
    values[last] = value


def _require_version(values: dict[str, Any], path: str | Path | None) -> None:
    known, version = Config.model_fields["version"].default, values.get("version")
    if isinstance(version, int) and version > known:
        raise UserError(
            "the configuration is for a newer version of Coralline",
            file=path,
            expected=f"version: {known}",
            found=f"version: {version}",
            fix="update Coralline, or write the configuration for this version",
        )
