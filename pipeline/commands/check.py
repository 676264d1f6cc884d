"""`coralline check`: what a run would stumble over, in seconds and before anything is spent."""

from __future__ import annotations

import collections
import json
from typing import TYPE_CHECKING, Any

import click

from components.errors import UserError
from components.printable import encodable, printable, shortened
from components.progress import counted

if TYPE_CHECKING:
    from components.dataset.dataset import Dataset
    from pipeline.config import Config

_CLEAN, _PROBLEMS, _CANNOT_TELL = 0, 1, 2
_EXAMPLES_A_KIND = 3
_CLASSES = 100
"""So many are shown; nearly all data sets have fewer."""
_NAME_WIDTH = 60
_ORDER = ("fail", "drop", "fix", "keep")


@click.command()
@click.option(
    "--data", metavar="PATH", help="Folder of images and annotations [default: data.path of the configuration]."
)
@click.option("--config", "config_file", metavar="F", help="The YAML configuration whose settings are checked too.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
@click.pass_context
def command(ctx: click.Context, data: str | None, config_file: str | None, as_json: bool) -> None:
    """Check a data set and the settings before anything is spent.

    Exit code 0: nothing would stop a run. 1: something would. 2: it can't be told.
    """
    report, exit_code = _check(data, config_file)
    click.echo(json.dumps(report, indent=2) if as_json else _table(report, exit_code))
    ctx.exit(exit_code)


def _check(data: str | None, config_file: str | None) -> tuple[dict[str, Any], int]:
    """The report, in the form that `--json` prints, and the exit code."""
    from components.dataset.dataset import inspect_dataset, summary
    from components.dataset.folder import UnreadableFolderError
    from components.dataset.options import DatasetOptions
    from pipeline import preflight
    from pipeline.config import load
    from pipeline.local_runner import with_absolute_paths

    try:
        config = with_absolute_paths(load(config_file, {"data.path": data} if data else None))
        preflight.check_settings(config)
        options = DatasetOptions.of_section(config.data.model_dump())
        dataset = inspect_dataset(options.path, options)
    except UnreadableFolderError as e:
        return _told(e, "cannot_tell"), _CANNOT_TELL
    except UserError as e:
        return _told(e, "unusable"), _PROBLEMS
    report = summary(dataset)
    _look_at_settings(config, dataset, report)
    ok = all(problem["policy"] != "fail" for problem in report["problems"])
    return {"ok": ok, **report}, _CLEAN if ok else _PROBLEMS


def _look_at_settings(config: Config, dataset: Dataset, report: dict[str, Any]) -> None:
    """Adds to the report what the settings make of the data: what the Edge TPU will take, and what is too little."""
    from pipeline import preflight

    preset = preflight.training_settings(config).preset
    report["edgetpu"] = {"preset": preset.name, "input_size": preset.input_size}
    if dataset.label_map.names:
        mapping = preflight.predicted_mapping(config, len(dataset.label_map))
        report["edgetpu"] |= {**mapping.as_json(), "sentence": mapping.sentence}
    checks = {
        "too_little_data": lambda: preflight.check_amount(config, dataset),
        "never_published": lambda: preflight.check_mapping(config, max(1, len(dataset.label_map))),
    }
    for kind, check in checks.items():
        try:
            check()
        except UserError as e:
            message = f"{e.what} (expected: {e.expected}, found: {e.found})"
            report["problems"].append(_problem(kind, config.data.path, None, message))


def _told(error: UserError, kind: str) -> dict[str, Any]:
    """The report where a data set couldn't even be opened: one problem."""
    problem = _problem(kind, error.file and encodable(error.file), error.line, error.render())
    return {"ok": False, "reader": None, "images": 0, "boxes": 0, "classes": {}, "splits": {}, "problems": [problem]}


def _problem(kind: str, file: str | None, line: int | None, message: str) -> dict[str, Any]:
    return {"kind": kind, "file": file, "line": line, "message": message, "policy": "fail"}


def _table(report: dict[str, Any], exit_code: int) -> str:
    if report["reader"] is None:
        return f"error: {report['problems'][0]['message']}"
    sides = ", ".join(f"{count} {side}" for side, count in report["splits"].items())
    rows = [
        ("layout", report["reader"] + (f" (not read: {report['not_read']})" if report["not_read"] else "")),
        ("images", f"{report['images']} ({sides}; {report['split_rule']})"),
        ("boxes", f"{report['boxes']}, at most {report['max_boxes_per_image']} in an image"),
        *_class_rows(report["classes"]),
    ]
    edgetpu = report["edgetpu"]
    if "sentence" in edgetpu:
        place = f"{edgetpu['preset']} at {edgetpu['input_size']} pixels"
        rows.append(("Edge TPU", f"{place}: {edgetpu['sentence']}"))
    if any(report["reencoded"].values()):
        rows.append(("re-encoded", _reencoded(report["reencoded"])))
    lines = [f"{label:<11}{value}" for label, value in rows]
    return "\n".join([*lines, *_problem_lines(report["problems"]), "", _next_step(exit_code)])


def _reencoded(images: dict[str, int]) -> str:
    return "; ".join(f"{counted(count, 'image')} {_REENCODED[reason]}" for reason, count in images.items() if count)


_REENCODED = {
    "orientation": "turned by their EXIF orientation",
    "format": "converted, from a format that the trainer doesn't take",
    "transparency": "with transparent parts, put on white",
}


def _class_rows(classes: dict[str, int]) -> list[tuple[str, str]]:
    shown = {printable(shortened(name, _NAME_WIDTH)): count for name, count in list(classes.items())[:_CLASSES]}
    width = max(map(len, shown), default=0)
    texts = [f"{name:<{width}}  {count}" for name, count in shown.items()]
    if len(classes) > _CLASSES:
        texts.append(f"... and {len(classes) - _CLASSES} more (--json lists all)")
    return [("classes" if i == 0 else "", text) for i, text in enumerate(texts)]


def _problem_lines(problems: list[dict[str, Any]]) -> list[str]:
    """Problems by kind, the ones that would stop a run first, each with a few places."""
    kinds = collections.defaultdict(list)
    for problem in problems:
        kinds[(_ORDER.index(problem["policy"]), problem["kind"], problem["policy"])].append(problem)
    lines = ["", "problems"] if kinds else ["", "no problems"]
    for (_, kind, policy), found in sorted(kinds.items()):
        lines.append(f"  {kind}  {len(found)}  {_WHAT_BECOMES[policy]}")
        for problem in found[:_EXAMPLES_A_KIND]:
            line = f":{problem['line']}" if problem["line"] else ""
            lines.append(f"    {printable(problem['file'])}{line}: {printable(problem['message'])}")
        if len(found) > _EXAMPLES_A_KIND:
            lines.append(f"    ... and {len(found) - _EXAMPLES_A_KIND} more (--json lists all)")
    return lines


_WHAT_BECOMES = {
    "fail": "would stop a run",
    "drop": "left out",
    "fix": "mended while reading",
    "keep": "used as they are",
}


def _next_step(exit_code: int) -> str:
    if exit_code == _CLEAN:
        return "next: `coralline run --data PATH` trains on it"
    return "next: mend what would stop a run, then check again"
