"""What Evaluator does: runs every model over split eval, scores, decides, writes evaluation, blessing, report."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from coralline.data.records.label_map import LABEL_MAP_FILE, LabelMap
from coralline.foundation import storage
from coralline.foundation.code_version import code_version, stamp
from coralline.foundation.errors import UserError
from coralline.tflite.post_process_op import PostProcessing

if TYPE_CHECKING:
    from components.evaluator.blessing import Verdict
    from components.evaluator.data_section import DataSection
    from components.evaluator.evaluation_report import Report
    from components.evaluator.judged_models import ReferenceModel
    from components.evaluator.report_pictures import ReportPicture
    from coralline.scoring.coco import Figures
    from coralline.scoring.detection_matching import Matched
    from coralline.scoring.evaluate_settings import EvaluateSettings
    from coralline.scoring.inference import Evaluated, JudgedModel
    from coralline.scoring.labelled_images import LabelledImage


class Executor(base_executor.BaseExecutor):
    """Judges a TFLiteModel artifact."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        from components.evaluator import blessing, tfma_result
        from coralline.data.records.tf_example import read_examples
        from coralline.scoring import coco, inference
        from coralline.scoring.evaluate_settings import EvaluateSettings
        from coralline.scoring.file_model import FileModel
        from coralline.scoring.kept_images import KeptImages
        from coralline.scoring.labelled_images import of_example
        from coralline.tflite.detector import Detector

        settings = EvaluateSettings.from_property(exec_properties["evaluate"])
        eval_folder = artifact_utils.get_split_uri(input_dict["examples"], "eval")
        class_names = LabelMap.read(f"{_uri(input_dict['label_map'])}/{LABEL_MAP_FILE}").names
        content = storage.read_bytes(f"{_uri(input_dict['tflite_model'])}/model.tflite")
        export = json.loads(storage.read_bytes(f"{_uri(input_dict['tflite_model'])}/export.json"))
        references = _references(export, _uri(input_dict["model"]))
        models: dict[str, JudgedModel] = {blessing.CANDIDATE: FileModel(Detector(content)), **references}
        baseline, baseline_model, baseline_missing = _baseline(exec_properties["baseline"], class_names)
        if baseline_model is not None:
            models[blessing.BASELINE] = baseline_model

        images = KeptImages(lambda: map(of_example, read_examples(eval_folder)))
        evaluated = inference.run_models(models, images)
        truths = evaluated.ground_truths
        figures = {name: coco.score(truths, found, class_names) for name, found in evaluated.detections.items()}
        verdict = blessing.judge(settings, figures, baseline_missing)
        validated = tfma_result.write_result(figures, settings, _uri(output_dict["evaluation"]))
        if validated != verdict.blessed:
            raise RuntimeError(f"TFMA's validation ({validated}) and the blessing disagree: {verdict}")

        judged = _Judged(settings, class_names, content, export, references, images, evaluated, figures, verdict)
        _write_report(_report(judged, _data_section(input_dict)), _uri(output_dict["report"]))
        _write_blessing(artifact_utils.get_single_instance(output_dict["blessing"]), verdict, input_dict, baseline)
        for artifacts in output_dict.values():
            stamp(artifact_utils.get_single_instance(artifacts))


@dataclasses.dataclass(frozen=True)
class _Judged:
    settings: EvaluateSettings
    class_names: Sequence[str]
    content: bytes
    export: dict[str, Any]
    references: dict[str, ReferenceModel]
    images: Iterable[LabelledImage]
    evaluated: Evaluated
    figures: dict[str, Figures]
    verdict: Verdict


def _report(judged: _Judged, data: DataSection) -> Report:
    from components.evaluator import blessing, parity
    from components.evaluator.evaluation_report import Report
    from coralline.scoring.detection_matching import Matched

    truths, found = judged.evaluated.ground_truths, judged.evaluated.detections[blessing.CANDIDATE]
    matched = Matched(truths, found, judged.class_names)
    return Report(
        images=len(truths),
        parity=parity.compare_models(
            judged.content,
            {which: reference.raw for which, reference in judged.references.items()},
            PostProcessing.from_json(judged.export["post_processing"]),
            judged.images,
            found,
            judged.figures,
            judged.class_names,
            judged.settings.explain_loss_above,
        ),
        figures={**dict.fromkeys(blessing.MODELS), **judged.figures},
        verdict=judged.verdict,
        settings=judged.settings,
        counts=matched.counts,
        best_threshold=matched.best_threshold,
        pictures=_pictures(matched, judged.images, judged.settings.pictures),
        export=judged.export,
        file={"bytes": len(judged.content), "sha256": hashlib.sha256(judged.content).hexdigest()},
        data=data,
        versions=code_version(),
    )


