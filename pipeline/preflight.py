"""What can be told before anything is spent: settings, data, output folder, compiler. No TensorFlow."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from components.dataset import storage
from components.dataset.dataset import Dataset, read_dataset
from components.dataset.options import DatasetOptions
from components.detector.settings import Settings
from components.detector.warm_start_file import read_warm_start
from components.edgetpu import compiler
from components.errors import UserError
from pipeline.config import Config
from pipeline.out_folder import OutFolder


@dataclasses.dataclass(frozen=True)
class Preflight:
    """What was found.

    Attributes:
      dataset: the data, without pixels.
      compiler: the Edge TPU compiler, if there is one and it isn't off.
    """

    dataset: Dataset
    compiler: compiler.Compiler | None


def check(config: Config) -> Preflight:
    """Looks at everything that a local run will need.

    Args:
      config: with absolute paths.

    Raises:
      UserError: something is missing or wrong.
    """
    if not config.data.path:
        raise UserError(
            "no data set was named", mend="name a folder with --data, or in `data: {path: ...}` of --config"
        )
    found = check_settings(config)
    dataset = read_dataset(config.data.path, DatasetOptions(**config.data.model_dump()))
    check_amount(config, sum(image.split == "train" for image in dataset.images))
    OutFolder(Path(config.out)).prepare()
    return Preflight(dataset, found)


def check_settings(config: Config) -> compiler.Compiler | None:
    """Looks at the settings that aren't about the data; gives the Edge TPU compiler, if there is one.

    Args:
      config: with absolute paths.

    Raises:
      UserError: one of them can't be used.
    """
    _training(config)
    if config.model.warm_start and not storage.is_remote(config.model.warm_start):
        read_warm_start(config.model.warm_start)
    return compiler.require(config.edgetpu.compiler, config.edgetpu.compiler_path).compiler


def check_amount(config: Config, training_images: int) -> None:
    """Makes sure that there are images enough for the settings.

    Raises:
      UserError: there are too few.
    """
    _training(config).require_a_batch(training_images)


def _training(config: Config) -> Settings:
    return Settings.resolve(config.model.model_dump(), config.train.model_dump())
