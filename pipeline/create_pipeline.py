"""The pipeline: the only place where components are wired."""

from __future__ import annotations

from typing import Any

import tensorflow_data_validation as tfdv
from tfx.components import ExampleValidator, SchemaGen
from tfx.dsl.components.base import executor_spec
from tfx.orchestration import pipeline as tfx_pipeline

from components.edgetpu_pusher.component import EdgeTpuPusher
from components.evaluator.component import JUDGE_VERSION, Evaluator
from components.qat_trainer.component import NETWORK_VERSION, QatTrainer
from components.served_model_importer.component import ServedModelImporter
from components.statistics_gen.component import StatisticsGen
from components.tflite_exporter.component import EXPORTER_VERSION, TFLiteExporter
from components.voc_example_gen.component import VocExampleGen
from components.warm_start_importer.component import WarmStartImporter
from coralline.detector.settings import Settings
from coralline.detector.warm_start import weights_source
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from pipeline.config import Config

# What TFDV describes: not the image bytes, of which it would report only presence at the cost of reading them all,
# and not names: it would take those of a small data set for the only valid ones.
_DESCRIBED_FEATURES = [
    "image/height",
    "image/width",
    "image/format",
    "image/object/bbox/xmin",
    "image/object/bbox/ymin",
    "image/object/bbox/xmax",
    "image/object/bbox/ymax",
    "image/object/class/text",
    "image/object/class/label",
    "image/object/difficult",
    "image/object/truncated",
]


def create_pipeline(
    config: Config,
    *,
    pipeline_root: str,
    push_to: str,
    compiler_version: str = "",
    workspaces: str | None = None,
    metadata_connection_config: Any = None,
    beam_pipeline_args: list[str] | None = None,
) -> tfx_pipeline.Pipeline:
    """From a folder of annotated images to a published detector.

    Args:
      config: all settings; each component receives its own sections as exec properties.
      pipeline_root: where artifacts are written.
      push_to: where models are published, and where the model that is served is found.
      compiler_version: of the Edge TPU compiler on this machine, for a local run; with another one, or none, models
        are published again.
      workspaces: on a cluster, the folder or address that keeps the checkpoints of unfinished trainings; None: the
        pipeline root.
      metadata_connection_config: the ML Metadata store of a local run; a cluster has its own.
      beam_pipeline_args: flags of Beam's, for the components that run it.
    """
    data = _data_components(config, pipeline_root)
    kept = {} if workspaces is None else {"workspaces": workspaces}
    model = _model_components(config, data[0], data[-1], push_to, compiler_version, kept)
    for component in (*data, *model):
        # Not to the pipeline: TFX would give them to every step of a cluster.
        if isinstance(component.executor_spec, executor_spec.BeamExecutorSpec):
            component.executor_spec.add_beam_pipeline_args(beam_pipeline_args or [])
    return tfx_pipeline.Pipeline(
        pipeline_name=config.name,
        pipeline_root=pipeline_root,
        components=[*data, *model],
        enable_cache=True,
        metadata_connection_config=metadata_connection_config,
    )


def _data_components(config: Config, pipeline_root: str) -> list[Any]:
    """From the folder to checked examples: VocExampleGen first, ExampleValidator last."""
    examples = VocExampleGen(data=config.data.to_property(), history=f"{pipeline_root.rstrip('/')}/data_history")
    statistics = StatisticsGen(
        examples=examples.outputs["examples"], stats_options=tfdv.StatsOptions(feature_allowlist=_DESCRIBED_FEATURES)
    )
    # A schema inferred from all splits would fit all, and no anomaly could ever be found.
    schema = SchemaGen(statistics=statistics.outputs["statistics"], exclude_splits=["eval", "test"])
    validator = ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"])
    return [examples, statistics, schema, validator]


def _model_components(
    config: Config, examples: Any, validator: Any, push_to: str, compiler_version: str, kept: dict[str, str]
) -> list[Any]:
    """From examples to the published model; `kept` has QatTrainer's `workspaces`, or nothing."""
    data = {"label_map": examples.outputs["label_map"], "dataset_report": examples.outputs["report"]}
    training = {
        "examples": examples.outputs["examples"],
        "label_map": examples.outputs["label_map"],
        "model": config.model.to_property(),
        "train": config.train.to_property(),
        "augment": config.augment.to_property(),
        "network_version": NETWORK_VERSION,
    }
    warm_start = None if config.model.warm_start is None else _warm_start(config, training, push_to)
    weights = {} if warm_start is None else {"warm_start": warm_start.outputs["warm_start"]}
    trainer = QatTrainer(**training, **weights, **kept)
    exporter = TFLiteExporter(
        trained_model=trainer.outputs["trained_model"],
        export=config.export.to_property(),
        exporter_version=EXPORTER_VERSION,
        **data,
    )
    served = ServedModelImporter(tflite_model=exporter.outputs["tflite_model"], published_at=push_to)
    evaluator = Evaluator(
        examples=examples.outputs["examples"],
        model=trainer.outputs["trained_model"],
        model_run=trainer.outputs["model_run"],
        tflite_model=exporter.outputs["tflite_model"],
        anomalies=validator.outputs["anomalies"],
        evaluate=config.evaluate.to_property(),
        baseline=served.outputs["served_model"],
        judge_version=JUDGE_VERSION,
        **data,
    )
    pusher = EdgeTpuPusher(
        tflite_model=exporter.outputs["tflite_model"],
        blessing=evaluator.outputs["blessing"],
        report=evaluator.outputs["report"],
        edgetpu=config.edgetpu.to_property(),
        push_to=push_to,
        compiler_version=compiler_version,
    )
    return [*([] if warm_start is None else [warm_start]), trainer, exporter, served, evaluator, pusher]


def _warm_start(config: Config, training: dict[str, Any], push_to: str) -> WarmStartImporter:
    return WarmStartImporter(
        **training,
        warm_start_sha256=_warm_start_sha256(config),
        published_at=push_to if config.model.warm_start == weights_source.LATEST_BLESSED else "",
    )


def _warm_start_sha256(config: Config) -> str:
    """Of the content behind a local path, so that other content trains again.

    Empty if the settings identify the content (a URL has its SHA-256 there), for an address that only the cluster can
    read, and for the latest model, which WarmStartImporter looks up when there is something new to train on.
    """
    warm_start = config.model.warm_start
    if warm_start is None or warm_start == weights_source.LATEST_BLESSED or storage.is_remote(warm_start):
        return ""
    preset = Settings.resolve(config.model, config.train, config.augment).preset
    try:
        if not storage.exists(warm_start) and not storage.exists(f"{warm_start}.index"):
            return ""
        return weights_source.obtain(warm_start, config.model.warm_start_sha256, preset).fingerprint()
    except OSError as e:
        fix = "call this again once it can be read: other content would train another model"
        raise UserError("the content of `model.warm_start` can't be read", file=warm_start, found=e, fix=fix) from e