def _references(export: dict[str, Any], model_folder: str) -> dict[str, ReferenceModel]:
    """The models that the file was made from, with the file's post-processing."""
    from components.evaluator.blessing import FLOAT, QAT
    from components.evaluator.judged_models import ReferenceModel

    height, width = export["input"]
    post_processing = PostProcessing.from_json(export["post_processing"])
    return {which: ReferenceModel(model_folder, which, post_processing, (height, width)) for which in (QAT, FLOAT)}


def _baseline(published: str, class_names: Sequence[str]) -> tuple[str, JudgedModel | None, str]:
    """Folder and model of the published version, and why it can't be compared; each empty or None if there is none."""
    from components.evaluator.judged_models import published_model
    from coralline.publishing.published import latest_bundle

    bundle = latest_bundle(published)
    if bundle is None:
        return "", None, "nothing has been published yet"
    try:
        return bundle, published_model(bundle, class_names), ""
    except UserError as e:
        return bundle, None, f"{e.what} ({bundle})"


def _pictures(matched: Matched, images: Iterable[LabelledImage], wanted: int) -> list[ReportPicture]:
    """The pictures of the report; only the images that are shown are decoded again."""
    from components.evaluator.report_pictures import choose_pictures, picture

    threshold = matched.best_threshold
    places = {index: place for place, index in enumerate(choose_pictures(matched.mistakes(threshold), wanted), start=1)}
    shown = {}
    for index, labelled in enumerate(images):
        if index in places:
            truth, image = labelled.decode()
            found, match = matched.detections[index], matched.matches[index]
            shown[places[index]] = picture(places[index], image, truth, found, match, matched.class_names, threshold)
    return [shown[place] for place in sorted(shown)]


def _data_section(input_dict: dict[str, Any]) -> DataSection:
    from components.evaluator.data_section import DataSection

    anomalies = artifact_utils.get_single_instance(input_dict["anomalies"])
    splits = artifact_utils.decode_split_names(anomalies.split_names)
    folders = {split: artifact_utils.get_split_uri([anomalies], split) for split in splits}
    return DataSection.read(_uri(input_dict["dataset_report"]), folders)


def _write_report(report: Report, folder: str) -> None:
    from components.evaluator.data_section import FOLDER
    from coralline.data_report.data_figures import copy_below

    copy_below(report.data.address, f"{folder}/{FOLDER}", "../report.html")
    storage.write_bytes(f"{folder}/report.html", report.as_html().encode())
    storage.write_bytes(f"{folder}/report.json", (json.dumps(report.as_json(), indent=2) + "\n").encode())
    for picture in report.pictures:
        storage.write_bytes(f"{folder}/eval/{picture.file}", picture.side_by_side(report.best_threshold))


def _write_blessing(blessing: Any, verdict: Verdict, input_dict: dict[str, Any], baseline: str) -> None:
    """File and custom properties as TFX's own evaluator writes them (tfx/components/evaluator/constants.py, 1.16), so
    that its resolver of the latest blessed model finds `model`; the file that was judged and the reasons beside them.
    """
    storage.write_bytes(f"{blessing.uri}/{'BLESSED' if verdict.blessed else 'NOT_BLESSED'}", b"")
    blessing.set_int_custom_property("blessed", int(verdict.blessed))
    for name, channel in (("current_model", "model"), ("tflite_model", "tflite_model")):
        model = artifact_utils.get_single_instance(input_dict[channel])
        blessing.set_string_custom_property(name, model.uri)
        blessing.set_int_custom_property(f"{name}_id", model.id)
    if baseline:
        blessing.set_string_custom_property("baseline_model", baseline)
    blessing.set_string_custom_property("reasons", "\n".join(verdict.reasons))


def _uri(artifacts: list[Any]) -> str:
    return artifact_utils.get_single_uri(artifacts)
