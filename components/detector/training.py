"""Both phases of training, from TFRecords to the two SavedModels, resumable at any kill."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from components import memory, progress
from components.dataset.examples import tfrecord
from components.dataset.examples.tf_example import decode_example
from components.detector import inputs, saved_model
from components.detector import model_garden as garden
from components.detector import quantization as quant
from components.detector.library_faults.quantizer_ranges import still_ranges
from components.detector.settings import Settings
from components.detector.training_loop import Phase, run_phase
from components.detector.warm_start import convolutions, loading
from components.detector.warm_start.source import obtain


@dataclasses.dataclass(frozen=True)
class Job:
    """What to train on: gzipped TFRecord files, the number of real classes, and how."""

    files: tuple[str, ...]
    num_classes: int
    settings: Settings

    def name_images(self, numbers: Sequence[int]) -> list[str]:
        """The names of images by their place in the files."""
        wanted = set(numbers)
        records = enumerate(record for path in self.files for record in tfrecord.read_file(path))
        names = {number: decode_example(record).source_id for number, record in records if number in wanted}
        return [names[number] for number in numbers]


def train(job: Job, *, work: str, model_folder: str, log_folder: str) -> None:
    """Trains and writes the model folder (see `saved_model`) and TensorBoard logs.

    Args:
      job: data and settings.
      work: folder of the checkpoints; with some of the same job in it, training goes on from them.
      model_folder: written whole at the end.
      log_folder: TensorBoard event files, one folder a phase.

    Raises:
      UserError: too few images, a warm start that doesn't fit, a loss that isn't finite.
    """
    images = _count_images(job)
    _seed(job.settings.seed)
    data = _batches(job, images)
    classes, examples = (progress.counted(*of) for of in ((job.num_classes, "class"), (images, "training image")))
    progress.note(f"building {job.settings.preset.name} for {classes}, {examples}")
    float_model = _train_float(job, data, f"{work}/float")
    _write(job, "float", float_model, model_folder)
    saved_model.write_weights(float_model, model_folder)
    progress.note("making the model quantization-aware")
    task, qat_model = _make_qat(job, data, float_model)
    del float_model
    memory.give_back()
    _train_qat(job, data, task, qat_model, f"{work}/qat")
    progress.note("writing the quantization-aware model")
    _write(job, "qat", qat_model, model_folder)
    _write_description(job, model_folder)
    for phase in ("float", "qat"):
        _copy_logs(f"{work}/{phase}/logs", f"{log_folder}/{phase}")


def _seed(seed: int) -> None:
    """Makes two runs the same, to the last digit on the same CPU: order, augmentation, weights and sums.

    On a GPU, where some operations have no deterministic way, sums may differ.
    """
    tf.keras.utils.set_random_seed(seed)
    if not tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()


def _count_images(job: Job) -> int:
    records = tf.data.TFRecordDataset(list(job.files), compression_type="GZIP")
    images = int(records.reduce(np.int64(0), lambda n, _: n + 1))
    job.settings.require_a_batch(images)
    return images


def _batches(job: Job, images: int) -> tf.data.Dataset:
    settings, preset = job.settings, job.settings.preset
    return inputs.training_batches(job.files, preset, settings.augmentation, preset.batch_size, images, settings.seed)


def _train_float(job: Job, data: tf.data.Dataset, folder: str) -> Any:
    settings = job.settings
    task = garden.build_task(settings.preset, job.num_classes)
    model = garden.build_float_model(task)

    def moment_images() -> tf.Tensor:
        return inputs.calibration_images(job.files, settings.preset, convolutions.MOMENT_IMAGES)

    def load_warm_start() -> None:
        if settings.warm_start:
            source = obtain(settings.warm_start, settings.warm_start_sha256, settings.preset)
            progress.note(loading.load(source, model, moment_images))

    run_phase(task, model, data, _phase(settings, "float"), folder, job.name_images, load_warm_start)
    return model


def _make_qat(job: Job, data: tf.data.Dataset, float_model: Any) -> tuple[Any, Any]:
    """The quantization-aware task and model, calibrated, which starts where the float model ended."""
    task = garden.build_qat_task(job.settings.preset, job.num_classes)
    model = garden.build_qat_model(task, float_model)
    quant.calibrate(model, _calibration_images(job))
    batch = next(iter(data))
    quant.check_start(garden.loss(task, float_model, *batch), garden.loss(task, model, *batch))
    return task, model


def _train_qat(job: Job, data: tf.data.Dataset, task: Any, model: Any, folder: str) -> None:
    with still_ranges():
        run_phase(task, model, data, _phase(job.settings, "quantization-aware"), folder, job.name_images)
    # Activations move a little while their ranges stay: in the last layers of the pyramid a third of them came to lie
    # outside. Ranges measured once more gave .002 AP.
    quant.calibrate(model, _calibration_images(job))


def _calibration_images(job: Job) -> tf.Tensor:
    return inputs.calibration_images(job.files, job.settings.preset, quant.CALIBRATION_IMAGES)


def _phase(settings: Settings, name: str) -> Phase:
    preset, quantized = settings.preset, name != "float"
    return Phase(
        name=name,
        steps=preset.qat_steps if quantized else preset.float_steps,
        batch_size=preset.batch_size,
        learning_rate=preset.qat_learning_rate if quantized else preset.learning_rate,
        checkpoint_every=settings.checkpoint_every,
    )


def _write(job: Job, which: Literal["float", "qat"], model: Any, folder: str) -> None:
    saved_model.write_raw_model(
        functools.partial(garden.raw_outputs, model, num_classes=job.num_classes),
        job.settings.preset.input_size,
        f"{folder}/{saved_model.FOLDERS[which]}",
    )


def _write_description(job: Job, folder: str) -> None:
    preset = job.settings.preset
    saved_model.write_detector_json(
        folder,
        {
            "preset": preset.name,
            "backbone": preset.backbone,
            "width_multiplier": preset.width_multiplier,
            "input_size": [preset.input_size, preset.input_size],
            "num_classes": job.num_classes,
            "box_coder_scales": [1.0, 1.0, 1.0, 1.0],
            "float_steps": preset.float_steps,
            "qat_steps": preset.qat_steps,
        },
        garden.build_anchors(preset).ycenter_xcenter_h_w,
    )


def _copy_logs(source: str, target: str) -> None:
    tf.io.gfile.makedirs(target)
    for name in tf.io.gfile.listdir(source):
        tf.io.gfile.copy(f"{source}/{name}", f"{target}/{name}", overwrite=True)
