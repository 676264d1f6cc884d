"""Judging a detector on 1,000 images of 256 pixels, beside the least that it could take.

    python benchmarks/evaluation.py model.tflite

The least is a bare loop, decode + resize + invoke, with half of the images in each of two processes of one thread. The
evaluation does the same and scores: boxes brought to the image, COCO's matching and figures, intervals, thresholds,
curves, kinds of errors. Imports and loading the model aren't counted on either side. The images are drawn, with boxes
of the model's own classes, so the figures mean nothing. The page is what `coralline.write_report` takes, imports of
its libraries, 24 pictures and the model's latency included. 3 minutes on 2 cores with the default preset.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from figures import Table, argument_parser, machine, show
from PIL import Image

import coralline
from coralline.evaluation_report.detector_analysis import DetectorAnalysis
from coralline.scoring import coco, inference, intervals
from coralline.scoring.file_model import FileModel, isolated_detectors
from coralline.scoring.labelled_images import LabelledImage
from coralline.tflite.detector import Detector
from coralline.tflite.letterbox import letterbox

_SIDE, _PROCESSES = 256, 2


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("model", help="a .tflite with the standard contract that names its classes")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2, help="medians are of this many rounds")
    options = parser.parse_args()
    on = machine()
    labels = Detector(options.model).labels or parser.error("the model doesn't name its classes")
    images = _draw(options.images, len(labels))
    rounds = [(_bare(options.model, images), _evaluation(options.model, images, labels)) for _ in range(options.rounds)]
    bare = statistics.median(seconds for seconds, _ in rounds)
    whole = statistics.median(sum(parts.values()) for _, parts in rounds)
    table = Table(
        ("bare loop", "Coralline"),
        {
            "images": [options.images] * 2,
            "s": [round(bare, 2), round(whole, 2)],
            "images/s": [round(options.images / bare, 1), round(options.images / whole, 1)],
            "share of the bare loop": [1.0, round(bare / whole, 3)],
        },
    )
    steps = {f"{name}, s": round(statistics.median(of[name] for _, of in rounds), 2) for name in rounds[0][1]}
    show(on, [table, Table.of(steps | _page(options, images, labels))], options.json)


def _draw(count: int, classes: int) -> list[LabelledImage]:
    """JPEG images of smooth colors with up to five rectangles."""
    random = np.random.default_rng(0)
    return [_image(f"{index:04}.jpg", random, classes) for index in range(count)]


def _image(name: str, random: np.random.Generator, classes: int) -> LabelledImage:
    ground = Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((_SIDE, _SIDE))
    number = int(random.integers(1, 6))
    low = random.integers(0, _SIDE // 2, (number, 2))
    corners = np.concatenate([low, low + random.integers(_SIDE // 8, _SIDE // 2, (number, 2))], axis=1)
    for ymin, xmin, ymax, xmax in corners.tolist():
        ground.paste(tuple(random.integers(0, 256, 3).tolist()), (xmin, ymin, xmax, ymax))
    encoded = io.BytesIO()
    ground.save(encoded, "JPEG", quality=90)
    ids = random.integers(0, classes, number)
    return LabelledImage(name, encoded.getvalue, (corners / _SIDE).astype(np.float32), ids, np.zeros(number, bool))


def _bare(model: str, images: Sequence[LabelledImage]) -> float:
    spawned = multiprocessing.get_context("spawn")
    ready = spawned.Barrier(_PROCESSES + 1)
    contents = [image.read() for image in images]
    shares = [contents[start::_PROCESSES] for start in range(_PROCESSES)]
    workers = [spawned.Process(target=_bare_loop, args=(model, share, ready)) for share in shares]
    for worker in workers:
        worker.start()
    ready.wait()
    started = time.perf_counter()
    ready.wait()
    seconds = time.perf_counter() - started
    for worker in workers:
        worker.join()
    return seconds


def _bare_loop(model: str, contents: Sequence[bytes], ready: Any) -> None:
    detector = Detector(model, num_threads=1)
    detector.run(np.zeros((*detector.input_size, 3), np.uint8))
    ready.wait()
    for content in contents:
        detector.run(letterbox(Image.open(io.BytesIO(content)), *detector.input_size)[0])
    ready.wait()


def _evaluation(model: str, images: Sequence[LabelledImage], labels: Sequence[str]) -> dict[str, float]:
    with isolated_detectors(model) as detectors:
        judged = FileModel(detectors)
        judged.detect(np.zeros((len(detectors), *judged.input_size, 3), np.uint8))
        clock = _Clock()
        evaluated = inference.run_models({"int8": judged}, images)
    truths, found = evaluated.ground_truths, evaluated.detections["int8"]
    clock.lap("decode, resize and invoke")
    matches = coco.match_by_coco(truths, found, labels)
    coco.figures_of(matches)
    clock.lap("figures")
    intervals.resample(matches).intervals()
    clock.lap("intervals")
    DetectorAnalysis.of(truths, found, labels, matches)
    clock.lap("thresholds, curves and kinds of errors")
    return clock.laps


class _Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name], self._last = now - self._last, now


def _page(options: argparse.Namespace, images: Sequence[LabelledImage], labels: Sequence[str]) -> dict[str, float]:
    """What the page takes beyond `coralline.evaluate`, and how large it is."""
    with tempfile.TemporaryDirectory() as folder:
        _write_coco(Path(folder, "data"), images, labels)
        result = coralline.evaluate(options.model, Path(folder, "data"))
        clock = _Clock()
        page = coralline.write_report(result, Path(folder, "page"))
        clock.lap("page, s")
        return {"page, s": round(clock.laps["page, s"], 2), "page, MB": round(os.path.getsize(page) / 1e6, 2)}


def _write_coco(folder: Path, images: Sequence[LabelledImage], labels: Sequence[str]) -> None:
    folder.mkdir()
    boxes: list[dict[str, Any]] = []
    for number, image in enumerate(images, start=1):
        (folder / image.name).write_bytes(image.read())
        for (ymin, xmin, ymax, xmax), class_id in zip(
            (image.boxes_ymin_xmin_ymax_xmax * _SIDE).tolist(), image.class_ids.tolist(), strict=True
        ):
            box = [xmin, ymin, xmax - xmin, ymax - ymin]
            boxes.append({"id": len(boxes) + 1, "image_id": number, "category_id": class_id + 1, "bbox": box})
    content = {
        "images": [
            {"id": number, "file_name": image.name, "width": _SIDE, "height": _SIDE}
            for number, image in enumerate(images, start=1)
        ],
        "categories": [{"id": number, "name": label} for number, label in enumerate(labels, start=1)],
        "annotations": boxes,
    }
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main()
