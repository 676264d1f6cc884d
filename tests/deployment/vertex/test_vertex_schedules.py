"""Schedules on Vertex AI: made once, one run at a time, no catching up; paused, resumed, replaced, deleted."""

from __future__ import annotations

import pytest
from google.cloud.aiplatform_v1 import types
from vertex_answers import deny

from coralline.foundation.errors import UserError
from deployment.submission.cron_times import read_cron
from deployment.submission.remote_runs import Keeping, RunRequest, RunState

_MONDAYS = read_cron("0 4 * * 1", "Europe/Berlin")
_TUESDAYS = read_cron("0 4 * * 2", "Europe/Berlin")


def _asked(api, method):
    return [request for name, request in api.seen if name == method]


@pytest.fixture
def kept(vertex, spec):
    """A schedule of Mondays."""
    return vertex.keep_schedule(spec, RunRequest("weekly", {"push_to": "gs://b/x"}), _MONDAYS)


def test_a_schedule_is_made(api, kept, spec):
    (request,) = _asked(api, "CreateSchedule")
    made = request.schedule
    assert made.cron == "TZ=Europe/Berlin 0 4 * * 1"
    assert (made.max_concurrent_run_count, made.max_concurrent_active_run_count, made.allow_queueing) == (1, 1, False)
    assert made.create_pipeline_job_request.parent == api.parent
    assert not made.create_pipeline_job_request.pipeline_job_id
    assert kept.keeping is Keeping.CREATED and kept.changes == ()
    one = kept.schedule
    assert (one.name, one.cron, one.enabled, one.catches_up) == ("weekly", _MONDAYS, True, False)
    assert (one.max_concurrent_runs, one.parameters) == (1, {"push_to": "gs://b/x"})
    assert (one.pipeline_version, one.pipeline_root) == (spec.version, "gs://yard-bucket/coralline")
    assert one.next_run is not None and one.last_run is None and one.id.isdigit() and one.id in one.link


def test_at_most_one_run_goes_on_at_a_time_and_none_is_queued(api, vertex, kept):
    (resource,) = api.schedules
    api.held = True
    first = api.tick(resource)
    assert first is not None and api.tick(resource) is None
    run = vertex.run("weekly")
    assert (run.id, run.schedule_id, run.state) == (first, kept.schedule.id, RunState.PENDING)
    api.held = False
    for _ in range(3):
        vertex.run(first)
    second = api.tick(resource)
    assert second not in (None, first)
    assert vertex.run("weekly").id == second
    assert vertex.schedules()[0].last_run is not None


def test_the_same_twice_changes_nothing(api, vertex, spec, kept):
    again = vertex.keep_schedule(spec, RunRequest("weekly", {"push_to": "gs://b/x"}), _MONDAYS)
    assert (again.keeping, again.schedule) == (Keeping.KEPT, kept.schedule)
    assert len(_asked(api, "CreateSchedule")) == 1


def test_a_paused_one_stays_paused(api, vertex, spec, kept):
    vertex.pause("weekly")
    again = vertex.keep_schedule(spec, RunRequest("weekly", {"push_to": "gs://b/x"}), _MONDAYS)
    assert again.keeping is Keeping.KEPT and not again.schedule.enabled


def test_other_settings_replace_it_and_are_told(api, vertex, spec, kept):
    changed = vertex.keep_schedule(spec, RunRequest("weekly", {"push_to": "gs://b/y"}), _TUESDAYS)
    assert changed.keeping is Keeping.REPLACED and changed.schedule.id != kept.schedule.id
    assert changed.changes == (
        "times: at 04:00 on Monday, Europe/Berlin -> at 04:00 on Tuesday, Europe/Berlin",
        "parameter push_to: gs://b/x -> gs://b/y",
    )
    assert [one.id for one in vertex.schedules()] == [changed.schedule.id]
    methods = [name for name, _ in api.seen]
    assert methods.index("DeleteSchedule") > len(methods) - 1 - methods[::-1].index("CreateSchedule")


