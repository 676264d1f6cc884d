"""Both phases of training, from TFRecords to the two SavedModels, resumable at any kill."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from components import progress
from components.dataset import tfrecord
from components.dataset.tf_example import decode_example
from components.detector import inputs, saved_model, warm_start
from components.detector import model_garden as garden
from components.detector import quantization as quant
from components.detector.library_faults.quantizer_ranges import still_ranges
from components.detector.settings import Settings
from components.detector.training_loop import Phase, run_phase
from components.errors import UserError

# Raw outputs of a freshly quantized model correlate with the float model's by .99 when that is trained, by .8 when it
# isn't, and by 0 when weights were lost.
_LEAST_CORRELATION = 0.6


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
    progress.note("making the model quantization-aware")
    qat_model = _train_qat(job, data, float_model, f"{work}/qat")
    progress.note("writing the float and the quantization-aware model")
    _write(job, float_model, qat_model, model_folder)
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
    preset, seed = job.settings.preset, job.settings.seed
    return inputs.training_batches(job.files, preset, preset.batch_size, images, seed)


def _train_float(job: Job, data: tf.data.Dataset, folder: str) -> Any:
    settings = job.settings
    task = garden.build_task(settings.preset, job.num_classes)
    model = garden.build_float_model(task)

    def load_warm_start() -> None:
        if settings.warm_start:
            calibration = inputs.calibration_images(job.files, settings.preset, warm_start.MOMENT_IMAGES)
            warm_start.load_tflite_backbone(settings.warm_start, model.backbone, calibration)

    run_phase(task, model, data, _phase(settings, "float"), folder, load_warm_start, job.name_images)
    return model


def _train_qat(job: Job, data: tf.data.Dataset, float_model: Any, folder: str) -> Any:
    settings = job.settings
    task = garden.build_qat_task(settings.preset, job.num_classes)
    model = garden.build_qat_model(task, float_model)

    calibration = inputs.calibration_images(job.files, settings.preset, quant.CALIBRATION_IMAGES)

    def calibrate() -> None:
        quant.calibrate(model, calibration)
        _check_start(job, float_model, model, calibration[: quant.CALIBRATION_BATCH])

    with still_ranges():
        run_phase(task, model, data, _phase(settings, "quantization-aware"), folder, calibrate, job.name_images)
    # Activations move a little while their ranges stay: in the last layers of the pyramid a third of them came to lie
    # outside. Ranges measured once more gave .002 AP.
    quant.calibrate(model, calibration)
    return model


def _phase(settings: Settings, name: str) -> Phase:
    preset, quantized = settings.preset, name != "float"
    return Phase(
        name=name,
        steps=preset.qat_steps if quantized else preset.float_steps,
        batch_size=preset.batch_size,
        learning_rate=preset.qat_learning_rate if quantized else preset.learning_rate,
        checkpoint_every=settings.checkpoint_every,
    )


def _check_start(job: Job, float_model: Any, qat_model: Any, images: tf.Tensor) -> None:
    raw = [garden.raw_outputs(model, images, job.num_classes) for model in (float_model, qat_model)]
    boxes, logits = quant.output_correlation(*raw)
    if min(boxes, logits) < _LEAST_CORRELATION:
        raise UserError(
            "the quantization-aware model doesn't start where the float model ended",
            expected=f"raw outputs that correlate with at least {_LEAST_CORRELATION}",
            found=f"boxes {boxes:.3f}, class logits {logits:.3f}",
            mend="raise train.float_steps: the outputs of a barely trained model are too small to quantize",
        )


def _write(job: Job, float_model: Any, qat_model: Any, folder: str) -> None:
    preset = job.settings.preset
    for which, model in (("float", float_model), ("qat", qat_model)):
        saved_model.write_raw_model(
            functools.partial(garden.raw_outputs, model, num_classes=job.num_classes),
            preset.input_size,
            f"{folder}/{saved_model.FOLDERS[which]}",
        )
    saved_model.write_detector_json(
        folder,
        {
            "preset": preset.name,
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
