"""Pods as containers: each task in a container of its own, on a Docker engine.

The launcher's part (download, upload) is done outside of the container, on the folders that are mounted into it; a
launcher in the pod would do it as the container's user. /tmp is such a folder too, because ExecutorOutput and output
parameters may lie there. The container's network is the machine's, so that servers on loopback are found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from coralline.foundation.errors import UserError
from deployment.emulation.pod import Pod
from deployment.emulation.process_pods import wait_for


class DockerPods:
    """Runs containers of one image, whatever image they name: what was built here has no registry's name yet.

    Args:
      image: for `docker run`.

    Raises:
      UserError: there is no engine, or it doesn't have the image.
    """

    def __init__(self, image: str):
        self._image = image
        if shutil.which("docker") is None:
            raise UserError("there is no `docker` on the PATH", fix="install Docker, or leave --docker out")
        for command, what in (("info", "the Docker engine doesn't answer"), ("image", f"there is no image {image}")):
            arguments = ["info"] if command == "info" else ["image", "inspect", image]
            done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise UserError(what, found=done.stderr.strip(), fix="start it, or build the image: docker build .")

    def run(self, pod: Pod, command: Sequence[str], log: Path) -> int:
        """Runs a command in a container until it ends or its deadline has passed.

        Args:
          log: gets what it writes, both streams.

        Returns:
          its exit code; negative: the deadline has passed.
        """
        temporary = pod.layer / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        temporary.chmod(0o1777)
        _open_to_every_user(pod)
        arguments = ["docker", "run", "--rm", "--name", pod.name, "--network", "host", "--entrypoint", command[0]]
        for path, folder in {**pod.mounts, "/tmp": temporary}.items():
            arguments += ["--volume", f"{folder}:{path}"]
        for name in pod.env:  # values aren't shown in the list of processes
            arguments += ["--env", name]
        with open(log, "wb") as stream:
            process = subprocess.Popen(
                [*arguments, self._image, *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=os.environ | pod.env,
                start_new_session=True,
            )
            try:
                return wait_for(process, pod.deadline_s)
            finally:
                subprocess.run(["docker", "rm", "--force", pod.name], capture_output=True, check=False)


def _open_to_every_user(pod: Pod) -> None:
    """What the launcher would have made as the container's user is made by ours."""
    for folder in [folder for folder in pod.mounts.values() if pod.folder in folder.parents]:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
