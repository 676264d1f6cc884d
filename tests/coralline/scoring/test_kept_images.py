"""How often images are read that are gone through several times."""

import numpy as np
import pytest

from coralline.scoring.kept_images import KeptImages
from coralline.scoring.labelled_images import LabelledImage


@pytest.fixture
def reading():
    """Four images of 10 bytes; and how often each was read from where it lies."""
    counts = dict.fromkeys("abcd", 0)
    none = np.zeros((0, 4), np.float32), np.zeros(0, int), np.zeros(0, bool)

    def read():
        for name in counts:
            counts[name] += 1
            yield LabelledImage(name, lambda: bytes(10), *none)

    return read, counts


def names(images):
    return "".join(image.name for image in images)


@pytest.mark.parametrize(("most_bytes", "times"), [(40, 1), (39, 3), (0, 3)])
def test_images_that_fit_are_read_once_others_each_time(reading, most_bytes, times):
    read, counts = reading
    images = KeptImages(read, most_bytes)
    assert [names(images) for _ in range(3)] == ["abcd"] * 3
    assert set(counts.values()) == {times}


def test_a_pass_that_stops_early_leaves_the_next_one_whole(reading):
    read, _ = reading
    images = KeptImages(read)
    assert next(iter(images)).name == "a"
    assert [names(images), names(images)] == ["abcd"] * 2
