"""Runs a detector on images and videos; prints what it finds, and draws it if asked to."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from pathlib import Path

import click
from PIL import Image

from coralline.foundation.errors import UnreadableFileError, UserError
from coralline.tflite.detections import Detections
from coralline.tflite.detector import BaseDetector, at_least, read_image
from coralline.tflite.drawing import drawn
from coralline.tflite.video_file import VideoReader, VideoWriter
from pipeline.commands.predict import media
from pipeline.commands.predict.predictions import Printer, detection_rows
from pipeline.status_line import StatusLine


@dataclasses.dataclass
class Look:
    """Looks at images and videos, and keeps nothing of them.

    Args:
      labels: names of the classes, or None.
      min_score: detections with lower scores are left out: one for all, or by label.
      every: of videos, look at this many frames on from the last one.
      repeat: runs of the model for each image or frame.
      printer: where detections are shown.
      status: shows the progress of a video.
    """

    detector: BaseDetector
    labels: list[str] | None
    min_score: float | Mapping[str, float]
    every: int
    repeat: int
    printer: Printer
    status: StatusLine

    def at(self, path: str, picture: Path | None) -> bool:
        """Prints the detections, and draws them into `picture` unless it is None.

        Returns:
          False if the image or video can't be read; the reason is told on standard error.
        """
        try:
            if media.is_video(path):
                self._at_video(path, picture)
            else:
                self._at_image(path, picture)
        except UnreadableFileError as e:
            self.status.close()
            self.printer.unreadable(e)
            click.echo(f"error: {e}", err=True)
            return False
        return True

    def _at_image(self, path: str, picture: Path | None) -> None:
        image = read_image(path)
        found = self._detections(image)
        self.printer.image(path, detection_rows(found, self.labels))
        if picture is not None:
            _save(drawn(image, found, self.labels), picture)

    def _at_video(self, path: str, picture: Path | None) -> None:
        video = VideoReader(path)
        told = f" of {video.frames_told}" * bool(video.frames_told)
        with contextlib.ExitStack() as stack:
            written = None
            if picture is not None:
                written = stack.enter_context(VideoWriter(picture, video.frames_per_second / self.every))
            for frame in video.frames(self.every):
                self.status.say(f"{path}  frame {frame.number}{told}")
                found = self._detections(frame.image)
                self.printer.frame(path, frame.number, frame.seconds, detection_rows(found, self.labels))
                if written is not None:
                    written.add(drawn(frame.image, found, self.labels))
        self.printer.end_of_video(path)
        if cut_off := video.cut_off():
            self.status.close()
            click.echo(cut_off, err=True)

    def _detections(self, image: Image.Image) -> Detections:
        found = self.detector.predict(image)
        for _ in range(1, self.repeat):
            self.detector.again()
        return at_least(found, self.min_score, self.labels)


def _save(picture: Image.Image, path: Path) -> None:
    try:
        picture.save(path, quality=90)
    except OSError as e:
        raise UserError("the picture can't be written", file=path, found=e, fix="give another folder") from e
