"""`coralline check`: what would stop a run, in seconds and before you train."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.errors import UserError
from coralline.foundation.printable import encodable, printable, shortened
from coralline.foundation.progress import LineSink, counted, set_sink
from pipeline import machine_output
from pipeline.exit_codes import ExitCode
from pipeline.run_options import json_option, settings_options

if TYPE_CHECKING:
    from coralline.data.dataset import Dataset
    from coralline.data_report.data_figures import DataFigures
    from pipeline.config import Config

_EXAMPLES_A_KIND = 3
_CLASSES = 100
"""The most classes shown; nearly all data sets have fewer."""
_NAME_WIDTH = 60


@click.command()
@click.option(
    "--data", metavar="PATH", help="Folder of images and annotations [default: data.path of the configuration]."
)
@click.option("--config", "config_file", metavar="F", help="A YAML configuration; its settings are checked, too.")
@settings_options
@json_option
@click.option(
    "--report", "report_folder", metavar="DIR", help="Write a page about the data there: report.html, report.json."
)
@click.option("--measure", is_flag=True, help="Train a few steps, to estimate time and memory of a whole training.")
@click.pass_context
def command(
    ctx: click.Context,
    data: str | None,
    config_file: str | None,
    settings: tuple[tuple[str, Any], ...],
    as_json: bool,
    report_folder: str | None,
    measure: bool,
) -> None:
    """Check a data set and the settings before you train.

    Exit code 0: nothing would stop a run. 1: something would. 2: could not check.
    """
    set_sink(LineSink())
    overrides = dict(settings) | ({"data.path": data} if data else {})
    report, exit_code = _check(config_file, overrides, report_folder, measure)
    if as_json:
        machine_output.print_document("check", report)
        ctx.exit(exit_code)
    click.echo(_table(report, exit_code))
    if report_folder and report["reader"]:
        click.echo(f"report: {os.path.join(report_folder, 'report.html')}")
    ctx.exit(exit_code)


def _check(
    config_file: str | None, overrides: dict[str, Any], report_folder: str | None, measure: bool
) -> tuple[dict[str, Any], int]:
    """The report as `--json` prints it, and the exit code; writes the page if asked to."""
    from coralline.data.dataset import check_dataset
    from coralline.data.reading.folder import UnreadableFolderError
    from coralline.data_report.data_figures import DataFigures
    from pipeline import preflight
    from pipeline.commands.check import measurement
    from pipeline.config import load_config
    from pipeline.local_runner import with_absolute_paths

    try:
        config = with_absolute_paths(load_config(config_file, overrides))
        preflight.check_settings(config)
        dataset = check_dataset(config.data.path, config.data)
    except UnreadableFolderError as e:
        return _unusable(e, "could_not_check"), ExitCode.NOT_DONE
    except UserError as e:
        return _unusable(e, "unusable"), ExitCode.FAILED
    fitted, own = preflight.fitted_settings(config, dataset).preset, preflight.training_settings(config).preset
    figures = DataFigures.of(config.data.path, dataset, fitted, own)
    report = figures.as_json()
    _look_at_anchors(figures, report)
    _look_at_settings(config, dataset, report)
    ok = all(problem["policy"] != "fail" for problem in report["problems"])
    if measure and ok:
        try:
            report["estimate"] = measurement.measure_training(config, dataset)
        except UserError as e:
            report["problems"].append(_problem("no_training", e.file or config.data.path, e.line, _in_a_sentence(e)))
            ok = False
    report = {"ok": ok, **report}
    if report_folder:
        _write_page(report_folder, report, figures)
    return report, ExitCode.DONE if ok else ExitCode.FAILED


def _look_at_anchors(figures: DataFigures, report: dict[str, Any]) -> None:
    """Adds the boxes that the detector's anchors don't match."""
    from coralline.detector.anchors import anchor_fit

    if figures.advice is None:
        return
    problem = anchor_fit.problem(figures.fits[figures.chosen], figures.dataset.images, figures.advice.sentence())
    if problem is not None:
        report["problems"].append(problem.as_json())


def _write_page(folder: str, report: dict[str, Any], figures: DataFigures) -> None:
    from coralline.data_report.data_figures import write_data_report

    if os.path.realpath(folder).startswith(os.path.realpath(figures.path) + os.sep):
        raise UserError(
            "the report would become part of the data", file=folder, found=figures.path, fix="give another folder"
        )
    try:
        write_data_report(folder, report, figures)
    except OSError as e:
        raise UserError("the report can't be written", file=folder, found=e, fix="give another folder") from e


def _look_at_settings(config: Config, dataset: Dataset, report: dict[str, Any]) -> None:
    """Adds what the Edge TPU will take, and whether the data suffices for the settings."""
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
            report["problems"].append(_problem(kind, config.data.path, None, _in_a_sentence(e)))


def _in_a_sentence(e: UserError) -> str:
    fix = f"; {e.fix}" if e.fix else ""
    return f"{e.what} (expected: {e.expected}, found: {e.found}{fix})"


def _unusable(error: UserError, kind: str) -> dict[str, Any]:
    """The report on a data set that couldn't even be opened: one problem."""
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
    if report["pictures_compared"] < report["images"]:
        compared = counted(report["pictures_compared"], "picture")
        rows.append(("compared", f"{compared} with each other; all of them: --set data.compare_pictures=all"))
    edgetpu = report["edgetpu"]
    if "sentence" in edgetpu:
        place = f"{edgetpu['preset']} at {edgetpu['input_size']} pixels"
        rows.append(("Edge TPU", f"{place}: {edgetpu['sentence']}"))
    if report["boxes"]:
        rows += [("anchors", _anchors(report)), *(("", line) for line in _fitted_lines(report["anchors_fitted"]))]
        rows += [*(("", line) for line in _advice_lines(report["anchor_advice"]))]
    if "estimate" in report:
        rows.append(("training", _estimate(report["estimate"])))
    if any(report["reencoded"].values()):
        rows.append(("re-encoded", _reencoded(report["reencoded"])))
    lines = [f"{label:<11}{value}" for label, value in rows]
    return "\n".join([*lines, *_problem_lines(report["problems"]), "", _next_step(exit_code)])


