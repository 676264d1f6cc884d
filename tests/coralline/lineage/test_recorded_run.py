"""What state a run is in, by its executions and by what it recorded of its end."""

import pytest

from coralline.lineage.answers.run_table import failure_of
from coralline.lineage.recorded_run import Execution, Run


def run_of(*states, **recorded):
    """A run of one execution for each of these states."""
    executions = (Execution(i, f"n{i}", "t", "r", state, 0, 1000, {}, {}, None) for i, state in enumerate(states))
    return Run("r", "yard", 0, recorded, tuple(executions))


@pytest.mark.parametrize(
    ("states", "recorded", "state"),
    [
        (["COMPLETE", "CACHED"], {}, "COMPLETE"),
        (["COMPLETE", "RUNNING"], {}, "RUNNING"),
        (["COMPLETE", "FAILED"], {}, "FAILED"),
        ([], {}, "RUNNING"),
        (["UNKNOWN", "UNKNOWN"], {}, "UNKNOWN"),
        (["COMPLETE"], {"record_format": 2}, "RUNNING"),
        ([], {"record_format": 2}, "RUNNING"),
        (["COMPLETE"], {"record_format": 2, "outcome": "complete"}, "COMPLETE"),
        (["COMPLETE"], {"record_format": 2, "outcome": "killed"}, "FAILED"),
        ([], {"record_format": 2, "outcome": "interrupted"}, "FAILED"),
        (["FAILED"], {"record_format": 2, "outcome": "failed"}, "FAILED"),
    ],
)
def test_state(states, recorded, state):
    assert run_of(*states, **recorded).state == state


@pytest.mark.parametrize("outcome", ["killed", "interrupted", "failed"])
def test_a_run_that_ended_between_two_steps_says_so(outcome):
    assert "between two steps" in failure_of(run_of("COMPLETE", record_format=2, outcome=outcome))


def test_a_failed_step_is_named():
    assert failure_of(run_of("FAILED", record_format=2, outcome="failed")) == "n0: no reason is recorded"
    assert failure_of(run_of("COMPLETE", record_format=2, outcome="complete")) is None
