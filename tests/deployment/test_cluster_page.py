"""The numbered steps of docs/cluster.md, from an empty folder to a first scheduled run, and once more."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline import cli

_PAGE = Path(__file__).parents[2] / "docs" / "cluster.md"
_STEPS = ("DataFingerprint", "ServedFingerprint", "VocExampleGen", "QatTrainer", "Evaluator", "EdgeTpuPusher")
_LOOKING = ("DataFingerprint", "ServedFingerprint", "EdgeTpuPusher")


def _steps() -> str:
    """The page from the first numbered step to the next title."""
    page = _PAGE.read_text(encoding="utf-8")
    return re.split(r"^## ", page[page.index("**1. ") :], maxsplit=1, flags=re.MULTILINE)[0]


def _commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", _steps(), re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def _write_settings(folder: Path, address: str) -> None:
    (name,) = re.findall(r"in a file `([^`]+)`", _steps())
    (settings,) = re.findall(r"```yaml\n(.*?)```", _steps(), re.DOTALL)
    (host,) = re.findall(r"host: (\S+)", settings)
    (folder / name).write_text(settings.replace(host, address))


def _called(arguments: list[str]) -> str:
    assert arguments[0] == "coralline", arguments
    done = CliRunner().invoke(cli._coralline, arguments[1:], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def _ends_at_once(kubeflow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = kubeflow._begin

    def begun(sent: dict[str, Any]) -> Any:
        run = begin(sent)
        kubeflow.end(run["run_id"], "SUCCEEDED", dict.fromkeys(_STEPS, "SUCCEEDED"))
        return run

    monkeypatch.setattr(kubeflow, "_begin", begun)


@pytest.mark.slow
def test_the_numbered_steps_lead_to_a_scheduled_run_and_change_nothing_when_given_again(
    kubeflow, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.delenv("KF_PIPELINES_ENDPOINT")
    monkeypatch.setenv("CORALLINE_KUBEFLOW_TOKEN", "of-the-page")
    kubeflow.wants = ("token", "of-the-page")
    folder = tmp_path / "laptop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    _write_settings(folder, kubeflow.address)
    _ends_at_once(kubeflow, monkeypatch)

    said = [_called(command) for command in _commands()]
    assert [command[1] for command in _commands()] == ["compile", "submit", "runs", "schedule", "schedules", "runs"]
    (schedule,), (first,) = kubeflow.recurring_runs.values(), kubeflow.runs.values()
    assert first["runtime_config"]["pipeline_root"] == schedule["runtime_config"]["pipeline_root"]
    assert schedule["trigger"]["cron_schedule"]["cron"] == "0 0 4 * * 1" and schedule["status"] == "ENABLED"
    assert "run yard-first succeeded" in said[2] and "at 04:00 on Monday, UTC" in said[3]

    scheduled = kubeflow.tick(schedule["recurring_run_id"])
    cached = {name: "SUCCEEDED" if name in _LOOKING else "SKIPPED" for name in _STEPS}
    kubeflow.end(scheduled, "SUCCEEDED", cached)
    shown = _called(["coralline", "runs", "show", scheduled, "--config", "yard.yaml"])
    assert "nothing new, nothing done" in shown and re.search(r"QatTrainer +not run again", shown)

    spec, done_so_far = (folder / "yard-spec.yaml").read_bytes(), kubeflow.changes()
    again = [_called(command) for command in _commands()]
    assert kubeflow.changes() == done_so_far and (folder / "yard-spec.yaml").read_bytes() == spec
    assert "nothing was submitted" in again[1] and "nothing was changed" in again[3]
