"""The work on Beam: a share of a data set is checked, then written, as one element.

Few large elements, because Beam's cost is by the element. They travel as bytes, pickled once: Beam pickles everything
else it's given anew at every step, and again to estimate its size. The shares themselves are in files, since a runner
may limit the size of a job's description (Dataflow to 10 MB) or compress all of it.

Inside of an element, images are read one after the other, so that memory stays flat. Threads gain nothing: two were as
fast as one. Faults of the data come back as values: what a Beam worker raises reaches nobody in readable form.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pickle
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, TypeVar

from coralline.data.annotated_image import AnnotatedImage, Split
from coralline.data.data_settings import DataSettings
from coralline.data.dataset import Dataset, Plan, assemble
from coralline.data.images.image_file import UnreadableImageError
from coralline.data.judging import entry_checks
from coralline.data.judging.misread_boxes import BoxEvidence
from coralline.data.judging.problems import Problem, failing
from coralline.data.reading.raw_annotation import Entry
from coralline.data.records.annotated import encode_image
from coralline.data.records.label_map import LabelMap
from coralline.data.records.tfrecord_writer import TFRecordWriter
from coralline.foundation import read_ahead, storage
from coralline.foundation.errors import reason

_T = TypeVar("_T")

_IMAGES_A_SHARD = 500
_JUDGED_FILE, _WRITTEN_FILE = "judged.pickle", "written.pickle"

UNWRITABLE = "unwritable_output"
"""The kind of problem that isn't one of the data: the output folder can't take the examples."""


@dataclasses.dataclass(frozen=True)
class Checked:
    """A share that was read: its place in the plan, its images that are right by themselves, every problem, and what
    the boxes look like, by file."""

    number: int
    read: int
    images: tuple[AnnotatedImage, ...]
    problems: tuple[Problem, ...]
    evidence: dict[str, BoxEvidence]


@dataclasses.dataclass(frozen=True)
class ToWrite:
    """Images of one split, and the TFRecord file that they go to; where `aside` is a folder, written there first."""

    path: str
    images: tuple[AnnotatedImage, ...]
    label_map: LabelMap
    aside: str | None = None


@dataclasses.dataclass(frozen=True)
class Written:
    """A file that was written: how many records, and how many bytes they take."""

    path: str
    records: int
    size: int
    problems: tuple[Problem, ...]


@dataclasses.dataclass(frozen=True)
class Judged:
    """The data set as a whole, and of each share that was read for it the number of images."""

    dataset: Dataset
    read: tuple[tuple[int, int], ...]


@dataclasses.dataclass(frozen=True)
class ShardsOutcome:
    """What the Beam pipeline brings back."""

    judged: Judged
    written: tuple[Written, ...]


def run_shards(
    pipeline: Any,
    plan: Plan,
    options: DataSettings,
    folders: dict[Split, str],
    scratch: str,
    aside: bool = False,
) -> None:
    """Lays out the Beam pipeline: check all, judge the whole, write unless it must fail.

    Args:
      pipeline: of Beam.
      plan: what is to be read.
      options: policies.
      folders: where each split's examples go.
      scratch: an empty folder that all workers can reach, for the outcome.
      aside: whether files are written there and moved when they are whole: an engine may begin an element again while
        the worker that it has given up still writes.
    """
    import apache_beam as beam

    # Grouping by keys of their own spreads elements over workers as `Reshuffle` does, with fewer transforms: Beam's
    # fixed cost is .17 s in place of .27.
    shares = list_shares(plan)
    for number, share in enumerate(shares):
        storage.write_bytes(_share_path(scratch, number), pickle.dumps(share))
    (
        pipeline
        | "Shares" >> beam.Create([(number, None) for number in range(len(shares))], reshuffle=False)
        | "SpreadShares" >> beam.GroupByKey()
        | "Check" >> beam.Map(check_share, scratch, plan.layout.root, options)
        | "GatherChecked" >> beam.GroupByKey()
        | "Judge" >> beam.FlatMap(judge_shares, scratch, plan.without_entries(), options, folders, aside)
        | "SpreadFiles" >> beam.GroupByKey()
        | "Write" >> beam.Map(write_file)
        | "GatherWritten" >> beam.GroupByKey()
        | "SaveWritten" >> beam.Map(save_written, scratch)
    )


def check_share(
    numbered: tuple[int, Iterable[None]], scratch: str, root: str, options: DataSettings
) -> tuple[None, bytes]:
    """Reads and checks every image of a share; gives it pickled, under the one key that brings all together."""
    number, _ = numbered
    share = pickle.loads(storage.read_bytes(_share_path(scratch, number)))
    with read_ahead.of(entry_checks.files_of(root, (entry for entry, _ in share))):
        results = [entry_checks.check_entry(root, entry, side, options) for entry, side in share]
    checked = Checked(
        number,
        len(results),
        tuple(result.image for result in results if result.image),
        tuple(problem for result in results for problem in result.problems),
        entry_checks.evidence_by_file(zip((entry for entry, _ in share), results, strict=True)),
    )
    return None, pickle.dumps(checked)


def judge_shares(
    gathered: tuple[None, Iterable[bytes]],
    scratch: str,
    plan: Plan,
    options: DataSettings,
    folders: dict[Split, str],
    aside: bool,
) -> Iterator[tuple[str, bytes]]:
    """Puts the shares together in the order of the plan, saves what comes of it; gives the files to write, by path."""
    shares: list[Checked] = sorted(map(pickle.loads, gathered[1]), key=lambda share: share.number)
    images = [image for share in shares for image in share.images]
    problems = (problem for share in shares for problem in share.problems)
    evidence: dict[str, BoxEvidence] = {}
    for share in shares:
        for file, found in share.evidence.items():
            evidence.setdefault(file, BoxEvidence()).add(found)
    dataset = assemble(plan, images, problems, evidence, options)
    judged = Judged(dataset, tuple((share.number, share.read) for share in shares))
    storage.replace_bytes(os.path.join(scratch, _JUDGED_FILE), pickle.dumps(judged))
    files = files_to_write(judged.dataset, folders)
    place = scratch if aside else None
    return ((file.path, pickle.dumps(dataclasses.replace(file, aside=place))) for file in files)


def files_to_write(dataset: Dataset, folders: dict[Split, str]) -> list[ToWrite]:
    """Files of nearly the same number of images, at least one a split, named as TFX names them; none for what fails.

    The order of the images mixes them by a hash, so that files are of nearly the same size too.
    """
    if failing(dataset.problems):
        return []
    files = []
    for split in dataset.splits:
        images = [image for image in dataset.images if image.split == split]
        parts = _parts(images)
        for i, part in enumerate(parts):
            path = os.path.join(folders[split], f"data_tfrecord-{i:05d}-of-{len(parts):05d}.gz")
            files.append(ToWrite(path, tuple(part), dataset.label_map))
    return files


def write_file(by_path: tuple[str, Iterable[bytes]]) -> tuple[None, Written]:
    """Writes a TFRecord file, one image in memory at a time; one that can't be finished is taken away again."""
    [pickled] = by_path[1]
    file: ToWrite = pickle.loads(pickled)
    records, problems, size = 0, [], 0
    try:
        images = [image.place.path for image in file.images if image.place.record is None]
        with _opened_whole(file) as opened, read_ahead.of(images):
            writer = TFRecordWriter(opened)
            for image in file.images:
                try:
                    record = encode_image(image, file.label_map)
                except (OSError, UnreadableImageError) as e:
                    problems.append(_unreadable(image, e))
                else:
                    writer.write(record)
                    records += 1
            writer.finish()
            size = writer.bytes_written
    except OSError as e:
        problems.append(unwritable(file.path, reason(e)))
        with contextlib.suppress(OSError):  # A full disk then has room for the outcome, which reports it.
            storage.remove(file.path)
    return None, Written(file.path, records, size, tuple(problems))


