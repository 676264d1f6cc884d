"""The box around a segmentation, of masks that pycocotools encodes."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from coralline.data.reading.coco_outline import around_segmentation


@pytest.mark.parametrize(
    ("segmentation", "around"),
    [
        ([[5, 6, 25, 6, 15, 26]], (5, 6, 25, 26)),
        ([[5, 6, 10, 6, 10, 9], [20, 1, 25, 4, 22, 26.5]], (5, 1, 25, 26.5)),
        ([5, 6, 25, 6, 15, 26], (5, 6, 25, 26)),
        ([], None),
        ([[]], None),
        ([[1, 2, 3]], None),
        ([[1, "2", 3, 4]], None),
        ([[1, float("nan"), 3, 4]], None),
        ("mask", None),
        (None, None),
    ],
)
def test_polygons(segmentation, around):
    assert around_segmentation(segmentation) == around


@pytest.mark.parametrize("seed", range(40))
def test_masks(seed):
    random = np.random.default_rng(seed)
    height, width = random.integers(1, 60, 2)
    mask = np.zeros((height, width), np.uint8)
    if seed % 4:
        top, left = random.integers(0, height), random.integers(0, width)
        mask[top : top + 20, left : left + 30] = random.random(mask[top : top + 20, left : left + 30].shape) < 0.3
    else:
        mask[:, random.integers(0, width) :] = 1
    packed = coco_mask.encode(np.asfortranarray(mask))
    runs = np.flatnonzero(np.diff(mask.ravel(order="F"), prepend=0, append=0))
    counts = np.diff(np.concatenate([[0], runs, [mask.size]]))
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    around = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if mask.any() else None
    for written in (packed["counts"].decode(), counts.tolist()):
        assert around_segmentation({"counts": written, "size": [int(height), int(width)]}) == around


@pytest.mark.parametrize(
    "mask",
    [
        {"counts": [1, 2], "size": [0, 5]},
        {"counts": [1, 2], "size": [5]},
        {"counts": [1, -2], "size": [5, 5]},
        {"counts": [20, 20], "size": [5, 5]},
        {"counts": "o", "size": [5, 5]},
        {"counts": "oooooooooooo1", "size": [5, 5]},
        {"counts": "ä", "size": [5, 5]},
        {"counts": None, "size": [5, 5]},
        {"counts": [25], "size": [5, 5]},
    ],
)
def test_what_cannot_be_a_mask_has_no_box(mask):
    assert around_segmentation(mask) is None
