"""`coralline evaluate`: scores any detector file on any annotated folder. No TensorFlow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from coralline.foundation.progress import counted

if TYPE_CHECKING:
    from coralline.scoring.coco import Figures


@click.command("evaluate")
@click.argument("model", type=click.Path())
@click.option("--data", required=True, type=click.Path(), help="Folder of annotated images, or of TFRecords.")
@click.option(
    "--split",
    type=click.Choice(["eval", "train", "all"]),
    default="eval",
    show_default=True,
    help="Which side, as the pipeline would split the data.",
)
@click.option(
    "--label-map",
    type=click.Path(),
    help="label_map.pbtxt or labels.txt of the model's classes; else the labels in the file, or labels.txt beside it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@click.option("--delegate", metavar="LIBRARY", help="A delegate, such as libedgetpu.so.1 for a compiled model.")
def command(model: str, data: str, split: str, label_map: str | None, as_json: bool, delegate: str | None) -> None:
    """Score the detector MODEL (.tflite) by COCO's rules: AP, AP50, AP75, AP per class."""
    from coralline.scoring import evaluate_file

    labels = None if label_map is None else evaluate_file.read_class_names(label_map)
    result = evaluate_file.evaluate(model, data, split, labels=labels, delegate=delegate)
    images = len(result.ground_truths)
    if as_json:
        click.echo(json.dumps({"images": images, **result.figures.as_json()}))
    else:
        click.echo(_table(images, result.figures))


def _table(images: int, figures: Figures) -> str:
    rows = [("AP", figures.ap, "IoU .50:.95"), ("AP50", figures.ap50, ""), ("AP75", figures.ap75, "")]
    rows += [(f"AP {name}", value, "") for name, value in figures.per_class.items()]
    width = max(len(name) for name, _, _ in rows)
    lines = [
        f"{name:<{width}}  {'-' if value is None else f'{value:.3f}'}  {hint}".rstrip() for name, value, hint in rows
    ]
    return "\n".join([counted(images, "image"), *lines])
