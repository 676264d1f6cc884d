"""Running a detector file with the standard contract, exactly as a device's program would see it."""

from __future__ import annotations

import abc
import array
import functools
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from os import PathLike

import numpy as np
from PIL import Image

from coralline.data.images import other_formats
from coralline.foundation.errors import UnreadableFileError, UserError
from coralline.tflite import contract, labels_file, metadata, model_file
from coralline.tflite.detections import Detection, Detections
from coralline.tflite.interpreter import first_line, make_interpreter, threads_used
from coralline.tflite.letterbox import letterbox, to_original
from coralline.tflite.suggested_scores import suggested_beside

Picture = str | PathLike[str] | Image.Image | np.ndarray
"""A path, a Pillow image, or uint8 `[height, width, 3]` RGB."""

_ORIENTATION, _SIDEWAYS = 0x0112, (5, 6, 7, 8)
"""The EXIF tag, and its values for images that lie on their side."""
_MAX_SIDE = 4096
"""Pixels. Nothing that runs as a detector comes near; a damaged file may claim gigabytes, which images would fill."""


class BaseDetector(abc.ABC):
    """A .tflite detector: uint8 RGB in, boxes, classes, scores and count out (in that order of outputs).

    Args:
      model: path of the file, or its content.
      num_threads: None for all cores; capped to the cores.
      delegate: a delegate's shared library (`libedgetpu.so.1` for a compiled file).
      labels: class names, the first real class first; None: those in the file, else those of `labels.txt` beside it.

    Attributes:
      input_size: (height, width) in pixels.
      labels: class names, the first real class first; None if there are none.
      content: the file's.
      threads: how many the runtime uses.
      delegate: the delegate's library, or None.
      warnings: what is odd about the file, in sentences: names of outputs that contradict their order. It is run
        as the order says.
      run_seconds: the time of each run of the model so far, nothing else counted.

    Raises:
      UserError: the file can't be read or run, it lacks the contract, it is compiled and there is no delegate, or
        the number of labels isn't that of the classes.
    """

    def __init__(
        self,
        model: str | PathLike[str] | bytes,
        num_threads: int | None = None,
        delegate: str | None = None,
        labels: Sequence[str] | None = None,
    ):
        self._file = None if isinstance(model, bytes) else model
        read = model_file.read_model(model) if isinstance(model, bytes) else model_file.read_model_file(model)
        _require_runnable(read, self._file, delegate, own_labels=labels is None)
        _, height, width, _ = read.main.tensors[read.main.inputs[0]].shape
        self.content = read.content
        self.warnings = contract.name_warnings(read)
        self.input_size: tuple[int, int] = (height, width)
        known = _labels(read, self._file) if labels is None else _as_list(labels)
        self.labels = None if known is None else _of_all_classes(known, read, self._file)
        self.threads = threads_used(num_threads)
        self.delegate = delegate
        self.run_seconds = array.array("d")
        self._last = np.zeros((height, width, 3), np.uint8)

    @functools.cached_property
    def suggested_scores(self) -> dict[str, float]:
        """{label: the score from which on its detections are best shown}, for `detect`.

        The evaluation of a published model found them, and manifest.json beside it has them; empty for other files.
        """
        if self._file is None or self.labels is None:
            return {}
        return suggested_beside(self._file).by_label(self.labels)

    def detect(self, image: Picture, min_score: float | Mapping[str, float] = 0.0) -> tuple[Detection, ...]:
        """Finds objects in an image.

        Args:
          image: a path, a Pillow image, or uint8 `[height, width, 3]` RGB. Images are turned upright by their EXIF
            orientation; transparent parts are put on white.
          min_score: detections with lower scores are left out; of a mapping, with lower ones than its label's, and
            of a label that isn't in it none.

        Returns:
          Detections, strongest first.

        Raises:
          UserError: the image can't be read or isn't an image, or the runtime fails on it.
        """
        picture = as_image(image)
        turned = picture.getexif().get(_ORIENTATION, 1) in _SIDEWAYS
        width, height = (picture.height, picture.width) if turned else (picture.width, picture.height)
        found = at_least(self.predict(picture), min_score, self.labels)
        rows = zip(found.boxes_ymin_xmin_ymax_xmax, found.class_ids, found.scores, strict=True)
        return tuple(
            Detection(
                label=class_name(int(class_id), self.labels),
                class_id=int(class_id),
                score=float(score),
                ymin_xmin_ymax_xmax=(float(ymin), float(xmin), float(ymax), float(xmax)),
                xmin_ymin_xmax_ymax=(xmin * width, ymin * height, xmax * width, ymax * height),
            )
            for (ymin, xmin, ymax, xmax), class_id, score in (
                ([float(side) for side in corners], class_id, score) for corners, class_id, score in rows
            )
        )

    def predict(self, image: Picture) -> Detections:
        """As `detect`, as arrays: boxes normalized to the upright image, clipped to [0, 1].

        Raises:
          UserError: the image can't be read or isn't an image, or the runtime fails on it.
        """
        pixels, scale_y, scale_x = letterbox(as_image(image), *self.input_size)
        found = self.run(pixels)
        boxes = to_original(found.boxes_ymin_xmin_ymax_xmax, scale_y, scale_x)
        return Detections(boxes, found.class_ids, found.scores)

    def run(self, pixels: np.ndarray) -> Detections:
        """Runs the model on a letterboxed image (uint8 [H, W, 3] RGB); boxes are normalized to that input.

        Raises:
          UserError: the runtime fails on it.
        """
        found, seconds = self._run(pixels)
        self.run_seconds.append(seconds)
        self._last = pixels
        return found

    def again(self) -> None:
        """Runs the model on the last image once more, for its time.

        Raises:
          UserError: the runtime fails on it.
        """
        self.run(self._last)

    @abc.abstractmethod
    def _run(self, image: np.ndarray) -> tuple[Detections, float]:
        """Detections in a letterboxed image, and the seconds that the runtime took."""


