"""How far an emulated run has come: a file that is replaced after each step, from which the run can be retried."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any, Literal

from coralline.foundation.errors import UserError

TaskState = Literal["succeeded", "cached", "failed", "running"]


@dataclasses.dataclass
class TaskProgress:
    """A task that was begun.

    Attributes:
      state: `running` also after whatever ran it was killed.
      execution: its number in ML Metadata.
      executor_input: the driver's; a retried task gets the same.
      seconds: of all attempts together; cached: of the driver.
      attempts: pods that were started.
      log: what the last container wrote; None: no pod was started.
      message: why it failed.
      warnings: the launcher's.
    """

    state: TaskState
    execution: int
    executor_input: dict[str, Any]
    seconds: float = 0.0
    attempts: int = 0
    log: str | None = None
    message: str | None = None
    warnings: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class RunProgress:
    """A run.

    Attributes:
      run_id: a UUID.
      pipeline: its name.
      root: as the run was given it.
      parameters: the run's, defaults filled in.
      spec_sha256: of the compiled spec's bytes.
      dag: the root's execution in ML Metadata.
      tasks: by name, in the order in which they began.
    """

    run_id: str
    pipeline: str
    root: str
    parameters: dict[str, Any]
    spec_sha256: str
    dag: int
    tasks: dict[str, TaskProgress] = dataclasses.field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Writes `run.json` in one step."""
        aside = folder / f".run.json.{os.getpid()}"
        aside.write_text(json.dumps(dataclasses.asdict(self), indent=1), encoding="utf-8")
        aside.replace(folder / "run.json")

    @classmethod
    def load(cls, folder: Path) -> RunProgress:
        """Reads it back.

        Raises:
          UserError: there is no such run.
        """
        file = folder / "run.json"
        if not file.exists():
            known = sorted(path.parent.name for path in folder.parent.glob("*/run.json"))
            raise UserError("there is no such run", file=file, expected=", ".join(known) or "no run was begun here")
        stored = json.loads(file.read_text(encoding="utf-8"))
        return cls(**stored | {"tasks": {name: TaskProgress(**task) for name, task in stored["tasks"].items()}})
