"""`coralline predict`: a detector over images, exactly as a device would see them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from components.errors import UserError


@click.command()
@click.argument("model", metavar="MODEL.tflite")
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option("-o", "--out", metavar="DIR", help="Write each image with its detections drawn in into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the detections as JSON.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="Leave out detections below this score.",
)
@click.option(
    "--threads", type=click.IntRange(1), help="Threads of the runtime; all cores, and never more than the cores."
)
@click.option("--delegate", metavar="LIBRARY", help="A delegate, such as libedgetpu.so.1 for a compiled model.")
def command(
    model: str,
    images: tuple[str, ...],
    out: str | None,
    as_json: bool,
    threshold: float,
    threads: int | None,
    delegate: str | None,
) -> None:
    """Run a detector over images (or folders of images).

    JSON: {"IMAGE": [{"class", "score", "box": [ymin, xmin, ymax, xmax]}]}, strongest first, boxes normalized to the
    image as it is seen upright. Class names come from the file, else from labels.txt beside it.
    """
    from components.tflite.detector import class_name, read_image
    from components.tflite.drawing import drawn
    from components.tflite.isolated_detector import IsolatedDetector

    paths = _images(images)
    detector = IsolatedDetector(model, num_threads=threads, delegate=delegate)
    labels = detector.labels or _labels_beside(model)
    found: dict[str, list[dict[str, Any]]] = {}
    for path, picture in zip(paths, _picture_names(paths), strict=True):
        image = read_image(path)
        detections = detector.predict(image).at_least(threshold)
        rows = zip(detections.class_ids, detections.scores, detections.boxes_ymin_xmin_ymax_xmax, strict=True)
        found[path] = [
            {
                "class": class_name(int(class_id), labels),
                "score": round(float(score), 6),
                "box": [round(float(side), 6) for side in box],
            }
            for class_id, score, box in rows
        ]
        if out is not None:
            _save(drawn(image, detections, labels), Path(out), picture)
    click.echo(json.dumps(found, indent=2) if as_json else _text(found, out))


def _images(given: tuple[str, ...]) -> list[str]:
    """Images as given, folders as the images in and below them, sorted.

    Raises:
      UserError: a folder holds none, or can't be read.
    """
    from components.dataset.image_file import EXTENSIONS
    from components.dataset.storage import list_tree

    paths: list[str] = []
    for path in given:
        if Path(path).is_dir():
            try:
                names = list_tree(path)
            except OSError as e:
                raise UserError("the folder can't be read", file=e.filename or path, found=e.strerror) from e
            inside = [os.path.join(path, name) for name in names if Path(name).suffix.lower() in EXTENSIONS]
            if not inside:
                raise UserError(
                    "there is no image in this folder", file=path, mend="give a folder of JPEG or PNG files"
                )
            paths += inside
        else:
            paths.append(path)
    return list(dict.fromkeys(paths))


def _labels_beside(model: str) -> list[str] | None:
    labels = Path(model).with_name("labels.txt")
    return labels.read_text("utf-8", "replace").splitlines() if labels.is_file() else None


def _picture_names(paths: list[str]) -> list[str]:
    """A file name for each picture: the image's, numbered where two images share it."""
    names: dict[str, int] = {}
    found = []
    for path in paths:
        stem = Path(path).stem
        names[stem] = names.get(stem, 0) + 1
        found.append(f"{stem}.jpg" if names[stem] == 1 else f"{stem}-{names[stem]}.jpg")
    return found


def _save(picture: Any, folder: Path, name: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(folder / name, quality=90)
    except OSError as e:
        raise UserError(
            "the picture can't be written", file=folder / name, found=str(e), mend="give another folder"
        ) from e


def _text(found: dict[str, list[dict[str, Any]]], out: str | None) -> str:
    lines = []
    for path, rows in found.items():
        lines.append(f"{path}: " + (f"{len(rows)} detection{'s' * (len(rows) != 1)}" if rows else "nothing found"))
        for row in rows:
            ymin, xmin, ymax, xmax = row["box"]
            place = f"ymin {ymin:.3f}  xmin {xmin:.3f}  ymax {ymax:.3f}  xmax {xmax:.3f}"
            lines.append(f"  {row['score']:.2f}  {row['class']:<20} {place}")
    if out is not None:
        lines.append(f"pictures: {out}")
    return "\n".join(lines)
