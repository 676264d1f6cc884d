"""Checks before a run: settings, data, output folder, compiler. No TensorFlow."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from coralline.data.boxes import Boxes
from coralline.data.dataset import Dataset, read_dataset
from coralline.data.judging.split import REQUIRED_SPLITS
from coralline.detector.network import blueprint
from coralline.detector.presets import Preset
from coralline.detector.settings import Settings
from coralline.detector.training.selection_side import divide_data
from coralline.detector.warm_start import backbone_match, download, weights_source
from coralline.edgetpu import compiler, gate
from coralline.edgetpu.mapping import Mapping, predict_model
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing.places import require_writable
from pipeline.beam_settings import require_engine
from pipeline.config import Config
from pipeline.running.out_folder import OutFolder


@dataclasses.dataclass(frozen=True)
class Preflight:
    """What was found.

    Attributes:
      dataset: the data, without pixels.
      compiler: the Edge TPU compiler, if there is one and it isn't off.
      settings: the preset, with what the configuration overrides, and anchors fitted to the data if necessary.
      own_preset: the same before anchors were fitted.
      mapping: what the Edge TPU will take of the model that comes of it.
    """

    dataset: Dataset
    compiler: compiler.Compiler | None
    settings: Settings
    own_preset: Preset
    mapping: Mapping


def check_before_run(config: Config) -> Preflight:
    """Looks at everything that a local run will need.

    Args:
      config: with absolute paths.

    Raises:
      UserError: something is missing or wrong.
    """
    if not config.data.path:
        raise UserError("no data set was named", fix="name a folder with --data, or in `data: {path: ...}` of --config")
    found = check_settings(config)
    dataset = read_dataset(config.data.path, config.data)
    check_amount(config, dataset)
    mapping = check_mapping(config, len(dataset.label_map))
    OutFolder(Path(config.out)).prepare()
    if config.push.to:
        require_writable(config.push.to)
    return Preflight(dataset, found, fitted_settings(config, dataset), training_settings(config).preset, mapping)


def check_settings(config: Config) -> compiler.Compiler | None:
    """Looks at the settings that aren't about the data; gives the Edge TPU compiler, if there is one.

    Args:
      config: with absolute paths.

    Raises:
      UserError: one of them can't be used.
    """
    require_engine(config.beam)
    check_warm_start(training_settings(config))
    return compiler.require(config.edgetpu.compiler, config.edgetpu.compiler_path).compiler


def check_warm_start(settings: Settings) -> None:
    """Looks for the weights to begin with; what only TensorFlow can read is left to the training.

    Raises:
      UserError: they can't be had, or are another model's.
    """
    warm_start = settings.model.warm_start
    if warm_start is None or warm_start == weights_source.LATEST_BLESSED:
        return
    if download.is_url(warm_start) or not storage.is_remote(warm_start):
        found = weights_source.obtain(warm_start, settings.model.warm_start_sha256, settings.preset)
        backbone_match.require_backbone(found, settings.preset)


def check_amount(config: Config, dataset: Dataset) -> None:
    """Makes sure that there is enough to train on with these settings, and to evaluate on.

    Raises:
      UserError: there is too little.
    """
    training_settings(config).require_a_batch(sum(image.split == "train" for image in dataset.images))
    for split in REQUIRED_SPLITS:
        if not any(image.objects for image in dataset.images if image.split == split):
            raise UserError(
                f"the images of the {split} split hold no box",
                file=config.data.path,
                expected="at least one object in either split",
                found=f"background images only; {dataset.split_rule}",
                fix="annotate more of them, correct the lists in ImageSets/Main or change data.eval_fraction",
            )


def check_mapping(config: Config, num_classes: int) -> Mapping:
    """What the Edge TPU will take of the model that these settings lead to.

    Raises:
      UserError: too little of it to be published.
    """
    found = predicted_mapping(config, num_classes)
    refusal = gate.predicted_refusal(found, config.edgetpu)
    if refusal is not None:
        raise UserError(
            "a model of this preset would never be published",
            expected=f"settings of `edgetpu` that it can meet: {found.mapped} of {found.total} operations will map",
            found=refusal,
            fix="lower edgetpu.min_mapped: the post-processing of a detector always runs on the CPU",
        )
    return found


def predicted_mapping(config: Config, num_classes: int) -> Mapping:
    """What the Edge TPU will take of a model of the preset, known before it is trained."""
    return predict_model(blueprint.draw(training_settings(config).preset, num_classes))


def fitted_settings(config: Config, dataset: Dataset) -> Settings:
    """`training_settings`, with the anchors that the training will fit to the data."""
    settings = training_settings(config)
    training, _ = divide_data(dataset.images, settings)
    boxes = Boxes.of(training)
    return settings.fitted(boxes.xmin_ymin_xmax_ymax, boxes.longer_sides)


def training_settings(config: Config) -> Settings:
    """The preset, with what the configuration overrides.

    Raises:
      UserError: there is no such preset, or it can't be so.
    """
    return Settings.resolve(config.model, config.train, config.augment)
