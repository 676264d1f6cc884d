"""Where an image's bytes are: a separate file, or a record of a TFRecord file."""

from __future__ import annotations

import dataclasses

from coralline.data.records import tfrecord
from coralline.data.records.tf_example import NotAnExampleError, encoded_image
from coralline.foundation import storage

_MOST_BYTES = 1 << 29
"""As many as the pixels take of the largest image that Pillow opens (`Image.MAX_IMAGE_PIXELS`)."""


@dataclasses.dataclass(frozen=True)
class ImagePlace:
    """A file of images: `path`, and for a TFRecord file the byte at which the record begins."""

    path: str
    record: int | None = None

    def read(self) -> bytes:
        """The encoded image.

        Raises:
          OSError: it can't be read, or is too large.
        """
        if self.record is None:
            return storage.read_bytes(self.path, _MOST_BYTES)
        try:
            return encoded_image(tfrecord.read_record(self.path, self.record))
        except NotAnExampleError as e:
            raise OSError(str(e)) from e
