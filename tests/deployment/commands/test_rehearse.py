"""`coralline rehearse`: what it prints, what it refuses, and how a failed run is gone on with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_SPEC = """
pipelineInfo: {name: scripts}
schemaVersion: 2.1.0
components:
  make:
    executorLabel: make
    inputDefinitions: {parameters: {word: {parameterType: STRING}}}
    outputDefinitions: {artifacts: {out: {artifactType: {instanceSchema: "title: tfx.Examples"}}}}
deploymentSpec:
  executors:
    make: {container: {image: "scripts:1", command: [sh, -c], args: ["SCRIPT", sh, "{{$.inputs.parameters['word']}}"]}}
root:
  inputDefinitions: {parameters: {word: {parameterType: STRING}}}
  dag:
    tasks:
      Make:
        taskInfo: {name: Make}
        componentRef: {name: make}
        inputs: {parameters: {word: {componentInputParameter: word}}}
---
platforms: {kubernetes: {deploymentSpec: {executors: {make: {pvcMount: [{mountPath: /claim, constant: data}]}}}}}
"""


@pytest.fixture
def rehearse(tmp_path: Path, valid_document: Any) -> Any:
    """`rehearse(script, *arguments, code=0) -> (document, standard error)`."""
    (tmp_path / "claim").mkdir()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}

    def call(script: str, *arguments: str, code: int = 0) -> tuple[dict[str, Any], str]:
        spec = tmp_path / "spec.yaml"
        spec.write_text(_SPEC.replace("SCRIPT", script))
        given = ["--json", "--state", str(tmp_path / "state"), "--claim", f"data={tmp_path / 'claim'}", *arguments]
        given += [] if "--retry" in arguments else [str(spec)]
        command = [sys.executable, "-c", "from pipeline.cli import main; main()", "rehearse", *given]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == code, done.stderr
        return valid_document(done.stdout), done.stderr

    return call


def test_without_a_root_it_brings_a_bucket_and_a_failed_run_goes_on_once_the_reason_is_gone(rehearse, tmp_path) -> None:
    pytest.importorskip("moto.server")
    script = "echo began $1; test -e /claim/there"
    failed, said = rehearse(script, "--parameter", "word=hello", code=1)
    assert (failed["state"], failed["tasks"][0]["state"]) == ("failed", "failed")
    assert failed["error"]["message"] == "Make failed: exit status 1"
    assert "began hello" in said and "placements aren't checked" in said
    (tmp_path / "claim" / "there").touch()
    done, said = rehearse(script, "--retry", failed["run_id"])
    assert (done["state"], done["tasks"][0]["attempts"]) == ("succeeded", 2)
    assert done["root"] == "minio://mlpipeline/v2/artifacts"
    assert any("does not exist" in warning for warning in done["tasks"][0]["warnings"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--root", "/srv/artifacts"], "the root driver refuses the run's root"),
        (["--root", "s3://bucket/a", "--parameter", "world=x"], "the pipeline has no parameter world"),
        (["--root", "s3://bucket/a", "--claim", "data=/nowhere"], "a claim needs a folder"),
        (["--retry", "none"], "there is no such run"),
    ],
)
def test_what_it_refuses_is_one_message(rehearse, arguments, message) -> None:
    given = arguments if "world=x" in arguments else [*arguments, "--parameter", "word=x"]
    document, _ = rehearse("true", *given, code=1)
    assert document["error"]["message"].startswith(message)
    assert json.dumps(document).count("Traceback") == 0
