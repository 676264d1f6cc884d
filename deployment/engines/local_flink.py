"""A Flink on this machine, of separate processes: a job manager, task managers of one slot, Beam's job server."""

from __future__ import annotations

import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from coralline.foundation.errors import UserError
from deployment.engines.engine_process import EngineProcess, free_ports, listens, require_ready, wait_until
from deployment.engines.flink_files import FlinkFiles
from deployment.engines.jvm import java_command

SDK_WORKER = Path(__file__).with_name("sdk_worker")
_JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
_TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
_JOB_SERVER = "org.apache.beam.runners.flink.FlinkJobServerDriver"
_STARTED_S = 120.0
_HEAP_MB = {"jobmanager": 256, "taskmanager": 256, "jobserver": 256}
_SLOT_TIMEOUT_MS = 120_000

# A task manager's memory, part by part, as its entry point asks for it; Flink's scripts compute these from a total.
# Batch jobs with few large elements need little of each.
_MEMORY = {
    "jobmanager.memory.process.size": "768m",
    "taskmanager.cpu.cores": "1.0",
    "taskmanager.memory.task.heap.size": "192m",
    "taskmanager.memory.framework.heap.size": "64m",
    "taskmanager.memory.task.off-heap.size": "64m",
    "taskmanager.memory.framework.off-heap.size": "64m",
    # Statistics are a wide job: all its exchanges are open at once, each with 512 buffers.
    "taskmanager.memory.segment-size": "8kb",
    "taskmanager.memory.network.min": "128m",
    "taskmanager.memory.network.max": "128m",
    "taskmanager.memory.managed.size": "128m",
    "taskmanager.memory.jvm-metaspace.size": "160m",
    "taskmanager.memory.jvm-overhead.min": "128m",
    "taskmanager.memory.jvm-overhead.max": "128m",
}
_LOG = """\
rootLogger.level = INFO
rootLogger.appenderRef.out.ref = out
appender.out.name = out
appender.out.type = CONSOLE
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} - %m%n
"""


