"""`coralline submit`, `schedule`, `schedules` and `runs`, against Kubeflow Pipelines on loopback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from coralline.foundation.errors import UserError
from pipeline import cli

_PARAMETERS = {"push_to": {"parameterType": "STRING", "defaultValue": "", "isOptional": True}}


def _call(*arguments: Any, code: int = 0) -> Result:
    done = CliRunner().invoke(cli._coralline, [*map(str, arguments)])
    failed = isinstance(done.exception, UserError)
    assert failed == bool(code) and (failed or done.exit_code == 0), (done.output, done.exception)
    return done


@pytest.fixture
def submitted(kubeflow, spec_file) -> Any:
    """`submitted(*arguments, code=0) -> Result` of `submit SPEC --name first`."""

    def submit(*arguments: Any, code: int = 0) -> Result:
        return _call("submit", spec_file(**_PARAMETERS), "--name", "first", *arguments, code=code)

    return submit


def test_a_run_is_submitted_and_told(kubeflow, submitted) -> None:
    said = submitted("--parameter", "push_to=s3://other/models").stdout
    (run,) = kubeflow.runs.values()
    assert run["runtime_config"]["parameters"] == {"push_to": "s3://other/models"}
    assert run["runtime_config"]["pipeline_root"] == "s3://bucket/coralline"
    assert f"run first started, id {run['run_id']}" in said and "uploaded to Kubeflow Pipelines at" in said
    again = submitted("--parameter", "push_to=s3://other/models").stdout
    assert "run first is there already, pending: nothing was submitted" in again and len(kubeflow.runs) == 1


def test_without_a_name_one_run_goes_on_at_a_time(kubeflow, spec_file) -> None:
    file = spec_file(**_PARAMETERS)
    begun = _call("submit", file).stdout
    (run,) = kubeflow.runs.values()
    assert run["display_name"].startswith("yard-") and "started" in begun
    assert f"{run['display_name']} is there already" in _call("submit", file).stdout and len(kubeflow.runs) == 1
    _call("submit", file, "--parameter", "push_to=s3://other/models")
    assert len(kubeflow.runs) == 2, "with other parameters it is another run"
    kubeflow.end(run["run_id"], "SUCCEEDED")
    assert "started" in _call("submit", file).stdout and len(kubeflow.versions) == 1


@pytest.mark.parametrize("state", ["FAILED", "CANCELED"])
def test_a_run_that_ended_badly_is_not_taken_for_done(kubeflow, submitted, state) -> None:
    submitted()
    kubeflow.end(*kubeflow.runs, state)
    done = submitted(code=1)
    assert f"the run first is there already: {state.lower()}" in str(done.exception)
    assert "give the next try another name" in str(done.exception) and len(kubeflow.runs) == 1


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--parameter", "push=a"], "no parameter push"),
        (["--target", "vertex"], "was compiled for Kubeflow Pipelines"),
        (["--set", "deployment.target=vertex"], "was compiled for Kubeflow Pipelines"),
        (["--set", "deployment.kubeflow.hots=x"], "unknown key"),
        (["--set", "deployment.kubeflow.time_zone=Mars/Olympus"], "no time zone Mars/Olympus"),
    ],
)
def test_what_can_be_known_is_refused_before_anything_is_sent(kubeflow, submitted, arguments, wrong) -> None:
    assert wrong in str(submitted(*arguments, code=1).exception)
    assert kubeflow.changes() == []


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--cron", "0 25 * * *"], "the hour field"),
        (["--cron", "0 4 * * 1", "--time-zone", "Europe/Berln"], "no time zone Europe/Berln"),
        (["--cron", "0 4 * * 1", "--time-zone", "Europe/Berlin"], "one time zone for all schedules"),
    ],
)
def test_times_that_cannot_be_are_refused_before_anything_is_sent(kubeflow, spec_file, arguments, wrong) -> None:
    assert wrong in str(_call("schedule", spec_file(), *arguments, code=1).exception)
    assert kubeflow.changes() == []


def test_a_schedule_is_made_kept_and_replaced_and_told_in_words(kubeflow, spec_file) -> None:
    made = _call("schedule", spec_file(), "--cron", "0 4 * * 1").stdout
    assert "schedule yard made" in made and "at 04:00 on Monday, UTC" in made and "the next run is due on 20" in made
    _call("schedules", "pause", "yard", "--target", "kubeflow", "--set", "name=yard")
    kept = _call("schedule", spec_file(), "--cron", "0 0 4 * * MON").stdout
    assert "nothing was changed" in kept and "`coralline schedules resume yard`" in kept
    replaced = _call("schedule", spec_file(), "--cron", "0 5 * * 1").stdout
    assert "times: at 04:00 on Monday, UTC -> at 05:00 on Monday, UTC" in replaced


def test_schedules_are_listed_paused_resumed_and_deleted(kubeflow, spec_file, valid_document) -> None:
    here = ["--target", "kubeflow", "--set", "name=yard"]
    assert "no schedules" in _call("schedules", "list", *here).stdout
    said = valid_document(_call("schedule", spec_file(), "--cron", "0 4 * * 1", "--json").stdout)
    assert (said["keeping"], said["schedule"]["in_words"]) == ("created", "at 04:00 on Monday, UTC")
    assert "on     at 04:00 on Monday, UTC" in _call("schedules", "list", *here).stdout
    for change, enabled in (("pause", False), ("pause", False), ("resume", True)):
        said = valid_document(_call("schedules", change, "yard", *here, "--json").stdout)
        assert (said["change"], said["schedule"]["enabled"]) == (f"{change}d", enabled)
    assert "deleted" in _call("schedules", "delete", "yard", *here).stdout
    assert valid_document(_call("schedules", "list", *here, "--json").stdout)["schedules"] == []
    assert "there is no schedule `yard`" in str(_call("schedules", "delete", "yard", *here, code=1).exception)


def test_runs_are_listed_shown_and_cancelled(kubeflow, submitted, valid_document) -> None:
    here = ["--target", "kubeflow", "--set", "name=yard"]
    assert "no runs" in _call("runs", "list", *here).stdout
    said = valid_document(submitted("--json").stdout)
    assert (said["is_new"], said["uploaded"], said["run"]["state"]) == (True, True, "pending")
    (listed,) = valid_document(_call("runs", "list", *here, "--json").stdout)["runs"]
    assert listed["pipeline_version"] == said["run"]["pipeline_version"] in _call("runs", "list", *here).stdout
    cancelled = valid_document(_call("runs", "cancel", "first", *here, "--json").stdout)
    assert cancelled["run"]["state"] == "canceling"
    assert "run first: canceling" in _call("runs", "show", "first", *here).stdout


@pytest.mark.parametrize(("state", "wrong"), [("FAILED", "the run `first` failed"), ("CANCELED", "was cancelled")])
def test_waiting_ends_on_every_end_and_fails_on_a_bad_one(kubeflow, submitted, valid_document, state, wrong) -> None:
    submitted()
    kubeflow.end(*kubeflow.runs, state, {"QatTrainer": state}, error="pod was evicted")
    here = ["--target", "kubeflow", "--set", "name=yard"]
    done = _call("runs", "wait", "first", *here, "--json", code=1)
    assert wrong in str(done.exception) and "pod was evicted" in str(done.exception)
    document = vars(done.exception)["coralline_document"]
    said = valid_document(json.dumps(document))
    assert (said["exit_code"], said["run"]["state"], said["error"]["found"]) == (1, state.lower(), "pod was evicted")


def test_waiting_goes_on_through_failures_that_pass_and_gives_up_in_time(kubeflow, submitted) -> None:
    submitted()
    here = ["--target", "kubeflow", "--set", "name=yard", "--every", "0.1"]
    gateway = (503, b"upstream connect error", "text/plain")
    for _ in range(4):
        kubeflow.fail("GET", "/runs/", gateway)
    done = _call("runs", "wait", "first", *here, "--timeout", "1", code=1)
    assert "hasn't ended in time; it goes on" in str(done.exception) and "run first: pending" in done.stdout
    for _ in range(5):
        kubeflow.fail("GET", "/runs/", gateway)
    assert "isn't ready (HTTP 503)" in str(_call("runs", "wait", "first", *here, code=1).exception)


def test_a_submission_may_wait_for_the_end(kubeflow, submitted, monkeypatch, valid_document) -> None:
    begin = kubeflow._begin

    def begun(sent: dict[str, Any]) -> Any:
        run = begin(sent)
        kubeflow.end(run["run_id"], "SUCCEEDED", {"QatTrainer": "SKIPPED", "Evaluator": "SUCCEEDED"})
        return run

    monkeypatch.setattr(kubeflow, "_begin", begun)
    said = valid_document(submitted("--wait", "--json").stdout)
    assert said["run"]["state"] == "succeeded" and "its model was judged again" in said["run"]["outcome"]


def test_without_a_target_and_an_address_it_says_what_to_set(monkeypatch, tmp_path: Path) -> None:
    for name in ("KF_PIPELINES_ENDPOINT", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert "no target was named" in str(_call("runs", "list", code=1).exception)
    told = str(_call("runs", "list", "--target", "kubeflow", code=1).exception)
    assert "set deployment.kubeflow.host" in told and "KF_PIPELINES_ENDPOINT" in told
