"""`coralline gc`: frees the disk of an output folder of what nothing needs any more."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.errors import UserError
from pipeline import machine_output
from pipeline.exit_codes import ExitCode
from pipeline.run_options import json_option

if TYPE_CHECKING:
    from pipeline.housekeeping.deletion import Deletion
    from pipeline.housekeeping.deletion_plan import DeletionPlan

_STORE_FILE = "metadata.sqlite"
_SECONDS = {"h": 3600, "d": 86400, "w": 7 * 86400}


class _Age(click.ParamType):
    """`30d` in seconds."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        given = re.fullmatch(r"(\d{1,6})([hdw])", str(value).strip())
        if given is None:
            self.fail(f"expected a number of hours, days or weeks, such as 12h, 30d or 8w; found {value!r}", param, ctx)
        return float(given[1]) * _SECONDS[given[2]]


@click.command()
@click.option("--out", help="The output folder [default: the one that is here: ., coralline-out or coralline-demo].")
@click.option("--store", help="The same by its store: OUT/metadata.sqlite.")
@click.option(
    "--keep-last",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Keep all of the newest N runs that completed, and of every run that began after the oldest of them.",
)
@click.option(
    "--keep-published/--only-served",
    default=True,
    show_default=True,
    help="Keep what every published or blessed model was made from, but for its examples and statistics; or keep that"
    " only of what is served now and of the newest blessed model, with their examples.",
)
@click.option("--older-than", type=_Age(), metavar="AGE", help="Delete only what nothing used for so long: 12h, 30d.")
@click.option("--delete", is_flag=True, help="Do it; without this, say what would go and why.")
@json_option
def command(
    out: str | None,
    store: str | None,
    keep_last: int,
    keep_published: bool,
    older_than: float | None,
    delete: bool,
    as_json: bool,
) -> None:
    """Delete files that nothing needs any more from an output folder: artifacts, checkpoints, logs and scratch.

    Without --delete it only says what would go. What is served, the newest runs, and what they need stay; publishing
    folders and the history of the data aren't touched. Lineage stays whole: the store says which files are gone, and a
    run makes again what it needs.
    """
    from pipeline.housekeeping import deletion, deletion_plan
    from pipeline.running.out_folder import OutFolder

    folder = OutFolder(_output_folder(out, store))
    choice = deletion_plan.Choice(keep_last, keep_published, older_than)
    if delete:
        done = deletion.delete(folder, choice)
        _tell(done.plan, done, as_json)
        if done.failed:
            raise click.exceptions.Exit(ExitCode.FAILED)
    else:
        _tell(deletion_plan.plan_deletion(folder, choice), None, as_json)


def _output_folder(out: str | None, store: str | None) -> Path:
    if out is not None and store is not None:
        raise click.UsageError("--out and --store name the same thing: give one of them")
    if out is None and store is None:
        out = next((place for place in (".", "coralline-out", "coralline-demo") if _has_store(place)), None)
        if out is None:
            raise UserError(
                "no output folder was named, and there is none here",
                expected=f"{_STORE_FILE} here, in coralline-out or in coralline-demo",
                fix="name one with --out",
            )
    given = str(out if out is not None else store)
    if "://" in given and not given.startswith(("file://", "sqlite://")):
        raise UserError(
            "files are deleted only in output folders of local runs",
            file=given,
            expected="the output folder of `coralline run`, or its metadata.sqlite",
            found="the address of a server or a bucket",
            fix="give the bucket a lifecycle rule: Kubeflow reuses results without asking the store whether their files"
            " are still there, so its cache has to expire first (docs/housekeeping.md)",
        )
    path = Path(os.path.abspath(os.path.expanduser(given.removeprefix("file://").removeprefix("sqlite://"))))
    if path.name == _STORE_FILE and not path.is_dir():
        path = path.parent
    if not _has_store(str(path)):
        raise UserError(
            "this is not the output folder of a run",
            file=path,
            expected=f"a folder with {_STORE_FILE}",
            found="no such folder" if not path.is_dir() else f"no {_STORE_FILE}",
            fix="give the folder that `coralline run` had as --out",
        )
    return path


def _has_store(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, _STORE_FILE))


def _tell(plan: DeletionPlan, done: Deletion | None, as_json: bool) -> None:
    if as_json:
        machine_output.print_document("gc", _as_dict(plan, done))
        return
    from pipeline.housekeeping.deletion_text import print_plan

    print_plan(plan, done)


def _as_dict(plan: DeletionPlan, done: Deletion | None) -> dict[str, Any]:
    removals = plan.removals if done is None else done.removed
    return {
        "out": str(plan.out.path),
        "deleted": done is not None,
        "bytes": sum(removal.bytes for removal in removals),
        "removals": [dataclasses.asdict(removal) for removal in removals],
        "failed": [dataclasses.asdict(failed) for failed in (done.failed if done else [])],
        "left": [dataclasses.asdict(left) for left in plan.left],
        "kept": [dataclasses.asdict(kept) for kept in plan.kept],
        "kept_runs": plan.runs,
        "running": plan.running,
    }
