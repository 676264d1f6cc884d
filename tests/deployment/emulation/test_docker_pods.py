"""Tasks in containers of their own: what of a pod's folders they see, and what comes back."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deployment.emulation.bucket_client import open_bucket
from deployment.emulation.bucket_uris import bucket_of_artifact
from deployment.emulation.cluster_description import ClusterDescription
from deployment.emulation.docker_pods import DockerPods
from deployment.emulation.emulated_backend import TaskFailedError
from deployment.emulation.task_driver import BackendOptions

_IMAGE = os.environ.get("CORALLINE_IMAGE")


def _engine_answers() -> bool:
    return shutil.which("docker") is not None and not subprocess.run(["docker", "info"], capture_output=True).returncode


@pytest.mark.skipif(not _IMAGE, reason="CORALLINE_IMAGE names no image with python")
@pytest.mark.skipif(not _engine_answers(), reason="there is no Docker engine")
@pytest.mark.parametrize("old", [False, True], ids=["today's backend", "an older backend"])
def test_a_container_has_its_pods_folders_and_answers_through_them(backend, scripts, s3_bucket, tmp_path, old) -> None:
    (tmp_path / "claim").mkdir(mode=0o777)
    (tmp_path / "claim").chmod(0o777)
    check = """
assert os.environ["PLAIN"] == "p q" and os.environ["KEY"] == "k"
for folder in ("/minio", "/tmp", "/claim"):
    open(folder + "/left", "x").close()
"""
    said = 'answer({"artifacts": {"out": {"artifacts": [{"metadata": {"n": 1}}]}}})'
    config = {
        "pvcMount": [{"mountPath": "/claim", "constant": "data"}],
        "secretAsEnv": [{"secretName": "keys", "keyToEnv": [{"secretKey": "key", "envVar": "KEY"}]}],
        "activeDeadlineSeconds": 60,
    }
    tasks = {
        "Make": scripts.Task(f"{check}make()\n{said}", container={"env": [{"name": "PLAIN", "value": "p q"}]}),
        "Take": scripts.Task(
            'os.remove("/claim/left")\nmake(taken() + " " + str(os.path.exists("/minio/left")))',
            {"taken": ("Make", "out")},
        ),
        "TooLong": scripts.Task("import time; time.sleep(60)", {"taken": ("Take", "out")}),
    }
    spec = scripts.compiled(tasks, {"Make": config, "Take": config, "TooLong": {"activeDeadlineSeconds": 1}})
    cluster = ClusterDescription(claims={"data": tmp_path / "claim"}, secrets={"keys": {"key": "k"}})
    options = BackendOptions(old_output_file=old)
    backend = dataclasses.replace(backend, cluster=cluster, engine=DockerPods(str(_IMAGE)), options=options)
    done = {}
    with pytest.raises(TaskFailedError, match="TooLong: signal: 9"):
        for name, task in backend.perform(backend.begin(spec, "spec.yaml", f"minio://bucket/{tmp_path.name}", {})):
            done[name] = task
    (taken,) = done["Take"].executor_input["inputs"]["artifacts"]["taken"]["artifacts"]
    assert taken["metadata"]["n"] == 1
    (out,) = done["Take"].executor_input["outputs"]["artifacts"]["out"]["artifacts"]
    config = bucket_of_artifact(out["uri"])
    open_bucket(config).download(f"{config.key_of(out['uri'])}/made", tmp_path / "made")
    assert (tmp_path / "made").read_text() == "made False"
    assert list(Path(tmp_path, "claim").iterdir()) == []
    listed = subprocess.run(["docker", "ps", "--all", "--format", "{{.Names}}"], capture_output=True, text=True)
    assert not [name for name in listed.stdout.split() if name.startswith(("make-", "take-", "toolong-"))]
