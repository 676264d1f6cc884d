"""Ground truth and detections as a middling detector gives them: near, doubled, mislabelled, many weak and wrong."""

import numpy as np
import pytest

from coralline.scoring.coco import GroundTruth
from coralline.tflite.detections import Detections

CLASSES = 3


def images_of(count, seed=0, noise=0.02, boxes=3, shown=20, difficult=0.1):
    """`count` images of up to twice `boxes` boxes, about `shown` detections in each; scores of 8 bits, so many tie."""
    truths_random, random = np.random.default_rng(seed), np.random.default_rng((seed, round(noise * 1e6)))
    truths = [_truth(f"{index}.jpg", truths_random, boxes, difficult) for index in range(count)]
    return truths, [_detections(truth, random, noise, shown) for truth in truths]


def _truth(name, random, boxes, difficult):
    count = int(random.integers(0, 2 * boxes + 1))
    height, width = (int(side) for side in random.integers(128, 512, 2))
    low = random.uniform(0, 0.7, (count, 2))
    corners = np.concatenate([low, np.minimum(low + random.lognormal(-1.8, 0.7, (count, 2)), 1)], axis=1)
    classes = random.integers(0, CLASSES, count)
    return GroundTruth(name, height, width, corners, classes, random.random(count) < difficult)


def _detections(truth, random, noise, shown):
    seen = np.repeat(np.arange(len(truth.class_ids)), random.integers(0, 3, len(truth.class_ids)))
    near = truth.boxes_ymin_xmin_ymax_xmax[seen] + random.normal(0, noise, (len(seen), 4))
    near[:, 2:] = np.maximum(near[:, 2:], near[:, :2])
    near_classes = np.where(
        random.random(len(seen)) < 0.1, random.integers(0, CLASSES, len(seen)), truth.class_ids[seen]
    )
    more = max(shown - len(seen), 0)
    low = random.uniform(0, 0.8, (more, 2))
    corners = np.concatenate([near, np.concatenate([low, low + random.uniform(0.03, 0.4, (more, 2))], axis=1)])
    class_ids = np.concatenate([near_classes, random.integers(0, CLASSES, more)])
    scores = np.round(np.concatenate([random.beta(3, 2, len(seen)), random.beta(1, 6, more)]) * 256) / 256
    order = np.argsort(-scores, kind="stable")
    return Detections(corners[order].astype(np.float32), class_ids[order], scores[order].astype(np.float32))


@pytest.fixture(scope="session")
def generate_images():
    return images_of