def _anchors(report: dict[str, Any]) -> str:
    preset, unmatched = report["edgetpu"]["preset"], report["anchors"]
    others = ", ".join(f"{name} {count}" for name, count in unmatched.items() if name != preset)
    return (
        f"{unmatched[preset]} of {counted(report['boxes'], 'box')} match none of {preset} at "
        f"{report['edgetpu']['input_size']} pixels (other presets: {others})"
    )


def _fitted_lines(fitted: dict[str, Any] | None) -> Iterator[str]:
    if fitted is not None:
        yield f"fitted to the training boxes: {fitted['described']}; the preset's own: {_fit(fitted['now'])}"


def _advice_lines(advice: dict[str, Any] | None) -> Iterator[str]:
    """How the boxes fit the anchors now, and with the advised settings."""
    if advice is None or advice["then"] is None:
        return
    yield f"now {_fit(advice['now'])}; as advised {_fit(advice['then'])}"
    # The problem, if there is one, has the sentence.
    yield advice["arguments"] if advice["now"]["unmatched"] else f"{advice['sentence']}: {advice['arguments']}"


def _fit(figures: dict[str, Any]) -> str:
    return (
        f"{figures['unmatched']} match none, mean best IoU {figures['mean_best_iou']:.2f} "
        f"({counted(figures['anchors_per_cell'], 'anchor')} a cell, {figures['input_size']} pixels)"
    )


def _estimate(estimate: dict[str, Any]) -> str:
    from pipeline.running.console import duration

    rates = ", ".join(f"{name} {rate:.1f}" for name, rate in estimate["images_per_s"].items())
    steps = " + ".join(str(steps) for steps in estimate["measured_steps"].values())
    return (
        f"about {duration(estimate['seconds'])} and {estimate['peak_bytes'] / 2**30:.1f} GiB of memory here "
        f"(images/s: {rates}; measured on {steps} steps)"
    )


def _reencoded(images: dict[str, int]) -> str:
    return "; ".join(f"{counted(count, 'image')} {_REENCODED[reason]}" for reason, count in images.items() if count)


_REENCODED = {
    "orientation": "turned by their EXIF orientation",
    "format": "converted, from a format that the trainer doesn't take",
    "transparency": "with transparent parts, put on white",
    "cut_off": "cut off near the end, used as decoders recover them",
}


def _class_rows(classes: dict[str, int]) -> list[tuple[str, str]]:
    shown = {printable(shortened(name, _NAME_WIDTH)): count for name, count in list(classes.items())[:_CLASSES]}
    width = max(map(len, shown), default=0)
    texts = [f"{name:<{width}}  {count}" for name, count in shown.items()]
    if len(classes) > _CLASSES:
        texts.append(f"... and {len(classes) - _CLASSES} more (--json lists all)")
    return [("classes" if i == 0 else "", text) for i, text in enumerate(texts)]


def _problem_lines(problems: list[dict[str, Any]]) -> list[str]:
    """Problems by kind, those that would stop a run first, each with a few examples."""
    from coralline.data.judging.problems import by_kind

    lines = ["", "problems" if problems else "no problems"]
    for of in by_kind(problems):
        lines.append(f"  {of.kind}  {len(of.problems)}  {of.becomes}")
        for problem in of.problems[:_EXAMPLES_A_KIND]:
            line = f":{problem['line']}" if problem["line"] else ""
            lines.append(f"    {printable(problem['file'])}{line}: {printable(problem['message'])}")
        if len(of.problems) > _EXAMPLES_A_KIND:
            lines.append(f"    ... and {len(of.problems) - _EXAMPLES_A_KIND} more (--json lists all)")
    return lines


def _next_step(exit_code: int) -> str:
    if exit_code == ExitCode.DONE:
        return "next: `coralline run --data PATH` trains on it"
    return "next: fix what would stop a run, then check again"
