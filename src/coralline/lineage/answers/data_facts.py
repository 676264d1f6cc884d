"""What is recorded of the data set that steps read: where it was, how much there was, and how two of them differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted
from coralline.lineage.answers.artifact_files import ELSEWHERE, NOT_RECORDED, is_elsewhere, read_json, without_file
from coralline.lineage.answers.outcome import artifacts_made
from coralline.lineage.answers.run_table import data_fingerprint, data_path
from coralline.lineage.data_files import changed_data_files
from coralline.lineage.lineage_steps import LineageStep
from coralline.lineage.recorded_names import CLASS_BOXES, DATASET_REPORT, EXAMPLES, recorded_value
from coralline.lineage.recorded_run import Artifact

BOXES_BY_CLASS = "boxes by class"
"""How the sentence of `data_changes` on them begins."""

_REPORT = "report.json"
_SPLIT_IMAGES, _SPLIT_RECORDS = "_images", "_records"


@dataclasses.dataclass(frozen=True)
class DataFacts:
    """A data set as a run read it. What isn't known is None, or empty.

    Attributes:
      path, fingerprint: where it was, and what its content hashes to.
      images, boxes: how many.
      splits: images of each split.
      classes: boxes of each class; None if that isn't known, and `why_not` says why.
      why_not: in words.
    """

    path: str | None
    fingerprint: str | None
    images: int | None
    boxes: int | None
    splits: dict[str, int]
    classes: dict[str, int] | None
    why_not: str | None


def data_facts(made: Sequence[LineageStep]) -> DataFacts | None:
    """Of the data that these steps have read; None if none of them made examples."""
    examples = next(artifacts_made(made, EXAMPLES), None)
    report = next(artifacts_made(made, DATASET_REPORT), None)
    path, fingerprint = data_path(made), data_fingerprint(made)
    if examples is None and report is None and path is None:
        return None
    known = report.properties if report else {}
    content = _content(report)
    classes, why_not = _classes(known, content)
    in_file: Mapping[str, Any] = content if isinstance(content, Mapping) else {}
    return DataFacts(
        path=path,
        fingerprint=fingerprint,
        images=_whole(known.get("images", in_file.get("images"))),
        boxes=_whole(known.get("boxes", in_file.get("boxes"))),
        splits=_splits(known, examples),
        classes=classes,
        why_not=why_not,
    )


def _content(report: Artifact | None) -> dict[str, Any] | str:
    if report is None:
        return NOT_RECORDED
    # What ML Metadata has needs no file.
    return {} if CLASS_BOXES in report.properties else read_json(report, _REPORT)


def _classes(known: Mapping[str, Any], content: dict[str, Any] | str) -> tuple[dict[str, int] | None, str | None]:
    if isinstance(by_split := recorded_value(known, CLASS_BOXES), dict):
        return {str(name): _total(counts) for name, counts in by_split.items()}, None
    if isinstance(content, str):
        return None, content
    classes = content.get("classes")
    if not isinstance(classes, dict):
        return None, NOT_RECORDED
    return {str(name): _whole(count) or 0 for name, count in classes.items()}, None


def _splits(known: Mapping[str, Any], examples: Artifact | None) -> dict[str, int]:
    """From the report's `train_images`, else the examples' `train_records`."""
    for properties, ending in ((known, _SPLIT_IMAGES), (examples.properties if examples else {}, _SPLIT_RECORDS)):
        counts = {name: count for name, value in properties.items() if (count := _whole(value)) is not None}
        found = {name.removesuffix(ending): count for name, count in counts.items() if name.endswith(ending)}
        if found:
            order = {"train": 0, "eval": 1, "test": 2}
            named = sorted(found, key=lambda split: (order.get(split, 3), split))
            return {split: found[split] for split in named}
    return {}


def _total(counts: Any) -> int:
    return sum(_whole(count) or 0 for count in counts.values()) if isinstance(counts, dict) else _whole(counts) or 0


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value == value and abs(value) < 2**53 else None


def same_data(one: DataFacts | None, other: DataFacts | None) -> bool | None:
    """Whether both have the same content; None if that isn't recorded."""
    if one is None or other is None or not one.fingerprint or not other.fingerprint:
        return None
    return one.fingerprint == other.fingerprint


def file_differences(
    one: Sequence[LineageStep], other: Sequence[LineageStep]
) -> tuple[dict[str, list[str]] | None, str | None]:
    """The images that differ: {"added", "removed", "changed": in content, boxes or side}, or None and why."""
    first, second = (next(artifacts_made(made, DATASET_REPORT), None) for made in (one, other))
    if first is None or second is None:
        return None, NOT_RECORDED
    found: dict[str, list[str]] = {"added": [], "removed": [], "changed": []}
    if first.id == second.id:
        return found, None
    if is_elsewhere(first) or is_elsewhere(second):
        return None, ELSEWHERE
    try:
        for change in changed_data_files(first.uri, second.uri):
            found[change.change].append(change.image)
    except FileNotFoundError:
        return None, without_file(first, second)
    except UserError as error:
        return None, error.what
    return found, None


def data_changes(before: DataFacts | None, now: DataFacts | None) -> list[str]:
    """What changed from one data set to the other, a sentence each, for people; none if nothing is known to have."""
    if before is None or now is None or same_data(before, now):
        return []
    sentences = []
    for noun, old, new in (("image", before.images, now.images), ("box", before.boxes, now.boxes)):
        if old is not None and new is not None and old != new:
            more = "more" if new > old else "fewer"
            sentences.append(f"{counted(abs(new - old), noun)} {more} ({old} before, {new} now)")
    sentences += _class_changes(before.classes, now.classes)
    if before.path != now.path and before.path and now.path:
        sentences.append(f"read from {now.path}, before from {before.path}")
    if not sentences and same_data(before, now) is False:
        counted_both = None not in (before.images, now.images)
        sentences.append("other content" + ", as many images and boxes" * counted_both)
    return sentences


def _class_changes(before: Mapping[str, int] | None, now: Mapping[str, int] | None) -> Iterable[str]:
    if before is None or now is None:
        return
    for word, names in (("new", now.keys() - before.keys()), ("removed", before.keys() - now.keys())):
        if names:
            yield f"{word} {'class' if len(names) == 1 else 'classes'}: {', '.join(sorted(names))}"
    changed = [f"{name} {before[name]} -> {now[name]}" for name in now if name in before and before[name] != now[name]]
    if changed and before.keys() | now.keys() != {*changed} and len(now) > 1:
        yield f"{BOXES_BY_CLASS}: {', '.join(changed)}"
