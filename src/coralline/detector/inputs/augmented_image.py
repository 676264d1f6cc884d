"""One training image with its boxes, changed at random: with Model Garden's operations if they can be used.

Colours and crops are TensorFlow's own. Those of tf-models-official 2.16.0 can't be used: `preprocess_ops.random_crop`
and `augment.blend`, under all of its colour operations, need AutoGraph (see `library_faults.autograph_cost`);
`color_jitter` draws brightness, contrast and saturation with one seed, hence as one number; `augment.contrast` blends
with a grey of `pixels / 256`, which is white from 256x256 on; and the crop judges by IoU, of which a small object has
next to none with any window (at every chance, it cropped 68 % of the raccoons and 45 % of the blood cells).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf
from official.vision.ops import augment, box_ops, preprocess_ops

from coralline.detector.inputs.augmentation import RANDAUGMENT_MAGNITUDE, AugmentSettings
from coralline.detector.inputs.draws import Draws
from coralline.detector.library_faults.ghost_boxes import without_ghost_boxes
from coralline.detector.library_faults.mirrored_edges import without_mirrored_edges
from coralline.detector.library_faults.stateful_draws import drawn_from

LEAST_VISIBLE = 0.25
"""A box of which a crop or a policy leaves less than this share of its area is left out."""

# A crop covers one object by at least one of these shares, chosen at random (SSD, arxiv.org/abs/1512.02325, section
# 2.2). The paper's 0 and .1 aren't among them: such a crop could be left without a box.
_LEAST_COVERED = (0.3, 0.5, 0.7, 0.9, 1.0)
_CROP_ASPECTS = (0.5, 2.0)
_CROP_AREAS = (0.1, 1.0)
# Model Garden's policies move and cut out by pixels of images as COCO has them.
_SIDE_OF_POLICIES = 640
# Model Garden's sharpness needs 3 pixels.
_LEAST_SIDE_OF_POLICIES = 3


class TrainingImage(NamedTuple):
    """An image, and what is in it.

    Attributes:
      pixels: `[height, width, 3]` uint8.
      boxes: `[n, 4]` float32, ymin, xmin, ymax, xmax, normalized.
      classes: `[n]`.
    """

    pixels: tf.Tensor
    boxes: tf.Tensor
    classes: tf.Tensor


def augmented(image: TrainingImage, augmentation: AugmentSettings, side: int, draws: Draws) -> TrainingImage:
    """The augmented image; part of the graph of a data set's `map`.

    Args:
      image: to be changed.
      augmentation: what to do.
      side: the longest that images have here, in pixels.
      draws: the image's random numbers.
    """
    with drawn_from(draws):
        image = _policy(image, augmentation, side)
        image = _flipped(image, augmentation)
    image = _cropped(image, augmentation.random_crop, draws)
    return image._replace(pixels=_compressed(_coloured(image.pixels, augmentation, draws), augmentation, draws))


def _policy(image: TrainingImage, augmentation: AugmentSettings, side: int) -> TrainingImage:
    if augmentation.policy is None:
        return image
    policy = _build_policy(augmentation, side)

    def distort() -> tuple[tf.Tensor, tf.Tensor]:
        with without_ghost_boxes(), without_mirrored_edges():
            return policy.distort_with_boxes(image.pixels, image.boxes)

    wide_enough = tf.reduce_min(tf.shape(image.pixels)[:2]) >= _LEAST_SIDE_OF_POLICIES
    pixels, boxes = tf.cond(wide_enough, distort, lambda: (image.pixels, image.boxes))
    kept = tf.where(_areas(boxes) >= LEAST_VISIBLE * _areas(image.boxes))[:, 0]
    return TrainingImage(
        tf.ensure_shape(pixels, [None, None, 3]), tf.gather(boxes, kept), tf.gather(image.classes, kept)
    )


def _build_policy(augmentation: AugmentSettings, side: int) -> augment.ImageAugment:
    """Distances in pixels in proportion to the image, from Model Garden's own defaults."""
    share = side / _SIDE_OF_POLICIES
    if augmentation.policy == "randaugment":
        magnitude = RANDAUGMENT_MAGNITUDE if augmentation.magnitude is None else augmentation.magnitude
        return augment.RandAugment.build_for_detection(
            magnitude=magnitude, cutout_const=40 * share, translate_const=100 * share
        )
    return augment.AutoAugment(augmentation.policy, cutout_const=100 * share, translate_const=250 * share)


