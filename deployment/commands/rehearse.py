"""`coralline rehearse`: a compiled spec on this machine, by the rules of a Kubeflow backend."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.errors import UserError
from pipeline import machine_output
from pipeline.exit_codes import ExitCode
from pipeline.run_options import json_option

if TYPE_CHECKING:
    from deployment.emulation.emulated_backend import EmulatedBackend
    from deployment.emulation.run_progress import RunProgress, TaskProgress

_LAST_LINES = 20
_LONGEST_NAME = 28


@click.command()
@click.argument("spec", metavar="SPEC", required=False, type=click.Path(path_type=Path))
@click.option("--root", metavar="URI", help="The run's pipeline root: minio://, s3:// or gs://.")
@click.option("--parameter", "parameters", metavar="NAME=VALUE", multiple=True, help="A parameter of the run.")
@click.option(
    "--cluster", "cluster_file", metavar="FILE", type=click.Path(path_type=Path), help="The cluster, as YAML."
)
@click.option("--claim", "claims", metavar="NAME=DIR", multiple=True, help="A folder as a persistent volume claim.")
@click.option("--docker", "image", metavar="IMAGE", help="Run each task in a container of this image.")
@click.option("--no-logs", is_flag=True, help="A backend that doesn't publish logs.")
@click.option("--no-cache", is_flag=True, help="A backend whose cache is off.")
@click.option("--old-output-file", is_flag=True, help="A backend from before September 2025.")
@click.option(
    "--state", metavar="DIR", type=click.Path(path_type=Path), default="coralline-rehearsal", show_default=True,
    help="The backend's store, cache and runs.",
)  # fmt: skip
@click.option("--retry", "run_id", metavar="RUN_ID", help="Go on with a run that failed or was killed.")
@json_option
def command(
    spec: Path | None,
    root: str | None,
    parameters: tuple[str, ...],
    cluster_file: Path | None,
    claims: tuple[str, ...],
    image: str | None,
    no_logs: bool,
    no_cache: bool,
    old_output_file: bool,
    state: Path,
    run_id: str | None,
    as_json: bool,
) -> None:
    """Run a compiled spec here, by what an open-source Kubeflow Pipelines backend does with it.

    Tasks are processes with a file system of their own, or containers. Buckets are real: the server and the keys come
    from the environment (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; STORAGE_EMULATOR_HOST). Without
    --root and AWS_ENDPOINT_URL a server is started, whose objects are kept in the state folder. docs/rehearsal.md has
    the rest.
    """
    from deployment.emulation.own_bucket import object_store, with_object_store
    from deployment.emulation.task_driver import BackendOptions

    if (spec is None) == (run_id is None):
        raise click.UsageError("name a SPEC, or a run with --retry")
    cluster, kept = _cluster(cluster_file, claims), state / "bucket"
    brings_bucket = "AWS_ENDPOINT_URL" not in os.environ and (kept.exists() if run_id else root is None)
    brings_bucket = brings_bucket and not cluster.default_root.startswith("gs://")
    with object_store(cluster.default_root, kept) if brings_bucket else contextlib.nullcontext(_nothing) as keep:
        options = BackendOptions(cluster.namespace, not no_logs, not no_cache, old_output_file)
        backend = _backend(state, with_object_store(cluster), image, options)
        progress = backend.resumed(run_id) if run_id else _begun(backend, spec or Path(), root, parameters)
        document = _performed(backend, progress, keep, as_json)
    if as_json:
        machine_output.print_document("rehearse", document)


def _nothing() -> None:
    """The server of somebody else keeps its objects itself."""


def _cluster(file: Path | None, claims: tuple[str, ...]) -> Any:
    from deployment.emulation.cluster_description import ClusterDescription, read_cluster

    cluster = ClusterDescription() if file is None else read_cluster(file)
    given = {}
    for claim in claims:
        name, separator, folder = claim.partition("=")
        if not separator or not Path(folder).is_dir():
            raise UserError("a claim needs a folder", expected="NAME=DIR, the folder there", found=claim)
        given[name] = Path(folder)
    return cluster.model_copy(update={"claims": cluster.claims | given})


def _backend(state: Path, cluster: Any, image: str | None, options: Any) -> EmulatedBackend:
    from deployment.emulation.docker_pods import DockerPods
    from deployment.emulation.emulated_backend import EmulatedBackend
    from deployment.emulation.process_pods import ProcessPods

    return EmulatedBackend(state.absolute(), cluster, DockerPods(image) if image else ProcessPods(), options)


def _begun(backend: EmulatedBackend, spec: Path, root: str | None, parameters: tuple[str, ...]) -> RunProgress:
    from deployment.emulation.backend_error import BackendError
    from deployment.emulation.compiled_spec import read_compiled_spec
    from deployment.emulation.run_inputs import parameter_from_text

    try:
        text = spec.read_bytes()
    except OSError as error:
        raise UserError(
            "the spec can't be read", file=spec, found=error, fix="`coralline compile` writes one"
        ) from error
    declared, values = read_compiled_spec(text, str(spec)).parameters, {}
    for parameter in parameters:
        name, separator, value = parameter.partition("=")
        if not separator:
            raise UserError("a parameter needs a value", expected="NAME=VALUE", found=parameter)
        values[name] = parameter_from_text(name, value, declared)
    try:
        return backend.begin(text, str(spec), root, values)
    except BackendError as error:
        raise UserError(
            "the root driver refuses the run's root",
            expected="minio://bucket/path, s3://bucket/path or gs://bucket/path",
            found=str(error),
            fix="give --root URI",
        ) from error


def _performed(
    backend: EmulatedBackend, progress: RunProgress, keep: Callable[[], None], as_json: bool
) -> dict[str, Any]:
    from deployment.emulation.emulated_backend import TaskFailedError

    say = (lambda text: click.echo(text, err=True)) if as_json else click.echo
    say(f"run {progress.run_id} of {progress.pipeline}, root {progress.root}")
    if backend.cluster.nodes is None:
        say("placements aren't checked: no nodes are described (--cluster)")
    try:
        for name, task in backend.perform(progress):
            keep()
            say(_line(name, task))
            if task.warnings:
                say(f"    {task.warnings[0]}" + (f" (and {len(task.warnings) - 1} more)" if task.warnings[1:] else ""))
    except TaskFailedError as failure:
        error = _told(failure, progress)
        if failure.task in progress.tasks:
            say(_line(failure.task, progress.tasks[failure.task]))
        document = _document(backend, progress, error)
        machine_output.attach_document(error, machine_output.named("rehearse", document))
        raise error from failure
    return _document(backend, progress, None)


def _line(name: str, task: TaskProgress) -> str:
    from pipeline.running.console import duration

    outcome = {"succeeded": "ran", "cached": "cached", "failed": "failed"}[task.state]
    tries = f", {task.attempts} attempts" if task.attempts > 1 else ""
    return f"  {name:<{_LONGEST_NAME}}{outcome:<8}{duration(task.seconds):>8}{tries}"


def _told(failure: Any, progress: RunProgress) -> UserError:
    end = None
    if failure.log is not None and failure.log.exists():
        end = "\n".join(failure.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])
    return UserError(
        f"{failure.task} failed: {failure.message}",
        file=failure.log,
        found=f"the log ends:\n{end}" if end else None,
        fix=f"once the reason is gone, go on with --retry {progress.run_id}",
    )


def _document(backend: EmulatedBackend, progress: RunProgress, error: UserError | None) -> dict[str, Any]:
    tasks = [
        {
            "name": name,
            "state": task.state,
            "seconds": task.seconds,
            "attempts": task.attempts,
            "log": task.log,
            "warnings": task.warnings,
        }
        for name, task in progress.tasks.items()
    ]
    return {
        "state": "succeeded" if error is None else "failed",
        "run_id": progress.run_id,
        "pipeline": progress.pipeline,
        "root": progress.root,
        "tasks": tasks,
        "placements_checked": backend.cluster.nodes is not None,
        "store": str(backend.state / "metadata.sqlite"),
        "exit_code": int(ExitCode.DONE if error is None else ExitCode.FAILED),
        "error": None if error is None else machine_output.error_entry(error),
    }
