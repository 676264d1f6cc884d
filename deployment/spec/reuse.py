"""What is reused: by content, on clusters whose caches know addresses and ids only.

The cache key of Kubeflow Pipelines has the ids of input artifacts, the values of parameters, the command and the name
of the image (`GenerateCacheKey` in backend/src/v2/cacheutils/cache.go). So two small steps, which are never answered
from the cache, say what is behind an address: `DataFingerprint` hashes the data set, which VocExampleGen takes as a
parameter; `ServedFingerprint` says which published model the candidate would replace, which ServedModelImporter takes.
As long as both say the same, every step between is answered from the cache, and nothing is trained or judged again.

The gate doesn't rest on this: EdgeTpuPusher is never answered from the cache, and compares what is served with what the
model was judged against under the lock under which `latest` moves.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coralline.data.data_fingerprint import EXPECTED_CONTENT
from deployment.spec.cluster_places import artifacts_on_volume
from deployment.spec.container_steps import EXECUTOR_INPUT, add_step
from deployment.spec.steps import DATA_FINGERPRINT, SERVED_FINGERPRINT

if TYPE_CHECKING:
    from pipeline.config import Config

_TEXT = {"parameterType": "STRING"}
SERVED = ("served_version", "served_content")
"""What ServedFingerprint says."""
_SECTIONS = ("data", "model", "train", "augment", "export", "evaluate", "edgetpu")


def look_each_time(spec: dict[str, Any]) -> None:
    """On Vertex AI: steps that look at what is outside the pipeline are never answered from the cache.

    VocExampleGen's driver, which Vertex AI runs before it asks the cache, has the data's content.
    """
    for name in ("ServedModelImporter", "EdgeTpuPusher"):
        spec["root"]["dag"]["tasks"][name]["cachingOptions"] = {"enableCache": False}


def add_fingerprints(spec: dict[str, Any], config: Config) -> None:
    """On Kubeflow: adds the two small steps, and takes what they say to where it decides."""
    tasks = spec["root"]["dag"]["tasks"]
    tasks["EdgeTpuPusher"]["cachingOptions"] = {"enableCache": False}
    sections = {name: json.loads(getattr(config, name).to_property()) for name in _SECTIONS}
    add_step(
        spec,
        DATA_FINGERPRINT,
        "deployment.entrypoint.fingerprint_data",
        ["--executor_input", EXECUTOR_INPUT, "--settings", json.dumps(sections, sort_keys=True)],
        {"outputDefinitions": {"parameters": {EXPECTED_CONTENT: _TEXT}}},
        {},
    )
    _take(spec, "VocExampleGen", DATA_FINGERPRINT, (EXPECTED_CONTENT,))
    importer = tasks["ServedModelImporter"]
    definitions = spec["components"]["ServedModelImporter"]["inputDefinitions"]
    add_step(
        spec,
        SERVED_FINGERPRINT,
        "deployment.entrypoint.fingerprint_served",
        ["--executor_input", EXECUTOR_INPUT, *_on_volume(config)],
        {
            "inputDefinitions": json.loads(json.dumps(definitions)),
            "outputDefinitions": {"parameters": dict.fromkeys(SERVED, _TEXT)},
        },
        {"inputs": json.loads(json.dumps(importer["inputs"])), "dependentTasks": ["TFLiteExporter"]},
    )
    _take(spec, "ServedModelImporter", SERVED_FINGERPRINT, SERVED)


def _on_volume(config: Config) -> list[str]:
    folder = artifacts_on_volume(config.deployment)
    return ["--artifacts", folder] if folder else []


def _take(spec: dict[str, Any], name: str, producer: str, outputs: tuple[str, ...]) -> None:
    """Makes outputs of a step parameters of another."""
    task, component = spec["root"]["dag"]["tasks"][name], spec["components"][name]
    for output in outputs:
        task.setdefault("inputs", {}).setdefault("parameters", {})[output] = {
            "taskOutputParameter": {"producerTask": producer, "outputParameterKey": output}
        }
        component.setdefault("inputDefinitions", {}).setdefault("parameters", {})[output] = _TEXT
    task["dependentTasks"] = sorted({*task.get("dependentTasks", []), producer})
