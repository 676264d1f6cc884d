"""`coralline report`: the page of an earlier run, found through ML Metadata."""

from __future__ import annotations

import os
import webbrowser
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.foundation.output_capture import quiet
from pipeline import machine_output
from pipeline.commands.lineage.store_choice import open_history, store_option
from pipeline.run_options import json_option

if TYPE_CHECKING:
    from coralline.lineage.answers.run_report import RunReport


@click.command("report")
@click.argument("run", required=False)
@store_option
@click.option("--open", "in_browser", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(),
    help="Copy the page there, with its pictures and the page on the data, to be mailed or kept.",
)
@json_option
def command(run: str | None, store: str | None, in_browser: bool, out: str | None, as_json: bool) -> None:
    """Say where the page of a run is: how good its model is, what it misses, and what became of it.

    RUN is a run's id or how that begins, `previous` or `served`; without it, the newest run that made a page. If the
    page has been deleted, what ML Metadata knows of the run is told, and how to make it again.
    """
    from coralline.lineage.answers.run_report import PAGE_FILE, find_run_report

    if out is not None:
        _require_free(out)
    with quiet():  # an address loads TensorFlow
        found = find_run_report(open_history(store), run)
    for skipped in found.skipped:
        click.echo(f"the newer run {skipped} ended before it made a page", err=True)
    if out is not None:
        _copy(found, out)
    page = found.page if out is None else os.path.join(out, PAGE_FILE)
    if in_browser:
        _open(page)
    if as_json:
        machine_output.print_document("report", _as_json(found, page))
    else:
        click.echo(_as_text(found, page))


def _as_text(found: RunReport, page: str) -> str:
    from coralline.lineage.answers.outcome import recorded_in_words

    return f"run {found.run_id}: {recorded_in_words(found.recorded)}\n{page}"


def _as_json(found: RunReport, page: str) -> dict[str, Any]:
    return {"run_id": found.run_id, "state": found.state, "page": page, "recorded": found.recorded}


def _require_free(out: str) -> None:
    from coralline.foundation.whole_folder import require_replaceable, some_names

    fix = "give a new folder, or an empty one"
    require_replaceable(out, some_names(out), "nothing there, or an empty folder", fix)


def _copy(found: RunReport, out: str) -> None:
    from coralline.foundation.whole_folder import written_as_a_whole

    try:
        with quiet(), written_as_a_whole(out) as unfinished:
            for name in storage.list_tree(found.folder).files:
                storage.write_bytes(f"{unfinished}/{name}", storage.read_bytes(f"{found.folder}/{name}"))
    except OSError as e:
        raise UserError("the page can't be copied", file=found.folder, found=e, fix="try again") from e


def _open(page: str) -> None:
    if storage.is_remote(page):
        raise UserError(
            "the page is in remote storage, where a browser can't open it",
            file=page,
            fix="copy it with `--out DIR`, which `--open` opens then",
        )
    if not webbrowser.open(f"file://{os.path.abspath(page)}"):
        raise UserError("no browser could be opened", file=page, fix="open the file yourself, or copy it with --out")