def test_what_replaces_a_paused_one_is_paused(api, vertex, spec, kept):
    vertex.pause("weekly")
    changed = vertex.keep_schedule(spec, RunRequest("weekly"), _TUESDAYS)
    assert changed.keeping is Keeping.REPLACED and not changed.schedule.enabled
    assert api.tick(next(iter(api.schedules))) is None


def test_a_replacement_that_was_interrupted_is_finished(api, vertex, spec, kept):
    vertex.pause("weekly")
    api.troubles.append(("PauseSchedule", lambda context: deny(context, "aiplatform.schedules.update", "x")))
    with pytest.raises(UserError, match="may not do this: pausing the schedule `weekly`"):
        vertex.keep_schedule(spec, RunRequest("weekly"), _TUESDAYS)
    assert len(api.schedules) == 2
    again = vertex.keep_schedule(spec, RunRequest("weekly"), _TUESDAYS)
    assert again.keeping is Keeping.REPLACED and not again.schedule.enabled and len(api.schedules) == 1
    assert not again.uploaded


def test_another_spec_replaces_it(vertex, compiled, kept):
    import json

    from deployment.submission.submitted_spec import submitted_spec

    document = json.loads(compiled)
    document["pipelineSpec"]["root"]["dag"]["tasks"]["QatTrainer"]["retryPolicy"]["maxRetryCount"] = 5
    other = submitted_spec(json.dumps(document).encode(), "other.json")
    changed = vertex.keep_schedule(other, RunRequest("weekly", {"push_to": "gs://b/x"}), _MONDAYS)
    (change,) = changed.changes
    assert change.endswith(f"version: {kept.schedule.pipeline_version} -> {other.version}")


def test_schedules_of_other_pipelines_are_left_alone(api, vertex, spec, kept):
    (resource,) = api.schedules
    other = types.Schedule(api.schedules[resource])
    other.name = f"{api.parent}/schedules/7"
    job = other.create_pipeline_job_request.pipeline_job
    types.PipelineJob.pb(job).pipeline_spec["pipelineInfo"]["name"] = "harbour"
    api.schedules[other.name] = other
    assert vertex.keep_schedule(spec, RunRequest("weekly"), _TUESDAYS).keeping is Keeping.REPLACED
    assert other.name in api.schedules and len(vertex.schedules()) == 1
    with pytest.raises(UserError, match="there is no schedule `7`"):
        vertex.delete("7")


def test_one_that_queues_is_replaced(api, vertex, spec, kept):
    (schedule,) = api.schedules.values()
    schedule.allow_queueing = True
    changed = vertex.keep_schedule(spec, RunRequest("weekly", {"push_to": "gs://b/x"}), _MONDAYS)
    assert changed.changes == ("missed times: made up for -> left out",)


def test_a_lost_answer_makes_no_second_schedule(api, vertex, spec):
    api.answers_lost.append("CreateSchedule")
    made = vertex.keep_schedule(spec, RunRequest("weekly"), _MONDAYS)
    assert made.keeping is Keeping.CREATED and len(api.schedules) == 1 and len(_asked(api, "CreateSchedule")) == 1


def test_what_an_interrupted_request_left_goes(api, vertex, spec, kept):
    (resource,) = api.schedules
    twin = types.Schedule(api.schedules[resource])
    twin.name = f"{api.parent}/schedules/7"
    twin.create_time = api._now()
    api.schedules[twin.name] = twin
    again = vertex.keep_schedule(spec, RunRequest("weekly", {"push_to": "gs://b/x"}), _MONDAYS)
    assert again.keeping is Keeping.KEPT and again.schedule == kept.schedule
    assert list(api.schedules) == [resource]


def test_several_of_a_name_are_refused_but_by_id(api, vertex, kept):
    (resource,) = api.schedules
    twin = types.Schedule(api.schedules[resource])
    twin.name = f"{api.parent}/schedules/7"
    api.schedules[twin.name] = twin
    with pytest.raises(UserError, match="there are 2 schedules `weekly`"):
        vertex.pause("weekly")
    assert vertex.delete("7").id == "7" and list(api.schedules) == [resource]


