"""Which images choose a training's checkpoints, so that those which judge the model haven't chosen it.

Where a `test` split judges, split `eval` chooses. Else a part of the training side is held out from training and
chooses; where that side is too small to be divided, `eval` chooses as well as judges, and it is said.

No TensorFlow: `check` asks this too, before anything is trained.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import itertools
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from coralline.data.annotated_image import AnnotatedImage
from coralline.detector.settings import Settings
from coralline.foundation.progress import counted

LEAST_IMAGES = 20
"""Fewer don't tell checkpoints apart: AP differs by chance by some .1 / sqrt(boxes) (`Evaluation.noise`), which on 20
images of one box is .022, as much as most checkpoints of a phase differ by; and a tenth of fewer than 200 images is
missed in training more than a better choice of checkpoint brings."""
_BACKGROUND = ""
"""Stands for the class of images without a box."""


@dataclasses.dataclass(frozen=True)
class SideImage:
    """What the choice has to know of an image.

    Attributes:
      key: of the group that it belongs with, else its own name.
      class_names: of its boxes; none for a background image.
    """

    key: str
    class_names: frozenset[str]

    @classmethod
    def of(cls, image: AnnotatedImage) -> SideImage:
        return cls(image.group or image.name, frozenset(image.class_names))

    @property
    def labels(self) -> frozenset[str]:
        """Its classes, or that of the background."""
        return self.class_names or frozenset((_BACKGROUND,))


@dataclasses.dataclass(frozen=True)
class SelectionSide:
    """The images that choose the checkpoints.

    Attributes:
      split: where they come from.
      held_out: the places, in the training side, of those that therefore don't train; none if `split` is `eval`.
      sentence: which they are and why, for people.
      unseen: whether the images that judge the model have no part in the choice.
    """

    split: Literal["train", "eval"]
    held_out: frozenset[int]
    sentence: str
    unseen: bool

    def sentence_with(self, of_float: float | None, of_qat: float | None) -> str:
        """The sentence with what the cross-check of both phases found (`Selection.optimism`), if there was one."""
        if of_float is None or of_qat is None:
            return self.sentence
        found = f"{max(0.0, of_float):.3f} in the float and {max(0.0, of_qat):.3f} in the quantization-aware phase"
        return f"{self.sentence}, by at most about {found} (cross-check of two halves)"


def choose_selection_side(images: Sequence[SideImage], settings: Settings, judged_on_test: bool) -> SelectionSide:
    """Decides by content, whatever the order: the same images and settings give the same side.

    Args:
      images: of the training side.
      settings: share, seed, batch size, and how many images evaluations look at; more than those aren't held out.
      judged_on_test: whether there is a `test` split, which judges the model.
    """
    if judged_on_test:
        return _on_eval("the eval images choose the checkpoints; the test images, which judge the model, don't")
    share, most = settings.train.selection_fraction, settings.train.evaluate_images
    if most < LEAST_IMAGES:
        return _scarce(f"train.evaluate_images is {most}; it takes {LEAST_IMAGES}")
    wanted = min(round(share * len(images)), most)
    if wanted < LEAST_IMAGES:
        return _scarce(f"{share:g} of {len(images)} is {wanted}; it takes {LEAST_IMAGES}")
    held_out = _held_out(images, wanted, settings.train.seed)
    if len(held_out) < LEAST_IMAGES:
        whole = f"of {len(images)}, whole groups of images that belong together are {len(held_out)}"
        return _scarce(f"{whole}; it takes {LEAST_IMAGES}")
    if len(images) - len(held_out) < settings.preset.batch_size:
        return _scarce(f"of {len(images)}, fewer than a batch of {settings.preset.batch_size} would be left")
    those = f"{len(held_out)} of {counted(len(images), 'training image')}"
    sentence = f"{those} choose the checkpoints and don't train (train.selection_fraction)"
    return SelectionSide("train", held_out, sentence, unseen=True)


def second_half(keys: Sequence[str]) -> list[bool]:
    """Whether each image is in the second of two halves; images of one key are in one half.

    The same keys give the same halves, which are as near to one size as the groups allow.
    """
    sizes, sides = [0, 0], dict[str, bool]()
    counts = collections.Counter(keys)
    for key in sorted(counts, key=lambda key: (-counts[key], _hash(0, key))):
        sides[key] = sizes[1] < sizes[0]
        sizes[sides[key]] += counts[key]
    return [sides[key] for key in keys]


def divide_data(images: Sequence[AnnotatedImage], settings: Settings) -> tuple[list[AnnotatedImage], ...]:
    """The images of a data set that train with these settings, and those that choose the checkpoints."""
    training, evaluation = ([image for image in images if image.split == split] for split in ("train", "eval"))
    judged_on_test = any(image.split == "test" for image in images)
    side = choose_selection_side([SideImage.of(image) for image in training], settings, judged_on_test)
    if side.split == "eval":
        return training, evaluation
    held_out = [number in side.held_out for number in range(len(training))]
    return (
        list(itertools.compress(training, map(operator.not_, held_out))),
        list(itertools.compress(training, held_out)),
    )


def _scarce(why: str) -> SelectionSide:
    """Plain reuse of the evaluation's images."""
    choice = "the eval images choose the checkpoints and judge the model too, which flatters its AP"
    return _on_eval(f"no training images are held out ({why}): {choice}", unseen=False)


