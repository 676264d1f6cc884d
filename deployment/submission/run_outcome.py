"""What a run did, in words: that there was nothing new to train on, above all."""

from __future__ import annotations

from deployment.spec.steps import FINGERPRINTS, OF_TFX
from deployment.submission.remote_runs import RemoteRun, RunState

_TRAINER, _EVALUATOR = "QatTrainer", "Evaluator"


def outcome_in_words(run: RemoteRun) -> str | None:
    """One sentence on a run of our pipeline that ended well; None for others, and for one that did everything.

    The steps that look each time (fingerprints, ServedModelImporter, EdgeTpuPusher) aren't counted: they run so that
    the others needn't.
    """
    states = {task.name: task.state for task in run.tasks if task.name in (*FINGERPRINTS, *OF_TFX)}
    if not run.state.is_good or not {_TRAINER, _EVALUATOR} <= set(states):
        return None
    if states[_TRAINER] is not RunState.SKIPPED:
        return None
    if states[_EVALUATOR] is not RunState.SKIPPED:
        return (
            "nothing new to train on: data, settings and code are those of an earlier run; its model was judged again, "
            "against what is served now"
        )
    return (
        "nothing new, nothing done: data, settings, code and the served model are those of an earlier run; nothing was "
        "trained or judged"
    )
