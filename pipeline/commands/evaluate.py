"""`coralline evaluate`: scores any detector file on any annotated folder. No TensorFlow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.progress import LineSink, counted, set_sink
from pipeline.run_options import settings_options

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
@click.option("--config", "config_file", metavar="F", help="A YAML configuration: its section `data` says how to read.")
@settings_options
@click.option(
    "--label-map",
    type=click.Path(),
    help="label_map.pbtxt or labels.txt of the model's classes; else the labels in the file, or labels.txt beside it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@click.option("--delegate", metavar="LIBRARY", help="A delegate, such as libedgetpu.so.1 for a compiled model.")
def command(
    model: str,
    data: str,
    split: str | None,
    config_file: str | None,
    settings: tuple[tuple[str, Any], ...],
    label_map: str | None,
    as_json: bool,
    delegate: str | None,
) -> None:
    """Score the detector MODEL (.tflite) by COCO's rules: AP, AP50, AP75, AP per class.

    The data is read as `coralline check` reads it.
    """
    from coralline.scoring import evaluate_file
    from pipeline.config import load_config
    from pipeline.local_runner import with_absolute_paths

    set_sink(LineSink())
    config = with_absolute_paths(load_config(config_file, dict(settings) | {"data.path": data}))
    labels = None if label_map is None else evaluate_file.read_class_names(label_map)
    result = evaluate_file.evaluate(
        model, config.data.path, split, settings=config.data, labels=labels, delegate=delegate
    )
    click.echo(json.dumps(_as_json(result)) if as_json else _table(result))


def _as_json(result: EvaluationResult) -> dict[str, Any]:
    said = {"scored": result.scored, "left_out": result.left_out}
    return {"images": len(result.ground_truths), **said, **result.figures.as_json()}


def _table(result: EvaluationResult) -> str:
    figures = result.figures
    rows = [("AP", figures.ap, "IoU .50:.95"), ("AP50", figures.ap50, ""), ("AP75", figures.ap75, "")]
    rows += [(f"AP {name}", value, "") for name, value in figures.per_class.items()]
    width = max(len(name) for name, _, _ in rows)
    lines = [
        f"{name:<{width}}  {'-' if value is None else f'{value:.3f}'}  {hint}".rstrip() for name, value, hint in rows
    ]
    said = f"{counted(len(result.ground_truths), 'image')}: {result.scored}"
    left_out = [f"left out of the data: {result.left_out} (`coralline check` says why)"] if result.left_out else []
    return "\n".join([said, *left_out, *lines])
