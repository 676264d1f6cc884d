"""Kubeflow Pipelines as a service, over HTTP: versions, runs and schedules."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from coralline.foundation.errors import UserError
from deployment.kubeflow.kubeflow_service import KubeflowService, open_kubeflow
from deployment.submission.cron_times import read_cron
from deployment.submission.remote_runs import Keeping, RunRequest, RunState
from deployment.submission.submitted_spec import read_submitted_spec
from pipeline.config import load_config

_STEPS = {"float_steps": {"parameterType": "STRING", "defaultValue": "9", "isOptional": True}}
_ROOT = "s3://bucket/coralline"
_MONDAYS = read_cron("0 4 * * 1", "UTC")


def _opened(**settings: Any) -> KubeflowService:
    given = {f"deployment.kubeflow.{key}": value for key, value in settings.items()}
    return open_kubeflow(load_config(None, {"name": "yard"} | given))


def _request(name: str = "first", **changes: Any) -> RunRequest:
    return dataclasses.replace(RunRequest(name, {"float_steps": "7"}, _ROOT), **changes)


def test_a_run_has_the_spec_root_parameters_and_account_that_were_given(kubeflow, spec_file, api_contract) -> None:
    spec = read_submitted_spec(spec_file(**_STEPS))
    done = _opened().submit(spec, _request(service_account="trainer"))
    assert (done.is_new, done.uploaded) == (True, True)
    run = kubeflow.runs[done.run.id]
    assert run["runtime_config"] == {"parameters": {"float_steps": "7"}, "pipeline_root": _ROOT}
    assert run["service_account"] == "trainer" and "pipeline_spec" not in run
    version = kubeflow.versions[run["pipeline_version_reference"]["pipeline_version_id"]]
    assert version["display_name"] == spec.version and version["pipeline_spec"]["platform_spec"]["platforms"]
    assert kubeflow.experiments[run["experiment_id"]]["display_name"] == "yard"
    assert done.run.link == f"{kubeflow.address}/#/runs/details/{done.run.id}"


def test_the_same_again_is_the_same_run(kubeflow, spec_file) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    first = service.submit(spec, _request())
    kubeflow.end(first.run.id, "SUCCEEDED")
    done_so_far = kubeflow.changes()
    again = _opened().submit(spec, _request())
    assert (again.is_new, again.uploaded, again.run.id) == (False, False, first.run.id)
    assert again.run.state is RunState.SUCCEEDED and kubeflow.changes() == done_so_far
    other = service.submit(spec, _request("FIRST"))
    assert (other.is_new, other.uploaded) == (True, False), "names differ by case, though filters take no account of it"


@pytest.mark.parametrize("change", [{"parameters": {}}, {"pipeline_root": None}, {"service_account": "other"}])
def test_another_run_under_the_same_name_is_refused(kubeflow, spec_file, change) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    service.submit(spec, _request())
    done_so_far = kubeflow.changes()
    with pytest.raises(UserError, match="there is a run first already, of something else"):
        service.submit(spec, _request(**change))
    with pytest.raises(UserError, match=r"version: yard-.* -> yard-"):
        service.submit(read_submitted_spec(spec_file("b", **_STEPS)), _request())
    assert kubeflow.changes() == done_so_far


def test_what_is_only_arranged_otherwise_is_the_same_version(spec_file) -> None:
    file = spec_file()
    first = read_submitted_spec(file)
    file.write_text(file.read_text().replace("# compiled", "# at another time"))
    assert read_submitted_spec(file).version == first.version != read_submitted_spec(spec_file("b")).version


def test_runs_are_found_by_name_and_id_newest_first(kubeflow, spec_file) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    assert service.runs(5) == []
    ids = [service.submit(spec, _request(name)).run.id for name in ("one", "two", "three")]
    assert [run.name for run in service.runs(2)] == ["three", "two"]
    assert service.run("two").id == ids[1] == service.run(ids[1]).id
    assert service.run("one").pipeline_version == spec.version
    with pytest.raises(UserError, match="there is no run four"):
        service.run("four")
    with pytest.raises(UserError, match=r"it isn't there \(404\)"):
        service.run("00000000-0000-0000-0000-000000000000")
    assert _opened(experiment="other").runs(5) == []


def test_tasks_are_told_by_the_specs_names_and_a_failure_with_its_reason(kubeflow, spec_file) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    run = service.submit(spec, _request()).run
    kubeflow.end(run.id, "FAILED", {"Trainer": "SKIPPED", "Evaluator": "FAILED"}, error="OOMKilled")
    seen = service.run("first")
    assert [(task.name, task.state.value) for task in seen.tasks] == [("Trainer", "skipped"), ("Evaluator", "failed")]
    assert (seen.state, seen.error) == (RunState.FAILED, "OOMKilled")


def test_a_run_is_cancelled_once(kubeflow, spec_file) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    run = service.submit(spec, _request()).run
    assert service.cancel("first").state is RunState.CANCELING
    kubeflow.end(run.id, "CANCELED")
    assert service.cancel("first").state is RunState.CANCELED
    assert [path for _, path in kubeflow.changes() if "terminate" in path] == [f"/apis/v2beta1/runs/{run.id}:terminate"]


def test_a_schedule_begins_one_run_at_a_time_and_makes_up_for_none(kubeflow, spec_file) -> None:
    spec = read_submitted_spec(spec_file(**_STEPS))
    done = _opened().keep_schedule(spec, _request("yard"), _MONDAYS)
    assert done.keeping is Keeping.CREATED and done.schedule.enabled and done.schedule.next_run is not None
    recurring = kubeflow.recurring_runs[done.schedule.id]
    assert recurring["trigger"] == {"cron_schedule": {"cron": "0 0 4 * * 1"}}
    assert (recurring["max_concurrency"], recurring["no_catchup"], recurring["status"]) == ("1", True, "ENABLED")
    assert recurring["runtime_config"] == {"parameters": {"float_steps": "7"}, "pipeline_root": _ROOT}
    first = kubeflow.tick(done.schedule.id)
    assert first is not None and kubeflow.tick(done.schedule.id) is None
    (schedule,) = _opened().schedules()
    assert schedule.last_run is not None and schedule.cron == _MONDAYS and not schedule.catches_up
    assert _opened().run(first).schedule_id == schedule.id


def test_the_same_schedule_again_changes_nothing(kubeflow, spec_file) -> None:
    spec = read_submitted_spec(spec_file(**_STEPS))
    first = _opened().keep_schedule(spec, _request("yard"), _MONDAYS)
    _opened().pause("yard")
    done_so_far = kubeflow.changes()
    again = _opened().keep_schedule(spec, _request("yard"), read_cron("0 0 4 ? * MON", "UTC"))
    assert (again.keeping, again.schedule.id, again.schedule.enabled) == (Keeping.KEPT, first.schedule.id, False)
    assert kubeflow.changes() == done_so_far


def test_other_settings_replace_a_schedule_and_leave_it_paused(kubeflow, spec_file) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    first = service.keep_schedule(spec, _request("yard"), _MONDAYS)
    service.pause("yard")
    done = service.keep_schedule(
        read_submitted_spec(spec_file("b", **_STEPS)), _request("yard", parameters={}), _MONDAYS
    )
    assert (done.keeping, done.uploaded, done.schedule.enabled) == (Keeping.REPLACED, True, False)
    assert [change.partition(":")[0] for change in done.changes] == ["version", "parameter float_steps"]
    assert list(kubeflow.recurring_runs) == [done.schedule.id] != [first.schedule.id]
    assert kubeflow.changes()[-1] == ("DELETE", f"/apis/v2beta1/recurringruns/{first.schedule.id}")


def test_a_replacement_that_was_interrupted_is_finished_by_the_same_command(kubeflow, spec_file) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    service.keep_schedule(spec, _request("yard"), _MONDAYS)
    kubeflow.fail("DELETE", "recurringruns", (500, b'{"code":13,"message":"database is locked"}', "application/json"))
    tuesdays = read_cron("0 4 * * 2", "UTC")
    with pytest.raises(UserError, match=r"the new one, .* is there; the old one, .* can't be deleted") as told:
        service.keep_schedule(spec, _request("yard"), tuesdays)
    assert "database is locked" in str(told.value) and len(kubeflow.recurring_runs) == 2
    with pytest.raises(UserError, match="there are 2 schedules yard"):
        service.pause("yard")
    done = service.keep_schedule(spec, _request("yard"), tuesdays)
    assert [schedule.cron for schedule in service.schedules()] == [tuesdays]
    assert done.keeping is Keeping.REPLACED


def test_a_schedule_whose_run_goes_on_is_neither_replaced_nor_deleted(kubeflow, spec_file) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    first = service.keep_schedule(spec, _request("yard"), _MONDAYS)
    run = kubeflow.tick(first.schedule.id)
    done_so_far = kubeflow.changes()
    for act in (
        lambda: service.delete("yard"),
        lambda: service.keep_schedule(spec, _request("yard", parameters={}), _MONDAYS),
    ):
        with pytest.raises(UserError, match="Kubeflow would end its run that is going on"):
            act()
    assert kubeflow.changes() == done_so_far
    kubeflow.end(run, "SUCCEEDED")
    assert service.delete("yard").name == "yard" and service.schedules() == []


def test_schedules_are_paused_and_resumed(kubeflow, spec_file) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    made = service.keep_schedule(spec, _request("yard"), _MONDAYS).schedule
    paused = service.pause("yard")
    assert (paused.enabled, paused.next_run) == (False, None) and kubeflow.tick(made.id) is None
    assert service.resume(made.id).enabled
    with pytest.raises(UserError, match="there is no schedule garden"):
        service.pause("garden")


def test_a_time_zone_that_the_cluster_does_not_go_by_is_refused_before_anything_is_sent(kubeflow, spec_file) -> None:
    spec = read_submitted_spec(spec_file(**_STEPS))
    berlin = read_cron("0 4 * * 1", "Europe/Berlin")
    with pytest.raises(UserError, match="one time zone for all schedules"):
        _opened().keep_schedule(spec, _request("yard"), berlin)
    assert kubeflow.changes() == []
    assert _opened(time_zone="Europe/Paris").keep_schedule(spec, _request("yard"), berlin).keeping is Keeping.CREATED


def test_where_there_are_several_users_the_namespace_is_sent(kubeflow, spec_file, tmp_path: Path) -> None:
    kubeflow.multi_user = True
    with pytest.raises(UserError, match="has several users, and none is named"):
        _opened()
    done = _opened(namespace="team").submit(read_submitted_spec(spec_file(**_STEPS)), _request())
    (experiment,), (pipeline,) = kubeflow.experiments.values(), kubeflow.pipelines.values()
    assert done.is_new and experiment["namespace"] == pipeline["namespace"] == "team"


def test_many_pages_are_read(kubeflow, spec_file) -> None:
    service, spec = _opened(), read_submitted_spec(spec_file(**_STEPS))
    service.submit(spec, _request())
    (run,) = kubeflow.runs.values()
    kubeflow.runs |= {f"{n}": run | {"run_id": f"{n}", "display_name": f"n{n}"} for n in range(230)}
    assert len(service.runs(1000)) == 231 and len(service.runs(120)) == 120
