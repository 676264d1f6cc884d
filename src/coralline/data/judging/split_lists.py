"""Going through what lists and folders say about sides: each line's image is found, or told."""

from __future__ import annotations

from coralline.data.annotated_image import Split
from coralline.data.judging.problems import Problem
from coralline.data.reading.image_names import ImageNames
from coralline.data.reading.raw_annotation import Declaration, Layout
from coralline.foundation import text_file
from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted

IN_WORDS: dict[Split, str] = {"train": "trains", "eval": "evaluates", "test": "tests"}
_SHOWN = 3
_FLAGS = ("1", "0", "-1")
"""The second column of a class list: whether the class is in the image (or only difficult objects of it are, 0)."""


class SplitLists:
    """Collects the sides of images (`split_of`), which images each side names, and the problems on the way."""

    def __init__(self, layout: Layout):
        self._layout = layout
        self._annotated = {entry.image for entry in layout.entries}
        self._names = ImageNames(self._annotated | {entry.image for entry in layout.unannotated})
        self.split_of: dict[str, Split] = {}
        self.named: dict[Split, set[str]] = {split: set() for split in IN_WORDS}
        self.problems: list[Problem] = []

    def add_list(self, path: str, split: Split, *, near: str = "") -> None:
        """Puts every image that a list names into a split.

        Args:
          path: the list.
          split: the side.
          near: the list by its path in the data set: of images with one name, the nearest to it is meant.

        Raises:
          UserError: the list can't be read.
        """
        for line, listed in _lines(path):
            found = self._find(listed, near)
            image = found[0] if len(found) == 1 else None
            self.named[split].update(found if image else [])
            if image is None:
                what = "a name that several images have" if found else "an image that isn't there"
                self._note(
                    "listed_image_missing",
                    f"the list names {what}: {listed}",
                    (path, line),
                    ("one image of that name", ", ".join(found[:_SHOWN]) or "none"),
                    "say which, by its folders" if found else "add the files, or remove the line",
                )
            elif self.split_of.get(image, split) != split:
                self._note(
                    "listed_twice",
                    f"an image is listed twice: it {IN_WORDS[self.split_of[image]]} and {IN_WORDS[split]}: {listed}",
                    (path, line),
                    ("one of the two", "both"),
                    "remove the line from one of the lists",
                )
            elif image in self._annotated:
                self.split_of[image] = split

    def add_folder(self, source: str, folder: str, split: Split) -> None:
        """Puts every image of a folder into a split; `source` names the folder."""
        begins = "" if folder == "." else f"{folder}/"
        there = [image for image in sorted(self._annotated) if image.startswith(begins)]
        self.named[split].update(there)
        twice = [image for image in there if self.split_of.get(image, split) != split]
        if twice:
            other = IN_WORDS[self.split_of[twice[0]]]
            self._note(
                "listed_twice",
                f"{counted(len(twice), 'image')} of {folder} would be on two sides ({IN_WORDS[split]}, {other})",
                (self._layout.path(source), None),
                ("a folder for each side", twice[0]),
                "name folders that don't lie in each other",
            )
        self.split_of.update({image: split for image in there if image not in self.split_of})

    def add_declared(self, declaration: Declaration, side_of: dict[str, Split]) -> None:
        """Both, as a data set says it itself."""
        for word, name in declaration.lists:
            if word in side_of:
                self.add_list(self._layout.path(name), side_of[word], near=name)
        for word, folder in declaration.folders:
            if word in side_of:
                self.add_folder(declaration.source, folder, side_of[word])

    def unlisted(self) -> tuple[str, ...]:
        """Annotated images without a side."""
        return tuple(entry.image for entry in self._layout.entries if entry.image not in self.split_of)

    def _find(self, listed: str, near: str) -> list[str]:
        """The image that a line means, with or without a flag behind it; several if that isn't clear."""
        name, _, flag = listed.rpartition(" ")
        for said in (listed, name.strip() if flag in _FLAGS else ""):
            if said and (found := self._names.of_listed(said.removeprefix("./"), near)):
                return found
        return []

    def _note(self, kind: str, message: str, at: tuple[str, int | None], texts: tuple[str, str], fix: str) -> None:
        (file, line), (expected, found) = at, texts
        self.problems.append(Problem(kind, file, message, line=line, expected=expected, found=found, fix=fix))


def _lines(path: str) -> list[tuple[int, str]]:
    """Line numbers and what they say, without blank lines."""
    try:
        text = text_file.read_text(path)
        if not text_file.is_text(text):
            raise ValueError("it isn't UTF-8")
    except (OSError, ValueError) as e:
        raise UserError(
            "can't read the list of images", file=path, found=e, fix="save it as text, one image name a line"
        ) from e
    stripped = ((number, line.strip()) for number, line in enumerate(text_file.lines(text), start=1))
    return [(number, line) for number, line in stripped if line]
