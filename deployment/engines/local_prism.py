"""Beam's Prism on this machine: one process, no JVM; its workers are started by whoever submits (`loopback`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from coralline.foundation import progress
from coralline.foundation.errors import UserError
from deployment.engines.engine_process import EngineProcess, free_ports, listens, require_ready
from deployment.engines.flink_files import default_folder

PRISM_VERSION = "2.60.0"
_PACKAGE = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{PRISM_VERSION}"
_SECONDS = 1200
_STARTED_S = 30.0


def fetch_prism(folder: Path | None = None) -> Path:
    """The program, built once by Go, which checks its sources against Go's checksum database.

    Raises:
      UserError: Go isn't there, or can't build it.
    """
    home = (folder or default_folder()) / f"prism-{PRISM_VERSION}"
    program = home / "prism"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        raise UserError(
            "Prism can't be built",
            expected="Go on the PATH",
            found="no command `go`",
            fix="install it (https://go.dev/doc/install), or use another runner",
        )
    progress.note(f"building Prism {PRISM_VERSION}")
    home.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "GOBIN": str(home)}
    done = subprocess.run([go, "install", _PACKAGE], capture_output=True, text=True, timeout=_SECONDS, env=env)
    if done.returncode or not program.exists():
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError("Prism can't be built", expected=f"`go install {_PACKAGE}` to end well", found=said[-1])
    return program


class LocalPrism:
    """The runner whose files are in a folder; it runs until it is stopped.

    Args:
      folder: for its process id, port and log.
      program: Prism.
    """

    def __init__(self, folder: Path, program: Path):
        self.folder, self._program = folder.absolute(), program
        self.process = EngineProcess("prism", self.folder)

    def start(self) -> None:
        """Starts it, if it doesn't run.

        Raises:
          UserError: it doesn't start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.process.pid is None:
            [job] = free_ports(1)
            (self.folder / "ports.json").write_text(json.dumps({"job": job}), encoding="ascii")
            self.process.start([str(self._program), f"--job_port={job}", "--serve_http=false"], os.environ)
        require_ready(self.process, lambda: listens(self._port()), _STARTED_S)

    def stop(self) -> None:
        """Ends it."""
        self.process.stop()

    @property
    def job_endpoint(self) -> str:
        """For `beam.job_endpoint`."""
        return f"localhost:{self._port()}"

    def _port(self) -> int:
        return int(json.loads((self.folder / "ports.json").read_text(encoding="ascii"))["job"])
