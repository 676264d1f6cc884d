"""Pods as processes: a container's file system without a container engine.

Each pod has a mount namespace of its own and a root put together in it: the system's programs and libraries, this
environment and its code, as an image would hold them, empty folders and claims where the pod has them. Nothing else of
this machine is there: a path outside of that isn't found, as it isn't in a container. The machine's own root stays as
it is; what is written beside the mounts goes into the pod's layer, and with it.

It needs Linux and either root or user namespaces that anyone may make (`unshare -Urm`). The network is the machine's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coralline.foundation.errors import UserError
from deployment.emulation.pod import Pod

# What an image has of an operating system; each is mounted as it is, or is the link that it is.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/dev", "/proc", "/sys")
_OWN = ("/tmp", "/var/tmp", "/run", "/home/pod")
_PR_SET_PDEATHSIG = 1


def namespaces_command() -> list[str]:
    """The command that starts another one in a mount namespace.

    Raises:
      UserError: this machine or user can't have one.
    """
    options = ["-m"] if os.geteuid() == 0 else ["-Urm"]
    program = shutil.which("unshare", path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")
    command = [program or "unshare", *options, "--propagation", "private"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None)
        raise UserError(
            "pods can't be run as processes here",
            expected="Linux with util-linux, and root or user namespaces (`unshare -Urm true` works)",
            found=said.decode(errors="replace").strip() if said else str(error),
            fix="run as root, allow user namespaces (sysctl kernel.unprivileged_userns_clone=1 or "
            "kernel.apparmor_restrict_unprivileged_userns=0), or give --docker IMAGE",
        ) from error
    return command


class ProcessPods:
    """Runs containers as processes of this environment, whatever image they name.

    Raises:
      UserError: see `namespaces_command`.
    """

    def __init__(self) -> None:
        self._namespaces = namespaces_command()

    def run(self, pod: Pod, command: Sequence[str], log: Path) -> int:
        """Runs a command in a pod until it ends or its deadline has passed.

        Args:
          log: gets what it writes, both streams.

        Returns:
          its exit code; negative: the signal that ended it.
        """
        script = _mount_script(pod)
        with open(log, "wb") as stream:
            process = subprocess.Popen(
                [*self._namespaces, "/bin/sh", "-c", script, "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=_image_environment() | pod.env,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
            return wait_for(process, pod.deadline_s)


def wait_for(process: subprocess.Popen[Any], deadline_s: int | None) -> int:
    """Waits for a process that leads a group; ends the whole group at the deadline, and whenever this is left."""
    try:
        return process.wait(deadline_s)
    except subprocess.TimeoutExpired:
        return -int(signal.SIGKILL)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _end_with_parent() -> None:
    """Runs in the child: it is killed when we are, as a pod goes with its node."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def _image_environment() -> dict[str, str]:
    """The variables that an image sets: `python` is this environment's, and finds this code."""
    import coralline
    import deployment

    ours = [str(Path(package.__path__[0]).parent) for package in (deployment, coralline)]
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": os.pathsep.join(ours),
        "HOME": "/home/pod",
        "LANG": "C.UTF-8",
    }


def _image_paths() -> list[Path]:
    """Folders that stand for an image's content: the interpreter, its packages, this code."""
    ours = _image_environment()["PYTHONPATH"].split(os.pathsep)
    of_this_shell = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    named = [sys.prefix, sys.base_prefix, *(path for path in sys.path if path not in of_this_shell), *ours]
    named += [str(Path(sys.executable).resolve().parents[1])]
    folders = {Path(path).absolute() for path in named if path and Path(path).is_dir()}
    folders |= {folder.resolve() for folder in folders}
    system = [Path(path) for path in _SYSTEM]
    kept: list[Path] = []
    for folder in sorted(folders, key=lambda path: len(path.parts)):
        if folder != Path("/") and not any(other in (folder, *folder.parents) for other in [*system, *kept]):
            kept.append(folder)
    return kept


def _mount_script(pod: Pod) -> str:
    """Shell commands that put the root together and run the rest of the arguments in it."""
    root = pod.layer
    lines = ["set -e", f"mount --bind {_quoted(root)} {_quoted(root)}"]
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            with contextlib.suppress(FileExistsError):
                (root / path.name).symlink_to(os.readlink(path))
        elif path.is_dir():
            lines += _bound(path, root / path.name, "--rbind")
    for own in _OWN:
        (root / own.lstrip("/")).mkdir(parents=True, exist_ok=True)
        (root / own.lstrip("/")).chmod(0o1777)
    for folder in _image_paths():
        target = root / str(folder).lstrip("/")
        lines += [*_bound(folder, target, "--bind"), f"mount -o remount,bind,ro {_quoted(target)} 2>/dev/null || true"]
    for mount, source in sorted(pod.mounts.items(), key=lambda item: len(item[0])):
        _require_own_place(mount)
        lines += _bound(source, root / mount.lstrip("/"), "--bind")
    lines.append(f'exec chroot {_quoted(root)} "$@"')
    return "PATH=$PATH:/usr/sbin:/sbin\n" + "\n".join(lines)


def _require_own_place(path: str) -> None:
    """A mount point below what is the machine's would be made on the machine."""
    for taken in (*map(Path, _SYSTEM), *_image_paths()):
        if taken in Path(path).parents and not Path(path).is_dir():
            raise UserError(
                f"{path} can't be a mount point of a pod that is a process",
                expected=f"a path outside {taken}, which is this machine's",
                fix="mount it elsewhere, or give --docker IMAGE",
            )


def _bound(source: Path, target: Path, how: str) -> list[str]:
    """(Made within the namespace: a mount may be below another.)"""
    return [f"mkdir -p {_quoted(target)}", f"mount {how} {_quoted(source)} {_quoted(target)}"]


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
