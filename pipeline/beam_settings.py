"""The `beam` section of the configuration: where the Beam work of the pipeline runs, and the flags of Beam's for it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from components.beam_flags import RETRIES_FLAG
from coralline.foundation.errors import UserError
from coralline.foundation.settings_section import SettingsSection

_ENDPOINT = r"^[A-Za-z0-9_.-]+:[0-9]{1,5}$"
_WORKER = Path(__file__).resolve().parents[1] / "deployment" / "engines" / "sdk_worker"
_SECONDS_TO_ANSWER = 10
_WORKERS_KEPT_MS = 30_000


class BeamSettings(SettingsSection):
    """Where examples are made, statistics are gathered and models are run over the judging side."""

    runner: Literal["direct", "flink", "spark", "dataflow", "portable"] = Field(
        "direct",
        description="What runs Beam: `direct`: the step's own process; `flink`, `spark`; `dataflow`; `portable`: any "
        "runner with a job endpoint, such as Prism.",
    )
    job_endpoint: str | None = Field(
        None,
        pattern=_ENDPOINT,
        description="Flink, Spark, portable: host:port of Beam's job server, which knows the engine.",
    )
    master: str | None = Field(
        None,
        min_length=1,
        description="Flink, Spark, without `job_endpoint`: the engine's address (host:port of Flink's REST interface, "
        "spark://host:port); Beam then starts a job server of its own out of `job_server_jar`.",
    )
    job_server_jar: str | None = Field(
        None, min_length=1, description="Flink, Spark: Beam's job server as a jar, a path or a URL."
    )
    parallelism: int | None = Field(
        None, ge=1, description="Flink: how many slots a job takes. Default: the cluster's own."
    )
    retries: int | None = Field(
        None,
        ge=0,
        description="Flink, Spark, portable: how often a job is sent again that the engine gave up, as when "
        "it lost a worker. Default: 0, and what the engine does by itself.",
    )
    environment: Literal["process", "external", "docker", "loopback"] | None = Field(
        None,
        description="Flink, Spark, portable: how workers with this code come to be: `process`: the engine starts them; "
        "`external`: a pool beside each of its machines does; `docker`: it starts containers; `loopback`: they are "
        "this very process, for an engine on this machine. Default: `process`.",
    )
    environment_command: str | None = Field(
        None,
        min_length=1,
        description="`process`: the program to start. Default: deployment/engines/sdk_worker of the project, at the "
        "path where it is here.",
    )
    environment_address: str | None = Field(
        None, pattern=_ENDPOINT, description="`external`: host:port of the pool, as the engine's machines see it."
    )
    image: str | None = Field(
        None, min_length=1, description="`docker`, Dataflow: the image of workers. Default: deployment.image."
    )
    workers: int | None = Field(
        None, ge=1, description="Direct: processes; Dataflow: machines to begin with. Default: one; Dataflow's choice."
    )
    max_workers: int | None = Field(None, ge=1, description="Dataflow: the most machines.")
    machine_type: str | None = Field(None, min_length=1, description="Dataflow: such as n2-standard-2.")
    project: str | None = Field(None, min_length=1, description="Dataflow: the Google Cloud project.")
    region: str | None = Field(None, min_length=1, description="Dataflow: such as europe-west4.")
    temp_location: str | None = Field(
        None, pattern=r"^gs://[^/]+/.+", description="Dataflow: a folder for temporary files, gs://bucket/..."
    )
    service_account: str | None = Field(None, min_length=1, description="Dataflow: whom the machines act as.")
    subnetwork: str | None = Field(None, min_length=1, description="Dataflow: the machines' network.")


_ENVIRONMENT = {"environment", "environment_command", "environment_address", "image"}
_OF_RUNNER: Mapping[str, set[str]] = {
    "direct": {"workers"},
    "flink": {"job_endpoint", "master", "job_server_jar", "parallelism", "retries", *_ENVIRONMENT},
    "spark": {"job_endpoint", "master", "job_server_jar", "retries", *_ENVIRONMENT},
    "portable": {"job_endpoint", "retries", *_ENVIRONMENT},
    "dataflow": {
        "image", "workers", "max_workers", "machine_type", "project", "region", "temp_location", "service_account",
        "subnetwork",
    },
}  # fmt: skip
_OF_ENVIRONMENT = {"process": "environment_command", "external": "environment_address", "docker": "image"}
_NEEDED_BY_DATAFLOW = ("project", "region", "temp_location", "image")
_MASTER_FLAGS = {
    "flink": ("FlinkRunner", "flink_master", "flink_job_server_jar"),
    "spark": ("SparkRunner", "spark_master_url", "spark_job_server_jar"),
}


def beam_args(settings: BeamSettings, image: str | None = None) -> list[str]:
    """Flags of Beam's for every step that runs Beam; none for the direct runner in one process.

    Args:
      settings: the section.
      image: the image of the steps, if they run on a cluster.

    Raises:
      UserError: an option isn't one of that runner, or one that it needs is missing.
    """
    settings = settings if settings.image or image is None else _with_image(settings, image)
    _require_options(settings)
    if settings.runner == "direct":
        several = settings.workers is not None and settings.workers > 1
        mode = ("--direct_running_mode=multi_processing", f"--direct_num_workers={settings.workers}")
        return [*mode, *_code_is_there(settings)] if several else []
    if settings.runner == "dataflow":
        return [*_dataflow(settings), *_code_is_there(settings)]
    # Without it a worker is ended whenever none of its stages runs, and the next stage waits for another to import all.
    flags = [*_where(settings), *_environment(settings), f"--environment_cache_millis={_WORKERS_KEPT_MS}"]
    if settings.parallelism is not None:
        flags.append(f"--parallelism={settings.parallelism}")
    if settings.retries is not None:
        flags.append(f"{RETRIES_FLAG}={settings.retries}")
    return [*flags, *_code_is_there(settings)]


def runs_elsewhere(args: Sequence[str]) -> bool:
    """Whether what `beam_args` gave sends the work out of the step's process and its children."""
    return any(arg.startswith("--runner=") for arg in args)


