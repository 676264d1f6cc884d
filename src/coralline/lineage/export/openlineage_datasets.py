"""Artifacts and data sets as OpenLineage's datasets: their names, and what is known of them as facets."""

from __future__ import annotations

import json
import os
import urllib.parse
from typing import Any

from coralline.foundation.printable import without_secrets
from coralline.lineage.export.openlineage_facets import facet, own_facet
from coralline.lineage.recorded_names import EXAMPLES, SPLIT_RECORDS
from coralline.lineage.recorded_run import Artifact
from coralline.lineage.stores.dialects import BOOKKEEPING

_MODELS = ("Model", "components.TFLiteModel", "components.ServedModel", "PushedModel", "components.WarmStart")
_LONGEST_VALUE = 10_000
# coralline.data.records.tf_example writes these.
_FIELDS = {
    "image/encoded": "bytes",
    "image/filename": "string",
    "image/height": "int64",
    "image/width": "int64",
    "image/object/bbox/ymin": "list<float>",
    "image/object/bbox/xmin": "list<float>",
    "image/object/bbox/ymax": "list<float>",
    "image/object/bbox/xmax": "list<float>",
    "image/object/class/text": "list<string>",
    "image/object/class/label": "list<int64>",
}


def dataset_name(address: str) -> tuple[str, str]:
    """Namespace and name of what is at an address (https://openlineage.io/docs/spec/naming).

    A path of this machine is in the namespace `file`; an object in a bucket in `gs://BUCKET` or `s3://BUCKET`, by its
    key; a file on a machine in `file://HOST`; others by scheme and host.
    """
    shown = without_secrets(address)
    scheme, separator, rest = shown.partition("://")
    if not separator:
        return "file", os.path.normpath(shown) if shown else "/"
    host, _, path = rest.partition("/")
    if scheme == "file":
        return (f"file://{host}" if host not in ("", "localhost") else "file"), f"/{path}".rstrip("/") or "/"
    if scheme in ("gs", "s3", "minio", "oss", "abfss", "wasbs"):
        return f"{scheme}://{host}", path.rstrip("/") or "/"
    return f"{scheme}://{host}", f"/{path}".rstrip("/") or "/"


def input_dataset(artifact: Artifact) -> dict[str, Any]:
    """An artifact that a step took."""
    return _dataset(artifact)


def output_dataset(artifact: Artifact) -> dict[str, Any]:
    """An artifact that a step made, with how many records it wrote where that is known."""
    made = _dataset(artifact)
    rows = [artifact.properties[name] for name in SPLIT_RECORDS if isinstance(artifact.properties.get(name), int)]
    if rows:
        made["outputFacets"] = {"outputStatistics": facet("outputStatistics", rowCount=sum(rows))}
    return made


def source_dataset(path: str, fingerprint: str | None) -> dict[str, Any]:
    """The data set that examples were made from."""
    namespace, name = dataset_name(path)
    facets = {
        "dataSource": facet("dataSource", name=namespace, uri=_uri(path)),
        "datasetType": facet("datasetType", datasetType="FILE", subType="ANNOTATED IMAGES"),
    }
    if fingerprint:
        facets["version"] = facet("version", datasetVersion=fingerprint)
    return {"namespace": namespace, "name": name, "facets": facets}


def _dataset(artifact: Artifact) -> dict[str, Any]:
    namespace, name = dataset_name(artifact.uri or f"/artifact/{artifact.id}")
    of_model = artifact.type in _MODELS
    facets = {
        "dataSource": facet("dataSource", name=namespace, uri=_uri(artifact.uri)),
        "version": facet("version", datasetVersion=str(artifact.id)),
        "datasetType": facet("datasetType", datasetType="MODEL" if of_model else "FILE", subType=artifact.type),
        "coralline_artifact": own_facet(
            "ArtifactDatasetFacet",
            artifact=artifact.id,
            type=artifact.type,
            state=artifact.state,
            properties=_properties(artifact),
        ),
    }
    # Those of other pipelines' examples aren't known.
    if artifact.type == EXAMPLES and any(record in artifact.properties for record in SPLIT_RECORDS):
        facets["schema"] = facet("schema", fields=[{"name": n, "type": kind} for n, kind in _FIELDS.items()])
    return {"namespace": namespace, "name": name, "facets": facets}


def _properties(artifact: Artifact) -> dict[str, Any]:
    known = {name: value for name, value in artifact.properties.items() if name not in BOOKKEEPING}
    return {str(name): _plain(value) for name, value in known.items()}


def _plain(value: Any) -> Any:
    """Without secrets, and no value so long that a server refuses the event."""
    if isinstance(value, str):
        return without_secrets(value[:_LONGEST_VALUE])
    text = json.dumps(value)
    return json.loads(without_secrets(text)) if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _uri(address: str) -> str:
    shown = without_secrets(address)
    if "://" in shown:
        return shown
    return f"file://{urllib.parse.quote(os.path.normpath(shown))}"
