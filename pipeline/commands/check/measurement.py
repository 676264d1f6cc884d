"""What a training of this data with these settings will take, measured on a few steps before it begins."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coralline.data.annotated_image import AnnotatedImage
from coralline.data.dataset import Dataset
from coralline.data.images.image_file import UnreadableImageError
from coralline.data.records.annotated import encode_image
from coralline.data.records.label_map import LabelMap
from coralline.data.records.tfrecord_writer import TFRecordWriter
from coralline.detector.settings import Settings
from coralline.detector.training.estimate_files import ERROR, ESTIMATE, JOB
from coralline.detector.training.selection_side import divide_data
from coralline.foundation.errors import UserError
from pipeline.config import Config

# Of training images; more don't change the figures.
_IMAGES = 96
_LAST_LINES = 5


def measure_training(config: Config, dataset: Dataset) -> dict[str, Any]:
    """Trains a few steps in a separate process.

    Args:
      config: with absolute paths.
      dataset: of which nothing would stop a run.

    Returns:
      the fields of `coralline.detector.training.estimate.Estimate`.

    Raises:
      UserError: the training can't be, or its process ended in another way.
    """
    settings = Settings.resolve(config.model, config.train, config.augment)
    train, evaluated = divide_data(dataset.images, settings)
    with tempfile.TemporaryDirectory(prefix="coralline-measure-") as name:
        folder = Path(name)
        job = {
            "files": [_write(folder / "train.gz", train[:_IMAGES], dataset.label_map)],
            "eval_files": [_write(folder / "eval.gz", evaluated[: config.train.evaluate_images], dataset.label_map)],
            "class_names": dataset.label_map.names,
            "training_images": len(train),
            "model": config.model.to_property(),
            "train": config.train.model_copy(update={"selection_fraction": 0.0}).to_property(),
            "augment": config.augment.to_property(),
        }
        (folder / JOB).write_text(json.dumps(job))
        return _run(folder)


def _run(folder: Path) -> dict[str, Any]:
    log = folder / "log.txt"
    with log.open("wb") as stream:
        command = [sys.executable, "-m", "coralline.detector.training.estimate", str(folder)]
        code = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False).returncode
    if (folder / ERROR).exists():
        raise UserError(**json.loads((folder / ERROR).read_text()))
    if code != 0:
        last = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        raise UserError(
            "a few steps of training couldn't be measured",
            expected="a process that ends with 0",
            found=f"{code} (-9: killed, as the system does when memory runs out)\n" + "\n".join(last),
            fix="close other programs, or lower train.batch_size or model.input_size",
        )
    estimate: dict[str, Any] = json.loads((folder / ESTIMATE).read_text())
    return estimate


def _write(path: Path, images: Sequence[AnnotatedImage], label_map: LabelMap) -> str:
    with path.open("wb") as file:
        writer = TFRecordWriter(file)
        for image in images:
            try:
                writer.write(encode_image(image, label_map))
            except (OSError, UnreadableImageError) as e:
                raise UserError("the image can't be read any more", file=image.name, found=e) from e
        writer.finish()
    return str(path)
