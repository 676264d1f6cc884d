"""Building, tracing and exporting the quantization-aware detector: Coralline beside Model Garden's stock way.

    python benchmarks/export.py [--preset demo_160]

The network, the data and the libraries are the same, the weights untrained. Stock is what Model Garden's own programs
do: AutoGraph rewrites every layer, the export module builds the model again, `tf.saved_model.save` writes the module
that holds the Keras model, and the converter reads that. Each way runs in a process of its own, one after the other;
imports aren't counted. About 9 minutes on 2 cores with demo_160, longer with the default preset.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from figures import Table, argument_parser, machine, show

_CLASSES = 3
_STEPS = ("build the model", "first training step", "SavedModel", "conversion")


def _ours(preset: Any, batches: Any, folder: Path) -> dict[str, float]:
    import functools

    from components.tflite_exporter.conversion import convert
    from coralline.detector.network import model_garden as garden
    from coralline.detector.network import saved_model
    from coralline.detector.training import distribution
    from coralline.detector.training.evaluation import Evaluation
    from coralline.detector.training.loop import Phase, PhaseRun, Subject
    from coralline.scoring.inference import letterbox_all
    from coralline.tflite.post_process_op import PostProcessing

    seconds, task = {}, garden.build_qat_task(preset, _CLASSES)
    float_model, took = _timed(lambda: garden.build_float_model(garden.build_task(preset, _CLASSES)))
    model, seconds["build the model"] = _timed(lambda: garden.build_qat_model(task, float_model))
    seconds["build the model"] += took
    anchors = garden.build_anchors(preset).ycenter_xcenter_h_w
    nothing = Evaluation(letterbox_all([], (preset.input_size, preset.input_size)), ["1", "2", "3"], anchors)
    raw_outputs = functools.partial(garden.raw_outputs, model, num_classes=_CLASSES)
    raw, tracing = _timed(lambda: saved_model.raw_function(raw_outputs, preset.input_size))
    one_step = Phase("benchmark", 1, preset.batch_size, 1e-4, checkpoint_every=1, evaluate_every=1)
    phase = PhaseRun(
        one_step, Subject(task, model, raw), batches, str(folder / "phase"), nothing, distribution.find_distribution()
    )
    _, seconds["first training step"] = _timed(lambda: phase.run(lambda _: []))
    _, seconds["SavedModel"] = _timed(lambda: saved_model.write_raw_model(raw, folder / "saved"))
    seconds["SavedModel"] += tracing
    post_processing = PostProcessing(10, 0.01, 0.5, _CLASSES)
    _, seconds["conversion"] = _timed(lambda: convert(str(folder / "saved"), anchors, post_processing))
    return seconds


def _stock(preset: Any, batches: Any, folder: Path) -> dict[str, float]:
    import orbit
    import tensorflow as tf
    from official.core import base_trainer, config_definitions, export_base
    from official.modeling.optimization import OptimizationConfig
    from official.projects.qat.vision.serving import export_module
    from official.vision.serving import export_tflite_lib

    from coralline.detector.network import model_garden as garden

    seconds, task = {}, garden.build_qat_task(preset, _CLASSES)
    model, seconds["build the model"] = _timed(task.build_model)
    adam = {"optimizer": {"type": "adam"}, "learning_rate": {"type": "constant", "constant": {"learning_rate": 1e-4}}}
    params = config_definitions.ExperimentConfig(task=task.task_config)

    def first_step() -> None:
        optimizer = task.create_optimizer(OptimizationConfig(adam))
        trainer = base_trainer.Trainer(params, task, model, optimizer, evaluate=False, train_dataset=batches)
        orbit.Controller(global_step=trainer.global_step, trainer=trainer, steps_per_loop=1).train(1)

    _, seconds["first training step"] = _timed(first_step)
    task.task_config.model.detection_generator.nms_version = "tflite"
    size = [preset.input_size, preset.input_size]

    def save() -> None:
        module = export_module.DetectionModule(
            params=params, batch_size=1, input_image_size=size, input_type="tflite", num_channels=3
        )
        weights = tf.train.Checkpoint(model=model)
        weights.write(str(folder / "weights"))
        export_base.export(
            module,
            ["tflite"],
            str(folder / "saved"),
            checkpoint_path=str(folder / "weights"),
            checkpoint=tf.train.Checkpoint(model=module.model),
            timestamped=False,
        )

    _, seconds["SavedModel"] = _timed(save)
    _, seconds["conversion"] = _timed(
        lambda: export_tflite_lib.convert_tflite_model(saved_model_dir=str(folder / "saved"), quant_type="qat_fp32_io")
    )
    return seconds


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.monotonic()
    result = work()
    return result, time.monotonic() - began


def _one_way(way: str, preset_name: str) -> None:
    from tensorflow.python.autograph.core import config as autograph_config

    rules = autograph_config.CONVERSION_RULES
    from coralline.detector import presets
    from coralline.detector.inputs import batches
    from coralline.detector.inputs.augmentation import AugmentSettings
    from coralline.detector.inputs.image_order import ImageOrder
    from coralline.detector.inputs.image_records import ImageRecords

    if way == "stock":
        # Importing coralline.detector has switched AutoGraph off for the libraries.
        autograph_config.CONVERSION_RULES = rules
    preset = presets.get(preset_name)
    with tempfile.TemporaryDirectory() as folder:
        images = preset.batch_size
        records = _write_records(Path(folder, "records.gz"), images, preset.input_size)
        augmentation, order = AugmentSettings(horizontal_flip=0), ImageOrder(seed=1)
        data = batches.training_batches(
            ImageRecords((records,)), preset, augmentation, preset.batch_size, images, order
        )
        next(iter(data))
        seconds = (_ours if way == "ours" else _stock)(preset, data, Path(folder))
    print("\n" + json.dumps(seconds))


def _write_records(path: Path, images: int, size: int) -> str:
    import io

    import numpy as np
    import tensorflow as tf
    from PIL import Image

    from coralline.data.records.tf_example import encode_example

    jpeg = io.BytesIO()
    Image.new("RGB", (size, size), "gray").save(jpeg, "JPEG")
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for number in range(images):
            example = encode_example(
                filename=f"{number}.jpg",
                image_encoded=jpeg.getvalue(),
                image_format="jpeg",
                height=size,
                width=size,
                boxes_ymin_xmin_ymax_xmax=np.array([[0.2, 0.2, 0.7, 0.7]], np.float32),
                class_ids=[1 + number % _CLASSES],
                class_names=["any"],
                difficult=[False],
                truncated=[False],
            )
            writer.write(example)
    return str(path)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--preset", default="mobilenet_v2_256")
    parser.add_argument("--way", choices=["ours", "stock"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        _one_way(options.way, options.preset)
        return
    on, seconds = machine(), {}
    for way in ("stock", "ours"):
        call = [sys.executable, __file__, "--way", way, "--preset", options.preset]
        quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(call, capture_output=True, text=True, env=quiet, check=False)
        if done.returncode != 0:
            sys.exit(f"{way} failed:\n{done.stderr[-3000:]}")
        seconds[way] = json.loads(done.stdout.splitlines()[-1])
    rows: dict[str, list[float]] = {f"{step}, s": [seconds[way][step] for way in ("stock", "ours")] for step in _STEPS}
    rows["together, s"] = [sum(seconds[way].values()) for way in ("stock", "ours")]
    show(on, [Table(("Model Garden", "Coralline"), rows)], options.json)


if __name__ == "__main__":
    main()
