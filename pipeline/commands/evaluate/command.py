"""`coralline evaluate`: scores any detector file on any annotated folder. No TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.printable import printable
from coralline.foundation.progress import LineSink, set_sink
from pipeline import machine_output
from pipeline.run_options import json_option, settings_options

if TYPE_CHECKING:
    from coralline.scoring.evaluate_file import EvaluationResult


@click.command("evaluate")
@click.argument("model", type=click.Path())
@click.option("--data", required=True, type=click.Path(), help="Folder of annotated images, or of TFRecords.")
@click.option(
    "--split",
    type=click.Choice(["train", "eval", "test", "all"]),
    help="Which side, as the pipeline would split the data [default: eval if lists, folders or names divide the data, "
    "else all].",
)
@click.option(
    "--report",
    metavar="DIR",
    type=click.Path(),
    help="Write a page on it (report.html, which needs nothing else), report.json and pictures with boxes there.",
)
@click.option(
    "--against",
    metavar="OTHER.tflite",
    type=click.Path(),
    help="Run another model on the same images, and tell by how much MODEL is better and what may be chance.",
)
@click.option("--config", "config_file", metavar="F", help="A YAML configuration: its section `data` says how to read.")
@settings_options
@click.option(
    "--label-map",
    type=click.Path(),
    help="label_map.pbtxt or labels.txt of the model's classes; else the labels in the file, or labels.txt beside it.",
)
@json_option
@click.option("--delegate", metavar="LIBRARY", help="A delegate, such as libedgetpu.so.1 for a compiled model.")
def command(
    model: str,
    data: str,
    split: str | None,
    report: str | None,
    against: str | None,
    config_file: str | None,
    settings: tuple[tuple[str, Any], ...],
    label_map: str | None,
    as_json: bool,
    delegate: str | None,
) -> None:
    """Score the detector MODEL by COCO's rules: average precision and recall with 95 % intervals, of each class too,
    and the best score threshold.

    MODEL is a .tflite file or a published version's folder, or the address of one (gs://, s3://, minio://). The data is
    read as `coralline check` reads it.
    """
    from coralline.foundation.withheld import withheld_here
    from coralline.scoring import evaluate_file
    from pipeline.commands.evaluate import evaluation_text
    from pipeline.config import load_config
    from pipeline.local_runner import with_absolute_paths

    set_sink(LineSink())
    config = with_absolute_paths(load_config(config_file, dict(settings) | {"data.path": data}))
    if report is not None:
        from coralline.evaluation_report.file_report import require_report_folder

        require_report_folder(report)
    labels = None if label_map is None else evaluate_file.read_class_names(label_map)
    model, against = withheld_here(model), None if against is None else withheld_here(against)
    result = evaluate_file.evaluate(
        model, config.data.path, split, settings=config.data, labels=labels, delegate=delegate, against=against
    )
    for warning in result.warnings:
        click.echo(f"warning: {printable(warning)}", err=True)
    page = None if report is None else _write_report(result, report, config.evaluate.pictures)
    if as_json:
        machine_output.print_document("evaluate", {**_as_json(result), "report": page})
    else:
        click.echo(evaluation_text.as_text(result))
        if page is not None:
            click.echo(f"report: {page}")


def _write_report(result: EvaluationResult, folder: str, pictures: int) -> str:
    from coralline.evaluation_report.file_report import write_report

    return write_report(result, folder, pictures)


def _as_json(result: EvaluationResult) -> dict[str, Any]:
    return {
        "images": len(result.ground_truths),
        "scored": result.scored,
        "left_out": result.left_out,
        **result.figures.as_json(),
        "intervals": result.intervals and result.intervals.as_json(),
        "reach": result.reach,
        "score_thresholds": result.thresholds and result.thresholds.as_json(),
        "against": result.against and result.against.as_json(),
        "warnings": list(result.warnings),
    }
