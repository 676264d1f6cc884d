"""The work on Beam: a shard of a data set is checked, then written, as one element.

Few large elements, because Beam's cost is by the element; inside of one, images are read one after the other, so that
memory stays flat. Faults of the data come back as values: what a Beam worker raises reaches nobody in readable form.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import pickle
from collections.abc import Sequence
from typing import Any, TypeVar

from components.dataset import checks, image_file, storage
from components.dataset.annotation import AnnotatedImage, Split
from components.dataset.dataset import Dataset, Plan, assemble
from components.dataset.image_file import UnreadableImageError
from components.dataset.label_map import LabelMap
from components.dataset.options import DatasetOptions
from components.dataset.problems import Problem, failing
from components.dataset.source import Entry
from components.dataset.split import SPLITS
from components.dataset.tf_example import encode_example

_T = TypeVar("_T")

_IMAGES_A_SHARD = 500
_COMPRESSION_LEVEL = 0
"""Stored: JPEG and PNG don't get smaller, and level 1 takes 14 times as long to write (measured on 600 JPEGs)."""


UNWRITABLE = "unwritable_output"
"""The kind of problem that isn't one of the data: the output folder can't take the examples."""


@dataclasses.dataclass(frozen=True)
class ToCheck:
    """A share of the images that were planned, by its place in the plan."""

    number: int
    entries: tuple[tuple[Entry, Split], ...]


@dataclasses.dataclass(frozen=True)
class Checked:
    """A share that was read: its images that are right by themselves, and every problem."""

    number: int
    read: int
    images: tuple[AnnotatedImage, ...]
    problems: tuple[Problem, ...]


@dataclasses.dataclass(frozen=True)
class ToWrite:
    """Images of one split, and the TFRecord file that they go to."""

    path: str
    images: tuple[AnnotatedImage, ...]
    label_map: LabelMap


@dataclasses.dataclass(frozen=True)
class Written:
    """A file that was written: how many records."""

    path: str
    records: int
    problems: tuple[Problem, ...]


