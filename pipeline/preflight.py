"""What can be told before anything is spent: settings, data, output folder, compiler. No TensorFlow."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from components.dataset import storage
from components.dataset.dataset import Dataset, read_dataset
from components.dataset.options import DatasetOptions
from components.dataset.split import SPLITS
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
    check_amount(config, dataset)
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


def check_amount(config: Config, dataset: Dataset) -> None:
    """Makes sure that there is enough to train on with these settings, and to evaluate on.

    Raises:
      UserError: there is too little.
    """
    _training(config).require_a_batch(sum(image.split == "train" for image in dataset.images))
    for split in SPLITS:
        if not any(image.objects for image in dataset.images if image.split == split):
            raise UserError(
                f"the images of the {split} split hold no box",
                file=config.data.path,
                expected="at least one object in either split",
                found=f"background images only; {dataset.split_rule}",
                mend="annotate more of them, correct the lists in ImageSets/Main or change data.eval_fraction",
            )


def _training(config: Config) -> Settings:
    return Settings.resolve(config.model.model_dump(), config.train.model_dump())