def require_engine(settings: BeamSettings) -> None:
    """Looks whether something answers where the job is to go.

    Raises:
      UserError: nothing does, or an option is wrong.
    """
    beam_args(settings)
    address = settings.job_endpoint or (settings.master if settings.runner == "flink" else None)
    if address is None:
        return
    setting = "job_endpoint" if settings.job_endpoint else "master"
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.rpartition("/")[2], int(port)), _SECONDS_TO_ANSWER).close()
    except (OSError, ValueError, OverflowError) as e:
        raise UserError(
            f"no Beam engine answers at beam.{setting}",
            expected=f"{settings.runner}'s {'job server' if setting == 'job_endpoint' else 'REST interface'}",
            found=f"{address}: {e}",
            fix=f"start it (docs/engines.md), correct beam.{setting}, or set beam.runner to direct",
        ) from e


def _with_image(settings: BeamSettings, image: str) -> BeamSettings:
    takes = settings.runner == "dataflow" or settings.environment == "docker"
    return settings.model_copy(update={"image": image}) if takes else settings


def _require_options(settings: BeamSettings) -> None:
    known = _OF_RUNNER[settings.runner]
    for name in type(settings).model_fields:
        if name != "runner" and name not in known and getattr(settings, name) is not None:
            runners = ", ".join(runner for runner, options in _OF_RUNNER.items() if name in options)
            raise UserError(
                f"`beam.{name}` is no option of the runner `{settings.runner}`",
                expected="one of " + ", ".join(f"beam.{option}" for option in sorted(known)),
                found=f"beam.{name}: {getattr(settings, name)}",
                fix=f"remove it, or set beam.runner to one that has it: {runners}",
            )
    if settings.runner == "dataflow":
        for name in _NEEDED_BY_DATAFLOW:
            _require(settings, name)
    elif settings.runner == "portable":
        _require(settings, "job_endpoint")
    elif settings.runner in _MASTER_FLAGS:
        _require_one_address(settings)
    if settings.runner in ("flink", "spark", "portable"):
        _require_environment(settings)


