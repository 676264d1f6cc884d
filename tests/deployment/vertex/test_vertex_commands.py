"""The commands with `--target vertex`, from a configuration and a compiled spec to a scheduled run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from coralline.foundation.errors import UserError
from pipeline import cli


@pytest.fixture
def call(api, settings, compiled, tmp_path):
    """Calls the command line beside a configuration and `yard.json`."""
    (tmp_path / "yard.json").write_bytes(compiled)
    given = settings.model_dump(exclude_defaults=True)
    (tmp_path / "yard.yaml").write_text(
        yaml.safe_dump({"name": "yard", "deployment": {"target": "vertex", "vertex": given}})
    )

    def call(*words, code=0):
        arguments = [str(tmp_path / word) if word == "yard.json" else word for word in words]
        done = CliRunner().invoke(cli._coralline, [*arguments, "--config", str(tmp_path / "yard.yaml")])
        if isinstance(done.exception, UserError):
            raise done.exception
        assert done.exit_code == code, done.output
        return done.output

    return call


def test_from_a_spec_to_a_scheduled_run(api, call):
    told = call("submit", "yard.json", "--name", "first", "--parameter", "push_to=gs://yard-bucket/tried")
    assert "id yard-first" in told and "https://console.cloud.google.com/vertex-ai/" in told
    assert "nothing was submitted" in call(
        "submit", "yard.json", "--name", "first", "--parameter", "push_to=gs://yard-bucket/tried"
    )
    assert "succeeded" in call("runs", "wait", "first", "--every", "0.1")
    cron = ("--cron", "0 4 * * 1", "--time-zone", "Europe/Berlin")
    assert "schedule yard made" in call("schedule", "yard.json", *cron)
    assert "nothing was changed" in call("schedule", "yard.json", *cron)
    (resource,) = api.schedules
    begun = api.tick(resource)
    listed = json.loads(call("runs", "list", "--json"))["runs"]
    assert [run["id"] for run in listed] == [begun, "yard-first"]
    assert "paused" in call("schedules", "pause", "yard")
    assert json.loads(call("schedules", "list", "--json"))["schedules"][0]["enabled"] is False
    call("schedules", "resume", "yard")
    assert "cancel" in call("runs", "cancel", begun)
    call("schedules", "delete", "yard")
    assert api.schedules == {}


@pytest.mark.slow
def test_googles_libraries_say_nothing(api, call, tmp_path):
    code = f"from pipeline.cli import main; main(['runs', 'list', '--config', {str(tmp_path / 'yard.yaml')!r}])"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout == "no runs: Vertex AI in europe-west4, project yard-project\n"


def test_a_failed_step_is_told(api, call):
    api.fails["yard-first"] = ("QatTrainer", "The replica workerpool0-0 ran out of memory.")
    call("submit", "yard.json", "--name", "first")
    with pytest.raises(UserError, match="failed"):
        call("runs", "wait", "first", "--every", "0.1")
    shown = call("runs", "show", "first")
    assert "QatTrainer" in shown and "The replica workerpool0-0 ran out of memory." in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("submit", "yard.json", "--parameter", "steps=4"), "the pipeline has no parameter steps"),
        (("submit", "yard.json", "--set=deployment.vertex.region=null"), "no region is named"),
        (("submit", "yard.json", "--set=deployment.vertex.project=null"), "no project is named"),
        (("schedule", "yard.json", "--cron", "0 25 * * *"), "hour field"),
        (("schedule", "yard.json", "--cron", "0 4 * * 1", "--time-zone", "Berlin"), "no time zone Berlin"),
        (("schedule", "yard.json", "--cron", "5 0 4 * * 1"), "know no seconds"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(api, call, words, told):
    with pytest.raises(UserError, match=told):
        call(*words)
    assert api.seen == []
