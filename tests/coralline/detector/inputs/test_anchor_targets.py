"""What anchors are trained to say, held against the rule written out in NumPy.

The rule, as RetinaNet's paper (arxiv.org/abs/1708.02002, section 4, Anchors) has it with one threshold for both sides,
and the box encoding of Faster R-CNN (arxiv.org/abs/1506.01497, equation 2) without scales. That no box goes without
an anchor is a rule of Model Garden's (official/vision/ops/box_matcher.py, `force_match_for_each_col`).
"""

import numpy as np
import pytest

from coralline.detector.anchors import grid
from coralline.detector.presets import PRESETS

pytestmark = pytest.mark.slow  # TensorFlow


_ROUNDING = 1e-6


def iou(anchors, boxes):
    """`[anchors, boxes]` float64; both ymin, xmin, ymax, xmax."""
    corners = np.maximum(anchors[:, None, :2], boxes[None, :, :2]), np.minimum(anchors[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(corners[1] - corners[0], 0, None).prod(axis=2)
    areas = [(of[:, 2:] - of[:, :2]).prod(axis=1) for of in (anchors, boxes)]
    return shared / (areas[0][:, None] + areas[1][None, :] - shared)


def expected(anchors, boxes, classes):
    """The class of each anchor, -1 for none, and `[anchors, 4]` encodings, zero where there is no class."""
    overlaps = iou(anchors, boxes)
    of_anchor = np.full(len(anchors), -1)
    of_anchor[overlaps.max(axis=1) >= 0.5] = overlaps.argmax(axis=1)[overlaps.max(axis=1) >= 0.5]
    for box in reversed(range(len(boxes))):  # the first box has the last word
        of_anchor[overlaps[:, box].argmax()] = box
    matched = boxes[of_anchor]
    anchor_centre, anchor_size = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]
    centre, size = (matched[:, :2] + matched[:, 2:]) / 2, matched[:, 2:] - matched[:, :2]
    encoded = np.concatenate([(centre - anchor_centre) / anchor_size, np.log(size / anchor_size)], axis=1)
    positive = of_anchor >= 0
    return np.where(positive, classes[of_anchor], -1), np.where(positive[:, None], encoded, 0), positive


def random_boxes(rng, size, count, anchors):
    """`[count, 4]` float32, ymin, xmin, ymax, xmax: of all sizes and shapes, inside the input.

    None that rounding decides on: with two best anchors (a small box lies in several of one size), or at the threshold.
    """
    sides = np.exp(rng.uniform(np.log(3), np.log(size), (20 * count, 2)))
    corner = rng.uniform(0, 1, sides.shape) * (size - sides)
    boxes = np.concatenate([corner, corner + sides], axis=1).astype(np.float32)
    overlaps = iou(anchors, boxes.astype(np.float64))
    second, best = np.sort(overlaps, axis=0)[-2:]
    clear = (best - second > _ROUNDING) & (np.abs(overlaps - 0.5).min(axis=0) > _ROUNDING)
    assert clear.sum() >= count
    return boxes[clear][:count]


def flat(levels, columns):
    return np.concatenate([np.reshape(levels[level], (-1, columns)) for level in sorted(levels, key=int)])


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_targets_are_those_of_the_rule(preset):
    from coralline.detector.inputs.anchor_targets import AnchorTargets

    targets, anchors = AnchorTargets(preset), grid.ymin_xmin_ymax_xmax(preset).astype(np.float64)
    rng, forced = np.random.default_rng(1), 0
    for count in (1, 2, 5, 20, 60):
        boxes, classes = (
            random_boxes(rng, preset.input_size, count, anchors),
            rng.integers(1, 4, count).astype(np.int32),
        )
        found = targets(boxes, classes)
        of_class, encoded, positive = expected(anchors, boxes.astype(np.float64), classes)
        np.testing.assert_array_equal(flat(found["cls_targets"], 1)[:, 0], of_class)
        np.testing.assert_array_equal(found["box_weights"].numpy().ravel(), positive)
        np.testing.assert_array_equal(found["cls_weights"].numpy().ravel(), 1)
        np.testing.assert_allclose(flat(found["box_targets"], 4)[positive], encoded[positive], atol=1e-4)
        forced += int((iou(anchors, boxes.astype(np.float64)).max(axis=0) < 0.5).sum())
    assert forced > 0, "some of the boxes need the rule that none goes without an anchor"


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_a_background_image_has_negative_anchors_alone(preset):
    from coralline.detector.inputs.anchor_targets import AnchorTargets

    found = AnchorTargets(preset)(np.zeros((0, 4), np.float32), np.zeros(0, np.int32))
    assert (flat(found["cls_targets"], 1) == -1).all()
    assert found["box_weights"].numpy().sum() == 0 and (found["cls_weights"].numpy() == 1).all()
