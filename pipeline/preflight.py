"""What can be told before anything is spent: settings, data, output folder, compiler. No TensorFlow."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from components.dataset.dataset import Dataset, read_dataset
from components.dataset.options import DatasetOptions
from components.detector import presets
from components.edgetpu import compiler
from components.errors import UserError
from pipeline.config import Config
from pipeline.out_folder import OutFolder


@dataclasses.dataclass(frozen=True)
class Preflight:
    """What was found.

    Attributes:
      dataset: the data, without pixels.
      compiler: the Edge TPU compiler, or why there is none.
    """

    dataset: Dataset
    compiler: compiler.Search


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
    presets.get(config.model.preset)
    _check_readable(config.model.warm_start, "model.warm_start")
    _check_readable(config.data.label_map, "data.label_map")
    found = compiler.require(config.edgetpu.compiler, config.edgetpu.compiler_path)
    dataset = read_dataset(config.data.path, DatasetOptions(**config.data.model_dump()))
    OutFolder(Path(config.out)).prepare()
    return Preflight(dataset, found)


def _check_readable(path: str | None, setting: str) -> None:
    if not path or "://" in path:
        return
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise UserError(
            f"the file of `{setting}` can't be read",
            file=path,
            expected="a file that this user may read",
            found=error.strerror,
            mend=f"correct `{setting}`",
        ) from error
