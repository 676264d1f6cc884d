"""Compiled specs: of settings that are as few as possible, and of others beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from deployment.spec.compiling import compile_pipeline
from pipeline.config import load_config


@pytest.fixture(scope="session")
def cluster_settings() -> dict[str, Any]:
    """What a cluster must be told."""
    return {
        "data.path": "s3://bucket/raccoon",
        "deployment.image": "registry/coralline@sha256:1",
        "deployment.pipeline_root": "gs://bucket/root",
    }


@pytest.fixture(scope="session")
def compiled(cluster_settings: dict[str, Any]) -> Callable[..., list[dict[str, Any]]]:
    """Compiles for `kubeflow`, which gives the documents, or `vertex`, which gives the PipelineJob's spec alone.

    Settings beside `cluster_settings` are keyword arguments, with `__` for the dot.
    """
    known: dict[str, list[dict[str, Any]]] = {}

    def documents(target: str = "kubeflow", **settings: Any) -> list[dict[str, Any]]:
        given = {**cluster_settings, **{key.replace("__", "."): value for key, value in settings.items()}}
        key = target + json.dumps(given, sort_keys=True)
        if key not in known:
            text = compile_pipeline(load_config(None, given), target)  # type: ignore[arg-type]
            known[key] = [json.loads(text)["pipelineSpec"]] if target == "vertex" else list(yaml.safe_load_all(text))
        return known[key]

    return documents
