"""Deleting what a plan names, so that it may end at any moment: by a kill, a full disk, a file that can't be deleted.

First go the files that no artifact is recorded for; that needs no room in the store. Then artifacts, some at a time:
they are marked in the store, their files go, and the store says so. Whatever moment this ends at, an artifact that the
store calls LIVE is whole, and the next gc finishes those that are marked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from pipeline.housekeeping.artifact_states import ArtifactStates
from pipeline.housekeeping.deletion_plan import Choice, DeletionPlan, LeftAlone, Removal, plan_deletion
from pipeline.housekeeping.folder_contents import delete_tree
from pipeline.running.out_folder import OutFolder
from pipeline.running.store_locks import no_run

_MARKED_TOGETHER = 50


@dataclasses.dataclass(frozen=True)
class Deletion:
    """What was done.

    Attributes:
      plan: what was planned, in the moment in which it was done.
      removed: what is gone.
      failed: what isn't, or not wholly, and why.
    """

    plan: DeletionPlan
    removed: list[Removal]
    failed: list[LeftAlone]


def delete(out: OutFolder, choice: Choice) -> Deletion:
    """Plans and deletes while no run is going on; a run that is started waits until this has ended.

    Raises:
      UserError: a run is going on, another gc is at work, or the store can't be written; what was deleted by then is
        recorded as deleted.
    """
    with no_run(out.store):
        plan = plan_deletion(out, choice)
        done = Deletion(plan, [], [])
        for removal in plan.removals:
            if removal.artifact is None:
                _try(done, removal)
        states = None
        for together in _groups([removal for removal in plan.removals if removal.artifact is not None]):
            states = states or ArtifactStates(out.store)
            states.mark([removal.artifact for removal in together if removal.artifact is not None])
            gone = [removal.artifact for removal in together if _try(done, removal) and removal.artifact is not None]
            states.say_deleted(gone)
        return done


def _try(done: Deletion, removal: Removal) -> bool:
    try:
        delete_tree(removal.path)
    except OSError as error:
        done.failed.append(LeftAlone(removal.path, str(error)))
        return False
    done.removed.append(removal)
    return True


def _groups(removals: list[Removal]) -> Iterator[list[Removal]]:
    yield from (removals[start : start + _MARKED_TOGETHER] for start in range(0, len(removals), _MARKED_TOGETHER))
