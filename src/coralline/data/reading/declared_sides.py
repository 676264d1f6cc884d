"""What a data set says itself about which of its images train and which ones judge.

* `ImageSets/Main` of a VOC devkit: `train.txt`, `val.txt`, `trainval.txt`, `test.txt`, or lists by class,
  `cat_train.txt` (host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf, section 4.2).
* `data.yaml`: `train`, `val` and `test`, each a folder, a list of folders, or a list file.
* Darknet's and CVAT's `obj.data`, which names list files.
* Lists by themselves: `train.txt` beside `val.txt`, `Train.txt` beside `Validation.txt`.

Paths in them are often those of another machine, or of another folder: Roboflow's `../train/images` lies beside its
`data.yaml`. So leading folders that aren't here are passed over.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import yaml

from coralline.data.annotated_image import Split
from coralline.data.reading.folder import Folder, part_of_word
from coralline.data.reading.raw_annotation import Declaration
from coralline.foundation import storage, text_file, yaml_text

_IMAGE_SETS = "ImageSets/Main"
_BOTH = "trainval"
_LIST_ENDING, _DARKNET_ENDING = ".txt", ".data"
_SAYS_SIDES = re.compile(r"""^["']?(train|val|valid|validation|test)["']?\s*:""", re.MULTILINE | re.IGNORECASE)
_LIST_NAME = re.compile(
    r"(?:(?:images?|imgs?|lists?|files?|split)[_-])?([a-z]+?)(?:[_-]?(?:images?|imgs?|lists?|set|split|files?|ids?|names?|data))?",
    re.IGNORECASE,
)
_PEEKED_LINES, _PEEKED_BYTES = 20, 4096
_WORD_TO_SIDE: tuple[dict[str, Split], ...] = (
    {"train": "train", "val": "eval", "test": "test"},
    {_BOTH: "train", "test": "eval"},
    {"train": "train", "test": "eval"},
)
"""The first one counts of which the first two words are there. With two sides, the second one evaluates."""


def sides_by(words: Iterable[str]) -> dict[str, Split] | None:
    """The side of each of these words; None if they don't make training and evaluation."""
    there = set(words)
    found = next((sides for sides in _WORD_TO_SIDE if there.issuperset(tuple(sides)[:2])), None)
    return found and {word: side for word, side in found.items() if word in there}


def files(folder: Folder) -> tuple[str, ...]:
    """Every file that `declared` may open, and the lists that they name."""
    lists = {path for declaration in declared(folder) for _, path in declaration.lists}
    return tuple(sorted({*lists, *_yaml_files(folder), *folder.with_ending(_DARKNET_ENDING), *_plain_lists(folder)}))


def declared(folder: Folder) -> tuple[Declaration, ...]:
    """What the data set says, also of what isn't there; the first that makes sense is meant to count."""
    tree = _Tree(folder)
    found = [
        _image_sets(folder),
        *(_of_yaml(tree, name) for name in _yaml_files(folder)),
        *(_of_darknet(tree, name) for name in folder.with_ending(_DARKNET_ENDING)),
    ]
    named = {path for declaration in found for _, path in declaration.lists}
    plain = tuple((_word_of_list(name), name) for name in _plain_lists(folder) if name not in named)
    names = ", ".join(name for _, name in plain)
    found.append(Declaration(names, tuple((word, name) for word, name in plain if word)))
    return tuple(declaration for declaration in found if declaration.words or len(declaration.missing) > 1)


class _Tree:
    """Finds what a path means that may begin with folders which aren't here."""

    def __init__(self, folder: Folder):
        self.folder = folder
        self._files = frozenset(folder.files)
        near = {image.rpartition("/")[0] for image in folder.images}
        self._folders = {"."} | {
            str(above) for path in near for above in (PurePosixPath(path), *PurePosixPath(path).parents)
        }

    def list_file(self, said: str, starts: Iterable[str]) -> str | None:
        """A file, relative to the data set's folder."""
        return next((path for path in _candidates(said, starts) if path in self._files), None)

    def image_folder(self, said: str, starts: Iterable[str]) -> str | None:
        """A folder with images in it or below it."""
        return next((path for path in _candidates(said, starts) if path in self._folders), None)


def _candidates(said: str, starts: Iterable[str]) -> Iterator[str]:
    parts = _parts(said)
    for i in range(max(len(parts), 1)):
        for start in starts:
            yield str(PurePosixPath(start, *parts[i:]))


def _parts(said: str) -> list[str]:
    return [part for part in said.strip().replace("\\", "/").split("/") if part not in ("", ".", "..")]


def _image_sets(folder: Folder) -> Declaration:
    """All years' lists; those by class only where there are no others."""
    lists = [
        name for name in folder.with_ending(_LIST_ENDING) if f"/{name}".rpartition("/")[0].endswith(f"/{_IMAGE_SETS}")
    ]
    whole = [(stem, name) for name in lists if (stem := PurePosixPath(name).stem) in ("train", "val", _BOTH, "test")]
    by_class = [
        (word, name)
        for name in lists
        if (word := PurePosixPath(name).stem.rpartition("_")[2]) in ("train", "val", _BOTH, "test")
    ]
    usable = whole if sides_by(word for word, _ in whole) or not by_class else by_class
    return Declaration(_IMAGE_SETS, tuple(usable))


def _yaml_files(folder: Folder) -> tuple[str, ...]:
    return folder.with_ending(*yaml_text.ENDINGS)


def _of_yaml(tree: _Tree, name: str) -> Declaration:
    try:
        text = text_file.read_text(tree.folder.path(name), yaml_text.MOST_BYTES)
        content = yaml_text.parse_yaml(text, yaml.BaseLoader) if _SAYS_SIDES.search(text) else None
    except (OSError, yaml.YAMLError):
        content = None  # The reader that needs it tells it.
    if not isinstance(content, dict):
        return Declaration(name)
    here, root = name.rpartition("/")[0], content.get("path")
    below = _parts(root) if isinstance(root, str) else []
    starts = [*(str(PurePosixPath(here, *below[i:])) for i in range(len(below))), here, ""]
    said = [
        (word, value)
        for key, values in content.items()
        if (word := _word(key))
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, str) and value.strip()
    ]
    return _resolved(tree, name, said, starts)


