"""An annotated image, after every check: the boxes lie inside the image as the model will see it."""

from __future__ import annotations

import dataclasses
import io
from typing import Literal

import numpy as np
from PIL import Image

from coralline.data.images import image_file
from coralline.data.images.image_file import ImageFacts, Reason, UnreadableImageError
from coralline.data.images.image_pixels import upright_rgb
from coralline.data.reading.image_place import ImagePlace

Split = Literal["train", "eval", "test"]


@dataclasses.dataclass(frozen=True)
class AnnotatedObject:
    """One box. Corners are in pixels of the upright image, as floats; lines are those in the annotation."""

    class_name: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    difficult: bool
    truncated: bool
    line: int | None
    name_line: int | None

    @property
    def xmin_ymin_xmax_ymax(self) -> tuple[float, float, float, float]:
        """The corners."""
        return self.xmin, self.ymin, self.xmax, self.ymax


@dataclasses.dataclass(frozen=True)
class AnnotatedImage:
    """One image of a data set with its boxes.

    Attributes:
      name: the image's path relative to the data set's folder.
      place: where its bytes are.
      annotation_path: where its annotation is.
      split: which side it is on.
      facts: what its file is.
      sha256: of the file's bytes.
      objects: its boxes; none for a background image.
      group: what it shares with the images that it belongs with (copies, frames of a video, near-duplicates, or those
        that `data.group_pattern` names): the name of the first of them, or what the pattern finds; None: it's alone.
      thumbnail: see `images.thumbnail`; None if the image isn't compared with others.
    """

    name: str
    place: ImagePlace
    annotation_path: str
    split: Split
    facts: ImageFacts
    sha256: bytes
    objects: tuple[AnnotatedObject, ...]
    group: str | None = None
    thumbnail: bytes | None = dataclasses.field(default=None, repr=False, compare=False)

    @property
    def width(self) -> int:
        """Pixels, upright (after its EXIF orientation was applied)."""
        return self.facts.width

    @property
    def height(self) -> int:
        """Pixels, upright (after its EXIF orientation was applied)."""
        return self.facts.height

    def pixels(self) -> np.ndarray:
        """uint8 `[height, width, 3]` RGB, upright, transparent parts on white; read and decoded anew at each call.

        Raises:
          OSError: the file can't be read any more.
        """
        with Image.open(io.BytesIO(self.decodable())) as encoded:
            return np.asarray(upright_rgb(encoded))

    def decodable(self) -> bytes:
        """The image's bytes as decoders take them: with an end, if the file is cut off.

        Raises:
          OSError: the file can't be read any more, or has changed.
        """
        try:
            return image_file.decodable(self.place.read(), self.facts)
        except UnreadableImageError as e:
            raise OSError(str(e)) from e

    @property
    def reencoded(self) -> Reason | None:
        """Why its bytes can't be passed through; None if they are."""
        return self.facts.reencoded

    @property
    def boxes_xmin_ymin_xmax_ymax(self) -> np.ndarray:
        """[n, 4] float32, pixels of the upright image."""
        corners = [o.xmin_ymin_xmax_ymax for o in self.objects]
        return np.array(corners, np.float32).reshape(-1, 4)

    @property
    def boxes_ymin_xmin_ymax_xmax(self) -> np.ndarray:
        """[n, 4] float32, normalized to the upright image: 0 to 1."""
        corners = [
            (o.ymin / self.height, o.xmin / self.width, o.ymax / self.height, o.xmax / self.width) for o in self.objects
        ]
        return np.array(corners, np.float32).reshape(-1, 4)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The class of each box."""
        return tuple(o.class_name for o in self.objects)

    @property
    def difficult(self) -> tuple[bool, ...]:
        """Whether each box is marked difficult."""
        return tuple(o.difficult for o in self.objects)

    @property
    def truncated(self) -> tuple[bool, ...]:
        """Whether each box is marked as reaching beyond the image."""
        return tuple(o.truncated for o in self.objects)
