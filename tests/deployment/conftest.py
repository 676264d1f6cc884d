"""Kubeflow Pipelines on loopback, and specs to submit to it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

_SWAGGER = "kfp/kfp_api_single_file.swagger.json"


def _beside(name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def api_contract() -> Any:
    """The API's description, if the test data has it; else the client's models."""
    contracts = _beside("api_contract")
    swagger = Path(os.environ.get("CORALLINE_TEST_DATA", "/nowhere"), _SWAGGER)
    return contracts.SwaggerContract(swagger) if swagger.exists() else contracts.ModelContract()


@pytest.fixture
def kubeflow(api_contract: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A `KubeflowStandIn`, which the environment names; the home folder has no settings of kfp."""
    stand_in = _beside("kubeflow_stand_in").KubeflowStandIn(api_contract)
    for name in ("CORALLINE_KUBEFLOW_TOKEN", "CORALLINE_KUBEFLOW_COOKIE", "KF_PIPELINES_SA_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", stand_in.address)
    yield stand_in
    stand_in.close()


@pytest.fixture
def spec_file(tmp_path: Path) -> Any:
    """`spec_file(word="a", **parameters) -> Path`: a compiled spec; another word is another content."""

    def write(word: str = "a", **parameters: dict[str, Any]) -> Path:
        container = {"image": f"words:{word}", "command": ["echo"], "args": [word]}
        spec = {
            "pipelineInfo": {"name": "yard"},
            "schemaVersion": "2.1.0",
            "defaultPipelineRoot": "s3://bucket/coralline",
            "components": {"say": {"executorLabel": "say"}},
            "deploymentSpec": {"executors": {"say": {"container": container}}},
            "root": {
                "dag": {"tasks": {"Say": {"taskInfo": {"name": "Say"}, "componentRef": {"name": "say"}}}},
                "inputDefinitions": {"parameters": parameters},
            },
        }
        platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"say": {"nodeSelector": {}}}}}}}
        file = tmp_path / f"{word}.yaml"
        file.write_text("# compiled\n" + yaml.safe_dump_all([spec, platform]))
        return file

    return write
