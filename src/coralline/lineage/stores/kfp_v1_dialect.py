"""How Kubeflow Pipelines 1 wrote ML Metadata: `backend/metadata_writer/src/metadata_helpers.py` of kubeflow/pipelines.

A program beside it watched pods and wrote what it saw: a run is a context of type `KfpRun`, an execution a pod. It knew
neither states nor times, nor the pipeline's name; what a pod was told is written into custom properties.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.stores.dialect import plain_values
from coralline.lineage.stores.tfx_dialect import TfxDialect

_TASK, _RUN, _POD = "component_id", "run_id", "kfp_pod_name"
_NOT_SETTINGS = (_TASK, _RUN, _POD, "pipeline_name")


class KfpV1Dialect(TfxDialect):
    """What Kubeflow Pipelines' metadata writer wrote of pods that weren't TFX's."""

    run_context = "KfpRun"
    bookkeeping = frozenset({_RUN})
    names_by_context = False

    def wrote_execution(self, execution: pb.Execution) -> bool:
        noted = execution.properties
        return _POD in execution.custom_properties and _TASK in noted and "pipeline_root" not in noted

    def wrote_artifact(self, artifact: pb.Artifact) -> bool:
        return False

    def node(self, execution: pb.Execution, contexts: Sequence[pb.Context], above: Sequence[pb.Execution]) -> str:
        return str(execution.properties[_TASK].string_value) or str(execution.type)

    def failure(self, execution: pb.Execution) -> str | None:
        return None

    def settings(self, execution: pb.Execution) -> dict[str, Any]:
        stored = plain_values(execution.custom_properties)
        return {name: value for name, value in stored.items() if name not in _NOT_SETTINGS}

    def details(self, execution: pb.Execution) -> dict[str, Any]:
        return plain_values({_POD: execution.custom_properties[_POD]})