class Detector(BaseDetector):
    """A detector in this process, for files that you trust: a damaged file can crash the process that runs it.

    It needs no more than ai-edge-litert, NumPy and Pillow.
    """

    def __init__(
        self,
        model: str | PathLike[str] | bytes,
        num_threads: int | None = None,
        delegate: str | None = None,
        labels: Sequence[str] | None = None,
    ):
        super().__init__(model, num_threads, delegate, labels)
        self._loaded = LoadedModel(self.content, self._file, self.threads, delegate)

    def _run(self, image: np.ndarray) -> tuple[Detections, float]:
        return self._loaded.run(image)


class LoadedModel:
    """A detector's interpreter, ready for its first image. Arguments as for `make_interpreter`.

    Raises:
      UserError: as `make_interpreter`.
    """

    def __init__(self, content: bytes, file: str | PathLike[str] | None, num_threads: int, delegate: str | None):
        self._file = file
        self._interpreter = make_interpreter(content, num_threads, delegate, file)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]

    def run(self, image: np.ndarray) -> tuple[Detections, float]:
        """Detections in a letterboxed image, and the seconds of the run.

        Raises:
          UserError: the runtime fails on it, or gives what are no detections.
        """
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(image)[None])
        try:
            started = time.perf_counter()
            self._interpreter.invoke()
            seconds = time.perf_counter() - started
            outputs = [self._interpreter.get_tensor(index) for index in self._outputs]
        except (RuntimeError, ValueError) as e:
            fix = "export the model again"
            raise UserError("the model fails while it runs", file=self._file, found=first_line(e), fix=fix) from e
        try:
            return Detections.from_outputs(*outputs), seconds
        except ValueError as e:
            raise UserError(
                "what the model gives are no detections",
                file=self._file,
                expected="boxes [1, N, 4], classes [1, N], scores [1, N] and their count, all of them numbers",
                found=e,
                fix="the file is damaged or was trained badly: copy or export it again",
            ) from e


def at_least(found: Detections, min_score: float | Mapping[str, float], labels: Sequence[str] | None) -> Detections:
    """The detections that `min_score` leaves, as `BaseDetector.detect` does."""
    if not isinstance(min_score, Mapping):
        return found.at_least(min_score)
    least = [min_score.get(class_name(int(class_id), labels), 0.0) for class_id in found.class_ids]
    return found.at_least(np.array(least, np.float32))


def class_name(class_id: int, labels: Sequence[str] | None) -> str:
    """The label of a class id from 0, or the id itself if it has no label."""
    return labels[class_id] if labels is not None and 0 <= class_id < len(labels) else str(class_id)


