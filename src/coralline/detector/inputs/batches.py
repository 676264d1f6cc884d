"""Training images: TFRecords to normalized, augmented, anchor-labelled batches.

Model Garden's decoder, zoom and anchor labeler, in our own order if it matters to a device: images are shrunk
with antialiasing and letterboxed onto black, as a device does it, and normalized last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from official.vision.dataloaders import tf_example_decoder
from official.vision.ops import box_ops, preprocess_ops

from coralline.detector.inputs.anchor_targets import AnchorTargets
from coralline.detector.inputs.augmentation import AugmentSettings
from coralline.detector.inputs.augmented_image import TrainingImage, augmented
from coralline.detector.inputs.draws import Draws
from coralline.detector.inputs.image_order import ImageOrder
from coralline.detector.inputs.image_records import ImageRecords
from coralline.detector.library_faults.stateful_draws import drawn_from
from coralline.detector.network.pixels import normalize
from coralline.detector.presets import Preset
from coralline.detector.settings import Settings

IMAGE_NUMBERS = "image_numbers"
"""Key of a batch's labels: `[batch]` int64, the place of each image in the training records."""
# Images are kept decoded in memory, at the size training needs, up to this many bytes; beyond, each epoch decodes anew.
CACHE_BYTES = 1 << 30
# Each image is drawn among this many: decoded ones if they are kept in memory, records of the files if not, of which no
# more are held than have this many bytes, but never fewer than some.
_SHUFFLED_IMAGES, _SHUFFLED_BYTES, _SHUFFLED_AT_LEAST = 2048, 1 << 29, 256


def training_batches(
    records: ImageRecords,
    preset: Preset,
    augmentation: AugmentSettings,
    batch_size: int,
    images: int,
    order: ImageOrder,
    share: tuple[int, int] = (1, 0),
) -> tf.data.Dataset:
    """Endless shuffled batches of (`[batch, H, W, 3]` float32 images, Model Garden's RetinaNet labels and numbers).

    The batches of all shares together are those of one that has it all, with as many times the images.

    Args:
      records: of the training images.
      preset: input size, anchors and zoom.
      augmentation: what else is done at random.
      batch_size: images a batch.
      images: how many records there are.
      order: of the images, over all shares, and of random numbers.
      share: how many shares the images are dealt out in, one by one, and which of them to take.
    """
    limit, numbered = _longest_side(preset, augmentation), _numbered(records)
    if cached_bytes(preset, augmentation, images):
        source = numbered.map(_decoding(limit), num_parallel_calls=tf.data.AUTOTUNE).cache()
        data = order.arranged(source, images, min(images, _SHUFFLED_IMAGES)).shard(*share)
    else:
        decode = _decoding(limit)
        data = order.arranged(numbered, images, _shuffled_records(records, images)).shard(*share)
        data = data.map(
            lambda epoch, number, record: (epoch, decode(number, record)), num_parallel_calls=tf.data.AUTOTUNE
        )
    return _labelled(data, preset, augmentation, order).batch(batch_size, drop_remainder=True).prefetch(2)


def distributed_batches(
    strategy: tf.distribute.Strategy, records: ImageRecords, settings: Settings, images: int, stream: int, step: int
) -> tf.data.Dataset | tf.distribute.DistributedDataset:
    """`training_batches` for the devices of a strategy, each of which gets its share of every batch.

    Args:
      strategy: with one input pipeline a machine, each of which takes its share of the images.
      records: of the training images.
      settings: preset, augmentation, batch size and seed.
      images: how many records there are.
      stream: of the order (see `ImageOrder`).
      step: how many batches were taken before.
    """
    preset, augmentation = settings.preset, settings.augment
    order = ImageOrder(settings.train.seed, stream, step * preset.batch_size)

    def of_pipeline(context: tf.distribute.InputContext) -> tf.data.Dataset:
        share = (context.num_input_pipelines, context.input_pipeline_id)
        batch_size = context.get_per_replica_batch_size(preset.batch_size)
        return training_batches(records, preset, augmentation, batch_size, images, order, share)

    return strategy.distribute_datasets_from_function(of_pipeline)


def unshuffled_batch(records: ImageRecords, settings: Settings) -> tuple[tf.Tensor, dict[str, Any]]:
    """The first images as one batch, augmented and labelled like any other."""
    preset, augmentation = settings.preset, settings.augment
    data = _first(records, preset, augmentation, preset.batch_size)
    labelled = _labelled(data, preset, augmentation, ImageOrder(settings.train.seed))
    return next(iter(labelled.batch(preset.batch_size)))


def cached_bytes(preset: Preset, augmentation: AugmentSettings, images: int) -> int:
    """The most memory that a training's decoded images take; 0 if they are too many to be kept."""
    size = images * _longest_side(preset, augmentation) ** 2 * 3
    return size if size <= CACHE_BYTES else 0


