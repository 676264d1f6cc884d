"""What the commands print that make files of settings: `compile`, `import-config`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pipeline.json_documents.shared_entries import JsonObject


class CompileDocument(JsonObject):
    """A spec was written."""

    output: str
    """The file."""
    target: Literal["kubeflow", "vertex"]
    """What it is for."""
    name: str
    """The pipeline's name."""
    image: str
    """The image of all steps."""
    data: str
    """The data set, as the steps see it."""
    push_to: str
    """Where models are published."""


class SourceFieldEntry(JsonObject):
    """A field of the file that was read."""

    field: str
    """Its path, dotted."""
    line: int
    """Its line, from 1."""
    value: str
    """Its value, as written."""


class CarriedEntry(JsonObject):
    """A setting that was carried over."""

    key: str
    """The setting."""
    value: Any
    """Its value."""
    sources: list[SourceFieldEntry] = Field(alias="from")
    """The fields that it comes from."""
    note: str
    """What is to be known about it; may be empty."""


class SettledEntry(SourceFieldEntry):
    """A field that needs no setting, or can have none."""

    why: str
    """The reason."""


class ConfigCheckEntry(JsonObject):
    """Something that was looked at in the file."""

    name: str
    """What."""
    ok: bool | None
    """The outcome; null if it could not be checked."""
    message: str
    """One sentence."""
    line: int | None
    """The line in the file."""


class ImportConfigDocument(JsonObject):
    """A pipeline.config of the Object Detection API as a configuration."""

    source: str
    """The file that was read."""
    output: str | None
    """The YAML that was written; null without `-o`."""
    ok: bool
    """Whether nothing is wrong with the file."""
    config: dict[str, dict[str, Any]]
    """Settings by section."""
    carried: list[CarriedEntry]
    """Settings with the fields that they come from."""
    same: list[SettledEntry]
    """Fields that are the same here anyway."""
    left_out: list[SettledEntry]
    """Fields that couldn't be carried over."""
    checks: list[ConfigCheckEntry]
    """Classes, addresses, quantization."""