def as_image(image: Picture) -> Image.Image:
    """The image, decoded: from a path, a Pillow image, or uint8 `[height, width, 3]` RGB.

    Raises:
      UserError: the file isn't there or isn't a whole image, or the array isn't an image.
    """
    if isinstance(image, Image.Image):
        return _loaded(image)
    if not isinstance(image, np.ndarray):
        return read_image(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise UserError(
            "this array is not an image",
            expected="uint8 [height, width, 3], RGB, values from 0 to 255",
            found=f"{image.dtype} {list(image.shape)}",
            fix="convert it, for example with PIL.Image.fromarray(...).convert('RGB')",
        )
    return Image.fromarray(image)


def read_image(path: str | PathLike[str]) -> Image.Image:
    """The image, decoded.

    Raises:
      UnreadableFileError: the file isn't there, or isn't a whole image.
    """
    path = os.fspath(path)
    fix = "give the path of a whole JPEG or PNG file"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata and large pictures, which users can't act on
            with Image.open(path) as image:
                image.load()
                return image
    except Image.UnidentifiedImageError as e:
        other = other_formats.by_content(_head(path))
        raise UnreadableFileError(
            "the image can't be read",
            file=path,
            found=other.what if other else "another format, or a damaged or empty file",
            fix=other.fix if other else fix,
        ) from e
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as e:
        raise UnreadableFileError("the image can't be read", file=path, found=e, fix=fix) from e


def _head(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(other_formats.HEAD_BYTES)


def _loaded(image: Image.Image) -> Image.Image:
    """The same image; Pillow may not have read its file yet."""
    fix = "give an image with pixels, whose file is whole and still open"
    try:
        image.load()
    except (OSError, ValueError, SyntaxError) as e:
        raise UserError("the Pillow image can't be read", found=e, fix=fix) from e
    if not (image.width and image.height):
        raise UserError("the Pillow image is empty", found=f"{image.width} x {image.height} pixels", fix=fix)
    return image


def _labels(model: model_file.Model, file: str | PathLike[str] | None) -> list[str] | None:
    return metadata.read_labels(model.content) or (None if file is None else labels_file.beside(file))


def _as_list(labels: Sequence[str]) -> list[str]:
    if isinstance(labels, str | PathLike):
        raise UserError("`labels` is not a list", expected="the name of each class, in order", found=repr(labels))
    return [str(label) for label in labels]


def _of_all_classes(labels: list[str], model: model_file.Model, file: str | PathLike[str] | None) -> list[str]:
    """The labels, without a background in front; with another number of them the names would shift."""
    classes = contract.num_classes(model)
    labels = labels_file.without_background([label.strip() for label in labels], classes)
    if classes == sum(map(bool, labels)):  # without blank lines
        labels = [label for label in labels if label]
    if classes is not None and len(labels) != classes:
        raise UserError(
            f"there are {'fewer' if len(labels) < classes else 'more'} labels than classes",
            file=file,
            expected=f"{classes} labels",
            found=f"{len(labels)}: {', '.join(labels[:10])}",
            fix="give the label of every class, in the order of the classes",
        )
    return labels


def _require_runnable(
    model: model_file.Model, file: str | PathLike[str] | None, delegate: str | None, own_labels: bool
) -> None:
    problems = contract.problems(model, own_labels)
    if problems:
        raise UserError(
            "this model is not a standard detector",
            file=file,
            expected="a uint8 image in; boxes, classes, scores and count out",
            found="; ".join(problems),
            fix="see all of it with `coralline inspect`",
        )
    _, height, width, _ = model.main.tensors[model.main.inputs[0]].shape
    if max(height, width) > _MAX_SIDE:
        raise UserError(
            "this model wants images that are too large",
            file=file,
            expected=f"an input of at most {_MAX_SIDE} x {_MAX_SIDE} pixels",
            found=f"{width} x {height}",
            fix="the file is damaged, or made for something else: copy or export it again",
        )
    if delegate is None and any(op.name == model_file.EDGE_TPU_OP for op in model.main.ops):
        raise UserError(
            "this model is compiled for the Edge TPU",
            file=file,
            expected="the model that it was compiled from, or a device with its delegate (libedgetpu.so.1)",
            fix="give the .tflite without `_edgetpu` in its name, or `--delegate libedgetpu.so.1`",
        )
