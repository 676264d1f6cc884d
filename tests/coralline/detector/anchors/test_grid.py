"""Anchors without TensorFlow, held against Model Garden's own."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from coralline.detector.anchors import grid
from coralline.detector.presets import PRESETS

_ALL = [
    *PRESETS.values(),
    dataclasses.replace(PRESETS["mobilenet_v2_256"], input_size=384),
    dataclasses.replace(PRESETS["mobilenet_v2_320"], anchor_size=1.4, num_scales=2, aspect_ratios=(0.16, 1.0, 5.0)),
]


def _label(preset):
    return f"{preset.name} at {preset.input_size}, {preset.anchors_per_cell()} a cell"


def boxes_of_all_sizes(preset, count):
    """`[n, 4]` float32, xmin, ymin, xmax, ymax in pixels of the input, inside of it."""
    rng, size = np.random.default_rng(1), preset.input_size
    sides = np.exp(rng.uniform(np.log(2), np.log(size), (count, 2)))
    corner = rng.uniform(0, 1, (count, 2)) * (size - sides)
    return np.concatenate([corner, corner + sides], axis=1).astype(np.float32)


@pytest.mark.parametrize("preset", _ALL, ids=_label)
def test_anchors_are_exactly_those_that_are_trained(preset):
    from coralline.detector.network.model_garden import build_anchors

    ymin, xmin, ymax, xmax = (grid.ymin_xmin_ymax_xmax(preset) / preset.input_size).astype(np.float32).T
    centred = np.stack([(ymin + ymax) / 2, (xmin + xmax) / 2, ymax - ymin, xmax - xmin], axis=1)
    np.testing.assert_array_equal(centred, build_anchors(preset).ycenter_xcenter_h_w)


@pytest.mark.parametrize("preset", _ALL, ids=_label)
def test_best_iou_is_that_of_model_garden_with_any_anchor(preset):
    from official.vision.ops.iou_similarity import IouSimilarity

    boxes = boxes_of_all_sizes(preset, 100)
    ious = IouSimilarity()(grid.ymin_xmin_ymax_xmax(preset), boxes[:, [1, 0, 3, 2]]).numpy()
    np.testing.assert_allclose(grid.fit(boxes, preset).ious, ious.max(axis=0), atol=1e-5)


def test_unmatched_box_has_but_the_one_anchor_that_the_labeler_forces_onto_it():
    import tensorflow as tf
    from official.vision.ops.anchor import AnchorLabeler

    preset = PRESETS["demo_160"]
    boxes = boxes_of_all_sizes(preset, 40)
    fit = grid.fit(boxes, preset)
    assert 0 < fit.unmatched.sum() < len(boxes)
    all_anchors = {"all": tf.constant(grid.ymin_xmin_ymax_xmax(preset).reshape(-1, 1, 4))}
    labeler = AnchorLabeler(match_threshold=grid.MATCH_IOU, unmatched_threshold=grid.MATCH_IOU)
    for box, unmatched, iou in zip(boxes[:, [1, 0, 3, 2]], fit.unmatched, fit.ious, strict=True):
        positive = labeler.label_anchors(all_anchors, box[None], np.ones((1, 1), np.int32))[-1].numpy().sum()
        assert positive == 1 if unmatched else positive >= 1, iou


def test_tells_boxes_that_are_too_small_and_too_large_for_any_anchor():
    preset = PRESETS["demo_160"]
    fit = grid.fit(np.array([[10, 10, 14, 14], [0, 0, 900, 900], [50, 50, 110, 110], [0, 0, 150, 4]]), preset)
    assert fit.unmatched.tolist() == [True, True, False, True]
    assert fit.too_small.tolist() == [True, False, False, True] and fit.too_large.tolist() == [
        False,
        True,
        False,
        False,
    ]


def test_boxes_are_fitted_into_the_input_at_the_top_left():
    preset = PRESETS["demo_160"]
    boxes = grid.letterboxed_boxes(np.array([[320, 0, 640, 240]]), np.array([640]), preset)
    assert boxes.tolist() == [[80, 0, 160, 60]]


def test_no_box_is_no_fault():
    assert grid.fit(np.zeros((0, 4)), PRESETS["demo_160"]).unmatched.tolist() == []


def test_imports_no_tensorflow():
    code = "import sys; import coralline.detector.anchors.grid; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
