"""A machine beside the first that trains a model on Kubernetes: `python -m deployment.entrypoint.training_worker`.

It does what the step itself does (`deployment.entrypoint.run_task`, whose flags it takes), as the worker of the cluster
that its environment names: it brings the inputs, which nobody has brought into its pod, and what it writes is read by
nobody and goes with the pod.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from deployment.entrypoint import executor_input
from deployment.entrypoint.kubernetes_workers import CLUSTER_VARIABLE
from deployment.entrypoint.launcher_mirror import LauncherMirror, mirror_of
from deployment.entrypoint.process_end import run_to_its_end
from deployment.entrypoint.run_task import TaskCommand, quiet_libraries, run_task

_INDEX = "JOB_COMPLETION_INDEX"
"""Kubernetes sets it in the pods of an indexed job."""


def take_part(command: TaskCommand) -> None:
    """Brings the inputs, then trains with the others.

    Raises:
      UserError: an input isn't where it should be, or the training fails.
    """
    task = {"type": "worker", "index": int(os.environ[_INDEX])}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": json.loads(os.environ[CLUSTER_VARIABLE]), "task": task})
    given = executor_input.read_executor_input(command.executor_input)
    if not command.artifacts:
        for name in command.inputs_spec.artifacts:
            for artifact in given.inputs.artifacts[name].artifacts:
                bring_input(artifact.uri, mirror_of(""))
    os.makedirs(os.path.dirname(given.outputs.output_file), exist_ok=True)
    run_task(command)


def bring_input(uri: str, mirror: LauncherMirror) -> None:
    """Copies an artifact from its bucket to where the launcher brings it in a step's pod.

    Raises:
      UserError: there is nothing, or it can't be read.
    """
    if not storage.is_remote(uri):
        return
    place = Path(mirror.path_of(uri))
    try:
        names = storage.list_tree(uri).files
        for name in names:
            file = place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(storage.read_bytes(f"{uri}/{name}"))
    except OSError as error:
        raise UserError(
            "an input of the training can't be read from its bucket",
            file=uri,
            expected="files that the workers may read",
            found=error,
            fix="give the workers access: deployment.secret_env, or deployment.trainer.service_account",
        ) from error
    place.mkdir(parents=True, exist_ok=True)


def main() -> None:
    """The container's command."""
    quiet_libraries()
    run_to_its_end(lambda: take_part(TaskCommand.parse(sys.argv[1:])))


if __name__ == "__main__":
    main()
