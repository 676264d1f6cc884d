"""A detector's judged images, drawn and made up."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from coralline.evaluation_report.evaluation_page import EvaluationPage, make_page
from coralline.evaluation_report.page_content import PageCheck, PageHead, PageVerdict
from coralline.evaluation_report.training_curves import PhaseCurves
from coralline.scoring.coco import GroundTruth
from coralline.scoring.labelled_images import LabelledImage
from coralline.scoring.scored_models import ScoredModels
from coralline.tflite.detections import Detections
from coralline.tflite.latency import Latency

TITLES = {
    "int8": ("int8 file", "what ships: model.tflite"),
    "qat": ("QAT", "quantization-aware model, before conversion"),
    "float": ("float", "before quantization"),
    "baseline": ("served model", "the model published before this one"),
}


class JudgedSample:
    """Images with boxes, and what models of given faults find in them.

    Args:
      images: how many. class_names: of class ids 0, 1, ...; the last one of several has no box.
      boxes: in an image, about; 0: none at all. finds: False for a detector that finds nothing.
      side: height in pixels. names: of the first images.
    """

    HOSTILE = (
        '<script>alert("x")</script>',
        "\"quotes' & <b>",
        "capybara \N{HATCHING CHICK} $x_1$",
        "n" * 300,
        "never seen",
    )

    def __init__(
        self,
        images: int = 12,
        class_names: Sequence[str] = ("cat", "dog", "bird"),
        boxes: int = 3,
        *,
        finds: bool = True,
        side: int = 200,
        names: Sequence[str] = (),
    ):
        self.class_names, self._finds, self._side = tuple(class_names), finds, side
        self._random = np.random.default_rng(7)
        self.truths = [self._truth(index, boxes, names) for index in range(images)]
        self.images = [self._image(truth) for truth in self.truths]

    def detections(self, quality: float = 0.8) -> list[Detections]:
        """What a model finds: with each kind of mistake, the fewer the better it is."""
        return [self._detections(truth, quality) for truth in self.truths]

    def scored(
        self,
        models: Sequence[str] = ("int8", "qat", "float", "baseline"),
        with_intervals: Sequence[str] = ("int8", "baseline"),
    ) -> ScoredModels:
        """Models of slightly different quality."""
        found = {name: self.detections(0.8 - 0.04 * place) for place, name in enumerate(models)}
        return ScoredModels.of(self.truths, found, self.class_names, with_intervals)

    def page(self, pictures: int = 8, **changes) -> EvaluationPage:
        """Everything that a page can show."""
        sentence = "AP50 0.612 reaches the required 0.300 (min_ap50)"
        verdict = PageVerdict(True, [sentence], [PageCheck(True, sentence)], {"min_ap50": 0.3, "min_ap": None})
        steps = range(0, 600, 20)
        curve = [(step, 2.0 / (1 + step / 90) + 0.2) for step in steps]
        ap = [(step, 0.5 * (1 - np.exp(-step / 200))) for step in steps if not step % 60]
        everything = {
            "head": PageHead(datetime.datetime(2026, 11, 30, 5, 40), "run-7", "ssd_mobilenet_v2", "/data/yard"),
            "file": {"name": "model.tflite", "bytes": 3_500_000, "sha256": "0" * 64},
            "split": "test",
            "verdict": verdict,
            "training": [
                PhaseCurves("float", curve, ap, ap, 540),
                PhaseCurves("quantization-aware", curve[:9], ap[:3], ap[:3], 120),
            ],
            "selection": {"sentence": "Checkpoints were chosen on 40 images of the training side."},
            "latency": Latency(12.345, 15.5, 20, 2, None),
            "cpu": "a processor",
            "export": {
                "input": [256, 256],
                "post_processing": {"max_detections": 20, "iou_threshold": 0.5, "use_regular_nms": False},
                "edgetpu": {"mapped": 64, "total": 67, "cpu": [{"op": "DEQUANTIZE", "why": "it makes float"}]},
            },
            "against": "baseline",
        }
        scored = changes.pop("scored", None) or self.scored()
        titles = changes.pop("titles", TITLES)
        return make_page(scored, self.images, titles, pictures=pictures, **{**everything, **changes})

    def _truth(self, index: int, boxes: int, names: Sequence[str]) -> GroundTruth:
        random, count = self._random, 0
        if boxes:
            count = int(self._random.integers(0 if index else 1, 2 * boxes + 1))
        low = random.uniform(0, 0.7, (count, 2))
        high = np.minimum(low + random.uniform(0.08, 0.35, (count, 2)), 1)
        used = max(1, len(self.class_names) - 1)  # the last class has no ground truth, if there are several
        class_ids = np.minimum(random.geometric(min(0.5, 3 / used), count) - 1, used - 1).astype(np.int64)
        name = names[index] if index < len(names) else f"yard/image_{index:04d}.jpg"
        return GroundTruth(
            name, self._side, round(self._side * 1.4), np.concatenate([low, high], 1), class_ids,
            random.random(count) < 0.05,
        )  # fmt: skip

    def _detections(self, truth: GroundTruth, quality: float) -> Detections:
        random, boxes, ids, scores = self._random, [], [], []
        for corners, class_id in zip(truth.boxes_ymin_xmin_ymax_xmax, truth.class_ids, strict=True):
            luck = random.random()
            if not self._finds or luck > quality + 0.15:
                continue
            off = random.normal(0, 0.012 if luck < quality else 0.08, 4)
            boxes.append(np.clip(corners + off, 0, 1))
            wrong = random.random() > 0.93
            ids.append(int(random.integers(len(self.class_names))) if wrong else int(class_id))
            scores.append(float(np.clip(random.normal(0.75, 0.16), 0.06, 0.99)))
            if random.random() > 0.92:
                boxes.append(np.clip(corners + random.normal(0, 0.02, 4), 0, 1))
                ids.append(int(class_id))
                scores.append(scores[-1] * 0.7)
        for _ in range(int(random.poisson(0.8)) if self._finds else 0):
            low = random.uniform(0, 0.8, 2)
            boxes.append(np.concatenate([low, low + random.uniform(0.05, 0.2, 2)]))
            ids.append(int(random.integers(len(self.class_names))))
            scores.append(float(random.uniform(0.05, 0.6)))
        order = np.argsort(-np.array(scores, float), kind="stable")
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4)[order],
            np.array(ids, np.int64)[order],
            np.array(scores, np.float32)[order],
        )

    def _image(self, truth: GroundTruth) -> LabelledImage:
        return LabelledImage(
            truth.name, lambda: _drawn(truth), truth.boxes_ymin_xmin_ymax_xmax, truth.class_ids, truth.difficult
        )


def _drawn(truth: GroundTruth) -> bytes:
    """A JPEG with a shape in each box, on a noisy ground, as heavy as a photograph."""
    random = np.random.default_rng(len(truth.name))
    ground = random.integers(90, 150, (truth.height // 8, truth.width // 8, 3)).astype(np.uint8)
    image = Image.fromarray(ground).resize((truth.width, truth.height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for (ymin, xmin, ymax, xmax), class_id in zip(truth.boxes_ymin_xmin_ymax_xmax, truth.class_ids, strict=True):
        corners = (xmin * truth.width, ymin * truth.height, xmax * truth.width, ymax * truth.height)
        draw.ellipse(corners, fill=f"hsl({(int(class_id) * 67) % 360}, 70%, 55%)")
    content = io.BytesIO()
    image.save(content, "JPEG", quality=90)
    return content.getvalue()


@pytest.fixture(scope="session")
def judged_sample():
    """The class `JudgedSample`."""
    return JudgedSample