def augmented_examples(
    records: ImageRecords, preset: Preset, augmentation: AugmentSettings, count: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The first `count` training images as the network sees them, in the order of the files.

    Args:
      records, preset, augmentation: as for `training_batches`.
      count: how many; fewer if there are no more.
      seed: of all that is random.

    Yields:
      `[H, W, 3]` uint8 pixels; `[n, 4]` float32 boxes, ymin, xmin, ymax, xmax, normalized; and `[n]` class ids from 1.
    """
    order, data = ImageOrder(seed), _first(records, preset, augmentation, count)

    def seen(epoch: tf.Tensor, example: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        return _as_seen(epoch, example, preset, augmentation, order)

    for pixels, pixel_boxes, class_ids in data.map(seen):
        yield np.rint(pixels.numpy()).astype(np.uint8), pixel_boxes.numpy() / preset.input_size, class_ids.numpy()


def calibration_images(records: ImageRecords, preset: Preset, count: int) -> tf.Tensor:
    """`[n, H, W, 3]` float32: up to `count` training images, letterboxed and normalized, without augmentation."""
    decoder = tf_example_decoder.TfExampleDecoder()
    size = preset.input_size

    def prepare(record: tf.Tensor) -> tf.Tensor:
        example = _shrink(decoder.decode(record), size)
        return normalize(tf.image.pad_to_bounding_box(_fit(example["image"], size), 0, 0, size, size))

    data = _numbered(records).map(lambda _, record: prepare(record)).take(count)
    return tf.stack(list(data))


def _longest_side(preset: Preset, augmentation: AugmentSettings) -> int:
    return int(preset.input_size * max(1.0, preset.scale_jitter[1])) * (2 if augmentation.random_crop else 1)


def _numbered(records: ImageRecords) -> tf.data.Dataset:
    """(number, serialized tf.Example) of each record."""
    data = tf.data.TFRecordDataset(list(records.files), compression_type="GZIP").enumerate()
    if records.numbers is None:
        return data
    belongs = np.zeros(max(records.numbers, default=0) + 2, bool)
    belongs[list(records.numbers)] = True
    return data.filter(lambda number, _: tf.gather(belongs, tf.minimum(number, len(belongs) - 1)))


def _first(records: ImageRecords, preset: Preset, augmentation: AugmentSettings, count: int) -> tf.data.Dataset:
    """(epoch, example) of the first images, as if in an order's first epoch."""
    decode = _decoding(_longest_side(preset, augmentation))
    data = _numbered(records).take(count)
    return data.map(lambda number, record: (tf.constant(0, tf.int64), decode(number, record)))


def _decoding(limit: int) -> Callable[[tf.Tensor, tf.Tensor], dict[str, tf.Tensor]]:
    """What makes an example, with its number, at most `limit` pixels a side, of a number and a record."""
    decoder = tf_example_decoder.TfExampleDecoder()
    return lambda number, record: {IMAGE_NUMBERS: number, **_shrink(decoder.decode(record), limit)}


def _shuffled_records(records: ImageRecords, images: int) -> int:
    """How many records to shuffle among: the files hold JPEGs, which compress no further, so their sizes tell."""
    size = sum(tf.io.gfile.stat(path).length for path in records.files) / images
    return min(images, _SHUFFLED_IMAGES, max(_SHUFFLED_AT_LEAST, int(_SHUFFLED_BYTES / size)))


def _shrink(example: dict[str, tf.Tensor], limit: int) -> dict[str, tf.Tensor]:
    """Keeps what training needs; scales the image down (antialiased) to at most `limit` pixels a side."""
    image = example["image"]
    return {
        "image": tf.cast(tf.round(tf.clip_by_value(_fit(image, limit, only_down=True), 0.0, 255.0)), tf.uint8),
        "boxes": example["groundtruth_boxes"],
        "classes": example["groundtruth_classes"],
    }


def _fit(image: tf.Tensor, side: int, only_down: bool = False) -> tf.Tensor:
    """The image scaled, aspect kept, so that its longer side is `side`; float32 pixels."""
    shape = tf.cast(tf.shape(image)[:2], tf.float32)
    scale = side / tf.reduce_max(shape)
    if only_down:
        scale = tf.minimum(scale, 1.0)
    size = tf.maximum(tf.cast(tf.round(shape * scale), tf.int32), 1)
    return tf.image.resize(image, size, antialias=True)


def _labelled(
    data: tf.data.Dataset, preset: Preset, augmentation: AugmentSettings, order: ImageOrder
) -> tf.data.Dataset:
    targets = AnchorTargets(preset)

    def prepare(epoch: tf.Tensor, example: dict[str, tf.Tensor]) -> tuple[tf.Tensor, dict[str, Any]]:
        pixels, pixel_boxes, classes = _as_seen(epoch, example, preset, augmentation, order)
        return normalize(pixels), {**targets(pixel_boxes, classes), IMAGE_NUMBERS: example[IMAGE_NUMBERS]}

    return data.map(prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def _as_seen(
    epoch: tf.Tensor, example: dict[str, tf.Tensor], preset: Preset, augmentation: AugmentSettings, order: ImageOrder
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """`[H, W, 3]` float32 pixels of 0..255, boxes in pixels, and classes; boxes outside are left out."""
    size, draws = preset.input_size, Draws(order.key(epoch, example[IMAGE_NUMBERS]))
    given = TrainingImage(example["image"], example["boxes"], example["classes"])
    image, boxes, classes = augmented(given, augmentation, _longest_side(preset, augmentation), draws)
    pixel_boxes = box_ops.denormalize_boxes(boxes, tf.shape(image)[:2])
    least, greatest = preset.scale_jitter
    with drawn_from(draws):
        image, info = preprocess_ops.resize_and_crop_image(
            tf.cast(image, tf.float32),
            [size, size],
            padded_size=[size, size],
            aug_scale_min=least,
            aug_scale_max=greatest,
        )
    pixel_boxes = preprocess_ops.resize_and_crop_boxes(pixel_boxes, info[2, :], info[1, :], info[3, :])
    kept = box_ops.get_non_empty_box_indices(pixel_boxes)
    return tf.ensure_shape(image, [size, size, 3]), tf.gather(pixel_boxes, kept), tf.gather(classes, kept)
