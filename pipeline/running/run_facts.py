"""What is known of a local run before it begins: how it was called, with which settings, where and by which code."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coralline.foundation.code_version import code_facts
from coralline.foundation.machine_facts import library_versions, machine_facts
from coralline.foundation.printable import encodable, without_secrets
from coralline.foundation.settings_section import SettingsSection
from coralline.lineage import recorded_names as names

if TYPE_CHECKING:
    from pipeline.config import Config


@dataclasses.dataclass(frozen=True)
class RunCall:
    """How a run was called: to be made before anything changes `sys.argv` or the working folder.

    Attributes:
      command_line: as a shell takes it, without secrets.
      working_folder: where it was typed.
      config_file: the configuration file's path; None: none was given.
      config_sha256: of its content; None if it can't be read.
      given: the settings that aren't the defaults, by dotted name.
    """

    command_line: str
    working_folder: str
    config_file: str | None
    config_sha256: str | None
    given: dict[str, Any]

    @classmethod
    def of(cls, config: Config, config_file: str | None, program: Sequence[str] = ("coralline",)) -> RunCall:
        """Of this process.

        Args:
          config: the settings, as given: before paths in them were made absolute.
          config_file: where they were read from, if from anywhere.
          program: what was called with the arguments of this process.
        """
        words = [without_secrets(word) for word in (*program, *sys.argv[1:])]
        return cls(
            shlex.join(words),
            os.getcwd(),
            None if config_file is None else os.path.abspath(config_file),
            None if config_file is None else _sha256(Path(config_file)),
            given_settings(config),
        )

    def as_properties(self) -> dict[str, str | int]:
        """By the names under which a run's context has them."""
        known = {
            names.COMMAND_LINE: self.command_line,
            names.WORKING_FOLDER: self.working_folder,
            names.CONFIG_FILE: self.config_file,
            names.CONFIG_SHA256: self.config_sha256,
            names.GIVEN_SETTINGS: without_secrets(json.dumps(self.given, sort_keys=True)),
        }
        return {name: encodable(value) for name, value in known.items() if value is not None}


def surroundings() -> dict[str, str | int]:
    """Code, machine and libraries of this process, as runs have them, and what a cluster's steps make."""
    return {
        names.RECORD_FORMAT_NAME: names.RECORD_FORMAT,
        **code_facts(),
        **machine_facts(),
        names.LIBRARY_VERSIONS: json.dumps(library_versions()),
    }


def given_settings(config: SettingsSection) -> dict[str, Any]:
    """The settings that differ from the defaults, by dotted name."""
    given: dict[str, Any] = {}
    for name, value in config:
        if isinstance(value, SettingsSection):
            changed = value.model_dump(mode="json", exclude_defaults=True)
            given |= {f"{name}.{key}": inner for key, inner in changed.items()}
    top = config.model_dump(mode="json", exclude_defaults=True)
    return given | {
        name: value for name, value in top.items() if not isinstance(getattr(config, name), SettingsSection)
    }


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
