"""Scoring a detector file on an annotated folder, by COCO's rules."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
from collections.abc import Sequence
from os import PathLike, fspath

from coralline.data.data_settings import DataSettings
from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError
from coralline.scoring import inference, labelled_images
from coralline.scoring.coco import Figures, GroundTruth
from coralline.scoring.file_model import FileModel, isolated_detectors
from coralline.scoring.intervals import FigureIntervals, reach_of_images
from coralline.scoring.labelled_images import LabelledData, LabelledImage
from coralline.scoring.model_address import model_address
from coralline.scoring.model_comparison import ModelComparison
from coralline.scoring.score_threshold import ScoreThresholds, best_thresholds
from coralline.scoring.scored_models import ScoredModels
from coralline.tflite import labels_file
from coralline.tflite.detections import Detections

JUDGED, OTHER = "judged", "other"
"""Names of the two files among the scored models."""


@dataclasses.dataclass(frozen=True)
class ScoredFiles:
    """What an evaluation was made of; `write_report` makes its page of it.

    Attributes:
      models: the file as `JUDGED`, and the one it was compared with as `OTHER`.
      images: not decoded, in the order in which they were scored.
      data, split: as they were given.
      path: the file. other: the one that it was compared with, or None.
      labels: of the file, in its order. delegate: as it was given.
    """

    models: ScoredModels
    images: Sequence[LabelledImage]
    data: str
    split: str
    path: str
    other: str | None
    labels: Sequence[str]
    delegate: str | None


@dataclasses.dataclass(frozen=True)
class EvaluationResult:
    """How good a detector is on some images.

    Attributes:
      figures: average precisions and recalls, 0 to 1.
      ground_truths, detections: one an image, in the same order; boxes normalized to the upright image.
      scored: which images of the data these are, in words.
      left_out: images and boxes of the data that couldn't be used, in words; empty if there are none.
      class_names: of class ids 0, 1, ...
      intervals: 95 % intervals of the figures, over the images.
      thresholds: the score thresholds that balance found and false objects best.
      against: the comparison with another model; None if none was given.
      warnings: what is odd about the files, in sentences.
      files: what it was made of.
    """

    figures: Figures
    ground_truths: tuple[GroundTruth, ...]
    detections: tuple[Detections, ...]
    scored: str = ""
    left_out: str = ""
    class_names: tuple[str, ...] = ()
    intervals: FigureIntervals | None = None
    thresholds: ScoreThresholds | None = None
    against: ModelComparison | None = None
    warnings: tuple[str, ...] = ()
    files: ScoredFiles | None = dataclasses.field(default=None, repr=False)

    @property
    def reach(self) -> str:
        """How little so many images tell, in a sentence."""
        return reach_of_images(self.intervals.ap if self.intervals else None, len(self.ground_truths))


def evaluate(
    model: str | PathLike[str],
    data: str | PathLike[str],
    split: str | None = None,
    *,
    settings: DataSettings | None = None,
    labels: Sequence[str] | None = None,
    delegate: str | None = None,
    against: str | PathLike[str] | None = None,
) -> EvaluationResult:
    """Scores a detector on an annotated folder.

    Args:
      model: a .tflite file with the standard contract, or a published version's folder, here or at an address
        (`gs://`, `s3://`); it runs in separate processes.
      data: a folder, as `check_dataset` reads it, an Examples artifact, or a TFRecord file.
      split: "train", "eval" or "test" (as the pipeline would split the data) or "all"; None: the eval side of data that
        is divided by lists, folders or names, else all of it.
      settings: how to read the folder; None: the defaults.
      labels: the model's classes, in its order; None: the labels in the file, else `labels.txt` beside it.
      delegate: a delegate's shared library, such as `libedgetpu.so.1` for a compiled model.
      against: another file or folder, with labels of its own, to compare with on the same images, on the classes that
        both know.

    Raises:
      UserError: a model can't be run, the data can't be read, the data has a class that the model doesn't know, or none
        of its classes is known to the other one.
    """
    path, other = model_address(model), None if against is None else model_address(against)
    with contextlib.ExitStack() as stack:
        detectors = stack.enter_context(isolated_detectors(path, delegate, labels))
        others = None if other is None else stack.enter_context(isolated_detectors(other, delegate))
        labelled = labelled_images.read_labelled_folder(fspath(data), split, settings)
        own = _require_known(detectors[0].labels, path)
        models = {JUDGED: FileModel(detectors, _class_ids(own, labelled.class_names, path))}
        known: dict[str, tuple[str, ...]] = {}
        if others is not None and other is not None:
            theirs = _require_known(others[0].labels, other)
            known[OTHER] = _shared_classes(theirs, labelled.class_names, other)
            models[OTHER] = FileModel(others, _ids_by_name(theirs, labelled.class_names))
        evaluated = inference.run_models(models, labelled.images)
        odd = [f"{other}: {said}" for said in others[0].warnings] if others else []
        warnings = (*(f"{path}: {said}" for said in detectors[0].warnings), *odd)
    scored = ScoredModels.of(evaluated.ground_truths, evaluated.detections, labelled.class_names, tuple(models), known)
    files = ScoredFiles(scored, labelled.images, fspath(data), split or "", path, other, own, delegate)
    return _result(files, labelled, warnings)


def read_class_names(path: str) -> list[str]:
    """The classes in a `labels.txt` or a `label_map.pbtxt`, in the order of their ids.

    Raises:
      UserError: the file can't be read.
    """
    return labels_file.read_labels_file(path) if path.endswith(".txt") else list(LabelMap.read(path).names)


def _result(files: ScoredFiles, labelled: LabelledData, warnings: tuple[str, ...]) -> EvaluationResult:
    models = files.models
    return EvaluationResult(
        models.figures[JUDGED],
        tuple(models.ground_truths),
        tuple(models.detections[JUDGED]),
        scored=labelled.scored,
        left_out=labelled.left_out,
        class_names=tuple(labelled.class_names),
        intervals=models.intervals_of(JUDGED),
        thresholds=best_thresholds(models.matches[JUDGED]),
        against=None if files.other is None else ModelComparison.of(models, JUDGED, OTHER, files.other),
        warnings=warnings,
        files=files,
    )


def _require_known(labels: list[str] | None, model: str) -> list[str]:
    if not labels:
        raise UserError(
            "the model doesn't name its classes",
            file=model,
            expected="labels in the file, or labels.txt beside it",
            found="neither",
            fix="give --label-map label_map.pbtxt or labels.txt (for the file of --against: labels.txt beside it)",
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
    return _ids_by_name(labels, class_names)


def _ids_by_name(labels: list[str], class_names: tuple[str, ...]) -> list[int]:
    return [class_names.index(label) if label in class_names else -1 for label in labels]


def _shared_classes(labels: list[str], class_names: tuple[str, ...], model: str) -> tuple[str, ...]:
    """The classes of the data that the other model knows.

    Raises:
      UserError: there is none.
    """
    shared = tuple(name for name in class_names if name in labels)
    if not shared:
        raise UserError(
            "the models can't be compared: the other one knows none of the data's classes",
            file=model,
            expected="labels among " + ", ".join(class_names[:10]),
            found=", ".join(labels[:10]) + (" ..." if len(labels) > 10 else ""),
            fix="compare with a model of these classes; labels.txt beside it can name them",
        )
    return shared
