"""OpenLineage's facets, each with who produced it and the schema that it follows, as `BaseFacet` asks."""

from __future__ import annotations

import importlib.metadata
from typing import Any

SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
_FACETS = "https://openlineage.io/spec/facets"
# Facet -> version and name of its schema, as openlineage-python 1.39.0 names them.
_SCHEMAS = {
    "nominalTime": ("1-0-1", "NominalTimeRunFacet"),
    "parent": ("1-1-0", "ParentRunFacet"),
    "errorMessage": ("1-0-1", "ErrorMessageRunFacet"),
    "processing_engine": ("1-1-1", "ProcessingEngineRunFacet"),
    "jobType": ("2-0-3", "JobTypeJobFacet"),
    "sourceCodeLocation": ("1-0-1", "SourceCodeLocationJobFacet"),
    "dataSource": ("1-0-1", "DatasourceDatasetFacet"),
    "version": ("1-0-1", "DatasetVersionDatasetFacet"),
    "datasetType": ("1-0-0", "DatasetTypeDatasetFacet"),
    "schema": ("1-1-1", "SchemaDatasetFacet"),
    "outputStatistics": ("1-0-2", "OutputStatisticsOutputDatasetFacet"),
}
_OWN_VERSION = 1  # docs/lineage-export.md lists their keys; raised when one is taken away or changes its meaning


def producer() -> str:
    """This version of Coralline, as a URI."""
    try:
        return f"urn:coralline:{importlib.metadata.version('coralline')}"
    except importlib.metadata.PackageNotFoundError:
        return "urn:coralline:unknown"


def facet(name: str, /, **values: Any) -> dict[str, Any]:
    """One that OpenLineage defines; values that are None are left out."""
    version, schema = _SCHEMAS[name]
    return _made(f"{_FACETS}/{version}/{schema}.json#/$defs/{schema}", values)


def own_facet(schema: str, /, **values: Any) -> dict[str, Any]:
    """One of our own; its name in an event has the prefix `coralline_`, as the spec asks of others' facets."""
    return _made(f"urn:coralline:openlineage:{schema}:{_OWN_VERSION}", values)


def _made(schema_url: str, values: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in values.items() if value is not None}
    return {"_producer": producer(), "_schemaURL": schema_url, **known}
