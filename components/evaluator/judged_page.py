"""The page on the model of a run: what the library's page shows of any detector, and what only the pipeline knows."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tfx.types import artifact_utils

from components.evaluator import parity
from components.evaluator.blessing import BASELINE, CANDIDATE, FLOAT, QAT, Verdict
from components.evaluator.data_section import FOLDER, DataSection
from components.evaluator.judged_models import ReferenceModel
from components.evaluator.parity import Parity
from components.evaluator.training_events import read_training
from coralline.data_report.data_figures import PAGE as DATA_PAGE
from coralline.data_report.data_figures import copy_below
from coralline.evaluation_report import page_words
from coralline.evaluation_report.evaluation_page import REPORT_PAGE, EvaluationPage, make_page
from coralline.evaluation_report.page_content import PageCheck, PageHead, PageSection, PageVerdict
from coralline.foundation.machine_facts import cpu_name
from coralline.foundation.report_page.rendering import render
from coralline.scoring.coco import Figures
from coralline.scoring.evaluate_settings import EvaluateSettings
from coralline.scoring.labelled_images import LabelledImage
from coralline.scoring.scored_models import ScoredModels
from coralline.tflite.detector import BaseDetector
from coralline.tflite.latency import measure_alone
from coralline.tflite.post_process_op import PostProcessing

_TITLES = {
    CANDIDATE: ("int8 file", "what ships: model.tflite"),
    QAT: ("QAT", "quantization-aware model, before conversion"),
    FLOAT: ("float", "before quantization"),
    BASELINE: ("served model", "the model that this one would replace"),
}


@dataclasses.dataclass(frozen=True)
class JudgedModelOfRun:
    """A model that was judged.

    Attributes:
      side: whose images, "test" or "eval".
      settings: the thresholds.
      content, export: model.tflite, and the exporter's `export.json`.
      references: the models that the file was made from.
      images: those of the side.
      scored: all models. verdict: the blessing.
    """

    side: str
    settings: EvaluateSettings
    content: bytes
    export: dict[str, Any]
    references: dict[str, ReferenceModel]
    images: Iterable[LabelledImage]
    scored: ScoredModels
    verdict: Verdict


def make_judged_page(
    judged: JudgedModelOfRun, detector: BaseDetector, input_dict: Mapping[str, Any], run: str
) -> EvaluationPage:
    """The page of a run.

    Args:
      judged: the model.
      detector: its file, loaded.
      input_dict: Evaluator's inputs.
      run: id of the pipeline run, or "".
    """
    data, description = _data_section(input_dict), _description(artifact_utils.get_single_uri(input_dict["model"]))
    return make_page(
        judged.scored,
        judged.images,
        _TITLES,
        head=PageHead(
            datetime.datetime.now(datetime.timezone.utc),
            run=run,
            preset=str(description.get("preset") or judged.export.get("preset") or ""),
            data=data.path,
        ),
        file={
            "name": "model.tflite",
            "bytes": len(judged.content),
            "sha256": hashlib.sha256(judged.content).hexdigest(),
        },
        pictures=judged.settings.pictures,
        against=BASELINE,
        split=judged.side,
        verdict=_verdict(judged),
        training=read_training(artifact_utils.get_single_uri(input_dict["model_run"]), description.get("kept", {})),
        selection=description.get("selection", {}),
        latency=measure_alone(detector),
        cpu=cpu_name(),
        export=judged.export,
        sections=[_parity_on_the_page(_compare(judged), judged.scored.figures), _data_on_the_page(data)],
    )


def write_judged_page(page: EvaluationPage, data_report: str, folder: str) -> None:
    """Writes the page, and the data report below it, to which it leads.

    Args:
      data_report: the folder of the data report.
      folder: to write to.
    """
    copy_below(data_report, f"{folder}/{FOLDER}", f"../{REPORT_PAGE}")
    page.write(folder)


def _verdict(judged: JudgedModelOfRun) -> PageVerdict:
    verdict = judged.verdict
    return PageVerdict(
        verdict.blessed,
        verdict.reasons,
        [PageCheck(check.passed, check.sentence) for check in verdict.checks],
        judged.settings.thresholds(),
        [dataclasses.asdict(check) for check in verdict.checks],
    )


def _description(model_folder: str) -> dict[str, Any]:
    from coralline.detector.network import saved_model

    return saved_model.read_detector_json(model_folder)


def _compare(judged: JudgedModelOfRun) -> Parity:
    return parity.compare_models(
        judged.content,
        {which: reference.raw for which, reference in judged.references.items()},
        PostProcessing.from_json(judged.export["post_processing"]),
        judged.images,
        judged.scored.detections[CANDIDATE],
        dict(judged.scored.figures),
        judged.scored.class_names,
        judged.settings.explain_loss_above,
    )


def _parity_on_the_page(of: Parity, figures: Mapping[str, Figures]) -> PageSection:
    html = render(
        Path(__file__).with_name("parity_section.html.j2"),
        {"figure": page_words.figure, "signed": page_words.signed},
        parity=of,
        float_ap=figures[FLOAT].ap,
    )
    return PageSection("parity", "Quantization", html, {"parity": of.as_json()})


def _data_section(input_dict: Mapping[str, Any]) -> DataSection:
    anomalies = artifact_utils.get_single_instance(input_dict["anomalies"])
    splits = artifact_utils.decode_split_names(anomalies.split_names)
    folders = {split: artifact_utils.get_split_uri([anomalies], split) for split in splits}
    return DataSection.read(artifact_utils.get_single_uri(input_dict["dataset_report"]), folders)


def _data_on_the_page(data: DataSection) -> PageSection:
    template = Path(__file__).with_name("data_section.html.j2")
    html = render(template, {}, data=data, data_page=f"{FOLDER}/{DATA_PAGE}")
    return PageSection("data", "Data", html, {"data": data.as_json()})
