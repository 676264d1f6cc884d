"""What ServedModelImporter does: copies the version, and writes on the artifact which one it is."""

from __future__ import annotations

import hashlib
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from coralline.foundation import storage
from coralline.foundation.code_version import stamp
from coralline.publishing import bundle, served_model
from coralline.publishing.places import UNREADABLE, as_user_errors, place_of
from coralline.publishing.served_model import ServedModel

VERSION_PROPERTY = "served_version"
"""The execution's property by which the driver says which version it has found; empty: nothing is served."""

_FILES = (bundle.MODEL, bundle.LABELS, bundle.MANIFEST)


class Executor(base_executor.BaseExecutor):
    """Writes a ServedModel artifact."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        published_at = exec_properties["published_at"]
        artifact = artifact_utils.get_single_instance(output_dict["served_model"])
        with as_user_errors(published_at, UNREADABLE):
            if VERSION_PROPERTY in exec_properties:
                model = _version(published_at, exec_properties[VERSION_PROPERTY])
            else:
                model = replaced_by(artifact_utils.get_single_uri(input_dict["tflite_model"]), published_at)
            files = {} if model is None or model.damage is not None else _files_of(model)
        for name, content in files.items():
            storage.write_bytes(f"{artifact.uri}/{name}", content)
        _describe(artifact, model, published_at)
        stamp(artifact)


def replaced_by(tflite_model: str, published_at: str) -> ServedModel | None:
    """The published model that a candidate (the folder of its file) replaces or has replaced; None if there is none.

    Raises UserError if the place can't be read.
    """
    candidate = hashlib.sha256(storage.read_bytes(f"{tflite_model}/{bundle.MODEL}")).hexdigest()
    return served_model.to_be_replaced(published_at, candidate)


def _version(published_at: str, version: str) -> ServedModel | None:
    return served_model.version_at(place_of(published_at), version) if version else None


def _files_of(model: ServedModel) -> dict[str, bytes]:
    names = [name for name in _FILES if name == bundle.MANIFEST or name in model.manifest["files"]]
    return {name: storage.read_bytes(f"{model.folder}/{name}") for name in names}


def _describe(artifact: Any, model: ServedModel | None, published_at: str) -> None:
    lineage = {} if model is None else model.manifest.get("lineage", {})
    described = {
        "destination": published_at,
        "version": "" if model is None else model.version,
        "content": served_model.content_of(model),
        "damage": "" if model is None else model.damage or "",
        "pipeline_run": str(lineage.get("pipeline_run", "")) if isinstance(lineage, dict) else "",
    }
    for name, value in described.items():
        artifact.set_string_custom_property(name, value)
