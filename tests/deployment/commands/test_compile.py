"""`coralline compile`: what it writes, prints and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from pipeline import cli

_CLUSTER = [
    "--set=deployment.image=registry/coralline:1",
    "--set=deployment.pipeline_root=s3://bucket/root",
]


def _compile(output: Path, *arguments: str) -> Result:
    call = ["compile", "--target", "kubeflow", "-o", str(output), *arguments]
    return CliRunner().invoke(cli._coralline, call, catch_exceptions=True)


def test_it_says_where_things_lie_and_how_to_submit(tmp_path: Path) -> None:
    done = _compile(tmp_path / "pipeline.yaml", *_CLUSTER)
    assert done.exit_code == 0, done.output
    assert "data s3://bucket/root/data, publishing to s3://bucket/root/published" in done.output
    assert "Give each run the pipeline root s3://bucket/root" in done.output
    assert "Give each run the pipeline root s3://bucket/root" in (tmp_path / "pipeline.yaml").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["pipeline.yaml"]


def test_as_json(tmp_path: Path) -> None:
    done = _compile(tmp_path / "pipeline.yaml", *_CLUSTER, "--json")
    said = json.loads(done.output)
    assert (said["image"], said["data"]) == ("registry/coralline:1", "s3://bucket/root/data")


def test_the_measured_memory_is_the_trainers_unless_settings_have_one(tmp_path: Path) -> None:
    (tmp_path / "check.json").write_text(json.dumps({"estimate": {"peak_bytes": 8_000_000_000}}))

    def asked(*arguments: str) -> float:
        done = _compile(tmp_path / "p.yaml", *_CLUSTER, "--measured", str(tmp_path / "check.json"), *arguments)
        assert done.exit_code == 0, done.output
        spec = next(yaml.safe_load_all((tmp_path / "p.yaml").read_text()))
        trainer = spec["deploymentSpec"]["executors"]["QatTrainer_executor"]["container"]
        return float(trainer["resources"]["memoryRequest"])

    assert asked() == 10
    assert asked("--set=deployment.steps.QatTrainer.memory_gb=12") == 12


def test_a_refused_spec_is_not_written(tmp_path: Path) -> None:
    done = _compile(tmp_path / "pipeline.yaml", *_CLUSTER, "--data", "/srv/yard")
    assert done.exit_code != 0 and "`data.path` is a path on no volume" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["nowhere/pipeline.yaml", ""])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, folder: str) -> None:
    done = _compile(tmp_path / folder, *_CLUSTER)
    assert "the spec can't be written" in str(done.exception)
