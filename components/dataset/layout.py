"""Finding out how a folder is laid out: which image belongs to which annotation, and which lists of images there are.

Two layouts, told apart by looking:

* VOCdevkit: `JPEGImages/` and `Annotations/` side by side, at any depth and as often as there are years
  (host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf, section 4); other folders, which hold masks, are left alone.
* LabelImg: images and XML files together, in two folders, nested or not.

Only names are looked at, but for an annotation whose image isn't found by its name. Nothing outside of the folder
can be reached through an annotation: a `<filename>` is compared with the names that were listed.
"""

from __future__ import annotations

import collections
import dataclasses
import os
from pathlib import PurePosixPath

from components.dataset import storage, voc_xml
from components.dataset.image_file import EXTENSIONS
from components.dataset.problems import DataProblem, Problem
from components.errors import UserError

_MEND_FOLDER = "give the folder above the images and the annotations (links to other folders aren't followed)"
_IMAGES, _ANNOTATIONS, _LISTS = "JPEGImages", "Annotations", "ImageSets/Main"


class UnreadableFolderError(UserError):
    """The folder isn't there or can't be listed, so that nothing can be told about it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """An image and its annotation, as paths relative to the data set's folder."""

    image: str
    annotation: str


@dataclasses.dataclass(frozen=True)
class Layout:
    """What is in a folder.

    Attributes:
      reader: "VOCdevkit" or "LabelImg".
      root: the folder.
      entries: by image name.
      lists: paths of the files in `ImageSets/Main`, relative to the folder.
      unannotated: images without an annotation; they're left out.
      problems: annotations without an image, and the like.
    """

    reader: str
    root: str
    entries: tuple[Entry, ...]
    lists: tuple[str, ...]
    unannotated: tuple[str, ...]
    problems: tuple[Problem, ...]


def find_layout(root: str) -> Layout:
    """Looks at a folder.

    Raises:
      UnreadableFolderError: it isn't there or can't be read.
      UserError: it holds no annotations or no images.
    """
    files = _list(root)
    annotations = [name for name in files if name.lower().endswith(".xml")]
    images = [name for name in files if os.path.splitext(name)[1].lower() in EXTENSIONS]
    reader = "LabelImg"
    if any(_is_devkit(root_of_year, images) for root_of_year in _years(annotations)):
        reader = "VOCdevkit"
        annotations = [name for name in annotations if PurePosixPath(name).parent.name == _ANNOTATIONS]
        images = [name for name in images if PurePosixPath(name).parent.name == _IMAGES]
    _require(root, annotations, images)
    pairing = _Pairing(root, images)
    for annotation in annotations:
        pairing.add(annotation)
    lists = tuple(name for name in files if f"/{name}".rpartition("/")[0].endswith(f"/{_LISTS}"))
    return Layout(
        reader=reader,
        root=root,
        entries=tuple(Entry(image, annotation) for image, annotation in sorted(pairing.annotation_of.items())),
        lists=tuple(name for name in lists if name.endswith(".txt")),
        unannotated=tuple(image for image in images if image not in pairing.annotation_of),
        problems=tuple(pairing.problems),
    )


def _list(root: str) -> list[str]:
    mend = "give the folder that holds the images and the annotations (`--data` or `data.path`)"
    if not root:
        raise UnreadableFolderError("no data set was given", expected="a folder", mend=mend)
    if not storage.is_remote(root) and not os.path.isdir(root):
        found = "a file" if os.path.exists(root) else "nothing"
        raise UnreadableFolderError(
            "there is no such folder", file=root, expected="a folder of images and annotations", found=found, mend=mend
        )
    try:
        return storage.list_tree(root)
    except OSError as e:
        raise UnreadableFolderError(
            "can't read the folder", file=e.filename or root, found=e.strerror or str(e), mend=mend
        ) from e


def _years(annotations: list[str]) -> set[str]:
    """Folders that hold an `Annotations` folder."""
    folders = {PurePosixPath(name).parent for name in annotations}
    return {str(folder.parent) for folder in folders if folder.name == _ANNOTATIONS}


def _is_devkit(year: str, images: list[str]) -> bool:
    beside = str(PurePosixPath(year, _IMAGES)) + "/"
    return any(name.startswith(beside) for name in images)


