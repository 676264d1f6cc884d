"""Which image comes when, and what its random numbers are: the same from any step on, on one machine or several."""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from coralline.detector.inputs.draws import folded

_EPOCHS = 1 << 31


@dataclasses.dataclass(frozen=True)
class ImageOrder:
    """Epoch after epoch, each of which has every image once.

    Attributes:
      seed: another one gives another order and other random numbers. TensorFlow's shuffling mixes in its global seed,
        which a training sets to the same.
      stream: so does another stream; each phase of a training has its own.
      taken: how many images a training that goes on has taken before.
    """

    seed: int
    stream: int = 0
    taken: int = 0

    def key(self, epoch: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        """`[2]` int64, for the random numbers of an image in an epoch."""
        return folded(self._key_of_epoch(epoch), number)

    def arranged(self, source: tf.data.Dataset, images: int, buffer: int) -> tf.data.Dataset:
        """(epoch, element of the source) without end, shuffled.

        Args:
          source: of all images, in the order of the files.
          images: how many it has.
          buffer: among how many each is drawn; all of them if it's as large as `images`.
        """

        def arranged_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
            # Folded once more, since an image's key is made of the epoch's and its number.
            seed = folded(self._key_of_epoch(epoch), -1)[0]
            shuffled = source.shuffle(buffer, seed=seed, reshuffle_each_iteration=False)
            return shuffled.map(lambda *element: (epoch, *element))

        first, within = divmod(self.taken, images)
        return tf.data.Dataset.range(first, _EPOCHS).flat_map(arranged_epoch).skip(within)

    def _key_of_epoch(self, epoch: tf.Tensor) -> tf.Tensor:
        return folded(tf.constant([self.seed, self.stream], tf.int64), epoch)
