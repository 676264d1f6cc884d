"""The curves of a training, read from the TensorBoard event files of its ModelRun."""

from __future__ import annotations

import collections
import math
from collections.abc import Iterator, Mapping
from typing import Any

from coralline.data.records import tfrecord
from coralline.evaluation_report.training_curves import PhaseCurves, Points
from coralline.foundation import storage
from coralline.foundation.errors import UserError

_PHASES = {"float": "float", "qat": "quantization-aware"}
"""Folder of the logs -> what the phase is called."""
_LOSS, _AP, _AP50 = "training_loss", "eval/AP", "eval/AP50"


def read_training(logs: str, kept: Mapping[str, Any]) -> list[PhaseCurves]:
    """Loss and AP of each phase; a phase without event files is left out.

    Args:
      logs: the ModelRun's folder, with a folder of event files for each phase.
      kept: detector.json's `kept`: `{phase: {"step": ...}}` of the checkpoints that were kept.
    """
    phases = []
    for folder, name in _PHASES.items():
        points = _scalars(f"{logs.rstrip('/')}/{folder}")
        if points:
            loss, ap, ap50 = (points.get(tag, []) for tag in (_LOSS, _AP, _AP50))
            phases.append(PhaseCurves(name, loss, ap, ap50, kept.get(folder, {}).get("step")))
    return phases


def _scalars(folder: str) -> dict[str, Points]:
    """tag -> its points by step; of a step that a resumed training did again the later value."""
    found: dict[str, dict[int, tuple[float, float]]] = collections.defaultdict(dict)
    for event in _events(folder):
        for value in event.summary.value:
            number = _number(value) if value.tag in (_LOSS, _AP, _AP50) else None
            if number is not None and event.wall_time >= found[value.tag].get(event.step, (0.0, 0.0))[0]:
                found[value.tag][event.step] = (event.wall_time, number)
    return {tag: [(step, number) for step, (_, number) in sorted(of.items())] for tag, of in found.items()}


def _events(folder: str) -> Iterator[Any]:
    """Of all event files, each up to a damaged place: where a training is killed, its file may end anywhere."""
    from tensorboard.compat.proto import event_pb2

    try:
        names = sorted(storage.list_folder(folder))
    except (OSError, UserError):
        return
    for name in names:
        if ".tfevents." in name:
            try:
                for record in tfrecord.read_record_file(f"{folder}/{name}"):
                    yield event_pb2.Event.FromString(record)
            except UserError:
                continue


def _number(value: Any) -> float | None:
    """A scalar summary's value; None for anything else, and for what is no number."""
    from tensorboard.util import tensor_util

    if value.HasField("simple_value"):
        number = float(value.simple_value)
    elif value.HasField("tensor") and not value.tensor.tensor_shape.dim:
        number = float(tensor_util.make_ndarray(value.tensor))
    else:
        return None
    return number if math.isfinite(number) else None