def _require(root: str, annotations: list[str], images: list[str]) -> None:
    if not annotations:
        raise UserError(
            "there are no annotations in this folder",
            file=root,
            expected="images with Pascal VOC annotations (.xml), together or in two folders",
            found=f"{len(images)} images, no .xml file",
            mend=f"{_MEND_FOLDER}, or annotate the images with LabelImg",
        )
    if not images:
        raise UserError(
            "there are no images in this folder",
            file=root,
            expected="the images that the annotations describe",
            found=f"{len(annotations)} annotations; no " + ", ".join(sorted(EXTENSIONS)),
            mend=_MEND_FOLDER,
        )


class _Pairing:
    """Finds the image of each annotation: by the file's name, nearest folder first, else by its `<filename>`."""

    def __init__(self, root: str, images: list[str]):
        self.root = root
        self.annotation_of: dict[str, str] = {}
        self.problems: list[Problem] = []
        self._by_stem: dict[str, list[str]] = collections.defaultdict(list)
        self._by_name: dict[str, list[str]] = collections.defaultdict(list)
        for image in images:
            self._by_stem[PurePosixPath(image).stem].append(image)
            self._by_name[PurePosixPath(image).name].append(image)

    def add(self, annotation: str) -> None:
        candidates = _nearest(annotation, self._by_stem.get(PurePosixPath(annotation).stem, []))
        if len(candidates) != 1:
            candidates = self._by_filename_inside(annotation, candidates)
        if not candidates:
            return
        [image] = candidates
        if image in self.annotation_of:
            self._note(
                Problem(
                    "annotated_twice",
                    self._path(annotation),
                    "another annotation describes the same image",
                    expected=f"one annotation of {image}",
                    found=self.annotation_of[image],
                    mend="remove one of the two",
                )
            )
        else:
            self.annotation_of[image] = annotation

    def _by_filename_inside(self, annotation: str, same_stem: list[str]) -> list[str]:
        """One image, or none with the problem noted."""
        path = self._path(annotation)
        try:
            voc = voc_xml.parse(storage.read_bytes(path), path)
        except (DataProblem, OSError) as e:
            self._note(e.problem if isinstance(e, DataProblem) else unreadable_annotation(path, e))
            return []
        named = _nearest(annotation, self._by_name.get(voc.filename, []))
        both = [image for image in named if image in same_stem] or named or same_stem
        if len(both) == 1:
            return both
        message = "this annotation fits several images" if both else "the image of this annotation is missing"
        stem = PurePosixPath(annotation).stem
        self._note(
            Problem(
                "ambiguous_image" if both else "missing_image",
                path,
                message,
                line=voc.filename_line,
                expected=voc.filename or f"{stem}.jpg (.png ...)",
                found=", ".join(both[:3]) if both else "no image of that name in the folder",
                mend="give the images different names"
                if both
                else "put the image beside the others, or remove the annotation",
            )
        )
        return []

    def _path(self, name: str) -> str:
        return os.path.join(self.root, name)

    def _note(self, problem: Problem) -> None:
        self.problems.append(problem)


def unreadable_annotation(path: str, error: OSError) -> Problem:
    """An annotation that is listed but can't be opened."""
    return Problem(
        "unreadable_annotation",
        path,
        "the annotation can't be read",
        found=error.strerror or str(error),
        mend="check the file's permissions, or remove it",
    )


def _nearest(annotation: str, images: list[str]) -> list[str]:
    """Of images with the right name, those in the nearest folder: the same one, else the most alike."""
    if len(images) < 2:
        return images
    folder = PurePosixPath(annotation).parent
    distances = {image: _distance(folder, PurePosixPath(image).parent) for image in images}
    least = min(distances.values())
    return [image for image in images if distances[image] == least]


def _distance(a: PurePosixPath, b: PurePosixPath) -> int:
    """How many parts of two folders differ, counting from the front and from the back."""
    if a == b:
        return -1
    rest_a, rest_b = list(a.parts), list(b.parts)
    for end in (0, -1):
        while rest_a and rest_b and rest_a[end] == rest_b[end]:
            rest_a.pop(end)
            rest_b.pop(end)
    return len(rest_a) + len(rest_b)
