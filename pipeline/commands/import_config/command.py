"""`coralline import-config`: an Object Detection API configuration as one of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted
from pipeline import machine_output
from pipeline.exit_codes import ExitCode
from pipeline.run_options import json_option

if TYPE_CHECKING:
    from coralline.od_api.config_checks import ConfigCheck
    from coralline.od_api.ledger import Carried, Settled
    from coralline.od_api.translation import Translation

_LONGEST_VALUE = 60
_OUTCOMES = {True: "ok", False: "wrong", None: "?"}


@click.command()
@click.argument("source", metavar="pipeline.config")
@click.option("-o", "--output", metavar="F", help="Write the YAML here, not to standard output; never over a file.")
@json_option
@click.pass_context
def command(ctx: click.Context, source: str, output: str | None, as_json: bool) -> None:
    """Turn a pipeline.config of the TensorFlow Object Detection API into a configuration for `coralline run`.

    YAML goes to standard output or to a file. A report goes to standard error: what was carried over, what wasn't and
    why, and what is wrong with the file: classes against the label map, addresses, quantization.

    Exit code 0: nothing is wrong. 1: something is, see the report. 2: no configuration could be made.
    """
    from coralline.od_api.translation import translate
    from pipeline.commands.import_config.imported_settings import to_yaml, within_bounds

    try:
        found = within_bounds(translate(source))
        text = to_yaml(found)
        if output is not None:
            _write(Path(output), text)
    except UserError as e:
        machine_output.tell_error(e, ExitCode.NOT_DONE, as_json)
        ctx.exit(ExitCode.NOT_DONE)
    if as_json:
        machine_output.print_document("import-config", _as_dict(found, output))
    else:
        click.echo(text if output is None else f"{output}: written", nl=output is not None)
        click.echo("\n".join(_report(found, output)), err=True)
    ctx.exit(ExitCode.DONE if found.ok else ExitCode.FAILED)


def _write(path: Path, text: str) -> None:
    """Writes a new file; one that is there already must hold the same.

    Raises:
      UserError: it can't be written, or holds something else.
    """
    with contextlib.suppress(OSError):
        if path.read_bytes() == text.encode():
            return
    try:
        with path.open("x", encoding="utf-8", newline="\n") as f:
            f.write(text)
    except FileExistsError as e:
        raise UserError(
            "there is a file of this name already",
            file=path,
            expected="no file: what is there is never overwritten",
            fix="name another one with -o, or remove it",
        ) from e
    except OSError as e:
        raise UserError(
            "the configuration can't be written",
            file=path,
            expected="a path in a folder that is there and can be written to",
            found=e,
            fix="name another one with -o",
        ) from e


def _as_dict(found: Translation, output: str | None) -> dict[str, Any]:
    from pipeline.commands.import_config.imported_settings import sections

    return {
        "source": found.source,
        "output": output,
        "ok": found.ok,
        "config": {
            section: {setting.key.partition(".")[2]: setting.value for setting in settings}
            for section, settings in sections(found).items()
        },
        "carried": [
            {
                "key": setting.key,
                "value": setting.value,
                "from": [{"field": leaf.path, "line": leaf.line, "value": leaf.written()} for leaf in setting.leaves],
                "note": setting.note,
            }
            for setting in found.carried
        ],
        "same": [_settled_as_dict(settled) for settled in found.same],
        "left_out": [_settled_as_dict(settled) for settled in found.left],
        "checks": [vars(check) for check in found.checks],
    }


def _settled_as_dict(settled: Settled) -> dict[str, Any]:
    leaf = settled.leaf
    return {"field": leaf.path, "line": leaf.line, "value": leaf.written(), "why": settled.why}


def _report(found: Translation, output: str | None) -> Iterator[str]:
    """The checks come last, where a terminal shows them."""
    from pipeline.commands.import_config.imported_settings import sections

    yield "carried over" if found.carried else "nothing could be carried over"
    for settings in sections(found).values():
        for setting in settings:
            yield from _carried_lines(setting)
    yield from ["", "the same here, nothing to set"] if found.same else []
    yield from (f"  {_place([settled])}  ({settled.why})" for settled in found.same)
    yield from ["", "left out"] if found.left else []
    for group in _grouped(found.left):
        yield f"  {_place(group)}"
        yield f"      {group[0].why}"
    yield from ["", "checks"]
    yield from map(_check_line, found.checks)
    yield ""
    check = f"`coralline check --config {output or 'F'}`"
    if found.ok:
        yield f"next: {check} looks at the data and the settings"
    else:
        yield f"next: fix what is wrong, there or in {output or 'the YAML'}; then {check}"


def _carried_lines(setting: Carried) -> Iterator[str]:
    yield f"  {setting.key}: {setting.value}"
    for leaf in setting.leaves:
        yield f"      line {leaf.line}  {leaf.path}: {_short(leaf.written())}"
    if setting.note:
        yield f"      {setting.note}"


def _grouped(settled: tuple[Settled, ...]) -> list[list[Settled]]:
    """Groups fields of one block with the same reason, in the order of their first lines."""
    groups: dict[tuple[str, str], list[Settled]] = {}
    for one in settled:
        groups.setdefault((one.block, one.why), []).append(one)
    return list(groups.values())


def _place(group: list[Settled]) -> str:
    first, last = group[0].leaf, group[-1].leaf
    if len(group) == 1:
        return f"line {first.line}  {first.path}: {_short(first.written())}"
    lines = f"line {first.line}" if first.line == last.line else f"lines {first.line}-{last.line}"
    return f"{lines}  {group[0].block} ({counted(len(group), 'field')})"


def _check_line(check: ConfigCheck) -> str:
    line = f" (line {check.line})" if check.line else ""
    return f"  {_OUTCOMES[check.ok]:<6} {check.name}{line}: {check.message}"


def _short(text: str) -> str:
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
