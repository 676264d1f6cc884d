"""The `edgetpu` section of the configuration."""

from __future__ import annotations

from typing import Any, Literal

import pydantic
from pydantic import Field

from coralline.foundation.settings_section import SettingsSection

CompilerUse = Literal["auto", "required", "off"]


class EdgeTpuSettings(SettingsSection):
    """Whether to compile, and how much of a model must map for it to be published."""

    compiler: CompilerUse = Field("auto", description="auto: compile if edgetpu_compiler is installed.")
    compiler_path: str | None = Field(None, description="The edgetpu_compiler to use; else the one on PATH.")
    timeout_s: int = Field(600, ge=1, description="Time limit of the compiler, in seconds.")
    min_mapped: float = Field(
        0.9, ge=0, le=1, description="Lowest share of ops on the Edge TPU with which a model is published."
    )
    max_subgraphs: int = Field(
        1, ge=1, description="Highest number of Edge TPU subgraphs with which a model is published."
    )

    @pydantic.field_validator("compiler", mode="before")
    @classmethod
    def _off_is_not_false(cls, value: Any) -> Any:
        """YAML 1.1 reads a bare `off` as false."""
        return "off" if value is False else value