@contextlib.contextmanager
def _opened_whole(file: ToWrite) -> Iterator[IO[bytes]]:
    """The file to write; a remote one, and one with a place aside, appears when all of it is there."""
    if file.aside is None or storage.is_remote(file.path):
        with storage.open_to_write(file.path) as opened:
            yield opened
        return
    part = os.path.join(file.aside, f"{secrets.token_hex(8)}.part")
    with storage.open_to_write(part) as opened:
        yield opened
    os.makedirs(os.path.dirname(file.path), exist_ok=True)
    os.replace(part, file.path)


def save_written(gathered: tuple[None, Iterable[Written]], scratch: str) -> None:
    """Brings back what was written."""
    written = tuple(sorted(gathered[1], key=lambda file: file.path))
    storage.replace_bytes(os.path.join(scratch, _WRITTEN_FILE), pickle.dumps(written))


def load_outcome(scratch: str) -> ShardsOutcome | None:
    """The result; None if the Beam runner returned without having run."""
    judged, written = (_load(os.path.join(scratch, name)) for name in (_JUDGED_FILE, _WRITTEN_FILE))
    return None if judged is None else ShardsOutcome(judged, written or ())


def list_shares(plan: Plan) -> list[Sequence[tuple[Entry, Split]]]:
    """The plan in shares that differ by one image at most."""
    return _parts(plan.entries)


def _parts(items: Sequence[_T]) -> list[Sequence[_T]]:
    count = -(-len(items) // _IMAGES_A_SHARD)
    return [items[len(items) * i // count : len(items) * (i + 1) // count] for i in range(count)]


def _share_path(scratch: str, number: int) -> str:
    return os.path.join(scratch, f"share-{number:05d}.pickle")


def _load(path: str) -> Any:
    return pickle.loads(storage.read_bytes(path)) if storage.exists(path) else None


def _unreadable(image: AnnotatedImage, error: Exception) -> Problem:
    return dataclasses.replace(entry_checks.unreadable_image(image.name, image.place.path, error), policy="fail")


def unwritable(path: str, found: str) -> Problem:
    """A file of the output that can't be written."""
    return Problem(
        UNWRITABLE,
        path,
        "the examples can't be written",
        found=found,
        fix="check that the output folder can be written to and has room",
    )
