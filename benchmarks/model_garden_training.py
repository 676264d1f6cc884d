"""A float and a quantization-aware training as Model Garden's users run it: `train_lib`, its tasks, its input.

`coralline.detector.network.model_garden` changes the libraries: nothing in this process may import it.
"""

from __future__ import annotations

from typing import Any

import orbit
import tensorflow as tf
from official.common import distribute_utils
from official.core import config_definitions, train_lib
from official.modeling import optimization
from official.projects.qat.vision.configs import common as qat_common
from official.projects.qat.vision.configs import retinanet as qat_configs
from official.projects.qat.vision.tasks import retinanet as qat_task
from official.vision.configs import common as vision_common
from official.vision.configs import retinanet as configs
from official.vision.tasks import retinanet as float_task
from timeline import Timeline


def train(experiment: dict[str, Any], folder: str, timeline: Timeline) -> None:
    """Trains both phases.

    Args:
      experiment: see `training.py`.
      folder: of the checkpoints and logs.
      timeline: records where the time goes.
    """
    timeline.watch(orbit.Controller, "_train_n_steps", "steps", lambda _, steps: steps)
    timeline.watch(orbit.Controller, "_maybe_save_checkpoint", "checkpoints")
    timeline.watch(orbit.Controller, "evaluate", "evaluations")
    model = configs.RetinaNet()
    model.override(experiment["model"])
    data = {"train_data": _data(experiment, "train"), "validation_data": _data(experiment, "eval")}

    timeline.begin("float")
    config = configs.RetinaNetTask(model=model, **data)
    _run(float_task.RetinaNetTask(config), experiment, "float", f"{folder}/float")

    timeline.begin("qat")
    quantization = qat_common.Quantization(
        quantize_detection_decoder=True,
        quantize_detection_head=True,
        pretrained_original_checkpoint=tf.train.latest_checkpoint(f"{folder}/float/best"),
    )
    config = qat_configs.RetinaNetTask(model=model, quantization=quantization, **data)
    _run(qat_task.RetinaNetTask(config), experiment, "qat", f"{folder}/qat")


def _run(task: Any, experiment: dict[str, Any], phase: str, folder: str) -> None:
    schedule = experiment["phases"][phase]
    trainer = config_definitions.TrainerConfig(
        optimizer_config=optimization.OptimizationConfig(schedule["optimization"]),
        steps_per_loop=experiment["report_every"],
        summary_interval=experiment["report_every"],
        checkpoint_interval=experiment["checkpoint_every"],
        max_to_keep=2,
        train_steps=schedule["steps"],
        validation_interval=schedule["evaluate_every"],
        best_checkpoint_export_subdir="best",
        best_checkpoint_eval_metric="AP",
    )
    train_lib.run_experiment(
        distribution_strategy=distribute_utils.get_distribution_strategy("off"),
        task=task,
        mode="train_and_eval",
        params=config_definitions.ExperimentConfig(task=task.task_config, trainer=trainer),
        model_dir=folder,
    )


def _data(experiment: dict[str, Any], split: str) -> configs.DataConfig:
    training = split == "train"
    augmentation = (
        {
            "aug_rand_hflip": True,
            "aug_scale_min": experiment["scale_jitter"][0],
            "aug_scale_max": experiment["scale_jitter"][1],
        }
        if training
        else {}
    )
    return configs.DataConfig(
        input_path=experiment["files"][split],
        file_type="tfrecord_compressed",
        is_training=training,
        drop_remainder=training,
        global_batch_size=experiment["batch_size"],
        shuffle_buffer_size=experiment["images"],
        dtype="float32",
        decoder=vision_common.DataDecoder(simple_decoder=vision_common.TfExampleDecoder(regenerate_source_id=True)),
        parser=configs.Parser(
            match_threshold=experiment["match_iou"], unmatched_threshold=experiment["match_iou"], **augmentation
        ),
    )