def _on_eval(sentence: str, unseen: bool = True) -> SelectionSide:
    return SelectionSide("eval", frozenset(), sentence, unseen)


@dataclasses.dataclass(frozen=True)
class _Group:
    """Images that stay together, by their numbers; how many of them have each label; what orders groups at random."""

    order: bytes
    members: tuple[int, ...]
    labels: Mapping[str, int]


def _groups(images: Sequence[SideImage], seed: int) -> list[_Group]:
    """In an order that is random, but the same for the same keys and seed."""
    members: dict[str, list[int]] = {}
    for number, image in enumerate(images):
        members.setdefault(image.key, []).append(number)
    return sorted(
        (
            _Group(_hash(seed, key), tuple(numbers), _count(images[number] for number in numbers))
            for key, numbers in members.items()
        ),
        key=lambda group: group.order,
    )


def _hash(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{key}".encode("utf-8", "surrogateescape")).digest()


def _count(images: Iterable[SideImage]) -> collections.Counter[str]:
    return collections.Counter(label for image in images for label in image.labels)


def _held_out(images: Sequence[SideImage], wanted: int, seed: int) -> frozenset[int]:
    """Nearly `wanted` images, of each class its share.

    Iterative stratification (Sechidis, Tsoumakas, Vlahavas: On the Stratification of Multi-label Data, ECML PKDD 2011,
    algorithm 1) over groups in place of examples: the rarest class first, each group to the side that is further from
    its share of that class. So a class is held out if its share is half an image or more.
    """
    counts, share = _count(images), wanted / len(images)
    lacking = {label: share * count for label, count in counts.items()}
    training = {label: (1 - share) * count for label, count in counts.items()}
    waiting: dict[str, list[_Group]] = {label: [] for label in counts}
    for group in _groups(images, seed):
        for label in group.labels:
            waiting[label].append(group)
    left, settled, taken = dict(counts), set[bytes](), set[int]()
    while left:
        rarest = min(left, key=lambda label: (left[label], label))
        for group in waiting[rarest]:
            if group.order in settled:
                continue
            is_held = lacking[rarest] >= training[rarest] and len(taken) + len(group.members) <= wanted
            settled.add(group.order)
            taken.update(group.members if is_held else ())
            for label, count in group.labels.items():
                (lacking if is_held else training)[label] -= count
                left[label] -= count
        left = {label: count for label, count in left.items() if count > 0}
    return frozenset(taken | _filled_up(images, taken, wanted - len(taken), seed))


def _filled_up(images: Sequence[SideImage], taken: set[int], room: int, seed: int) -> set[int]:
    """What rounding in many classes has left out: images alone, none of a class that would lose half of its images."""
    counts = _count(images)
    held = _count(images[number] for number in taken)
    more: set[int] = set()
    for group in _groups(images, seed):
        number = group.members[0]
        if len(more) >= room:
            break
        spared = all(2 * (held[label] + 1) <= counts[label] for label in group.labels)
        if len(group.members) == 1 and number not in taken and spared:
            more.add(number)
            held.update(group.labels)
    return more
