"""`coralline predict`: a detector over images and videos, exactly as a device would see them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coralline.foundation.errors import UserError
from coralline.foundation.json_text import as_json_text
from coralline.foundation.printable import printable
from coralline.foundation.progress import counted
from pipeline import machine_output
from pipeline.exit_codes import ExitCode
from pipeline.run_options import json_option

if TYPE_CHECKING:
    from coralline.tflite.latency import Latency
    from pipeline.commands.predict.predictions import Printer


@click.command()
@click.argument("model", metavar="MODEL.tflite")
@click.argument("given", metavar="IMAGE|VIDEO...", nargs=-1, required=True)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    help="Write each image (.jpg) and each video (.mp4) with its detections drawn in into this folder.",
)
@json_option
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Leave out detections below this score. Without it those of a published model are shown from the scores that "
    "its manifest.json has for each class, and those of other files from 0.3.",
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
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    given: tuple[str, ...],
    out: str | None,
    as_json: bool,
    threshold: float | None,
    every: int,
    repeat: int | None,
    latency_file: str | None,
    threads: int | None,
    delegate: str | None,
) -> None:
    """Run a detector over images and videos (mp4, mov, avi, mkv, webm and others), or folders of them.

    JSON: `files` is {"IMAGE": [{"class", "score", "box": [ymin, xmin, ymax, xmax]}]}, strongest first, boxes normalized
    to the image as it is seen upright; a video is {"VIDEO": [{"frame", "time", "detections": [...]}]}, frames from 0,
    time in seconds; `threshold` says from which scores on they are shown. Class names come from the file, else from
    labels.txt beside it.

    An image or a video that can't be read is named, and left out; exit code 1 then, after all the others.

    Latency is that of the runtime alone, without reading and drawing; the first runs, which warm up, are left out
    where there are enough.
    """
    from coralline.foundation.withheld import withheld_here
    from coralline.tflite import latency
    from coralline.tflite.isolated_detector import IsolatedDetector
    from pipeline.commands.predict import media
    from pipeline.commands.predict.looking import Look
    from pipeline.commands.predict.predictions import JsonPrinter, TextPrinter
    from pipeline.commands.predict.shown_scores import shown_scores
    from pipeline.status_line import StatusLine

    model = withheld_here(model)
    paths = media.listed(given)
    pictures = media.pictures(paths, out)
    with contextlib.ExitStack() as stack:
        detector = stack.enter_context(IsolatedDetector(model, num_threads=threads, delegate=delegate))
        for warning in detector.warnings:
            click.echo(f"warning: {printable(f'{model}: {warning}')}", err=True)
        shown = shown_scores(model, detector.labels, threshold)
        if not as_json:
            click.echo(shown.sentence, err=True)
        printer: Printer = JsonPrinter(shown.as_json()) if as_json else TextPrinter()
        stack.enter_context(_closing(printer))
        read = 0
        with contextlib.closing(StatusLine()) as status:
            look = Look(detector, detector.labels, shown.least, every, repeat or 1, printer, status)
            for index, (path, picture) in enumerate(zip(paths, pictures, strict=True), start=1):
                status.say(f"{index} of {len(paths)}  {path}")
                read += look.at(path, picture)
        if read and (latency_file is not None or not as_json):
            if repeat is None:
                latency.run_enough(detector)
            _tell_latency(latency.Latency.of(detector), as_json, out, latency_file)
    if read < len(paths):
        click.echo(f"{len(paths) - read} of {counted(len(paths), 'file')} can't be read", err=True)
        ctx.exit(ExitCode.FAILED)


@contextlib.contextmanager
def _closing(printer: Printer) -> Iterator[None]:
    """Has the printer print its end, which says what ended the work early; no other document follows."""
    try:
        yield
    except BaseException as e:
        printer.close(e)
        machine_output.attach_document(e, None)
        raise
    printer.close()


def _tell_latency(measured: Latency, as_json: bool, out: str | None, path: str | None) -> None:
    if not as_json:
        click.echo(f"latency: {measured}" + (f"\npictures: {out}" if out is not None else ""))
    if path is None:
        return
    try:
        Path(path).write_text(as_json_text(measured.as_json(), indent=None) + "\n")
    except OSError as e:
        raise UserError("the latency can't be written", file=path, found=e, fix="give another file") from e
