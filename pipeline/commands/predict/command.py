"""`coralline predict`: a detector over images and videos, exactly as a device would see them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted

if TYPE_CHECKING:
    from coralline.tflite.latency import Latency


@click.command()
@click.argument("model", metavar="MODEL.tflite")
@click.argument("given", metavar="IMAGE|VIDEO...", nargs=-1, required=True)
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
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    given: tuple[str, ...],
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

    An image or a video that can't be read is named, and left out; exit code 1 then, after all the others.

    Latency is that of the runtime alone, without reading and drawing; the first runs, which warm up, are left out
    where there are enough.
    """
    from coralline.tflite import latency
    from coralline.tflite.isolated_detector import IsolatedDetector
    from pipeline.commands.predict import media
    from pipeline.commands.predict.looking import Look
    from pipeline.commands.predict.predictions import JsonPrinter, Printer, TextPrinter
    from pipeline.status_line import StatusLine

    paths = media.listed(given)
    pictures = media.pictures(paths, out)
    with IsolatedDetector(model, num_threads=threads, delegate=delegate) as detector:
        printer: Printer = JsonPrinter() if as_json else TextPrinter()
        with contextlib.closing(printer), contextlib.closing(StatusLine()) as status:
            look = Look(detector, detector.labels, threshold, every, repeat or 1, printer, status)
            read = 0
            for index, (path, picture) in enumerate(zip(paths, pictures, strict=True), start=1):
                status.say(f"{index} of {len(paths)}  {path}")
                read += look.at(path, picture)
        if not read:
            ctx.exit(1)
        if repeat is None and (latency_file is not None or not as_json):
            latency.run_enough(detector)
        measured = latency.Latency.of(detector)
    if not as_json:
        click.echo(f"latency: {measured}" + (f"\npictures: {out}" if out is not None else ""))
    if latency_file is not None:
        _write_latency(measured, latency_file)
    if read < len(paths):
        click.echo(f"{len(paths) - read} of {counted(len(paths), 'file')} can't be read", err=True)
        ctx.exit(1)


def _write_latency(measured: Latency, path: str) -> None:
    try:
        Path(path).write_text(json.dumps(measured.as_json()) + "\n")
    except OSError as e:
        raise UserError("the latency can't be written", file=path, found=e, fix="give another file") from e
