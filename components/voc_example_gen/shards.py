"""The work on Beam: a shard of a data set is checked, then written, as one element.

Few large elements, because Beam's cost is by the element; inside of one, images are read one after the other, so that
memory stays flat. Faults of the data come back as values: what a Beam worker raises reaches nobody in readable form.
"""

from __future__ import annotations

import dataclasses
import os
import pickle
from collections.abc import Iterable, Sequence
from typing import Any

from components.dataset import checks, image_file, storage
from components.dataset.annotation import AnnotatedImage, Split
from components.dataset.dataset import Plan
from components.dataset.image_file import UnreadableImageError
from components.dataset.label_map import LabelMap
from components.dataset.layout import Entry
from components.dataset.options import DatasetOptions
from components.dataset.problems import Problem, failing
from components.dataset.split import SPLITS
from components.dataset.tf_example import encode_example

_IMAGES_A_SHARD = 500
_COMPRESSION_LEVEL = 0
"""Stored: JPEG and PNG don't get smaller, and level 1 takes 14 times as long to write (measured on 600 JPEGs)."""


UNWRITABLE = "unwritable_output"
"""The kind of problem that isn't one of the data: the output folder can't take the examples."""


@dataclasses.dataclass(frozen=True)
class Shard:
    """Images of one split, and the TFRecord file that they go to."""

    path: str
    split: Split
    entries: tuple[Entry, ...]


@dataclasses.dataclass(frozen=True)
class Checked:
    """A shard that was read: its images that are right, and every problem."""

    shard: Shard
    images: tuple[AnnotatedImage, ...]
    problems: tuple[Problem, ...]


@dataclasses.dataclass(frozen=True)
class Written:
    """A shard that was written: how many records."""

    shard: Shard
    records: int
    problems: tuple[Problem, ...]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What all shards together say: the label map, or None when nothing may be written."""

    label_map: LabelMap | None


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the Beam pipeline brings back."""

    checked: tuple[Checked, ...]
    written: tuple[Written, ...]

    @property
    def images(self) -> list[AnnotatedImage]:
        """Every image that was found right."""
        return [image for shard in self.checked for image in shard.images]

    @property
    def problems(self) -> list[Problem]:
        """Every problem of reading, then of writing."""
        parts: list[Checked | Written] = [*self.checked, *self.written]
        return [problem for part in parts for problem in part.problems]


def make_shards(plan: Plan, folders: dict[Split, str]) -> list[Shard]:
    """Shards of nearly the same size, at least one a split; files are named as TFX names them."""
    shards = []
    for split in SPLITS:
        entries = [entry for entry, side in plan.entries if side == split]
        count = -(-len(entries) // _IMAGES_A_SHARD)
        for i in range(count):
            path = os.path.join(folders[split], f"data_tfrecord-{i:05d}-of-{count:05d}.gz")
            share = entries[len(entries) * i // count : len(entries) * (i + 1) // count]
            shards.append(Shard(path, split, tuple(share)))
    return shards


def run(pipeline: Any, shards: Sequence[Shard], plan: Plan, options: DatasetOptions, outcome_path: str) -> None:
    """Lays out the Beam pipeline: check all, then write all unless one must fail; the outcome goes to a file."""
    import apache_beam as beam

    checked = (
        pipeline
        | "Shards" >> beam.Create(list(shards), reshuffle=True)
        | "Check" >> beam.Map(check_shard, plan.layout.root, options, plan.class_names)
    )
    found = checked | "Classes" >> beam.Map(_classes_or_none) | "GatherClasses" >> beam.combiners.ToList()
    verdict = found | "Judge" >> beam.Map(_judge, plan.given_label_map, bool(failing(plan.problems)))
    written = checked | "Write" >> beam.Map(write_shard, beam.pvalue.AsSingleton(verdict))
    (
        (checked, written)
        | "Both" >> beam.Flatten()
        | "GatherOutcome" >> beam.combiners.ToList()
        | "SaveOutcome" >> beam.Map(_save, outcome_path)
    )


def check_shard(shard: Shard, root: str, options: DatasetOptions, class_names: Sequence[str] | None) -> Checked:
    """Reads and checks every image of a shard."""
    results = [checks.check_entry(root, entry, shard.split, options, class_names) for entry in shard.entries]
    return Checked(
        shard,
        tuple(result.image for result in results if result.image),
        tuple(problem for result in results for problem in result.problems),
    )


def write_shard(checked: Checked, verdict: Verdict) -> Written:
    """Writes a checked shard as a TFRecord file, one image in memory at a time."""
    if verdict.label_map is None:
        return Written(checked.shard, 0, ())
    import tensorflow as tf

    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=_COMPRESSION_LEVEL)
    records, problems = 0, []
    try:
        tf.io.gfile.makedirs(os.path.dirname(checked.shard.path))
        with tf.io.TFRecordWriter(checked.shard.path, options) as writer:
            for image in checked.images:
                try:
                    writer.write(_encode(image, verdict.label_map))
                    records += 1
                except (OSError, UnreadableImageError) as e:
                    problems.append(_unreadable(image, e))
    except tf.errors.OpError as e:
        problems.append(_unwritable(checked.shard, e.message))
    return Written(checked.shard, records, tuple(problems))


def load_outcome(path: str) -> Outcome | None:
    """What `run` saved; None when the Beam runner returned without having run it."""
    try:
        parts = pickle.loads(storage.read_bytes(path))
    except FileNotFoundError:
        return None
    return Outcome(
        tuple(part for part in parts if isinstance(part, Checked)),
        tuple(part for part in parts if isinstance(part, Written)),
    )


def _save(parts: list[Checked | Written], path: str) -> None:
    storage.write_bytes(path, pickle.dumps(sorted(parts, key=lambda part: part.shard.path)))


def _classes_or_none(checked: Checked) -> set[str] | None:
    """The classes of a shard; None when something in it must stop the run."""
    if failing(checked.problems):
        return None
    return {name for image in checked.images for name in image.class_names}


def _judge(found: Iterable[set[str] | None], given: LabelMap | None, must_fail: bool) -> Verdict:
    names: set[str] = set()
    for classes in found:
        must_fail = must_fail or classes is None
        names |= classes or set()
    return Verdict(None if must_fail or not names else given or LabelMap.of_names(names))


def _encode(image: AnnotatedImage, label_map: LabelMap) -> bytes:
    content = storage.read_bytes(image.image_path)
    facts = image_file.inspect(content)
    return encode_example(
        filename=os.path.basename(image.name),
        source_id=image.name,
        image_encoded=image_file.encode_for_training(content, facts),
        image_format=facts.encoded_format,
        height=image.height,
        width=image.width,
        boxes_ymin_xmin_ymax_xmax=image.boxes_ymin_xmin_ymax_xmax,
        class_ids=[label_map.id_of(name) for name in image.class_names],
        class_names=image.class_names,
        difficult=image.difficult,
        truncated=image.truncated,
    )


def _unreadable(image: AnnotatedImage, error: Exception) -> Problem:
    return Problem(
        "unreadable_image",
        image.image_path,
        "the image could be opened but not read",
        found=str(error),
        mend="replace the image, or remove it and its annotation",
    )


def _unwritable(shard: Shard, found: str) -> Problem:
    return Problem(
        UNWRITABLE,
        shard.path,
        "the examples can't be written",
        found=found,
        mend="check that the output folder can be written to and has room",
    )
