"""Videos, frame by frame: reading them, and writing them with something drawn in. FFmpeg, through OpenCV."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from coralline.foundation.errors import UnreadableFileError, UserError, reason

EXTENSIONS = frozenset(
    (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv", ".flv", ".3gp", ".ogv")
)
"""Endings of video files, in lower case."""

_FASTEST = 240.0  # frames a second; browsers' recordings claim 1000, for want of a figure
_USUAL = 25.0
_SECONDS_MISSED = 1.0  # a header may count the sound, too, which may go on after the last frame


@dataclasses.dataclass(frozen=True)
class Frame:
    """A picture of a video.

    Attributes:
      number: from 0, counting skipped frames.
      seconds: since the beginning, by the video's own clock.
      image: RGB, turned upright as the video says.
    """

    number: int
    seconds: float
    image: Image.Image


class VideoReader:
    """A video's frames, one at a time.

    Attributes:
      frames_per_second: on average, by its header.
      frames_told: how many by its header; 0 if it doesn't say.

    Raises:
      UnreadableFileError: it isn't there, or isn't a video.
    """

    def __init__(self, path: str | PathLike[str]):
        self._path = path
        self._capture = _opened(path)
        cv2 = _cv2()
        rate, count = (self._capture.get(name) for name in (cv2.CAP_PROP_FPS, cv2.CAP_PROP_FRAME_COUNT))
        self.frames_per_second = rate if 0 < rate <= _FASTEST else _USUAL
        self.frames_told = max(0, int(count)) if rate <= _FASTEST else 0
        self._read = 0

    def frames(self, every: int = 1) -> Iterator[Frame]:
        """Each `every`th frame, from the first.

        Raises:
          UnreadableFileError: not even the first can be read.
        """
        cv2 = _cv2()
        while self._capture.grab():
            number, self._read = self._read, self._read + 1
            if number % every:
                continue
            milliseconds = self._capture.get(cv2.CAP_PROP_POS_MSEC)
            whole, pixels = self._capture.retrieve()
            if not whole:
                break
            image = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
            yield Frame(number, milliseconds / 1000 if milliseconds > 0 else number / self.frames_per_second, image)
        if not self._read:
            raise _unreadable(self._path, "no frame in it")

    def cut_off(self) -> str | None:
        """After the last frame: a sentence if the header announced clearly more, else None."""
        missed = (self.frames_told - self._read) / self.frames_per_second
        if missed <= _SECONDS_MISSED and self._read:
            return None
        return (
            f"{self._path}: only {self._read} of {self.frames_told} frames can be read; the file is cut off or damaged"
        )


class VideoWriter:
    """An mp4 (MPEG-4 part 2, which OpenCV's FFmpeg can write everywhere), for the length of a `with`.

    Raises:
      UserError: with the first picture, when it can't be written.
    """

    def __init__(self, path: Path, frames_per_second: float):
        self._path, self._rate = path, frames_per_second
        self._size = (0, 0)
        self._writer: Any = None

    def add(self, picture: Image.Image) -> None:
        """One more picture, RGB."""
        if self._writer is None:
            self._open(picture.size)
        if picture.size != self._size:  # recorded calls change their size; the writer would drop such frames silently
            picture = picture.resize(self._size)
        self._writer.write(_cv2().cvtColor(np.asarray(picture), _cv2().COLOR_RGB2BGR))

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.release()

    def _open(self, size: tuple[int, int]) -> None:
        cv2 = _cv2()
        self._size = size
        self._writer = cv2.VideoWriter(
            str(self._path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"mp4v"), self._rate, size
        )
        if not self._writer.isOpened():
            raise UserError("the video can't be written", file=self._path, fix="give another folder")


def _cv2() -> ModuleType:
    """OpenCV, imported only for videos, without its and FFmpeg's messages on standard error."""
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"  # AV_LOG_QUIET
    import cv2

    cv2.setLogLevel(0)  # LOG_LEVEL_SILENT
    return cv2


def _opened(path: str | PathLike[str]) -> Any:
    try:
        with open(path, "rb"):
            pass
    except OSError as e:
        raise _unreadable(path, reason(e)) from e
    cv2 = _cv2()
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise _unreadable(path, f"{Path(path).stat().st_size} bytes in which FFmpeg finds no video")
    # OpenCV 4.11 leaves this off, others have it on (github.com/opencv/opencv/issues/26795).
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return capture


def _unreadable(path: str | PathLike[str], found: str) -> UnreadableFileError:
    fix = "give the path of a whole video file; one that was cut off while it was recorded may lack its index"
    return UnreadableFileError("the video can't be read", file=path, found=found, fix=fix)
