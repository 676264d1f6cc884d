"""Scoring a detector file on an annotated folder, by COCO's rules."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from os import PathLike, fspath

from coralline.data.data_settings import DataSettings
from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError
from coralline.scoring import coco, inference, labelled_images
from coralline.scoring.coco import Figures, GroundTruth
from coralline.scoring.file_model import FileModel
from coralline.tflite import labels_file
from coralline.tflite.detections import Detections
from coralline.tflite.isolated_detector import IsolatedDetector


@dataclasses.dataclass(frozen=True)
class EvaluationResult:
    """How good a detector is on some images.

    Attributes:
      figures: average precisions, 0 to 1.
      ground_truths, detections: one an image, in the same order; boxes normalized to the upright image.
      scored: which images of the data these are, in words.
      left_out: images and boxes of the data that couldn't be used, in words; empty if there are none.
    """

    figures: Figures
    ground_truths: tuple[GroundTruth, ...]
    detections: tuple[Detections, ...]
    scored: str = ""
    left_out: str = ""


def evaluate(
    model: str | PathLike[str],
    data: str | PathLike[str],
    split: str | None = None,
    *,
    settings: DataSettings | None = None,
    labels: Sequence[str] | None = None,
    delegate: str | None = None,
) -> EvaluationResult:
    """Scores a detector on an annotated folder.

    Args:
      model: a .tflite file with the standard contract; it runs in a separate process.
      data: a folder, as `check_dataset` reads it, an Examples artifact, or a TFRecord file.
      split: "train", "eval" or "test" (as the pipeline would split the data) or "all"; None: the eval side of data that
        is divided by lists, folders or names, else all of it.
      settings: how to read the folder; None: the defaults.
      labels: the model's classes, in its order; None: the labels in the file, else `labels.txt` beside it.
      delegate: a delegate's shared library, such as `libedgetpu.so.1` for a compiled model.

    Raises:
      UserError: the model can't be run, the data can't be read, or the data has a class that the model doesn't know.
    """
    path = fspath(model)
    with IsolatedDetector(path, delegate=delegate, labels=labels) as detector:
        labelled = labelled_images.read_labelled_folder(fspath(data), split, settings)
        class_ids = _class_ids(_require_known(detector.labels, path), labelled.class_names, path)
        evaluated = inference.run_models({"model": FileModel(detector, class_ids)}, labelled.images)
    found = evaluated.detections["model"]
    figures = coco.score(evaluated.ground_truths, found, labelled.class_names)
    return EvaluationResult(
        figures, tuple(evaluated.ground_truths), tuple(found), scored=labelled.scored, left_out=labelled.left_out
    )


def read_class_names(path: str) -> list[str]:
    """The classes in a `labels.txt` or a `label_map.pbtxt`, in the order of their ids.

    Raises:
      UserError: the file can't be read.
    """
    return labels_file.read_labels_file(path) if path.endswith(".txt") else list(LabelMap.read(path).names)


def _require_known(labels: list[str] | None, model: str) -> list[str]:
    if not labels:
        raise UserError(
            "the model doesn't name its classes",
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
