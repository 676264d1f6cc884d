"""Where an image's bytes are: a file of their own, or a record of a TFRecord file."""

from __future__ import annotations

import dataclasses

from components.dataset import storage, tfrecord
from components.dataset.tf_example import NotAnExampleError, encoded_image


@dataclasses.dataclass(frozen=True, slots=True)
class ImagePlace:
    """A file of images: `path`, and for a TFRecord file the byte at which the record begins."""

    path: str
    record: int | None = None

    def read(self) -> bytes:
        """The encoded image.

        Raises:
          OSError: it can't be read.
        """
        if self.record is None:
            return storage.read_bytes(self.path)
        try:
            return encoded_image(tfrecord.read_record(self.path, self.record))
        except NotAnExampleError as e:
            raise OSError(str(e)) from e
