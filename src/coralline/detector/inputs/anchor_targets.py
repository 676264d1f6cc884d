"""What each anchor is trained to say of an image, by Model Garden's labeler (official/vision/ops/anchor.py, 2.16)."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from official.vision.ops import anchor

from coralline.detector.anchors.grid import MATCH_IOU
from coralline.detector.presets import Preset


class AnchorTargets:
    """Labels the anchors of a preset.

    An anchor is positive if its best IoU with a box reaches `MATCH_IOU`, or if it's the best anchor of a box; of
    several boxes of one best anchor the first counts. Every other anchor is negative; none is ignored.
    """

    def __init__(self, preset: Preset):
        self._anchors = anchor.build_anchor_generator(
            min_level=preset.min_level,
            max_level=preset.max_level,
            num_scales=preset.num_scales,
            aspect_ratios=list(preset.aspect_ratios),
            anchor_size=preset.anchor_size,
        )(image_size=(preset.input_size, preset.input_size))
        self._labeler = anchor.AnchorLabeler(match_threshold=MATCH_IOU, unmatched_threshold=MATCH_IOU)

    def __call__(self, pixel_boxes: tf.Tensor, classes: tf.Tensor) -> dict[str, Any]:
        """Model Garden's RetinaNet labels of an image.

        Args:
          pixel_boxes: `[n, 4]` float32, ymin, xmin, ymax, xmax in pixels of the input.
          classes: `[n]` int, from 1.

        Returns:
          `cls_targets`: {level: `[h, w, anchors of a cell]`}, the class, -1 for a negative anchor; `box_targets`:
          {level: `[h, w, 4 * anchors of a cell]`} float32, ty, tx, th, tw against the anchor (scales 1);
          `cls_weights` and `box_weights`: `[anchors]` float32, 1 where an anchor counts for that loss.
        """
        cls_targets, box_targets, _, cls_weights, box_weights = self._labeler.label_anchors(
            self._anchors, pixel_boxes, tf.expand_dims(classes, axis=1), {}
        )
        return {
            "cls_targets": cls_targets,
            "box_targets": box_targets,
            "cls_weights": cls_weights,
            "box_weights": box_weights,
        }
