"""What `coralline predict` prints as it goes; nothing is kept, whatever the number of images and frames."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, Protocol

import click
import numpy as np

from coralline.foundation.errors import UserError
from coralline.foundation.json_text import as_json_text
from coralline.foundation.progress import counted
from coralline.tflite.detections import Detections
from coralline.tflite.detector import class_name
from pipeline import machine_output


class Printer(Protocol):
    """Shows detections, one image or video after the other."""

    def image(self, path: str, found: list[dict[str, Any]]) -> None:
        """The detections of an image: rows of `detection_rows`."""

    def frame(self, path: str, number: int, seconds: float, found: list[dict[str, Any]]) -> None:
        """What is in a frame of a video."""

    def end_of_video(self, path: str) -> None:
        """There are no more frames."""

    def unreadable(self, error: UserError) -> None:
        """An image or a video can't be read; it may break off in the middle of a video."""

    def close(self, error: BaseException | None = None) -> None:
        """There is no more, because of an error or because all have been looked at."""


def detection_rows(detections: Detections, labels: list[str] | None) -> list[dict[str, Any]]:
    """Detections for programs: class, score, box [ymin, xmin, ymax, xmax]; strongest first."""
    each = zip(detections.class_ids, detections.scores, detections.boxes_ymin_xmin_ymax_xmax, strict=True)
    return [
        {
            "class": class_name(int(class_id), labels),
            "score": round(float(score), 6),
            "box": [round(float(side), 6) for side in np.asarray(box)],
        }
        for class_id, score, box in each
    ]


class JsonPrinter:
    """The document `predict`: images to lists of rows, videos to lists of frames. Whole even if the work ends early.

    Args:
      threshold: its key of this name.
    """

    def __init__(self, threshold: Mapping[str, Any]) -> None:
        self._threshold = dict(threshold)
        self._begun, self._video = False, False
        self._unreadable: list[dict[str, Any]] = []

    def image(self, path: str, found: list[dict[str, Any]]) -> None:
        self._key(path)
        _write(_indented(found, 4))

    def frame(self, path: str, number: int, seconds: float, found: list[dict[str, Any]]) -> None:
        if self._video:
            _write(",\n")
        else:
            self._key(path)
            _write("[\n")
        self._video = True
        _write("      " + _indented({"frame": number, "time": round(seconds, 6), "detections": found}, 6))

    def end_of_video(self, path: str) -> None:
        _write("\n    ]")
        self._video = False

    def unreadable(self, error: UserError) -> None:
        self._unreadable.append(machine_output.error_entry(error))
        if self._video:
            self.end_of_video("")

    def close(self, error: BaseException | None = None) -> None:
        if self._video:
            self.end_of_video("")
        self._begin()
        _write(f'\n  }},\n  "unreadable": {_indented(self._unreadable, 2)},\n')
        _write(f'  "error": {_indented(machine_output.error_entry(error) if error else None, 2)}\n}}\n')

    def _begin(self) -> bool:
        """Whether this is the first thing that is printed."""
        if self._begun:
            return False
        schema = as_json_text(machine_output.schema_name("predict"))
        threshold = _indented(self._threshold, 2)
        _write(f'{{\n  "{machine_output.SCHEMA}": {schema},\n  "threshold": {threshold},\n  "files": {{')
        self._begun = True
        return True

    def _key(self, path: str) -> None:
        _write(("" if self._begin() else ",") + f"\n    {as_json_text(path)}: ")


class TextPrinter:
    """Lines for people."""

    def __init__(self) -> None:
        self._frames = self._with_something = 0

    def image(self, path: str, found: list[dict[str, Any]]) -> None:
        self._show(path, found)

    def frame(self, path: str, number: int, seconds: float, found: list[dict[str, Any]]) -> None:
        """Frames with nothing in them are only counted."""
        self._frames += 1
        self._with_something += bool(found)
        if found:
            self._show(f"{path} {seconds:.3f} s (frame {number})", found)

    def end_of_video(self, path: str) -> None:
        _write(f"{path}: something in {self._with_something} of {counted(self._frames, 'frame')}\n")
        self._frames = self._with_something = 0

    def unreadable(self, error: UserError) -> None:
        """Said on standard error."""

    def close(self, error: BaseException | None = None) -> None:
        """Nothing is open."""

    def _show(self, where: str, found: list[dict[str, Any]]) -> None:
        lines = [f"{where}: {counted(len(found), 'detection') if found else 'nothing found'}"]
        for row in found:
            ymin, xmin, ymax, xmax = row["box"]
            place = f"ymin {ymin:.3f}  xmin {xmin:.3f}  ymax {ymax:.3f}  xmax {xmax:.3f}"
            lines.append(f"  {row['score']:.2f}  {row['class']:<20} {place}")
        _write("\n".join(lines) + "\n")


def _indented(value: object, spaces: int) -> str:
    return textwrap.indent(as_json_text(value), " " * spaces).lstrip()


def _write(text: str) -> None:
    click.echo(text, nl=False)
