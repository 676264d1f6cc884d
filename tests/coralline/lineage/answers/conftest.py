"""A store in which two runs differ in everything that a run can differ in, with the files that they left."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage import data_files, judged_images
from coralline.lineage.data_files import DataFile
from coralline.lineage.judged_images import JudgedBox, JudgedImage, JudgedSide

FIRST, SECOND, REFUSED = "20260301-080000-1111", "20260302-080000-2222", "20260303-080000-3333"
_CODE = {"coralline_version": "0.1.0", "lock_sha256": "ab12"}
_CORNERS = ((0.1, 0.1, 0.4, 0.4), (0.5, 0.5, 0.9, 0.9))


@dataclasses.dataclass(frozen=True)
class Told:
    """What a run of the store is told, and what comes of it."""

    run: str
    commit: str
    images: dict[str, str]
    classes: dict[str, int]
    settings: dict[str, dict[str, Any]]
    resolved: dict[str, Any]
    ap: float
    class_ap: dict[str, float | None]
    found: dict[str, tuple[bool, bool]]
    blessed: bool = True

    @property
    def version(self) -> str:
        return f"v{self.run[6:8]}"

    @property
    def model(self) -> bytes:
        return f"model of {self.run}".encode()


RUNS = (
    Told(
        FIRST,
        "aaaa1111",
        {"a.jpg": "1", "b.jpg": "2"},
        {"cat": 3, "dog": 1},
        {"train": {"version": 1, "batch_size": 4}, "model": {"version": 1}},
        {"model.preset": "demo_160", "train.float_steps": 450, "train.batch_size": 4, "augment.flip": 0.5},
        0.4,
        {"cat": 0.5, "dog": 0.3},
        {"a.jpg": (True, False), "b.jpg": (True, True)},
    ),
    Told(
        SECOND,
        "bbbb2222",
        {"a.jpg": "1", "b.jpg": "3", "c.jpg": "4"},
        {"cat": 3, "dog": 2, "owl": 1},
        {"train": {"version": 1, "batch_size": 8}, "model": {"version": 1, "warm_start": "latest_blessed"}},
        {"model.preset": "demo_160", "train.float_steps": 500, "train.batch_size": 8, "augment.flip": 0.5},
        0.45,
        {"cat": 0.45, "dog": 0.4, "owl": None},
        {"a.jpg": (True, True), "b.jpg": (False, True), "c.jpg": (True, True)},
    ),
    Told(
        REFUSED,
        "bbbb2222",
        {"a.jpg": "1", "b.jpg": "3", "c.jpg": "4"},
        {"cat": 3, "dog": 2, "owl": 1},
        {"train": {"version": 1}, "model": {"version": 1}},
        {"model.preset": "demo_160", "train.float_steps": 500, "train.batch_size": 16},
        0.5,
        {"cat": 0.5, "dog": 0.5, "owl": None},
        {"a.jpg": (True, True), "b.jpg": (True, True), "c.jpg": (True, True)},
        blessed=False,
    ),
)


@pytest.fixture
def differing(store_writer: Any, tmp_path: Path) -> Path:
    """The output folder: FIRST has published v01, SECOND v02, which began with v01; REFUSED is better, not blessed."""
    before: Told | None = None
    for told in RUNS:
        _write(store_writer, tmp_path, told, before)
        before = told if told.blessed else before
    return tmp_path


def _write(writer: Any, out: Path, told: Told, before: Told | None) -> None:
    code = {**_CODE, "git_commit": told.commit}
    fingerprint = hashlib.sha256(json.dumps(told.images).encode()).hexdigest()

    def made(type_name: str, node: str, **properties: Any) -> Any:
        folder = out / "artifacts" / node / told.run
        folder.mkdir(parents=True, exist_ok=True)
        return writer.artifact(type_name, str(folder), **properties, **code)

    def step(node: str, inputs: dict[str, Any], outputs: dict[str, Any], **settings: Any) -> None:
        texts = {name: json.dumps(value) for name, value in settings.items()}
        writer.context("pipeline_run", told.run, **code)
        writer.execute(told.run, node, pb.Execution.COMPLETE, inputs, outputs, **texts)

    examples = made("Examples", "Examples", input_fingerprint=fingerprint, data_path="/data/yard")
    report = made(
        "components.DatasetReport",
        "DatasetReport",
        images=len(told.images),
        boxes=sum(told.classes.values()),
        train_images=len(told.images) - 1,
        eval_images=1,
        class_boxes=json.dumps({name: {"train": count} for name, count in told.classes.items()}),
    )
    data_files.write_data_files(
        report.uri, [DataFile(name, "train", content, "b", {}) for name, content in told.images.items()]
    )
    data = {"version": 2, "path": "/data/yard"}
    step("VocExampleGen", {}, {"examples": examples, "report": report}, data=data)
    place = f"{out}/published/{before.version}" if before else ""
    warm = made(
        "components.WarmStart",
        "WarmStart",
        source="latest_blessed",
        path=place if "warm_start" in told.settings["model"] else "",
        pipeline_run=before.run if before else "",
        sha256="",
        version=before.version if before else "",
    )
    step("WarmStartImporter", {"examples": examples}, {"warm_start": warm}, **told.settings)
    model = made("Model", "Model", resolved_settings=json.dumps(told.resolved))
    step("QatTrainer", {"examples": examples, "warm_start": warm}, {"model": model}, **told.settings)
    sha256 = hashlib.sha256(told.model).hexdigest()
    tflite = made("components.TFLiteModel", "TFLiteModel", model_sha256=sha256)
    step("TFLiteExporter", {"model": model}, {"tflite_model": tflite}, export={"version": 1})
    served = made(
        "components.ServedModel",
        "ServedModel",
        destination=f"{out}/published",
        version=before.version if before else "",
        pipeline_run=before.run if before else "",
        content=f"sha256:{hashlib.sha256(before.model).hexdigest()}" if before else "nothing",
        damage="",
    )
    step("ServedModelImporter", {"tflite_model": tflite}, {"served_model": served})
    judged = _judge(told, step, made, {"examples": examples, "tflite_model": tflite, "baseline": served})
    _publish(told, step, made, out, {"tflite_model": tflite, **judged})


def _judge(told: Told, step: Callable[..., None], made: Callable[..., Any], inputs: dict[str, Any]) -> dict[str, Any]:
    report = made("components.EvaluationReport", "EvaluationReport", images=3, split="eval")
    report.custom_properties["AP"].double_value = told.ap
    report.custom_properties["class_AP"].string_value = json.dumps(told.class_ap)
    judged_images.write_judged_images(
        report.uri,
        JudgedSide("eval", "", 0.5, ("cat",), len(told.found)),
        [
            JudgedImage(
                name,
                tuple(
                    JudgedBox("cat", corners, 0.9 if is_found else None, False)
                    for corners, is_found in zip(_CORNERS, found, strict=True)
                ),
                (),
            )
            for name, found in told.found.items()
        ],
    )
    blessing = made("ModelBlessing", "ModelBlessing", blessed=int(told.blessed), reasons="AP50 as it must be")
    outputs = {"report": report, "blessing": blessing}
    step("Evaluator", inputs, outputs, evaluate={"version": 1, "min_ap50": None})
    return outputs


def _publish(
    told: Told, step: Callable[..., None], made: Callable[..., Any], out: Path, inputs: dict[str, Any]
) -> None:
    files = {"model.tflite": hashlib.sha256(told.model).hexdigest()}
    pushed = made(
        "PushedModel",
        "PushedModel",
        pushed=int(told.blessed),
        pushed_destination=f"{out}/published",
        pushed_version=told.version if told.blessed else "",
        published_files=json.dumps(files if told.blessed else {}),
    )
    step("EdgeTpuPusher", inputs, {"pushed_model": pushed}, edgetpu={"version": 1})
    if told.blessed:
        version = out / "published" / told.version
        version.mkdir(parents=True)
        (version / "model.tflite").write_bytes(told.model)
        (version / "labels.txt").write_text("cat\n")
        (version / "manifest.json").write_text(json.dumps({"version": told.version, "files": files}))
        (out / "published" / "latest").unlink(missing_ok=True)
        (out / "published" / "latest").symlink_to(told.version)
