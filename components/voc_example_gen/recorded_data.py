"""The data set as facts of lineage: how much there is of what, and which images it is made of."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

from components.recorded_properties import record_facts, record_settings
from coralline.data.annotated_image import AnnotatedImage
from coralline.data.data_settings import DataSettings
from coralline.data.dataset import Dataset
from coralline.foundation.printable import without_secrets
from coralline.lineage import recorded_names as names
from coralline.lineage.data_files import CONTENT_DIGITS, DataFile, boxes_digest, write_data_files


def record_data(
    examples: Any, report: Any, dataset: Dataset, settings: DataSettings, content: Mapping[str, Any], known: str
) -> None:
    """Writes onto both artifacts what the data set is.

    Args:
      examples, report: TFX's artifacts.
      dataset: as it was read.
      settings: how.
      content: of report.json.
      known: its fingerprint.
    """
    path = without_secrets(settings.path)
    record_facts(examples, {names.DATA_PATH: path})
    record_settings(examples, "data", _used(settings, content))
    images, boxes = _by_class(dataset)
    splits: dict[str, int] = {split: sum(of[split] for of in boxes.values()) for split in dataset.splits}
    problems = collections.Counter(problem["kind"] for problem in content["problems"])
    facts: dict[str, Any] = {
        names.DATA_PATH: path,
        names.INPUT_FINGERPRINT: known,
        names.DATA_READER: content["reader"],
        names.SPLIT_RULE: content["split_rule"],
        names.DATA_IMAGES: content["images"],
        names.DATA_BOXES: content["boxes"],
        names.DATA_CLASSES: len(content["classes"]),
        names.CLASS_IMAGES: images,
        names.CLASS_BOXES: boxes,
        names.PROBLEMS: len(content["problems"]),
        names.PROBLEM_COUNTS: dict(sorted(problems.items())),
    }
    for name in (*names.SPLIT_IMAGES, *names.SPLIT_BOXES):
        split, _, what = name.partition("_")
        facts[name] = (content["splits"] if what == "images" else splits).get(split)
    record_facts(report, facts)


def write_images(folder: str, dataset: Dataset) -> None:
    """Writes which images the data set is made of into the report's folder.

    Raises:
      OSError: they can't be written.
    """
    write_data_files(folder, map(_data_file, dataset.images))


def _data_file(image: AnnotatedImage) -> DataFile:
    boxes = [(of.class_name, *of.xmin_ymin_xmax_ymax, of.difficult, of.truncated) for of in image.objects]
    labels = collections.Counter(image.class_names)
    return DataFile(image.name, image.split, image.sha256.hex()[:CONTENT_DIGITS], boxes_digest(boxes), labels)


def _by_class(dataset: Dataset) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Images and boxes of each class by split; a class of the label map without any has zeros."""
    splits: tuple[str, ...] = dataset.splits
    images, boxes = ({name: dict.fromkeys(splits, 0) for name in dataset.label_map.names} for _ in range(2))
    for image in dataset.images:
        for name, count in collections.Counter(image.class_names).items():
            images[name][image.split] += 1
            boxes[name][image.split] += count
    return images, boxes


def _used(settings: DataSettings, content: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, and what `auto` came to."""
    used = settings.model_dump(mode="json") | {"path": without_secrets(settings.path)}
    if settings.reader == "auto":
        used["reader"] = content["reader"]
    if settings.compare_pictures == "auto":
        compared, all_of_them = content["pictures_compared"], content["images"]
        used["compare_pictures"] = "all" if compared == all_of_them else "none" if not compared else "copies by name"
    return used
