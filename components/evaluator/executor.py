"""What Evaluator does: runs every model over split eval, scores, decides, writes evaluation, blessing, report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
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
    from coralline.scoring.detection_matching import Matched
    from coralline.scoring.inference import JudgedModel


class Executor(base_executor.BaseExecutor):
    """Judges a TFLiteModel artifact."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        from components.evaluator import blessing, parity, tfma_result
        from components.evaluator.evaluation_report import Report
        from coralline.data.records.tf_example import read_examples
        from coralline.scoring import inference
        from coralline.scoring.detection_matching import Matched
        from coralline.scoring.evaluate_settings import EvaluateSettings
        from coralline.scoring.file_model import FileModel
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

        evaluated = inference.run_models(models, map(of_example, read_examples(eval_folder)))
        figures, validated = tfma_result.evaluate_with_tfma(
            evaluated.ground_truths, evaluated.detections, class_names, settings, _uri(output_dict["evaluation"])
        )
        verdict = blessing.judge(settings, figures, baseline_missing)
        if validated != verdict.blessed:
            raise RuntimeError(f"TFMA's validation ({validated}) and the blessing disagree: {verdict}")

        compared = parity.compare_models(
            content,
            {which: reference.raw for which, reference in references.items()},
            PostProcessing.from_json(export["post_processing"]),
            map(of_example, read_examples(eval_folder)),
            evaluated.detections[blessing.CANDIDATE],
            figures,
            class_names,
            settings.explain_loss_above,
        )
        matched = Matched(evaluated.ground_truths, evaluated.detections[blessing.CANDIDATE], class_names)
        report = Report(
            images=len(evaluated.ground_truths),
            parity=compared,
            figures={**dict.fromkeys(blessing.MODELS), **figures},
            verdict=verdict,
            settings=settings,
            counts=matched.counts,
            best_threshold=matched.best_threshold,
            pictures=_pictures(matched, eval_folder, settings.pictures),
            export=export,
            file={"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()},
            data=_data_section(input_dict),
            versions=code_version(),
        )
        _write_report(report, _uri(output_dict["report"]))
        _write_blessing(artifact_utils.get_single_instance(output_dict["blessing"]), verdict, input_dict, baseline)
        for artifacts in output_dict.values():
            stamp(artifact_utils.get_single_instance(artifacts))


def _references(export: dict[str, Any], model_folder: str) -> dict[str, ReferenceModel]:
    """The models that the file was made from, under the file's own post-processing."""
    from components.evaluator.blessing import FLOAT, QAT
    from components.evaluator.judged_models import ReferenceModel

    height, width = export["input"]
    post_processing = PostProcessing.from_json(export["post_processing"])
    return {which: ReferenceModel(model_folder, which, post_processing, (height, width)) for which in (QAT, FLOAT)}


def _baseline(published: str, class_names: Sequence[str]) -> tuple[str, JudgedModel | None, str]:
    """Where the last published model is, the model, and why it can't be compared with; each empty or None without."""
    from components.evaluator.judged_models import published_model
    from coralline.publishing.published import latest_bundle

    bundle = latest_bundle(published)
    if bundle is None:
        return "", None, "nothing has been published yet"
    try:
        return bundle, published_model(bundle, class_names), ""
    except UserError as e:
        return bundle, None, f"{e.what} ({bundle})"


def _pictures(matched: Matched, eval_folder: str, wanted: int) -> list[ReportPicture]:
    """The pictures of the report; only the images that are shown are decoded again."""
    from components.evaluator.report_pictures import choose_pictures, picture
    from coralline.data.records.tf_example import read_examples
    from coralline.scoring.labelled_images import of_example

    threshold = matched.best_threshold
    places = {index: place for place, index in enumerate(choose_pictures(matched.mistakes(threshold), wanted), start=1)}
    shown = {}
    for index, record in enumerate(read_examples(eval_folder)):
        if index in places:
            truth, image = of_example(record).decode()
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
