"""`coralline predict`: a detector over images and videos, exactly as a device would see them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from components.errors import UserError
from pipeline.status_line import StatusLine

if TYPE_CHECKING:
    from PIL import Image

    from components.tflite.detections import Detections
    from components.tflite.detector import Detector
    from components.tflite.latency import Latency
    from pipeline.predictions import Printer


@click.command()
@click.argument("model", metavar="MODEL.tflite")
@click.argument("media", metavar="IMAGE|VIDEO...", nargs=-1, required=True)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    help="Write each image (.jpg) and each video (.mp4) with its detections drawn in into this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the detections as JSON.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="Leave out detections below this score.",
)
@click.option(
    "--every", type=click.IntRange(1), default=1, show_default=True, help="Of videos, look at each Nth frame only."
)
@click.option(
    "--repeat",
    type=click.IntRange(1),
    help="Run the model this often on each image or frame, for the latency. Without it once, and when there are few "
    "images again on the last one, until 20 runs or a second are timed.",
)
@click.option(
    "--latency",
    "latency_file",
    metavar="FILE",
    help='Write the latency as JSON: {"median_ms", "p90_ms", "runs", "threads", "delegate"}.',
)
@click.option(
    "--threads", type=click.IntRange(1), help="Threads of the runtime; all cores, and never more than the cores."
)
@click.option("--delegate", metavar="LIBRARY", help="A delegate, such as libedgetpu.so.1 for a compiled model.")
def command(
    model: str,
    media: tuple[str, ...],
    out: str | None,
    as_json: bool,
    threshold: float,
    every: int,
    repeat: int | None,
    latency_file: str | None,
    threads: int | None,
    delegate: str | None,
) -> None:
    """Run a detector over images and videos (mp4, mov, avi, mkv, webm and others), or folders of them.

    JSON: {"IMAGE": [{"class", "score", "box": [ymin, xmin, ymax, xmax]}]}, strongest first, boxes normalized to the
    image as it is seen upright; a video is {"VIDEO": [{"frame", "time", "detections": [...]}]}, frames from 0, time in
    seconds. Class names come from the file, else from labels.txt beside it.

    Latency is that of the runtime alone, without reading and drawing; the first runs, which warm up, are left out
    where there are enough.
    """
    from components.tflite import labels_file, latency
    from components.tflite.isolated_detector import IsolatedDetector
    from pipeline.predictions import JsonPrinter, TextPrinter

    paths = _media(media)
    pictures = _pictures(paths, out)
    with IsolatedDetector(model, num_threads=threads, delegate=delegate) as detector:
        printer: Printer = JsonPrinter() if as_json else TextPrinter()
        labels = detector.labels or labels_file.beside(model)
        look = _Look(detector, labels, threshold, every, repeat or 1, printer)
        with contextlib.closing(printer), contextlib.closing(look.status):
            for index, (path, picture) in enumerate(zip(paths, pictures, strict=True), start=1):
                look.status.say(f"{index} of {len(paths)}  {path}")
                look.at(path, picture)
        if repeat is None:
            latency.run_enough(detector)
        measured = latency.Latency.of(detector)
    if not as_json:
        click.echo(f"latency: {measured}" + (f"\npictures: {out}" if out is not None else ""))
    if latency_file is not None:
        _write_latency(measured, latency_file)


@dataclasses.dataclass
class _Look:
    """Looks at images and videos, one after the other, and keeps nothing of them."""

    detector: Detector
    labels: list[str] | None
    threshold: float
    every: int
    repeat: int
    printer: Printer
    status: StatusLine = dataclasses.field(default_factory=StatusLine)

    def at(self, path: str, picture: Path | None) -> None:
        """Prints what is there, and draws it into `picture` where that isn't None."""
        if _is_video(path):
            self._at_video(path, picture)
        else:
            self._at_image(path, picture)

    def _at_image(self, path: str, picture: Path | None) -> None:
        from components.tflite.detector import read_image
        from components.tflite.drawing import drawn
        from pipeline.predictions import rows

        image = read_image(path)
        found = self._detections(image)
        self.printer.image(path, rows(found, self.labels))
        if picture is not None:
            _save(drawn(image, found, self.labels), picture)

    def _at_video(self, path: str, picture: Path | None) -> None:
        from components.tflite.drawing import drawn
        from components.tflite.video_file import VideoReader, VideoWriter
        from pipeline.predictions import rows

        video = VideoReader(path)
        told = f" of {video.frames_told}" * bool(video.frames_told)
        with contextlib.ExitStack() as stack:
            written = None
            if picture is not None:
                written = stack.enter_context(VideoWriter(picture, video.frames_per_second / self.every))
            for frame in video.frames(self.every):
                self.status.say(f"{path}  frame {frame.number}{told}")
                found = self._detections(frame.image)
                self.printer.frame(path, frame.number, frame.seconds, rows(found, self.labels))
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
        return found.at_least(self.threshold)


def _media(given: tuple[str, ...]) -> list[str]:
    """Images and videos as given, folders as those in and below them, sorted.

    Raises:
      UserError: a folder holds none, or can't be read.
    """
    from components.dataset import image_file
    from components.dataset.storage import list_tree
    from components.tflite import video_file

    paths: list[str] = []
    for path in given:
        if not Path(path).is_dir():
            paths.append(path)
            continue
        try:
            names = list_tree(path)
        except OSError as e:
            raise UserError("the folder can't be read", file=e.filename or path, found=e.strerror) from e
        kinds = image_file.EXTENSIONS | video_file.EXTENSIONS
        inside = [os.path.join(path, name) for name in names if Path(name).suffix.lower() in kinds]
        if not inside:
            mend = "give a folder of JPEG or PNG files, or of videos"
            raise UserError("there is no image and no video in this folder", file=path, mend=mend)
        paths += inside
    return list(dict.fromkeys(paths))


def _is_video(path: str) -> bool:
    from components.tflite import video_file

    return Path(path).suffix.lower() in video_file.EXTENSIONS


def _pictures(paths: list[str], out: str | None) -> list[Path | None]:
    """Where each image and video is drawn into: its name, numbered where two share it; None each without a folder.

    Raises:
      UserError: the folder can't be made, or one of the images and videos would be written over.
    """
    if out is None:
        return [None] * len(paths)
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UserError("the folder can't be made", file=folder, found=e.strerror, mend="give another folder") from e
    originals = {os.path.realpath(path) for path in paths}
    taken: set[str] = set()
    found: list[Path | None] = []
    for path in paths:
        ending = ".mp4" if _is_video(path) else ".jpg"
        stem, number = Path(path).stem, 1
        while (name := f"{stem}{f'-{number}' * (number > 1)}{ending}") in taken:
            number += 1
        if os.path.realpath(folder / name) in originals:
            mend = "give another folder with -o"
            raise UserError("this would be written over by its own picture", file=folder / name, mend=mend)
        taken.add(name)
        found.append(folder / name)
    return found


def _save(picture: Image.Image, path: Path) -> None:
    try:
        picture.save(path, quality=90)
    except OSError as e:
        raise UserError("the picture can't be written", file=path, found=str(e), mend="give another folder") from e


def _write_latency(measured: Latency, path: str) -> None:
    try:
        Path(path).write_text(json.dumps(measured.as_json()) + "\n")
    except OSError as e:
        raise UserError("the latency can't be written", file=path, found=e.strerror, mend="give another file") from e
