"""Everything that a store records, read once: runs, executions, artifacts, and who made and who took what."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from coralline.lineage.recorded_run import Artifact, Execution, Run
from coralline.lineage.run_history import RunHistory

_AT_ONCE = 500


@dataclasses.dataclass(frozen=True)
class RecordedGraph:
    """What a store holds.

    Attributes:
      runs: the newest first.
      executions, artifacts: by their numbers.
      taken, made: execution -> artifacts.
      maker: artifact -> the execution that made it and the output's name; later ones reused it.
      users: artifact -> every execution that took, made or reused it.
    """

    runs: list[Run]
    executions: dict[int, Execution]
    artifacts: dict[int, Artifact]
    taken: dict[int, list[int]]
    made: dict[int, list[int]]
    maker: dict[int, tuple[int, str]]
    users: dict[int, list[int]]

    @classmethod
    def read(cls, history: RunHistory) -> RecordedGraph:
        """Reads all of it."""
        runs = history.runs()
        executions = {execution.id: execution for run in runs for execution in run.executions}
        taken: dict[int, list[int]] = {}
        made: dict[int, list[int]] = {}
        maker: dict[int, tuple[int, str]] = {}
        users: dict[int, list[int]] = {}
        for part in _parts(sorted(executions)):
            for execution, _, artifact in history.inputs(part):
                taken.setdefault(execution, []).append(artifact)
                users.setdefault(artifact, []).append(execution)
            for execution, name, artifact in sorted(history.outputs(part)):
                made.setdefault(execution, []).append(artifact)
                users.setdefault(artifact, []).append(execution)
                maker.setdefault(artifact, (execution, name))
        artifacts = {a.id: a for part in _parts(sorted(users)) for a in history.artifacts(part)}
        return cls(runs, executions, artifacts, taken, made, maker, users)

    def of_type(self, artifact_type: str) -> list[Artifact]:
        """The artifacts of a type, the oldest first."""
        return [artifact for artifact in self.artifacts.values() if artifact.type == artifact_type]

    def steps_back(self, artifact: int) -> set[int]:
        """The executions that an artifact depends on, its maker among them."""
        found: set[int] = set()
        ahead = [artifact]
        while ahead:
            makers = {self.maker[i][0] for i in ahead if i in self.maker} - found
            found |= makers
            ahead = [i for execution in makers for i in self.taken.get(execution, [])]
        return found

    def touched(self, executions: Iterable[int]) -> set[int]:
        """The artifacts that these executions took, made or reused."""
        return {i for e in executions for i in (*self.taken.get(e, []), *self.made.get(e, []))}

    def last_used_ms(self, artifact: int) -> int:
        """When an execution last took, made or reused an artifact, since the epoch."""
        return max(
            (self.executions[e].updated_ms for e in self.users.get(artifact, ())),
            default=self.artifacts[artifact].created_ms,
        )


def _parts(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
