"""Images with their ground truth, not decoded yet: out of the pipeline's examples, or out of any annotated folder."""

from __future__ import annotations

import collections
import dataclasses
import io
import os
from collections.abc import Callable

import numpy as np
from PIL import Image

from coralline.data.annotated_image import AnnotatedImage
from coralline.data.data_settings import DataSettings
from coralline.data.dataset import Dataset, read_dataset, read_to_score
from coralline.data.images.image_pixels import upright_rgb
from coralline.data.judging.policies import FAULTS
from coralline.data.records import tfrecord
from coralline.data.records.tf_example import GroundTruthExample, NotAnExampleError, decode_example
from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted
from coralline.scoring.coco import GroundTruth


@dataclasses.dataclass(frozen=True)
class LabelledImage:
    """One image to judge a model on.

    Attributes:
      name: its file name.
      read: gives the encoded image.
      boxes_ymin_xmin_ymax_xmax: [n, 4] float32, normalized to the upright image.
      class_ids: [n] int64, from 0.
      difficult: [n] bool.
      source: its path within the data set, if that isn't its name; else empty.
    """

    name: str
    read: Callable[[], bytes]
    boxes_ymin_xmin_ymax_xmax: np.ndarray
    class_ids: np.ndarray
    difficult: np.ndarray
    source: str = ""

    def decode(self) -> tuple[GroundTruth, Image.Image]:
        """Its ground truth, and the image: upright, RGB.

        Raises:
          UserError: the image can't be read.
        """
        try:
            with Image.open(io.BytesIO(self.read())) as encoded:
                image = upright_rgb(encoded)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as e:
            raise UserError(
                "the image can't be read", file=self.name, found=e, fix="replace or remove the image"
            ) from e
        truth = GroundTruth(
            *(self.name, image.height, image.width),
            *(self.boxes_ymin_xmin_ymax_xmax, self.class_ids, self.difficult),
            source=self.source,
        )
        return truth, image


@dataclasses.dataclass(frozen=True)
class LabelledData:
    """Images to judge a model on.

    Attributes:
      class_names: of class ids 0, 1, ...
      images: in the order of the data set.
      scored: which images of the data they are, in words.
      left_out: images and boxes of the data that couldn't be used, in words; empty if there are none.
    """

    class_names: tuple[str, ...]
    images: list[LabelledImage]
    scored: str
    left_out: str = ""


def of_example(serialized: bytes) -> LabelledImage:
    """An example of the pipeline; its ids are those of the label map, less one."""
    example = decode_example(serialized)
    return _of_example(example, example.class_ids - 1)


def read_labelled_folder(path: str, split: str | None = None, settings: DataSettings | None = None) -> LabelledData:
    """The images of an annotated folder, or of one side of it.

    Args:
      path: a folder of annotated images or TFRecord files, as `read_dataset` reads it, an Examples artifact, or one
        TFRecord file, which is scored whole.
      split: "train", "eval" or "test", as the pipeline splits the data; "all"; None: the eval side of data that is
        divided by lists, folders or names, else all of it.
      settings: how to read the folder; None: the defaults.

    Raises:
      UserError: there is no annotated image there, or something in it is wrong.
    """
    if os.path.isfile(path):
        data = _of_records(path)
    else:
        data = _of_annotated_folder(path, split, settings or DataSettings(path=path))
    if not data.images or not data.class_names:
        raise UserError(
            "there is nothing to score a model on",
            file=path,
            expected="images with at least one annotated box",
            found=f"{counted(len(data.images), 'image')} without a box" if data.images else f"no image: {data.scored}",
            fix="give a folder with annotations, or another --split",
        )
    if all(image.difficult.all() for image in data.images):
        raise UserError(
            "there is nothing to score a model on",
            file=path,
            expected="at least one box that isn't marked difficult",
            found=f"{sum(len(image.difficult) for image in data.images)} boxes, all of them marked difficult",
            fix="take the mark off what should be found, or give another --split",
        )
    return data


def _of_records(file: str) -> LabelledData:
    examples = [_example(record, file) for record in tfrecord.read_record_file(file)]
    names = tuple(sorted({name for example in examples for name in example.class_names}))
    ids = {name: index for index, name in enumerate(names)}
    unnamed = next((e for e in examples if len(e.class_names) != len(e.boxes_ymin_xmin_ymax_xmax)), None)
    if unnamed:
        raise UserError(
            "an example has boxes without class names",
            file=unnamed.filename,
            expected="image/object/class/text for every box",
            found=f"{len(unnamed.boxes_ymin_xmin_ymax_xmax)} boxes, {len(unnamed.class_names)} names",
            fix="give the folder of the file: a label map in it, or data.label_map, names the classes",
        )
    images = [_of_example(e, np.array([ids[n] for n in e.class_names], np.int64)) for e in examples]
    return LabelledData(names, images, "all of the file")


def _example(record: bytes, path: str) -> GroundTruthExample:
    try:
        return decode_example(record)
    except NotAnExampleError as e:
        raise UserError(
            "a record isn't an annotated image",
            file=path,
            expected="a tf.Example of the Object Detection API",
            found=e,
            fix="make the records again",
        ) from e


def _of_example(example: GroundTruthExample, class_ids: np.ndarray) -> LabelledImage:
    return LabelledImage(
        example.filename,
        lambda: example.image_encoded,
        example.boxes_ymin_xmin_ymax_xmax,
        class_ids,
        example.difficult,
        example.source_id,
    )


def _of_annotated_folder(path: str, split: str | None, settings: DataSettings) -> LabelledData:
    read = read_to_score if split in (None, "all") else read_dataset
    dataset = read(path, settings.model_copy(update={"on_nothing_to_score": "keep"}))
    divided = any(image.split != "eval" for image in dataset.images)
    side = split or ("eval" if divided else "all")
    images = [image for image in dataset.images if side in ("all", image.split)]
    ids = {name: index for index, name in enumerate(dataset.label_map.names)}
    return LabelledData(
        dataset.label_map.names,
        [_of_annotated(image, ids) for image in images],
        _in_words(dataset, side, divided, asked=split is not None),
        _left_out(dataset),
    )


def _in_words(dataset: Dataset, side: str, divided: bool, *, asked: bool) -> str:
    if side != "all":
        hint = "" if asked else "; --split all for all"
        return f"the {side} side of {len(dataset.images)} ({dataset.split_rule}){hint}"
    if divided:
        return "all of the data, whatever its side"
    hint = "" if asked else "; --split eval for those that a training on this folder holds back"
    return f"all of the data, which isn't divided{hint}"


def _left_out(dataset: Dataset) -> str:
    costs = collections.Counter(FAULTS[problem.kind].costs for problem in dataset.problems if problem.policy == "drop")
    return ", ".join(counted(costs[what], what) for what in ("image", "box") if costs[what])


def _of_annotated(image: AnnotatedImage, ids: dict[str, int]) -> LabelledImage:
    return LabelledImage(
        image.name,
        image.decodable,
        image.boxes_ymin_xmin_ymax_xmax,
        np.array([ids[name] for name in image.class_names], np.int64),
        np.array(image.difficult, bool),
    )
