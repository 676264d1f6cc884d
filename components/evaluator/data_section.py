"""The data in a run's report: the main figures, how they have changed, and what TFDV found."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from coralline.data.judging.problems import by_kind
from coralline.data_report import data_figures as data_report
from coralline.foundation import storage
from coralline.foundation.printable import without_secrets
from coralline.foundation.progress import counted

FOLDER = "data"
"""Folder of the data report within that of the run."""
_FEATURES_NAMED = 3
_ANOMALIES = "SchemaDiff.pb"
"""As ExampleValidator names it, one a split (tfx/components/example_validator/executor.py, 1.16)."""


@dataclasses.dataclass(frozen=True)
class DataSection:
    """The data, in words.

    Attributes:
      address: of the data report's own artifact.
      path: of the data set, as the run was given it.
      sentence: images, boxes and classes.
      problems: one sentence for each kind.
      changes: notable changes since the last data; None if there is none to compare with.
      anomalies: one sentence for each that TFDV found.
    """

    address: str
    path: str
    sentence: str
    problems: tuple[str, ...]
    changes: tuple[str, ...] | None
    anomalies: tuple[str, ...]

    @classmethod
    def read(cls, report: str, anomalies: Mapping[str, str]) -> DataSection:
        """From artifacts.

        Args:
          report: the folder of the data report.
          anomalies: split -> its folder in the ExampleAnomalies.
        """
        content = json.loads(storage.read_bytes(f"{report}/{data_report.FIGURES}"))
        splits = ", ".join(f"{count} {split}" for split, count in content["splits"].items())
        compared = content["compared"]
        return cls(
            address=report,
            path=without_secrets(str(content["path"])),
            sentence=f"{counted(content['images'], 'image')} ({splits}; {content['split_rule']}), "
            f"{counted(content['boxes'], 'box')} of {counted(len(content['classes']), 'class')}",
            problems=tuple(f"{of.kind}: {len(of.problems)}, {of.becomes}" for of in by_kind(content["problems"])),
            changes=None if compared is None else tuple(compared["sentences"]),
            anomalies=tuple(
                f"{split}: {sentence}" for split, folder in anomalies.items() for sentence in _anomalies(folder)
            ),
        )

    def as_json(self) -> dict[str, Any]:
        """Its part of report.json."""
        return dataclasses.asdict(self)


def _anomalies(folder: str) -> list[str]:
    """TFDV's anomalies of a split in its own words, each once with the features that it concerns."""
    from tensorflow_metadata.proto.v0 import anomalies_pb2

    found = anomalies_pb2.Anomalies()
    found.ParseFromString(storage.read_bytes(f"{folder}/{_ANOMALIES}"))
    features = collections.defaultdict(list)
    for feature, info in sorted(found.anomaly_info.items()):
        for reason in info.reason:
            features[reason.description.strip()].append(feature)
    whole = [reason.description for reason in found.dataset_anomaly_info.reason]
    return [f"{description} ({_named(of)})" for description, of in features.items()] + whole


def _named(features: Sequence[str]) -> str:
    more = len(features) - _FEATURES_NAMED
    return ", ".join(features[:_FEATURES_NAMED]) + (f" and {more} more" if more > 0 else "")
