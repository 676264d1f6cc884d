"""Anchors that fit boxes."""

import dataclasses

import numpy as np
import pytest

from coralline.detector.anchors import grid, search
from coralline.detector.presets import PRESETS

PRESET = PRESETS["mobilenet_v2_256"]


def scattered(widths, heights, size=256):
    """`[n, 4]` float32: boxes of these sizes anywhere in the input."""
    rng = np.random.default_rng(1)
    widths, heights = np.broadcast_arrays(widths, heights)
    x, y = (rng.uniform(0, np.maximum(size - sides, 0.1)) for sides in (widths, heights))
    return np.stack([x, y, x + widths, y + heights], axis=1).astype(np.float32)


def drawn(least, greatest, count=400, seed=0):
    return np.exp(np.random.default_rng(seed).uniform(np.log(least), np.log(greatest), count))


SETS = {
    "long and thin": scattered(drawn(60, 200), drawn(8, 20, seed=2)),
    "wide and tall": scattered(
        np.concatenate([drawn(60, 200, 200), drawn(8, 20, 200)]),
        np.concatenate([drawn(8, 20, 200, 3), drawn(60, 200, 200, 3)]),
    ),
    "small": scattered(drawn(9, 20), drawn(9, 20, seed=4)),
    "all the same": scattered(np.full(300, 90.0), 24.0),
    "one": scattered(np.full(1, 100.0), 20.0),
}


@pytest.mark.parametrize("boxes", SETS.values(), ids=SETS)
def test_more_boxes_are_matched_than_before(boxes):
    found = search.fitting(PRESET, boxes)
    before, after = grid.fit(boxes, PRESET), grid.fit(boxes, found)
    assert after.unmatched.mean() < 0.35 * before.unmatched.mean() and after.mean_iou > before.mean_iou
    assert found.anchors_per_cell() <= 12
    only_anchors = {"anchor_size", "num_scales", "aspect_ratios"}
    changed = {f.name for f in dataclasses.fields(PRESET) if getattr(found, f.name) != getattr(PRESET, f.name)}
    assert changed <= only_anchors


@pytest.mark.parametrize("boxes", [SETS["small"], SETS["one"]], ids=["many", "one"])
def test_the_same_boxes_lead_to_the_same_anchors(boxes):
    assert search.fitting(PRESET, boxes) == search.fitting(PRESET, boxes)


def test_ratios_are_width_over_height():
    wide, tall = scattered(np.full(50, 150.0), 20.0), scattered(np.full(50, 20.0), 150.0)
    assert min(search.fitting(PRESET, wide).aspect_ratios) > 1
    assert max(search.fitting(PRESET, tall).aspect_ratios) < 1


def test_boxes_that_nothing_matches_and_larger_ones_than_the_input_are_no_fault():
    for boxes in (scattered(np.full(9, 0.01), 0.01), scattered(np.full(3, 5000.0), 5000.0)):
        assert search.fitting(PRESET, boxes).anchors_per_cell() >= 1