def _require_one_address(settings: BeamSettings) -> None:
    if settings.job_endpoint and settings.master:
        raise UserError(
            "beam.job_endpoint and beam.master are both given",
            expected="one of them: the job server at an endpoint has its own master",
            fix="remove beam.master, or beam.job_endpoint to have a job server started",
        )
    if not settings.job_endpoint and not settings.master:
        raise UserError(
            f"it isn't said where {settings.runner} is",
            expected="beam.job_endpoint, or beam.master with beam.job_server_jar",
            found="neither",
            fix="set beam.job_endpoint, or beam.runner to direct",
        )
    if settings.master:
        _require(settings, "job_server_jar", "beam.job_server_jar with beam.master, or beam.job_endpoint in its place")


def _require_environment(settings: BeamSettings) -> None:
    environment = settings.environment or "process"
    for of, name in _OF_ENVIRONMENT.items():
        if of != environment and getattr(settings, name) is not None:
            raise UserError(
                f"`beam.{name}` is no option of the environment `{environment}`",
                expected=f"it with beam.environment: {of}",
                found=f"beam.{name}: {getattr(settings, name)}",
                fix=f"remove it, or set beam.environment to {of}",
            )
    if environment in ("external", "docker"):
        _require(settings, _OF_ENVIRONMENT[environment])


def _require(settings: BeamSettings, name: str, expected: str = "") -> None:
    if getattr(settings, name) is None:
        raise UserError(
            f"the runner `{settings.runner}` needs `beam.{name}`",
            expected=expected or f"beam.{name}: {type(settings).model_fields[name].description}",
            found="none",
            fix=f"set beam.{name}, or beam.runner to direct",
        )


def _where(settings: BeamSettings) -> list[str]:
    if settings.job_endpoint:
        return ["--runner=PortableRunner", f"--job_endpoint={settings.job_endpoint}"]
    runner, master, jar = _MASTER_FLAGS[settings.runner]
    return [f"--runner={runner}", f"--{master}={settings.master}", f"--{jar}={settings.job_server_jar}"]


def _environment(settings: BeamSettings) -> list[str]:
    environment = settings.environment or "process"
    config = {
        "process": json.dumps({"command": settings.environment_command or os.fspath(_WORKER)}),
        "external": settings.environment_address,
        "docker": settings.image,
        "loopback": None,
    }[environment]
    return [f"--environment_type={environment.upper()}", *([f"--environment_config={config}"] if config else [])]


def _dataflow(settings: BeamSettings) -> list[str]:
    flags = {
        "runner": "DataflowRunner",
        "project": settings.project,
        "region": settings.region,
        "temp_location": settings.temp_location,
        "num_workers": settings.workers,
        "max_num_workers": settings.max_workers,
        "machine_type": settings.machine_type,
        "service_account_email": settings.service_account,
        "subnetwork": settings.subnetwork,
        "experiments": "use_runner_v2",
        # The image has Beam and the code: nothing is fetched when a worker starts.
        "sdk_location": "container",
    }
    return [f"--{name}={value}" for name, value in flags.items() if value is not None]


def _code_is_there(settings: BeamSettings) -> list[str]:
    """Workers have this very code, in their image or beside this process.

    Seen with tfx 1.16.0: without any of five flags it packs itself, and Beam installs that on each worker
    (`tfx.utils.dependency_utils.make_beam_dependency_flags`). The image's is the one that Flink and Spark don't read.
    """
    return [f"--sdk_container_image={settings.image or 'coralline'}"]
