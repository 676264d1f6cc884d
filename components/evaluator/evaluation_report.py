"""The evaluation's report, for people (one self-contained HTML page) and for programs (report.json)."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from components.evaluator.blessing import BASELINE, CANDIDATE, FLOAT, QAT, Verdict
from components.evaluator.data_section import FOLDER, DataSection
from components.evaluator.parity import Parity
from components.evaluator.report_pictures import LEAST_SCORE, ReportPicture
from coralline.data_report.data_figures import PAGE as DATA_PAGE
from coralline.foundation.report_page.rendering import render
from coralline.scoring.coco import Figures
from coralline.scoring.detection_matching import MATCH_IOU, SCORE_THRESHOLDS, Counts, total
from coralline.scoring.evaluate_settings import EvaluateSettings

_MODELS = {
    CANDIDATE: ("int8 file", "what ships: model.tflite"),
    QAT: ("QAT", "quantization-aware model, before conversion"),
    FLOAT: ("float", "before quantization"),
    BASELINE: ("last blessed", "the model published before this one"),
}


@dataclasses.dataclass(frozen=True)
class Report:
    """Everything that the report shows.

    Attributes:
      images: how many were evaluated.
      figures: {model's name: its figures, None if it couldn't be scored}.
      parity: where accuracy was lost between float model and file.
      verdict, settings: the blessing and its thresholds.
      counts: {score threshold: {class: found, missed, false}} of the int8 file.
      best_threshold: that with the best balance, with which the page starts.
      pictures: images with boxes.
      export: the exporter's `export.json`: input, post-processing, what the Edge TPU will take.
      file: `bytes` and `sha256` of model.tflite.
      data: what the model was trained and judged on.
      versions: the code that made it.
    """

    images: int
    figures: dict[str, Figures | None]
    parity: Parity
    verdict: Verdict
    settings: EvaluateSettings
    counts: dict[float, dict[str, Counts]]
    best_threshold: float
    pictures: list[ReportPicture]
    export: dict[str, Any]
    file: dict[str, Any]
    data: DataSection
    versions: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """The content of report.json; unknown figures are null."""
        figures = {name: None if of is None else of.as_json() for name, of in self.figures.items()}
        best = self.counts[self.best_threshold]
        return {
            "images": self.images,
            **figures,
            "parity": self.parity.as_json(),
            "blessed": self.verdict.blessed,
            "reasons": self.verdict.reasons,
            "checks": [dataclasses.asdict(check) for check in self.verdict.checks],
            "thresholds": self.settings.thresholds(),
            "mapping": self.export.get("edgetpu", {}),
            "at_best_threshold": {
                "score_threshold": self.best_threshold,
                "iou": MATCH_IOU,
                "per_class": {name: dataclasses.asdict(of) for name, of in best.items()},
            },
            "file": self.file,
            "data": self.data.as_json(),
            "pictures": [f"eval/{picture.file}" for picture in self.pictures],
        }

    def as_html(self) -> str:
        """The page: no address in it leads outside, so that it can be mailed or put on a stick."""
        models = {
            name: (*_MODELS[name], figures) for name in _MODELS if (figures := self.figures.get(name)) is not None
        }
        return render(
            Path(__file__).with_name("report.html.j2"),
            {"figure": _figure, "change": _change, "signed": _signed},
            report=self,
            models=models,
            candidate=self.figures[CANDIDATE],
            reference=self.figures.get(FLOAT),
            best=self.best_threshold,
            best_counts=self.counts[self.best_threshold],
            best_total=total(self.counts[self.best_threshold]),
            counts_json=json.dumps(self._counts_for_the_slider()),
            thresholds_in_order=SCORE_THRESHOLDS,
            least_score=LEAST_SCORE,
            data_page=f"{FOLDER}/{DATA_PAGE}",
            mapping=self.export.get("edgetpu") or {},
            post_processing=self.export.get("post_processing") or {},
        )

    def _counts_for_the_slider(self) -> list[list[list[int]]]:
        """[score threshold][class, the last one all] -> boxes, found, false."""
        return [
            [[c.boxes, c.found, c.false] for c in (*self.counts[threshold].values(), total(self.counts[threshold]))]
            for threshold in SCORE_THRESHOLDS
        ]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _change(value: float | None, reference: float | None) -> str:
    if value is None or reference is None:
        return ""
    return f"{value - reference:+.3f}".replace("-", "−") if abs(value - reference) >= 0.0005 else "±0"


def _signed(value: float | None) -> str:
    return "–" if value is None else "±0" if abs(value) < 0.0005 else f"{value:+.3f}".replace("-", "−")
