"""A checked image with its annotation as a serialized tf.Example."""

from __future__ import annotations

import os

from coralline.data.annotated_image import AnnotatedImage
from coralline.data.images import image_file, seen_images
from coralline.data.images.image_file import UnreadableImageError
from coralline.data.records.label_map import LabelMap
from coralline.data.records.tf_example import encode_example


def encode_image(image: AnnotatedImage, label_map: LabelMap) -> bytes:
    """The example. Raises OSError or UnreadableImageError if the image is no longer what was checked."""
    content, sha256 = seen_images.take(image.place)
    if sha256 != image.sha256:
        raise UnreadableImageError("it has changed since it was checked")
    encoded = image_file.encode_for_training(content, image.facts)
    return encode_example(
        filename=os.path.basename(image.name),
        source_id=image.name,
        image_encoded=encoded,
        image_format=image.facts.encoded_format,
        height=image.height,
        width=image.width,
        boxes_ymin_xmin_ymax_xmax=image.boxes_ymin_xmin_ymax_xmax,
        class_ids=[label_map.id_of(name) for name in image.class_names],
        class_names=image.class_names,
        difficult=image.difficult,
        truncated=image.truncated,
        group=image.group,
        sha256=image.sha256 if encoded is content else None,
    )
