"""What every cluster has of object stores: see also tests/deployment/commands/test_rehearse.py."""

from __future__ import annotations

import pytest

from deployment.emulation.cluster_description import ClusterDescription
from deployment.emulation.own_bucket import with_object_store


def test_a_cluster_reaches_what_the_environment_names_unless_it_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9000/",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:4443",
    }.items():
        monkeypatch.setenv(variable, value)
    cluster = with_object_store(ClusterDescription())
    assert cluster.services == {"minio-service.kubeflow:9000": "127.0.0.1:9000"}
    assert cluster.secrets == {"mlpipeline-minio-artifact": {"accesskey": "id", "secretkey": "key"}}
    assert cluster.pod_env == {"STORAGE_EMULATOR_HOST": "http://127.0.0.1:4443"}
    described = ClusterDescription(pod_env={"STORAGE_EMULATOR_HOST": "http://gcs.example"})
    assert with_object_store(described).pod_env == described.pod_env
    monkeypatch.delenv("STORAGE_EMULATOR_HOST")
    assert with_object_store(ClusterDescription()).pod_env == {}
