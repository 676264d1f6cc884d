"""What TFLiteExporter does: settings from the data, conversion, metadata, the checks, and the files."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.kept_address import kept_address
from components.recorded_properties import record_facts, record_settings
from coralline.data.records.label_map import LABEL_MAP_FILE, LabelMap
from coralline.foundation import memory, storage
from coralline.foundation.code_version import stamp
from coralline.foundation.errors import UserError
from coralline.lineage.recorded_names import MODEL_SHA256
from coralline.tflite.export_settings import ExportSettings
from coralline.tflite.post_process_op import PostProcessing

MODEL_FILE, LABELS_FILE, EXPORT_JSON = "model.tflite", "labels.txt", "export.json"

# Detections in the output if the configuration doesn't set them: twice the objects of the fullest image, so that false
# positives don't crowd out true ones, in bounds that devices handle at ease (and COCO's own limit).
_LEAST_DETECTIONS, _MOST_DETECTIONS = 10, 100


class Executor(base_executor.BaseExecutor):
    """Writes a TFLiteModel artifact from a trained model."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        from components.tflite_exporter.conversion import convert
        from coralline.detector.network import saved_model
        from coralline.edgetpu import mapping
        from coralline.tflite import metadata

        trained = artifact_utils.get_single_instance(input_dict["trained_model"])
        model_folder = trained.uri
        label_map = LabelMap.read(f"{artifact_utils.get_single_uri(input_dict['label_map'])}/{LABEL_MAP_FILE}")
        report_folder = artifact_utils.get_single_uri(input_dict["dataset_report"])
        report = json.loads(storage.read_bytes(f"{report_folder}/report.json"))
        settings = ExportSettings.from_property(exec_properties["export"])
        post_processing = _post_processing(settings, len(label_map), report["max_boxes_per_image"])

        content = convert(
            f"{model_folder}/{saved_model.FOLDERS['qat']}", saved_model.read_anchors(model_folder), post_processing
        )
        content = metadata.write_metadata(
            content,
            labels="".join(f"{name}\n" for name in label_map.names),
            score_threshold=post_processing.score_threshold,
            name="Coralline object detector",
            description=f"Detects {', '.join(label_map.names)}.",
        )
        require_contract(content)
        mapped = mapping.predict(content)
        artifact = artifact_utils.get_single_instance(output_dict["tflite_model"])
        storage.write_bytes(f"{artifact.uri}/{LABELS_FILE}", label_map.labels_txt().encode())
        detector = saved_model.read_detector_json(model_folder)
        export_json = _export_json(kept_address(trained), detector, post_processing, mapped)
        storage.write_bytes(f"{artifact.uri}/{EXPORT_JSON}", export_json.encode())
        storage.write_bytes(f"{artifact.uri}/{MODEL_FILE}", content)
        artifact.set_int_custom_property("edgetpu_mapped", mapped.mapped)
        artifact.set_int_custom_property("edgetpu_total", mapped.total)
        record_facts(artifact, {MODEL_SHA256: hashlib.sha256(content).hexdigest()})
        used = {name: getattr(post_processing, name) for name in type(settings).model_fields}
        record_settings(artifact, "export", used)
        stamp(artifact)
        memory.give_back()  # A local run goes on in this process.


def require_contract(content: bytes) -> None:
    """Makes sure that devices will take a file as a detector, and that it's 8-bit up to the post-processing.

    Raises:
      UserError: it breaks the contract, or an op before the post-processing works on float.
    """
    from coralline.tflite import contract, model_file

    model = model_file.read_model(content)
    problems = contract.problems(model) or contract.misnamed_outputs(model)
    problems += [f"works on float: {op}" for op in contract.float_ops(model)]
    if problems:
        raise UserError(
            "the exported file breaks the contract that devices rely on",
            expected="an int8 detector: uint8 input, boxes, classes, scores, count, nothing on float before them",
            found="; ".join(problems),
            fix="this is a fault of the export, not of your data: please report it with the run's log",
        )


def _post_processing(settings: ExportSettings, num_classes: int, fullest: int) -> PostProcessing:
    return PostProcessing(
        max_detections=settings.max_detections or min(max(2 * fullest, _LEAST_DETECTIONS), _MOST_DETECTIONS),
        score_threshold=settings.score_threshold,
        iou_threshold=settings.iou_threshold,
        num_classes=num_classes,
    )


def _export_json(trained_model: str, detector: dict[str, Any], post_processing: PostProcessing, mapped: Any) -> str:
    export = {
        "preset": detector["preset"],
        "trained_model": trained_model,
        "input": detector["input_size"],
        "post_processing": dataclasses.asdict(post_processing),
        "edgetpu": {"mapped": mapped.mapped, "total": mapped.total, "cpu": mapped.cpu},
    }
    return json.dumps(export, indent=2) + "\n"
