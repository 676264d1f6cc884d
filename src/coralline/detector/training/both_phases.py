"""Both phases of training, from TFRecords to the two SavedModels, resumable at any kill."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from coralline.detector.inputs import batches
from coralline.detector.inputs.image_records import ImageRecords
from coralline.detector.library_faults import kept_graphs
from coralline.detector.library_faults.quantizer_ranges import still_ranges
from coralline.detector.network import model_garden as garden
from coralline.detector.network import quantization as quant
from coralline.detector.network import saved_model
from coralline.detector.training import eval_pictures
from coralline.detector.training.distribution import Placement
from coralline.detector.training.evaluation import Evaluation, Sample
from coralline.detector.training.job import PHASES, Annotated, Job, PhaseName, phase_of, settings_used
from coralline.detector.training.loop import PhaseRun, Subject
from coralline.detector.training.selection import Selection
from coralline.detector.training.selection_side import choose_selection_side
from coralline.detector.warm_start import convolutions, loading
from coralline.detector.warm_start.weights_source import has_same_head, obtain
from coralline.foundation import memory, progress, storage

_PICTURES = 8


def train(
    job: Job,
    placement: Placement,
    *,
    work: str,
    model_folder: str,
    log_folder: str,
    after_checkpoint: Callable[[], None] = lambda: None,
) -> None:
    """Trains and writes the model folder (see `saved_model`) and TensorBoard logs.

    Args:
      job: data and settings.
      placement: the devices; on several machines, all of them call this with the same arguments.
      work: folder of the checkpoints; if it has some of this job, training resumes from them.
      model_folder: written whole at the end.
      log_folder: TensorBoard event files, one folder a phase.
      after_checkpoint: called when `work` has a new checkpoint from which training can go on, and logs until there.

    Raises:
      UserError: too few images, a warm start that doesn't fit, a loss that isn't finite.
    """
    training = _Training(job, placement, work, after_checkpoint)
    with placement.strategy.scope():
        training.run(placement.own(model_folder), placement.own(log_folder))


class _Training:
    def __init__(self, job: Job, placement: Placement, work: str, after_checkpoint: Callable[[], None]):
        annotated = Annotated.read(job.files, job.class_names)
        self._side = side = choose_selection_side(annotated.side_images, job.settings, job.judged_on_test)
        annotated = annotated.without(side.held_out)
        self._records = ImageRecords(job.files, annotated.numbers if side.held_out else None)
        settings = job.settings.fitted(annotated.boxes_xmin_ymin_xmax_ymax, annotated.longer_sides)
        settings = settings.scheduled(annotated.images)
        settings.require_a_batch(annotated.images)
        placement.require_equal_shares(settings.preset.batch_size)
        self._job = job = dataclasses.replace(job, settings=settings)
        self._placement, self._work, self._after_checkpoint = placement, work, after_checkpoint
        self._twins = _twins(job, placement.replicas)
        # After them, so that the model's first weights are those that it has on one device, where there are no twins.
        _seed(settings.train.seed)
        self._anchors = garden.build_anchors(settings.preset).ycenter_xcenter_h_w
        candidates = ImageRecords(job.files, side.held_out) if side.held_out else ImageRecords(job.eval_files)
        sample = Sample.of(candidates, settings.preset.input_size, settings.train.evaluate_images)
        self._selection_images = len(sample.in_second_half)
        self._evaluation = Evaluation(sample, job.class_names, self._anchors, cross_checked=not side.unseen)
        self._images = annotated.images
        if settings.train.xla:
            tf.config.optimizer.set_jit("autoclustering")
        classes = progress.counted(job.num_classes, "class")
        images = progress.counted(annotated.images, "training image")
        steps = f"{settings.preset.float_steps} + {settings.preset.qat_steps} steps"
        progress.note(side.sentence)
        progress.note(f"building {settings.preset.name} for {classes}, {images}, {steps}, on {placement.describe()}")

    def run(self, model_folder: str, log_folder: str) -> None:
        model, of_float = self._train_float(model_folder)
        progress.note("making the model quantization-aware")
        task, qat_model = self._make_qat(model)
        del model
        _give_back_memory()
        of_qat = self._train_qat(task, qat_model, model_folder)
        self._write_description(model_folder, {"float": of_float, "qat": of_qat})
        for phase in PHASES:
            if self._placement.chief:
                _copy_logs(f"{self._work}/{phase}/logs", f"{log_folder}/{phase}")
        self._placement.barrier()  # A worker that leaves early would look like one that died.

    def _train_float(self, model_folder: str) -> tuple[Any, Selection]:
        settings = self._job.settings
        task = garden.build_task(settings.preset, self._job.num_classes)
        with _precision(settings.train.mixed_precision):
            model = garden.build_float_model(task)
        subject = self._subject("float", task, model)

        def moment_images() -> tf.Tensor:
            return batches.calibration_images(self._records, settings.preset, convolutions.MOMENT_IMAGES)

        def begin() -> None:
            self._show_augmented_images()
            if settings.model.warm_start:
                source = obtain(settings.model.warm_start, settings.model.warm_start_sha256, settings.preset)
                with_head = has_same_head(source, settings.preset, self._job.class_names)
                progress.note(loading.load_weights(source, subject.plain, moment_images, with_head))
                subject.take_over()

        selection = self._phase_run("float", subject).run(self._job.name_images, self._after_checkpoint, begin)
        _give_back_memory()
        subject.refresh()
        saved_model.write_raw_model(subject.raw, f"{model_folder}/{saved_model.FOLDERS['float']}")
        saved_model.write_weights(subject.plain, model_folder)
        return subject.plain, selection

    def _show_augmented_images(self) -> None:
        settings, pixels, boxes = self._job.settings, [], []
        examples = batches.augmented_examples(
            self._records, settings.preset, settings.augment, _PICTURES, settings.train.seed
        )
        for image, of_image, class_ids in examples:
            pixels.append(image)
            boxes.append(eval_pictures.certain(of_image, class_ids - 1))
        with tf.summary.create_file_writer(f"{self._placement.own(self._work)}/float/logs").as_default(step=0):
            eval_pictures.write_pictures("train/augmented", pixels, boxes, self._job.class_names, with_scores=False)

    def _make_qat(self, float_model: Any) -> tuple[Any, Any]:
        """The quantization-aware task and model, calibrated, which starts from the float model."""
        preset = self._job.settings.preset
        task = garden.build_qat_task(preset, self._job.num_classes)
        model = garden.build_qat_model(task, float_model)
        quant.calibrate(model, self._calibration_images())
        batch = batches.unshuffled_batch(self._records, self._job.settings)
        quant.check_start(garden.loss(task, float_model, *batch), garden.loss(task, model, *batch))
        return task, model

    def _train_qat(self, task: Any, model: Any, model_folder: str) -> Selection:
        subject = self._subject("qat", task, model)
        with still_ranges():
            selection = self._phase_run("qat", subject).run(self._job.name_images, self._after_checkpoint)
        _give_back_memory()
        # Activations move a little while their ranges stay: in the last layers of the pyramid a third of them came to
        # lie outside. Ranges measured once more gave .002 AP.
        quant.calibrate(model, self._calibration_images())
        progress.note("writing the quantization-aware model")
        subject.refresh()
        saved_model.write_raw_model(subject.raw, f"{model_folder}/{saved_model.FOLDERS['qat']}")
        return selection

    def _subject(self, name: PhaseName, task: Any, model: Any) -> Subject:
        twin = self._twins.get(name)
        return Subject(task, model, _raw_function(self._job, model if twin is None else twin), twin)

    def _phase_run(self, name: PhaseName, subject: Subject) -> PhaseRun:
        phase, folder = phase_of(self._job.settings, name), f"{self._work}/{name}"
        stream = list(PHASES).index(name) + 1  # The order of 0 is that of the examples that people are shown.

        def batches_from(step: int) -> Any:
            strategy, settings = self._placement.strategy, self._job.settings
            return batches.distributed_batches(strategy, self._records, settings, self._images, stream, step)

        return PhaseRun(phase, subject, batches_from, folder, self._evaluation, self._placement)

    def _calibration_images(self) -> tf.Tensor:
        return batches.calibration_images(self._records, self._job.settings.preset, quant.CALIBRATION_IMAGES)

    def _write_description(self, folder: str, selections: dict[PhaseName, Selection]) -> None:
        preset = self._job.settings.preset
        sentence = self._side.sentence_with(selections["float"].optimism, selections["qat"].optimism)
        saved_model.write_detector_json(
            folder,
            {
                "preset": preset.name,
                "backbone": preset.backbone,
                "width_multiplier": preset.width_multiplier,
                "input_size": [preset.input_size, preset.input_size],
                "anchor_size": preset.anchor_size,
                "num_scales": preset.num_scales,
                "aspect_ratios": list(preset.aspect_ratios),
                "num_classes": self._job.num_classes,
                "class_names": list(self._job.class_names),
                "box_coder_scales": [1.0, 1.0, 1.0, 1.0],
                "float_steps": preset.float_steps,
                "qat_steps": preset.qat_steps,
                "settings": settings_used(self._job.settings),
                "training_images": self._images,
                "trained_on": self._placement.devices,
                "kept": {name: selection.as_json() for name, selection in selections.items()},
                "selection": {
                    "split": self._side.split,
                    "images": self._selection_images,
                    "unseen": self._side.unseen,
                    "sentence": sentence,
                },
            },
            self._anchors,
        )


def _twins(job: Job, replicas: int) -> dict[PhaseName, Any]:
    """Models in float32 on this machine beside those that aren't: on several devices, or in 16 bits.

    What several devices hold is slow to read, and can't be frozen; neither is what ships in 16 bits.
    """
    preset, classes = job.settings.preset, job.num_classes
    twins: dict[PhaseName, Any] = {}
    if replicas > 1 or job.settings.train.mixed_precision is not None:
        twins["float"] = garden.build_float_model(garden.build_task(preset, classes))
    if replicas > 1:
        twins["qat"] = garden.build_qat_model(garden.build_qat_task(preset, classes), twins["float"])
    return twins


@contextlib.contextmanager
def _precision(mixed: str | None) -> Iterator[None]:
    policy = tf.keras.mixed_precision.global_policy()
    if mixed is not None:
        tf.keras.mixed_precision.set_global_policy(f"mixed_{mixed}")
    try:
        yield
    finally:
        tf.keras.mixed_precision.set_global_policy(policy)


def _raw_function(job: Job, model: Any) -> tf.types.experimental.ConcreteFunction:
    raw = functools.partial(garden.raw_outputs, model, num_classes=job.num_classes)
    return saved_model.raw_function(raw, job.settings.preset.input_size)


def _give_back_memory() -> None:
    kept_graphs.let_go()
    memory.give_back()


def _seed(seed: int) -> None:
    """Makes two runs the same, to the last digit on the same CPU: order, augmentation, weights and sums.

    On a GPU some operations aren't deterministic, so sums may differ.
    """
    tf.keras.utils.set_random_seed(seed)
    if not tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()


def _copy_logs(source: str, target: str) -> None:
    for name in storage.list_folder(source):
        storage.write_bytes(f"{target}/{name}", storage.read_bytes(f"{source}/{name}"))