@dataclasses.dataclass(frozen=True)
class Judged:
    """The data set as a whole, and how many images were read for it."""

    dataset: Dataset
    read: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the Beam pipeline brings back."""

    judged: Judged
    written: tuple[Written, ...]


def run(pipeline: Any, plan: Plan, options: DatasetOptions, folders: dict[Split, str], outcome_path: str) -> None:
    """Lays out the Beam pipeline: check all, judge the whole, write unless it must fail; the outcome goes to a file."""
    import apache_beam as beam

    root, rest = plan.layout.root, plan.without_entries()
    judged = (
        pipeline
        | "Shares" >> beam.Create(_shares(plan), reshuffle=True)
        | "Check" >> beam.Map(check_share, root, options)
        | "GatherChecked" >> beam.combiners.ToList()
        | "Judge" >> beam.Map(judge, rest, options)
    )
    written = (
        judged
        | "Files" >> beam.FlatMap(files_to_write, folders)
        | "SpreadFiles" >> beam.Reshuffle()
        | "Write" >> beam.Map(write_file)
        | "GatherWritten" >> beam.combiners.ToList()
    )
    judged | "SaveOutcome" >> beam.Map(_save, beam.pvalue.AsSingleton(written), outcome_path)


def check_share(share: ToCheck, root: str, options: DatasetOptions) -> Checked:
    """Reads and checks every image of a share."""
    results = [checks.check_entry(root, entry, side, options) for entry, side in share.entries]
    return Checked(
        share.number,
        len(results),
        tuple(result.image for result in results if result.image),
        tuple(problem for result in results for problem in result.problems),
    )


def judge(shares: Sequence[Checked], plan: Plan, options: DatasetOptions) -> Judged:
    """Puts the shares together in the order of the plan."""
    ordered = sorted(shares, key=lambda share: share.number)
    images = [image for share in ordered for image in share.images]
    problems = (problem for share in ordered for problem in share.problems)
    return Judged(assemble(plan, images, problems, options), sum(share.read for share in ordered))


def files_to_write(judged: Judged, folders: dict[Split, str]) -> list[ToWrite]:
    """Files of nearly the same number of images, at least one a split, named as TFX names them; none for what fails."""
    if failing(judged.dataset.problems):
        return []
    files = []
    for split in SPLITS:
        images = [image for image in judged.dataset.images if image.split == split]
        parts = _parts(images, -(-len(images) // _IMAGES_A_SHARD))
        for i, part in enumerate(parts):
            path = os.path.join(folders[split], f"data_tfrecord-{i:05d}-of-{len(parts):05d}.gz")
            files.append(ToWrite(path, tuple(part), judged.dataset.label_map))
    return files


def write_file(file: ToWrite) -> Written:
    """Writes a TFRecord file, one image in memory at a time; one that can't be finished is taken away again.

    On a full disk that leaves room for the outcome, which says so.
    """
    import tensorflow as tf

    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=_COMPRESSION_LEVEL)
    records, problems = 0, []
    try:
        tf.io.gfile.makedirs(os.path.dirname(file.path))
        with tf.io.TFRecordWriter(file.path, options) as writer:
            for image in file.images:
                try:
                    writer.write(_encode(image, file.label_map))
                    records += 1
                except (OSError, UnreadableImageError) as e:
                    problems.append(_unreadable(image, e))
    except tf.errors.OpError as e:
        problems.append(unwritable(file.path, e.message.rpartition("; ")[2]))
        with contextlib.suppress(tf.errors.OpError):
            tf.io.gfile.remove(file.path)
    return Written(file.path, records, tuple(problems))


def load_outcome(path: str) -> Outcome | None:
    """What `run` saved; None when the Beam runner returned without having run it."""
    try:
        outcome: Outcome = pickle.loads(storage.read_bytes(path))
    except FileNotFoundError:
        return None
    return outcome


def _save(judged: Judged, written: list[Written], path: str) -> None:
    storage.write_bytes(path, pickle.dumps(Outcome(judged, tuple(sorted(written, key=lambda file: file.path)))))


def _shares(plan: Plan) -> list[ToCheck]:
    parts = _parts(plan.entries, -(-len(plan.entries) // _IMAGES_A_SHARD))
    return [ToCheck(number, tuple(part)) for number, part in enumerate(parts)]


def _parts(items: Sequence[_T], count: int) -> list[Sequence[_T]]:
    """`count` parts that differ by one item at most."""
    return [items[len(items) * i // count : len(items) * (i + 1) // count] for i in range(count)]


def _encode(image: AnnotatedImage, label_map: LabelMap) -> bytes:
    """Raises OSError or UnreadableImageError: the image is no longer what was checked."""
    content = image.place.read()
    if hashlib.sha256(content).digest() != image.sha256:
        raise UnreadableImageError("it was changed after it had been checked")
    return encode_example(
        filename=os.path.basename(image.name),
        source_id=image.name,
        image_encoded=image_file.encode_for_training(content, image.facts),
        image_format=image.facts.encoded_format,
        height=image.height,
        width=image.width,
        boxes_ymin_xmin_ymax_xmax=image.boxes_ymin_xmin_ymax_xmax,
        class_ids=[label_map.id_of(name) for name in image.class_names],
        class_names=image.class_names,
        difficult=image.difficult,
        truncated=image.truncated,
    )


def _unreadable(image: AnnotatedImage, error: Exception) -> Problem:
    return dataclasses.replace(checks.unreadable_image(image.name, image.place.path, error), policy="fail")


def unwritable(path: str, found: str) -> Problem:
    """A file of the output that can't be written."""
    return Problem(
        UNWRITABLE,
        path,
        "the examples can't be written",
        found=found,
        mend="check that the output folder can be written to and has room",
    )
