"""What every reader gives of a data set, before anything in it is judged."""

from __future__ import annotations

import dataclasses
import os
from typing import Literal

from coralline.data.judging.problems import Problem
from coralline.data.reading.image_place import ImagePlace


@dataclasses.dataclass(frozen=True)
class RawObject:
    """One object as the file has it; `line` is the box's line, `name_line` its class's.

    Corners are in pixels, or shares of the image if the annotation says so (`RawAnnotation.normalized`). `oddities` are
    kinds of problems with a sentence about the box ("is turned by 30 degrees ..."); not decided on yet.
    """

    class_name: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    difficult: bool = False
    truncated: bool = False
    line: int | None = None
    name_line: int | None = None
    oddities: tuple[tuple[str, str], ...] = ()

    @property
    def xmin_ymin_xmax_ymax(self) -> tuple[float, float, float, float]:
        """The corners, in the units they are in."""
        return self.xmin, self.ymin, self.xmax, self.ymax

    @property
    def corners(self) -> str:
        """For messages."""
        return f"xmin {self.xmin:g}, ymin {self.ymin:g}, xmax {self.xmax:g}, ymax {self.ymax:g}"


@dataclasses.dataclass(frozen=True)
class RawAnnotation:
    """The annotation of one image.

    Attributes:
      objects: those that could be read.
      problems: what was wrong with the others; not decided on yet.
      width, height: the image's, as the annotation has it; 0 if it doesn't say.
      size_line: the line that says so.
      normalized: whether corners are shares of the image, 0 to 1.
      box_format: what the four numbers of a box are in the file, as `judging.box_form` calls it.
      subpixel: whether the format has fractions of pixels by its nature.
      filename: the image's name by the annotation, without folders; empty when it doesn't say.
      filename_line: the line that says so.
      path: where the image was when it was annotated; empty when the annotation doesn't say.
      path_line: the line that says so.
      embedded_image: whether the file holds the image too.
    """

    objects: tuple[RawObject, ...] = ()
    problems: tuple[Problem, ...] = ()
    width: int = 0
    height: int = 0
    size_line: int | None = None
    normalized: bool = False
    box_format: Literal["xyxy", "xywh", "cxcywh"] = "xyxy"
    subpixel: bool = False
    filename: str = ""
    filename_line: int | None = None
    path: str = ""
    path_line: int | None = None
    embedded_image: bool = False


@dataclasses.dataclass(frozen=True)
class Entry:
    """An image and where its annotation is.

    Attributes:
      image: its name, which no other image of the data set has: its path relative to the data set's folder.
      annotation: the file that annotates it, relative to the folder; empty for an image without annotation.
      place: where the image's bytes are.
      boxes: its annotation, if a file that annotates many images was read; else it is yet to be read.
      class_names: what the class numbers in an annotation yet to be read stand for, from 0; empty if it has names.
      part: "train", "val" or "test", if the data set's own names say so.
      compared: whether its picture is compared with others.
    """

    image: str
    annotation: str
    place: ImagePlace
    boxes: RawAnnotation | None = None
    class_names: tuple[str, ...] = ()
    part: str | None = None
    compared: bool = False


@dataclasses.dataclass(frozen=True)
class Declaration:
    """What a data set's own file, or several of a kind, say about its sides.

    Attributes:
      source: the file or files, for people.
      lists: files that name images, relative to the data set's folder, each with its word: "train", "val", "trainval"
        or "test".
      folders: folders of images, in the same way.
      missing: what is named there and isn't in the folder, in words.
    """

    source: str
    lists: tuple[tuple[str, str], ...] = ()
    folders: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """Those for which there is a list or a folder."""
        return frozenset(word for word, _ in (*self.lists, *self.folders))


@dataclasses.dataclass(frozen=True)
class Layout:
    """What is in a folder.

    Attributes:
      reader: what its layout is called, for people.
      root: the folder.
      entries: annotated images, by name.
      unannotated: images without an annotation.
      declared: what it says itself about its sides; the first that makes sense counts.
      problems: annotations without an image, and the like; not decided on yet.
      not_read: what else looks like annotations there, in words; empty when nothing does.
    """

    reader: str
    root: str
    entries: tuple[Entry, ...]
    unannotated: tuple[Entry, ...] = ()
    declared: tuple[Declaration, ...] = ()
    problems: tuple[Problem, ...] = ()
    not_read: str = ""

    def path(self, name: str) -> str:
        """Where a file of the data set is."""
        return os.path.join(self.root, name)