class LocalFlink:
    """The cluster whose files are in a folder; it runs until it is stopped, whoever started it.

    Args:
      folder: for configuration, logs, process ids and what Flink writes.
      files: the jars.
    """

    def __init__(self, folder: Path, files: FlinkFiles):
        self.folder, self._files = folder.absolute(), files
        self.job_manager = EngineProcess("jobmanager", self.folder)
        self.job_server = EngineProcess("jobserver", self.folder)

    def start(self, task_managers: int = 2) -> None:
        """Starts what doesn't run yet, and waits for all of it.

        Raises:
          UserError: no Java, or a process doesn't start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.job_manager.pid is None:
            self._configure()
            jars = [*self._files.of_flink(), self._files.of_beam]
            self._start(self.job_manager, _JOB_MANAGER, jars, ["--configDir", str(self.folder)])
        require_ready(self.job_manager, lambda: self._overview() is not None, _STARTED_S)
        for number in range(1, task_managers + 1):
            self.start_task_manager(number)
        if self.job_server.pid is None:
            self._start(self.job_server, _JOB_SERVER, self._of_job_server(), self._job_server_args())
        require_ready(self.job_server, lambda: listens(self._ports()["job"]), _STARTED_S)
        if not wait_until(lambda: self.slots >= task_managers, _STARTED_S):
            raise UserError(
                "Flink's task managers haven't come",
                file=self.folder,
                expected=f"{task_managers} slots",
                found=f"{self.slots}",
                fix="look into taskmanager-*.log there",
            )

    def start_task_manager(self, number: int) -> None:
        """Starts one, if it doesn't run; with the number of one that was killed, its successor."""
        process = self.task_manager(number)
        if process.pid is None:
            jars = [*self._files.of_flink(), self._files.of_beam]
            self._start(process, _TASK_MANAGER, jars, ["--configDir", str(self.folder)])

    def task_manager(self, number: int) -> EngineProcess:
        """By its number, from 1."""
        return EngineProcess(f"taskmanager-{number}", self.folder)

    def task_managers(self) -> list[EngineProcess]:
        """All that were started."""
        return [EngineProcess(file.stem, self.folder) for file in sorted(self.folder.glob("taskmanager-*.pid"))]

    def stop(self) -> None:
        """Ends all of it."""
        for process in (self.job_server, *self.task_managers(), self.job_manager):
            process.stop()

    @property
    def job_endpoint(self) -> str:
        """Of Beam's job server, for `beam.job_endpoint`."""
        return f"localhost:{self._ports()['job']}"

    @property
    def rest_address(self) -> str:
        """Of Flink's page and REST interface."""
        return f"http://localhost:{self._ports()['rest']}"

    @property
    def slots(self) -> int:
        """Of the task managers that have registered."""
        overview = self._overview()
        return 0 if overview is None else int(overview["slots-total"])

    def health(self) -> dict[str, Any]:
        """Flink's own overview, and which processes run."""
        processes = (self.job_manager, *self.task_managers(), self.job_server)
        running = {process.name: process.pid for process in processes}
        return {"processes": running, **(self._overview() or {})}

    def _overview(self) -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(f"{self.rest_address}/overview", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (OSError, urllib.error.URLError, ValueError):
            return None

    def _start(self, process: EngineProcess, main: str, jars: list[Path], args: list[str]) -> None:
        heap = _HEAP_MB[process.name.split("-")[0]]
        env = {**os.environ, "CORALLINE_PYTHON": sys.executable, "FLINK_CONF_DIR": str(self.folder)}
        process.start(java_command(main, jars, heap, self.folder / "log4j.properties", args), env)

    def _configure(self) -> None:
        rpc, rest, job, artifacts, expansion = free_ports(5)
        ports = {"rpc": rpc, "rest": rest, "job": job, "artifacts": artifacts, "expansion": expansion}
        (self.folder / "ports.json").write_text(json.dumps(ports), encoding="ascii")
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        (self.folder / "tmp").mkdir()
        settings = {
            "jobmanager.rpc.address": "localhost",
            "jobmanager.rpc.port": rpc,
            "jobmanager.bind-host": "localhost",
            "taskmanager.host": "localhost",
            "taskmanager.bind-host": "localhost",
            "rest.address": "localhost",
            "rest.bind-address": "localhost",
            "rest.port": rest,
            "taskmanager.numberOfTaskSlots": 1,
            "io.tmp.dirs": self.folder / "tmp",
            "blob.storage.directory": self.folder / "tmp",
            # A task manager that is gone refuses the next two heartbeats; a slow one has all the time.
            "heartbeat.interval": 3000,
            "heartbeat.timeout": 60000,
            "slot.request.timeout": _SLOT_TIMEOUT_MS,
            # The runner's jars are the cluster's own, loaded once; those that come with a job are the same.
            "classloader.resolve-order": "parent-first",
            **_MEMORY,
        }
        text = "".join(f"{key}: {value}\n" for key, value in settings.items())
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")
        (self.folder / "log4j.properties").write_text(_LOG, encoding="ascii")

    def _job_server_args(self) -> list[str]:
        ports = self._ports()
        return [
            *("--job-host", "localhost", "--job-port", str(ports["job"])),
            *("--artifact-port", str(ports["artifacts"]), "--expansion-port", str(ports["expansion"])),
            *("--artifacts-dir", str(self.folder / "tmp" / "artifacts")),
            *("--flink-master", f"localhost:{ports['rest']}", "--flink-conf-dir", str(self.folder)),
        ]

    def _ports(self) -> dict[str, int]:
        try:
            ports: dict[str, int] = json.loads((self.folder / "ports.json").read_text(encoding="ascii"))
        except OSError:
            return dict.fromkeys(("rpc", "rest", "job", "artifacts", "expansion"), 0)
        return ports

    def _of_job_server(self) -> list[Path]:
        return [self._files.of_beam, *(jar for jar in self._files.of_flink() if jar.name.startswith("log4j-"))]