def _flipped(image: TrainingImage, augmentation: AugmentSettings) -> TrainingImage:
    pixels, boxes = image.pixels, image.boxes
    if augmentation.horizontal_flip:
        pixels, boxes, _ = preprocess_ops.random_horizontal_flip(pixels, boxes, prob=augmentation.horizontal_flip)
    if augmentation.vertical_flip:
        pixels, boxes, _ = preprocess_ops.random_vertical_flip(pixels, boxes, prob=augmentation.vertical_flip)
    return image._replace(pixels=pixels, boxes=boxes)


def _cropped(image: TrainingImage, share: float, draws: Draws) -> TrainingImage:
    """A window of the image, with the boxes of which `LEAST_VISIBLE` is inside, clipped at its edges."""
    if not share:
        return image
    boxes = tf.clip_by_value(image.boxes, 0.0, 1.0)
    size = tf.shape(image.pixels)
    begin, extent, _ = tf.image.stateless_sample_distorted_bounding_box(
        size,
        boxes[tf.newaxis],
        seed=draws.seed(),
        min_object_covered=tf.gather(_LEAST_COVERED, draws.uniform([], 0, len(_LEAST_COVERED), tf.int32)),
        aspect_ratio_range=_CROP_ASPECTS,
        area_range=_CROP_AREAS,
        use_image_if_no_bounding_boxes=True,
    )
    whole = draws.uniform() >= share
    begin, extent = tf.where(whole, 0, begin), tf.where(whole, size, extent)
    pixels = tf.slice(image.pixels, begin, extent)
    corner, window = (tf.tile(tf.cast(of[:2], tf.float32), [2]) for of in (begin, extent))
    moved = (box_ops.denormalize_boxes(boxes, size[:2]) - corner) / window
    inside = tf.clip_by_value(moved, 0.0, 1.0)
    kept = tf.where(_areas(inside) >= LEAST_VISIBLE * _areas(moved))[:, 0]
    return TrainingImage(
        tf.ensure_shape(pixels, [None, None, 3]), tf.gather(inside, kept), tf.gather(image.classes, kept)
    )


def _areas(boxes: tf.Tensor) -> tf.Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _coloured(pixels: tf.Tensor, augmentation: AugmentSettings, draws: Draws) -> tf.Tensor:
    """With other brightness, contrast, saturation and hue, in this order; each rounds to 0..255."""

    def jitter(change: Callable[..., tf.Tensor], least: float, greatest: float) -> tf.Tensor:
        return change(pixels, draws.uniform([], least, greatest))

    if augmentation.brightness:
        pixels = jitter(tf.image.adjust_brightness, -augmentation.brightness, augmentation.brightness)
    if augmentation.contrast:
        pixels = jitter(tf.image.adjust_contrast, *augmentation.contrast)
    if augmentation.saturation:
        pixels = jitter(tf.image.adjust_saturation, *augmentation.saturation)
    if augmentation.hue:
        pixels = jitter(tf.image.adjust_hue, -augmentation.hue, augmentation.hue)
    return pixels


def _compressed(pixels: tf.Tensor, augmentation: AugmentSettings, draws: Draws) -> tf.Tensor:
    if augmentation.jpeg_quality is None:
        return pixels
    least, greatest = augmentation.jpeg_quality
    return tf.image.adjust_jpeg_quality(pixels, draws.uniform([], least, greatest + 1, tf.int32))
