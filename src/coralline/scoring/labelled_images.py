"""Images with their ground truth, not decoded yet: out of the pipeline's examples, or out of any annotated folder."""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from coralline.data.annotated_image import AnnotatedImage
from coralline.data.data_settings import DataSettings
from coralline.data.dataset import read_dataset
from coralline.data.images.image_pixels import upright_rgb
from coralline.data.records import tfrecord
from coralline.data.records.tf_example import GroundTruthExample, NotAnExampleError, decode_example, read_examples
from coralline.foundation import storage
from coralline.foundation.errors import UserError
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
    """

    name: str
    read: Callable[[], bytes]
    boxes_ymin_xmin_ymax_xmax: np.ndarray
    class_ids: np.ndarray
    difficult: np.ndarray

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
            self.name, image.height, image.width, self.boxes_ymin_xmin_ymax_xmax, self.class_ids, self.difficult
        )
        return truth, image


@dataclasses.dataclass(frozen=True)
class LabelledData:
    """Images to judge a model on, and the names of class ids 0, 1, ..."""

    class_names: tuple[str, ...]
    images: list[LabelledImage]


def of_example(serialized: bytes) -> LabelledImage:
    """An example of the pipeline; its ids are those of the label map, less one."""
    example = decode_example(serialized)
    return _of_example(example, example.class_ids - 1)


def read_labelled_folder(path: str, split: str) -> LabelledData:
    """Every image of one side of an annotated folder, or of a folder of TFRecords.

    Args:
      path: a folder of annotated images (split as the pipeline splits it), an Examples artifact (`Split-eval` and so
        on in it), a folder of TFRecord files or one such file (all of it belongs to the side that is asked for).
      split: "eval", "train" or "all".

    Raises:
      UserError: there is no annotated image there, or something in it is wrong.
    """
    folders = _record_folders(path, split)
    data = _of_records(folders) if folders else _of_annotated_folder(path, split)
    if not data.images or not data.class_names:
        raise UserError(
            "there is nothing to score a model on",
            file=path,
            expected="images with at least one annotated box",
            found=f"{len(data.images)} images without a box" if data.images else f"no image in the split '{split}'",
            fix="give a folder with annotations, or another --split",
        )
    return data


def _record_folders(path: str, split: str) -> list[str]:
    """Folders with TFRecords of that split; none if there are no TFRecords here."""
    if os.path.isfile(path):
        return [path]
    try:
        names = storage.list_folder(path)
    except OSError as e:
        raise UserError("can't read the data", file=path, found=e, fix="give the path of a folder") from e
    splits = [name for name in names if name.startswith("Split-")]
    if splits:
        return [os.path.join(path, name) for name in splits if split in ("all", name.removeprefix("Split-"))]
    return [path] if any("tfrecord" in name for name in names) else []


def _of_records(folders: Sequence[str]) -> LabelledData:
    examples = [_example(record, folder) for folder in folders for record in _records(folder)]
    names = tuple(sorted({name for example in examples for name in example.class_names}))
    ids = {name: index for index, name in enumerate(names)}
    unnamed = next((e for e in examples if len(e.class_names) != len(e.boxes_ymin_xmin_ymax_xmax)), None)
    if unnamed:
        raise UserError(
            "an example has boxes without class names",
            file=unnamed.filename,
            expected="image/object/class/text for every box",
            found=f"{len(unnamed.boxes_ymin_xmin_ymax_xmax)} boxes, {len(unnamed.class_names)} names",
        )
    return LabelledData(names, [_of_example(e, np.array([ids[n] for n in e.class_names], np.int64)) for e in examples])


def _records(path: str) -> Iterator[bytes]:
    return tfrecord.read_record_file(path) if os.path.isfile(path) else read_examples(path)


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
    )


def _of_annotated_folder(path: str, split: str) -> LabelledData:
    dataset = read_dataset(path, DataSettings(path=path))
    images = [image for image in dataset.images if split in ("all", image.split)]
    ids = {name: index for index, name in enumerate(dataset.label_map.names)}
    return LabelledData(dataset.label_map.names, [_of_annotated(image, ids) for image in images])


def _of_annotated(image: AnnotatedImage, ids: dict[str, int]) -> LabelledImage:
    return LabelledImage(
        image.name,
        image.place.read,
        image.boxes_ymin_xmin_ymax_xmax,
        np.array([ids[name] for name in image.class_names], np.int64),
        np.array(image.difficult, bool),
    )
