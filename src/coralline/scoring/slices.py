"""Figures of parts of the data: by class, by the size of objects, and by any feature of the examples."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from coralline.data.records.tf_example import image_feature, image_feature_names
from coralline.foundation.errors import UserError
from coralline.scoring.coco import Figures, figures_of, figures_of_parts
from coralline.scoring.coco_matches import AREAS, CocoMatches

SliceKey = tuple[tuple[str, "str | int"], ...]
"""A part of the data as TFMA names it: pairs of a feature and its value, such as `(("class", "cat"),)`."""

CLASS, SIZE, FOLDER = "class", "size", "folder"
_MOST_VALUES = 100


def figures_by_slice(
    matches: Mapping[str, CocoMatches], features: Mapping[str, Sequence[str | int]]
) -> dict[SliceKey, dict[str, Figures]]:
    """The figures of every model in each part.

    Args:
      matches: {model's name: its matches}, all of the same images.
      features: {feature: its value in each image}, as `read_features` gives them.

    Returns:
      Each class (`class`), each range of areas (`size`: small, medium or large; the figures that aren't named after a
      size are those of such boxes), and each value of each feature.
    """
    classes = next(iter(matches.values())).classes
    slices: dict[SliceKey, dict[str, Figures]] = {}
    for name in classes:
        slices[((CLASS, name),)] = {model: figures_of(of.of_class(name)) for model, of in matches.items()}
    for area in AREAS[1:]:
        slices[((SIZE, area),)] = {model: figures_of(of.of_area(area)) for model, of in matches.items()}
    for feature, values in features.items():
        distinct = list(dict.fromkeys(sorted(values, key=str)))
        parts = np.array([[value == one for value in values] for one in distinct], np.int32)
        by_model = {model: figures_of_parts(of, parts) for model, of in matches.items()}
        for index, one in enumerate(distinct):
            slices[((feature, one),)] = {model: of[index] for model, of in by_model.items()}
    return slices


def read_features(examples: Iterable[bytes], wanted: Sequence[str]) -> dict[str, list[str | int]]:
    """What each example holds of some features.

    Args:
      examples: serialized; not read if nothing is wanted.
      wanted: keys of features that hold one text or whole number in each example, such as `image/format`; or `folder`,
        the folder in `image/source_id` ("." without one).

    Raises:
      UserError: an example lacks a feature, it isn't one text or whole number, or it has more than 100 values.
    """
    found: dict[str, list[str | int]] = {name: [] for name in wanted}
    if wanted:
        for serialized in examples:
            for name, values in found.items():
                values.append(_value(serialized, name))
    for name, values in found.items():
        if len(set(values)) > _MOST_VALUES:
            raise UserError(
                f"evaluate.slice_by: {name} has too many values",
                expected=f"at most {_MOST_VALUES} parts of the data",
                found=str(len(set(values))),
                fix="take it out of evaluate.slice_by",
            )
    return found


def _value(serialized: bytes, name: str) -> str | int:
    if name == FOLDER:
        return posixpath.dirname(str(image_feature(serialized, "image/source_id") or "")) or "."
    value = image_feature(serialized, name)
    if value is None:
        raise UserError(
            f"evaluate.slice_by names {name}, which the examples don't have",
            expected="one of " + ", ".join([FOLDER, *image_feature_names(serialized)]),
            found=name,
            fix="name one of these, or take it out of evaluate.slice_by",
        )
    return value