def _of_darknet(tree: _Tree, name: str) -> Declaration:
    """Lines `key = value` (github.com/pjreddie/darknet, src/option_list.c); `valid` is its word for evaluation."""
    try:
        lines = text_file.lines(text_file.read_text(tree.folder.path(name)))
    except OSError:
        lines = []
    pairs = (line.partition("=") for line in lines if "=" in line)
    said = [(word, value.strip()) for key, _, value in pairs if (word := _word(key)) and value.strip()]
    return _resolved(tree, name, said, (name.rpartition("/")[0], ""))


def _resolved(tree: _Tree, name: str, said: Iterable[tuple[str, str]], starts: Iterable[str]) -> Declaration:
    lists: list[tuple[str, str]] = []
    folders: list[tuple[str, str]] = []
    missing = []
    for word, value in said:
        if value.lower().endswith(_LIST_ENDING):
            path, found = tree.list_file(value, starts), lists
        else:
            path, found = tree.image_folder(value, starts), folders
        if path is None:
            missing.append(value)
        else:
            found.append((word, path))
    return Declaration(name, tuple(lists), tuple(folders), tuple(missing))


def _plain_lists(folder: Folder) -> tuple[str, ...]:
    """Text files that are called as one side is, and name an image in their first lines."""
    return tuple(
        name
        for name in folder.with_ending(_LIST_ENDING)
        if _word_of_list(name) and f"/{_IMAGE_SETS.split('/')[0]}/" not in f"/{name}" and _names_images(folder, name)
    )


def _word_of_list(name: str) -> str | None:
    match = _LIST_NAME.fullmatch(PurePosixPath(name).stem)
    return match and _word(match[1])


def _word(text: str) -> str | None:
    text = text.strip().lower()
    return _BOTH if text == _BOTH else part_of_word(text)


def _names_images(folder: Folder, name: str) -> bool:
    try:
        head = text_file.decoded(storage.read_head(folder.path(name), _PEEKED_BYTES))
    except OSError:
        return False
    lines = itertools.islice((line.strip() for line in text_file.lines(head) if line.strip()), _PEEKED_LINES)
    return any(folder.image_names.of_listed(line, name) for line in lines)
