"""QatTrainer's work: finds its files, trains in a folder from which a killed run can resume, writes the model."""

from __future__ import annotations

import os
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.qat_trainer.workspace import open_workspace, unfinished_trainings, workspace
from components.recorded_properties import record_facts
from coralline.data.records.label_map import LABEL_MAP_FILE, LabelMap
from coralline.detector.inputs.augmentation import AugmentSettings
from coralline.detector.model_settings import ModelSettings
from coralline.detector.settings import Settings
from coralline.detector.train_settings import TrainSettings
from coralline.detector.warm_start.resolved import ResolvedWarmStart
from coralline.foundation import memory, progress, storage
from coralline.foundation.code_version import stamp
from coralline.lineage.recorded_names import RESOLVED_SETTINGS, TRAINED_ON, TRAINING_IMAGES


class Executor(base_executor.BaseExecutor):
    """Runs `coralline.detector.training.both_phases.train` on the artifacts."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        from coralline.detector.training import both_phases, distribution
        from coralline.detector.training.job import Job

        examples = artifact_utils.get_single_instance(input_dict["examples"])
        label_map_artifact = artifact_utils.get_single_instance(input_dict["label_map"])
        model = artifact_utils.get_single_instance(output_dict["trained_model"])
        model_run = artifact_utils.get_single_instance(output_dict["model_run"])
        label_map = LabelMap.read(f"{label_map_artifact.uri}/{LABEL_MAP_FILE}")
        train_folder, eval_folder = (artifact_utils.get_split_uri([examples], split) for split in ("train", "eval"))
        warm_start = artifact_utils.get_single_uri(input_dict["warm_start"]) if input_dict.get("warm_start") else None
        settings = _settings(exec_properties, warm_start)
        workspaces = exec_properties.get("workspaces") or ""
        depends_on = {**exec_properties, "warm_start": warm_start or ""}
        depends_on.pop("workspaces", None)
        work = workspace(model_run.uri, train_folder, label_map.labels_txt(), depends_on, workspaces)
        job = Job(
            files=_files(train_folder),
            eval_files=_files(eval_folder),
            class_names=tuple(label_map.names),
            settings=settings,
            judged_on_test="test" in artifact_utils.decode_split_names(examples.split_names),
        )
        placement = distribution.find_distribution()
        if not storage.is_remote(work) and not storage.exists(work):
            _mention_unfinished_trainings(work)
        with open_workspace(work, placement.chief) as (folder, keep):
            places = {"work": folder, "model_folder": model.uri, "log_folder": model_run.uri}
            both_phases.train(job, placement, **places, after_checkpoint=keep)
        if placement.chief:
            record_outputs(output_dict)
        memory.give_back()  # A local run goes on in this process.


def record_outputs(output_dict: dict[str, Any]) -> None:
    """Writes into the output artifacts what a training that has ended left in its files, and by which code."""
    model = artifact_utils.get_single_instance(output_dict["trained_model"])
    _record_selection(model)
    for artifact in (model, artifact_utils.get_single_instance(output_dict["model_run"])):
        stamp(artifact)


def _mention_unfinished_trainings(work: str) -> None:
    if left := unfinished_trainings(work):
        progress.note(
            f"{progress.counted(len(left), 'unfinished training')} of other data or settings, or of another version, "
            f"in {os.path.dirname(work)}: not continued; delete to free disk space"
        )


def _record_selection(model: Any) -> None:
    from coralline.detector.network import saved_model

    detector = saved_model.read_detector_json(model.uri)
    for phase, kept in detector["kept"].items():
        model.set_int_custom_property(f"{phase}_step", kept["step"])
        model.set_float_custom_property(f"{phase}_AP", kept["AP"])
        if "optimism" in kept:
            model.set_float_custom_property(f"{phase}_AP_optimism", kept["optimism"])
    selection = detector["selection"]
    model.set_string_custom_property("selection_split", selection["split"])
    model.set_int_custom_property("selection_images", selection["images"])
    model.set_string_custom_property("selection", selection["sentence"])
    facts = {RESOLVED_SETTINGS: "settings", TRAINING_IMAGES: "training_images", TRAINED_ON: "trained_on"}
    record_facts(model, {name: detector[key] for name, key in facts.items()})


def _files(folder: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in storage.list_folder(folder))


def _settings(exec_properties: dict[str, Any], warm_start: str | None) -> Settings:
    """The settings, with the weights that WarmStartImporter has found."""
    model = ModelSettings.from_property(exec_properties["model"])
    if warm_start is not None:
        model = ResolvedWarmStart.read(warm_start).applied_to(model)
    return Settings.resolve(
        model,
        TrainSettings.from_property(exec_properties["train"]),
        AugmentSettings.from_property(exec_properties["augment"]),
    )