def test_pausing_and_resuming(api, vertex, kept):
    assert not vertex.pause("weekly").enabled and not vertex.pause("weekly").enabled
    assert len(_asked(api, "PauseSchedule")) == 1
    assert vertex.schedules()[0].next_run is None
    assert vertex.resume("weekly").enabled and vertex.resume(kept.schedule.id).enabled
    (request,) = _asked(api, "ResumeSchedule")
    assert not request.catch_up and not vertex.schedules()[0].catches_up


def test_pausing_is_waited_for(api, vertex, kept, monkeypatch):
    monkeypatch.setattr("deployment.vertex.vertex_schedules._BETWEEN_LOOKS_S", 0.01)
    api.turns_late = 3
    assert not vertex.pause("weekly").enabled
    api.turns_late = 99
    with pytest.raises(UserError, match="it isn't done yet: resuming the schedule `weekly`"):
        vertex.resume("weekly")


def test_a_lost_answer_to_pausing_is_settled(api, vertex, kept):
    api.answers_lost.append("PauseSchedule")
    assert not vertex.pause("weekly").enabled


def test_one_at_its_end_cannot_be_resumed_and_is_replaced(api, vertex, spec, kept):
    (schedule,) = api.schedules.values()
    schedule.state = types.Schedule.State.COMPLETED
    with pytest.raises(UserError, match="the schedule `weekly` is at its end"):
        vertex.resume("weekly")
    again = vertex.keep_schedule(spec, RunRequest("weekly", {"push_to": "gs://b/x"}), _MONDAYS)
    assert again.keeping is Keeping.REPLACED and again.schedule.enabled
    assert again.changes == ("state: at its end -> going on",)


def test_deleting_waits_until_it_is_done(api, vertex, kept):
    assert vertex.delete("weekly").id == kept.schedule.id
    assert api.schedules == {} and vertex.schedules() == []
    assert len(_asked(api, "GetOperation")) >= 1
    with pytest.raises(UserError, match="there is no schedule `weekly`"):
        vertex.delete("weekly")


def test_a_lost_answer_to_deleting_is_settled(api, vertex, kept):
    api.answers_lost.append("DeleteSchedule")
    vertex.delete("weekly")
    assert api.schedules == {}


def test_schedules_are_listed_by_name_and_whoever_made_them(api, vertex, spec, kept):
    vertex.keep_schedule(spec, RunRequest("daily"), read_cron("30 2 * * *", "UTC"))
    (resource, *_) = api.schedules
    by_hand = types.Schedule(api.schedules[resource])
    by_hand.name, by_hand.display_name, by_hand.cron = f"{api.parent}/schedules/8", "by hand", "CRON_TZ=UTC @monthly"
    by_hand.create_pipeline_job_request.pipeline_job.labels = {}
    api.schedules[by_hand.name] = by_hand
    by_hand_seen, daily, weekly = vertex.schedules()
    assert (daily.name, weekly.name) == ("daily", "weekly")
    assert daily.cron_text == "TZ=UTC 30 2 * * *" and daily.cron.in_words().endswith("UTC")
    assert (by_hand_seen.cron, by_hand_seen.cron_text) == (None, "CRON_TZ=UTC @monthly")
    assert by_hand_seen.pipeline_version is None


def test_a_name_with_quotes_is_found(vertex, spec):
    name = 'the "weekly" one\\'
    vertex.keep_schedule(spec, RunRequest(name), _MONDAYS)
    assert vertex.keep_schedule(spec, RunRequest(name), _MONDAYS).keeping is Keeping.KEPT
    assert vertex.pause(name).name == name


def test_seconds_are_refused_before_anything_is_sent(api, vertex, spec):
    with pytest.raises(UserError, match="know no seconds") as error:
        vertex.keep_schedule(spec, RunRequest("weekly"), read_cron("30 0 4 * * 1", "UTC"))
    assert error.value.fix == "--cron '0 4 * * 1'" and api.seen == []
