"""Artifacts between ML Metadata and the JSON that driver, launcher and executor exchange, as the backend converts them.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/metadata/converter.go` and `client.go` at
00f7b52b28, and `backend/src/v2/component/launcher_v2.go`.
"""

from __future__ import annotations

from typing import Any

import yaml
from google.protobuf import json_format
from ml_metadata.proto import metadata_store_pb2 as pb

# Only for the executor: the path in a run's workspace (converter.go, toMLMDArtifact).
_WORKSPACE_FLAG = "_kfp_workspace"


class KfpMetadataError(Exception):
    """The backend would refuse this; the step fails there with this message."""


def to_stored_artifact(runtime_artifact: dict[str, Any]) -> pb.Artifact:
    """A RuntimeArtifact in JSON as ML Metadata is given it, without its type (converter.go, toMLMDArtifact).

    Everything becomes a custom property; its name, the id of an artifact, isn't stored.

    Raises:
      KfpMetadataError: a value is null.
    """
    artifact = pb.Artifact(uri=runtime_artifact.get("uri", ""))
    for name, value in (runtime_artifact.get("metadata") or {}).items():
        if name != _WORKSPACE_FLAG:
            _store(artifact.custom_properties[name], name, value)
    return artifact


def _store(stored: pb.Value, name: str, value: Any) -> None:
    """Numbers become doubles, booleans the integers 0 and 1 (converter.go, StructValueToMLMDValue)."""
    if isinstance(value, str):
        stored.string_value = value
    elif isinstance(value, bool):
        stored.int_value = int(value)
    elif isinstance(value, (int, float)):
        stored.double_value = float(value)
    elif isinstance(value, list):
        json_format.ParseDict({"list": value}, stored.struct_value)
    elif isinstance(value, dict):
        json_format.ParseDict({"struct": value}, stored.struct_value)
    else:
        raise KfpMetadataError(
            "failed to convert RuntimeArtifact to MLMD artifact: "
            f"unknown/unsupported value type {type(value).__name__} of metadata {name!r}"
        )


def to_runtime_artifact(artifact: pb.Artifact) -> dict[str, Any]:
    """An artifact as the driver hands it to a container (converter.go, toRuntimeArtifact).

    Its name is its id. It has no type: what asks for one (client.go, ToRuntimeArtifact) adds `instanceSchema`, which
    is empty for everything that was read back (client.go, GetOutputArtifactsByExecutionId).

    Raises:
      KfpMetadataError: a property is of a kind that the backend doesn't know.
    """
    metadata: dict[str, Any] = {}
    for properties in (artifact.properties, artifact.custom_properties):
        for name, value in sorted(properties.items()):
            kind = value.WhichOneof("value")
            if kind == "string_value":
                metadata[name] = value.string_value
            elif kind in ("double_value", "int_value"):
                metadata[name] = json_number(float(getattr(value, kind)))
            elif kind == "struct_value":
                metadata[name] = struct_as_json(value.struct_value)
            else:
                raise KfpMetadataError(
                    "failed to convert MLMD artifact to RuntimeArtifact: "
                    f"unknown property type in MLMD artifact: {kind} of {name!r}"
                )
    return {"name": str(artifact.id), "uri": artifact.uri, "metadata": metadata}


def struct_as_json(struct: Any) -> dict[str, Any]:
    """A google.protobuf.Struct as Go's protojson prints it: a whole number has no decimal point."""
    return {name: _whole(value) for name, value in json_format.MessageToDict(struct).items()}


def _whole(value: Any) -> Any:
    if isinstance(value, float):
        return json_number(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return value


def json_number(value: float) -> float | int:
    """A double as Go's protojson prints it: 3.0 is `3`."""
    return int(value) if value.is_integer() else value


def schema_of(artifact_type: dict[str, Any]) -> str:
    """The schema of an ArtifactTypeSchema in JSON (launcher_v2.go, getArtifactSchema).

    Raises:
      KfpMetadataError: it has neither an instance schema nor a title.
    """
    if "instanceSchema" in artifact_type:
        return str(artifact_type["instanceSchema"])
    if "schemaTitle" in artifact_type:
        return f"title: {artifact_type['schemaTitle']}"
    if "schemaUri" in artifact_type:
        raise KfpMetadataError("SchemaUri is unsupported")
    raise KfpMetadataError(f"unknown type in ArtifactTypeSchema {artifact_type}")


def type_name(schema: str) -> str:
    """The name of the artifact type: the schema's title, and nothing else of it (client.go, SchemaToArtifactType).

    `tfx.Examples` for TFX's standard types, `components.LabelMap` (the TYPE_NAME) for others, `system.Artifact` for
    logs.

    Raises:
      KfpMetadataError: it isn't YAML, or has no title; there the process ends.
    """
    try:
        parsed = yaml.safe_load(schema)
    except yaml.YAMLError as error:
        raise KfpMetadataError(f"the schema is not YAML: {error}") from error
    title = parsed.get("title") if isinstance(parsed, dict) else None
    if not title:
        raise KfpMetadataError("No title specified")
    return str(title)
