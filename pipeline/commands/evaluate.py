"""`coralline evaluate`: the judge of the pipeline, for any detector file and any annotated folder. No TensorFlow."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

import click

from coralline.foundation.errors import UserError
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
    from components.evaluator.judged_models import FileModel
    from coralline.scoring import coco, inference, labelled_images
    from coralline.tflite.isolated_detector import IsolatedDetector

    with IsolatedDetector(model, delegate=delegate) as detector:
        labelled = labelled_images.read_labelled_folder(data, split)
        class_ids = _class_ids(_labels(model, detector.labels, label_map), labelled.class_names, model)
        evaluated = inference.run_models({"model": FileModel(detector, class_ids)}, labelled.images)
    figures = coco.score(evaluated.ground_truths, evaluated.detections["model"], labelled.class_names)
    if as_json:
        click.echo(json.dumps({"images": len(labelled.images), **figures.as_json()}))
    else:
        click.echo(_table(len(labelled.images), figures))


def _labels(model: str, in_the_file: list[str] | None, label_map: str | None) -> list[str]:
    from coralline.data.records.label_map import LabelMap
    from coralline.tflite import labels_file

    if label_map is not None and label_map.endswith(".txt"):
        return labels_file.read_labels_file(label_map)
    if label_map is not None:
        return list(LabelMap.read(label_map).names)
    labels = in_the_file or labels_file.beside(model)
    if not labels:
        raise UserError(
            "the model doesn't say what its classes are called",
            file=model,
            expected="labels in the file, or labels.txt beside it",
            found="neither",
            fix="give --label-map label_map.pbtxt or labels.txt",
        )
    return labels


def _class_ids(labels: list[str], class_names: tuple[str, ...], model: str) -> list[int]:
    """For each class of the model the id of the data's class of that name, or -1."""
    unknown = [name for name in class_names if name not in labels]
    if unknown:
        near = difflib.get_close_matches(unknown[0], labels, n=1, cutoff=0.6)
        raise UserError(
            f"the data has {'a class' if len(unknown) == 1 else 'classes'} that the model doesn't know: "
            + ", ".join(f"'{name}'" for name in unknown[:5])
            + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""),
            file=model,
            expected="a model that knows " + ", ".join(class_names[:10]),
            found="labels " + ", ".join(labels[:10]) + (" ..." if len(labels) > 10 else ""),
            fix=f"is '{near[0]}' meant? Name the model's classes with --label-map, in its order"
            if near
            else "give a model of these classes, or name its classes with --label-map, in its order",
        )
    return [class_names.index(label) if label in class_names else -1 for label in labels]


def _table(images: int, figures: Figures) -> str:
    rows = [("AP", figures.ap, "IoU .50:.95"), ("AP50", figures.ap50, ""), ("AP75", figures.ap75, "")]
    rows += [(f"AP {name}", value, "") for name, value in figures.per_class.items()]
    width = max(len(name) for name, _, _ in rows)
    lines = [
        f"{name:<{width}}  {'-' if value is None else f'{value:.3f}'}  {hint}".rstrip() for name, value, hint in rows
    ]
    return "\n".join([counted(images, "image"), *lines])
