"""`coralline rollback`: serves an older published version again."""

from __future__ import annotations

import dataclasses
import os
import shlex
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation import storage
from coralline.foundation.output_capture import quiet
from coralline.foundation.printable import without_secrets
from pipeline import machine_output
from pipeline.run_options import json_option

if TYPE_CHECKING:
    from coralline.publishing.published import Rollback, Version
    from coralline.publishing.serving_record import ServingRecord


@click.command()
@click.argument("where")
@click.option(
    "--to", metavar="VERSION", help="The version to serve, or the start of its name; default: the one served before."
)
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@click.option("--list", "only_list", is_flag=True, help="Show the versions and what was served when; changes nothing.")
@json_option
def command(where: str, to: str | None, reason: str, only_list: bool, as_json: bool) -> None:
    """Serve the version that was published before, by moving `latest` back to it.

    WHERE is the output folder of a run, or the folder or address that it publishes to (push.to). A second call goes
    further back. A version you rolled back is not published again by a later run; --to serves it again.
    """
    if only_list and (to is not None or reason):
        raise click.UsageError("--list changes nothing: it takes neither --to nor --reason")
    place = _publishing_place(where)
    if only_list:
        _list(place, as_json)
    else:
        _roll_back(place, to, reason, as_json)


def _list(place: str, as_json: bool) -> None:
    from coralline.publishing import published

    with quiet():  # an address loads TensorFlow
        versions, record = published.versions(place), published.record(place)
    if as_json:
        machine_output.print_document("rollback-list", _list_as_dict(place, versions, record))
    else:
        _print_list(place, versions, record)


def _roll_back(place: str, to: str | None, reason: str, as_json: bool) -> None:
    from coralline.publishing import published

    with quiet():
        done = published.roll_back(place, to, reason)
        after = next(version for version in published.versions(place) if version.name == done.after)
    if as_json:
        moved = {"place": place, "moved": done.before != done.after, **dataclasses.asdict(done)}
        machine_output.print_document("rollback", moved)
    else:
        _print_done(place, done, after)


def _publishing_place(where: str) -> str:
    """`published` in an output folder; any other place unchanged."""
    place = storage.absolute(where)
    published = os.path.join(place, "published")
    return published if not storage.is_remote(place) and os.path.isdir(published) else place


def _list_as_dict(place: str, versions: list[Version], record: ServingRecord) -> dict[str, Any]:
    return {
        "place": place,
        "latest": next((version.name for version in versions if version.served), None),
        "versions": [_version_as_dict(version, record) for version in versions],
        "moves": [dataclasses.asdict(move) for move in record.moves],
    }


def _version_as_dict(version: Version, record: ServingRecord) -> dict[str, Any]:
    rollback = record.withdrawn.get(version.name)
    return {
        "version": version.name,
        "served": version.served,
        "damage": version.damage,
        "rolled_back": dataclasses.asdict(rollback) if rollback else None,
        "metrics": _int8(version),
        "edgetpu": {key: _edgetpu(version).get(key) for key in ("compiled", "mapped", "total")},
    }


def _print_list(place: str, versions: list[Version], record: ServingRecord) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=200)
    if not versions:
        console.print(f"Nothing is published in {escape(without_secrets(place))}.", soft_wrap=True)
        return
    console.print(f"Published in {escape(without_secrets(place))}\n", soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "version", "published (UTC)", "AP", "AP50", "on the Edge TPU", ""):
        table.add_column(column, no_wrap=column == "version")
    for version in versions:
        table.add_row(
            "[green]*[/]" if version.served else "",
            version.name,
            _published_on(version.name),
            *(_figure(_int8(version).get(figure)) for figure in ("AP", "AP50")),
            _on_the_edge_tpu(version),
            escape(_remark(version, record)),
        )
    console.print(table)
    if record.moves:
        console.print("\n[bold]`latest` has moved[/]")
        for move in record.moves:
            when, why = f"{move.time[:10]} {move.time[11:16]}", f"  {move.reason}" if move.reason else ""
            console.print(f"  {when}  {move.by:<8}  to {move.after}{escape(why)}", soft_wrap=True)


def _print_done(place: str, done: Rollback, after: Version) -> None:
    for name, damage in done.skipped.items():
        click.echo(f"skipped {name}: it is damaged ({damage})")
    if done.before == done.after:
        click.echo(f"`latest` is already {done.after}; nothing has changed.")
        return
    figure, edgetpu = _figure(_int8(after).get("AP")), _on_the_edge_tpu(after)
    click.echo(f"`latest` is now {done.after}: AP {figure}, operations on the Edge TPU {edgetpu}.")
    if done.before:
        again = f"coralline rollback {shlex.quote(without_secrets(place))} --to {done.before}"
        click.echo(f"It was {done.before}; to serve that again: {again}")


def _remark(version: Version, record: ServingRecord) -> str:
    if version.damage:
        return f"damaged: {version.damage}"
    if version.served:
        since = next((move.time for move in reversed(record.moves) if move.after == version.name), None)
        return "served" + (f" since {since[:10]} {since[11:16]}" if since else "")
    return record.withdrawn[version.name].words if version.name in record.withdrawn else ""


def _on_the_edge_tpu(version: Version) -> str:
    edgetpu = _edgetpu(version)
    if not edgetpu:
        return "-"
    how = "compiled" if edgetpu.get("compiled") else "not compiled"
    return f"{edgetpu.get('mapped')} of {edgetpu.get('total')}, {how}"


def _int8(version: Version) -> dict[str, Any]:
    return (version.manifest.get("metrics") or {}).get("int8") or {}


def _edgetpu(version: Version) -> dict[str, Any]:
    return version.manifest.get("edgetpu") or {}


def _published_on(version: str) -> str:
    """20260314T101502Z-6e14ac5b was published on 2026-03-14 10:15."""
    return f"{version[:4]}-{version[4:6]}-{version[6:8]} {version[9:11]}:{version[11:13]}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
