"""The report on a detector, for people (one self-contained HTML page) and for programs (report.json)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from coralline.evaluation_report import page_values
from coralline.evaluation_report.detector_analysis import DetectorAnalysis
from coralline.evaluation_report.page_content import PageContent, PageHead, PageModel
from coralline.evaluation_report.page_words import without_nan
from coralline.evaluation_report.report_pictures import choose_pictures, draw_pictures
from coralline.evaluation_report.training_curves import curves_as_json
from coralline.foundation import storage
from coralline.foundation.report_page.rendering import render
from coralline.scoring.detection_matching import MATCH_IOU
from coralline.scoring.labelled_images import LabelledImage
from coralline.scoring.model_comparison import FIGURE_NAMES
from coralline.scoring.scored_models import ScoredModels

SCHEMA = "coralline.evaluation-report/1"
"""Of report.json; docs/json.md lists its keys. The version goes up when one is taken away or changes its meaning."""
REPORT_PAGE, REPORT_JSON, PICTURES = "report.html", "report.json", "eval"
"""Files and folder of a report."""


class EvaluationPage(PageContent):
    """The page, report.json, and the pictures beside them."""

    def as_json(self) -> dict[str, Any]:
        """The content of report.json; docs/json.md lists its keys. Unknown figures are null."""
        analysis, best = self.analysis, self.analysis.thresholds
        figures = {name: None if of is None else of.figures.as_json() for name, of in self.models.items()}
        differences = {FIGURE_NAMES[figure]: of and of.as_json() for figure, of in self.differences.items()}
        content: dict[str, Any] = {
            "schema": SCHEMA,
            "head": {**dataclasses.asdict(self.head), "made": f"{self.head.made:%Y-%m-%dT%H:%M:%SZ}"},
            "images": self.images,
            "split": self.split,
            **figures,
            "intervals": {
                name: of.intervals.as_json() for name, of in self.models.items() if of is not None and of.intervals
            },
            "differences": {self.against: differences} if self.against and differences else {},
            "mapping": self.export.get("edgetpu", {}),
            "at_best_threshold": {
                "score_threshold": best.overall.score if best.overall else None,
                "iou": MATCH_IOU,
                "per_class": {name: dataclasses.asdict(of) for name, of in best.at_overall.items()},
            },
            "score_thresholds": best.as_json(),
            "errors": page_values.errors_as_json(analysis.errors),
            "confusion": analysis.confusion and analysis.confusion.as_json(),
            "calibration": analysis.calibration and analysis.calibration.as_json(),
            "latency": self.latency and {**self.latency.as_json(), "cpu": self.cpu},
            "training": curves_as_json(self.training),
            "selection": dict(self.selection) or None,
            "file": dict(self.file),
            "pictures": [f"{PICTURES}/{picture.file}" for picture in self.pictures],
        }
        if self.verdict is not None:
            content |= {
                "blessed": self.verdict.blessed,
                "reasons": list(self.verdict.reasons),
                "checks": [dict(check) for check in self.verdict.checks_in_json],
                "thresholds": dict(self.verdict.thresholds),
            }
        for section in self.sections:
            content |= section.in_json
        cleaned = without_nan(content)
        assert isinstance(cleaned, dict)
        return cleaned

    def as_html(self) -> str:
        """The page: no address in it leads outside, so that it can be mailed or put on a stick."""
        template = Path(__file__).with_name("evaluation_page.html.j2")
        return render(template, page_values.FILTERS, **page_values.page_values(self))

    def write(self, folder: str) -> None:
        """Writes report.html, report.json, and pictures with boxes into `eval/`.

        Args:
          folder: a path or a remote address.
        """
        content = json.dumps(self.as_json(), indent=2, allow_nan=False) + "\n"
        storage.write_bytes(f"{folder}/{REPORT_PAGE}", self.as_html().encode("utf-8", "backslashreplace"))
        storage.write_bytes(f"{folder}/{REPORT_JSON}", content.encode())
        for picture in self.pictures:
            storage.write_bytes(f"{folder}/{PICTURES}/{picture.file}", picture.side_by_side(self.analysis.start))


def make_page(
    scored: ScoredModels,
    images: Iterable[LabelledImage],
    titles: Mapping[str, tuple[str, str]],
    /,
    *,
    head: PageHead,
    file: Mapping[str, Any],
    pictures: int,
    against: str | None = None,
    **more: Any,
) -> EvaluationPage:
    """A page on the first of `titles`.

    Args:
      scored: the models; the first of `titles` must be among them.
      images: those that the models were scored on, in order; only those whose pictures are shown are decoded.
      titles: {model's name: (title, hint)}, in the order of the columns; one that wasn't scored is null in report.json.
      head, file: as in `EvaluationPage`.
      pictures: how many to show.
      against: the model to compare with, if it was scored.
      **more: other fields of `EvaluationPage`.
    """
    first = next(iter(titles))
    found, truths = scored.detections[first], scored.ground_truths
    analysis = DetectorAnalysis.of(truths, found, scored.class_names, scored.matches[first])
    chosen = choose_pictures(analysis.mistakes(truths, found), pictures)
    drawn = draw_pictures(chosen, images, found, analysis.matches, analysis.image_errors, scored.class_names)
    return EvaluationPage(
        head=head,
        images=len(truths),
        models={
            name: PageModel(title, hint, scored.figures[name], scored.intervals_of(name))
            if name in scored.figures
            else None
            for name, (title, hint) in titles.items()
        },
        analysis=analysis,
        pictures=drawn,
        file=file,
        against=against if against in scored.figures else None,
        differences=scored.differences(first, against) if against else {},
        **more,
    )
