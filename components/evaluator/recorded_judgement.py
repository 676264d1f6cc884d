"""A judgement as facts of lineage: figures, and what the file finds and misses in each image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from components.evaluator.blessing import BASELINE, CANDIDATE, FLOAT, QAT
from components.recorded_properties import record_facts
from coralline.evaluation_report.evaluation_page import EvaluationPage
from coralline.lineage import recorded_names as names
from coralline.lineage.judged_images import Corners, FalseAlarm, JudgedBox, JudgedImage, JudgedSide, write_judged_images
from coralline.scoring.coco import GroundTruth
from coralline.scoring.detection_matching import WRONG, Match
from coralline.scoring.scored_models import ScoredModels
from coralline.tflite.detections import Detections


def record_judgement(report: Any, page: EvaluationPage, scored: ScoredModels) -> None:
    """Writes onto the report what ML Metadata keeps when its files are gone.

    Args:
      report: TFX's artifact.
      page: on the candidate.
      scored: all models, on the same images.
    """
    figures = page.candidate.figures
    best = page.analysis.thresholds.overall
    counts = None if best is None else best.counts
    boxes = sum(int((~truth.difficult.astype(bool)).sum()) for truth in scored.ground_truths)
    record_facts(
        report,
        {
            names.AP: figures.ap,
            names.AP50: figures.ap50,
            names.AP75: figures.ap75,
            names.DATA_IMAGES: page.images,
            names.JUDGED_SPLIT: page.split,
            names.CLASS_AP: dict(figures.per_class),
            names.CLASS_AP50: dict(figures.per_class_ap50),
            names.AP_OF_FLOAT: _ap(scored, FLOAT),
            names.AP_OF_QAT: _ap(scored, QAT),
            names.AP_OF_BASELINE: _ap(scored, BASELINE),
            names.MODEL_SHA256: page.file["sha256"],
            names.SCORE_THRESHOLD: None if best is None else best.score,
            names.FOUND: 0 if counts is None else counts.found,
            names.MISSED: boxes if counts is None else counts.boxes - counts.found,
            names.FALSE_ALARMS: 0 if counts is None else counts.false,
        },
    )


def write_judged(folder: str, page: EvaluationPage, scored: ScoredModels) -> None:
    """Writes what the file finds and misses in each image into the report's folder.

    Raises:
      OSError: it can't be written.
    """
    best = page.analysis.thresholds.overall
    threshold = None if best is None else best.score
    class_names = tuple(scored.class_names)
    side = JudgedSide(page.split, str(page.file["sha256"]), threshold, class_names, len(scored.ground_truths))
    write_judged_images(folder, side, _judged(scored, page.analysis.matches, threshold))


def _judged(scored: ScoredModels, matches: list[Match], threshold: float | None) -> Iterator[JudgedImage]:
    images = zip(scored.ground_truths, scored.detections[CANDIDATE], matches, strict=True)
    for truth, found, match in images:
        yield JudgedImage(
            truth.source or truth.name,
            tuple(_boxes(truth, match, scored.class_names)),
            tuple(_false_alarms(found, match, scored.class_names, threshold)),
        )


def _boxes(truth: GroundTruth, match: Match, class_names: Any) -> Iterator[JudgedBox]:
    rows = zip(truth.class_ids, truth.boxes_ymin_xmin_ymax_xmax, match.found_with, truth.difficult, strict=True)
    for class_id, corners, score, difficult in rows:
        yield JudgedBox(class_names[int(class_id)], _corners(corners), score, bool(difficult))


def _false_alarms(found: Detections, match: Match, class_names: Any, threshold: float | None) -> Iterator[FalseAlarm]:
    rows = zip(found.class_ids, found.boxes_ymin_xmin_ymax_xmax, found.scores, match.outcomes, strict=True)
    for class_id, corners, score, outcome in rows:
        is_shown = threshold is not None and score >= threshold and 0 <= class_id < len(class_names)
        if outcome == WRONG and is_shown:
            yield FalseAlarm(class_names[int(class_id)], _corners(corners), float(score))


def _corners(box: np.ndarray) -> Corners:
    ymin, xmin, ymax, xmax = box.tolist()
    return ymin, xmin, ymax, xmax


def _ap(scored: ScoredModels, name: str) -> float | None:
    return scored.figures[name].ap if name in scored.figures else None
