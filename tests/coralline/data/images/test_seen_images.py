"""How often an image is read."""

import hashlib
import os
import pickle

import pytest
from PIL import Image

from coralline.data.images import seen_images
from coralline.data.reading.image_place import ImagePlace


@pytest.fixture
def image(tmp_path, monkeypatch):
    """An image that counts as settled at once; and how often images are read."""
    path, reads = tmp_path / "a.png", []
    _write(path, "red")
    own = ImagePlace.read

    def read(place):
        reads.append(place.path)
        return own(place)

    monkeypatch.setattr(ImagePlace, "read", read)
    monkeypatch.setattr(seen_images, "SETTLED_S", 0.0)
    monkeypatch.setattr(seen_images, "_seen", {})
    monkeypatch.setattr(seen_images, "_bytes_left", 0)
    return path, reads


def _write(path, colour):
    Image.new("RGB", (40, 30), colour).save(path, compress_level=0)  # of one size, whatever the colour


def test_an_unchanged_image_is_read_once_however_often_it_is_looked_at(image):
    path, reads = image
    seen = [seen_images.look(ImagePlace(str(path))) for _ in range(3)]
    assert len(reads) == 1 and seen[0] is seen[2]
    assert (seen[0].facts.width, seen[0].sha256) == (40, hashlib.sha256(path.read_bytes()).digest())


def test_kept_bytes_are_given_out_once(image):
    path, reads = image
    seen_images.keep_bytes(1 << 20)
    place = ImagePlace(str(path))
    seen_images.look(place)
    for times_read in (1, 2):
        assert seen_images.take(place)[0] == path.read_bytes() and len(reads) == times_read


def test_no_more_bytes_are_kept_than_asked_for(image):
    path, reads = image
    seen_images.keep_bytes(10)
    place = ImagePlace(str(path))
    seen_images.look(place)
    seen_images.take(place)
    assert len(reads) == 2


def test_a_changed_image_is_read_again(image):
    path, reads = image
    place, before = ImagePlace(str(path)), os.stat(path)
    first = seen_images.look(place)
    _write(path, "blue")
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # and, as it seems, of the same time
    assert seen_images.look(place).sha256 != first.sha256 and len(reads) == 2
    assert seen_images.take(place)[1] != first.sha256 and len(reads) == 3


def test_an_image_that_changed_a_moment_ago_is_not_trusted(image, monkeypatch):
    path, reads = image
    monkeypatch.setattr(seen_images, "SETTLED_S", 3600.0)
    for _ in range(2):
        seen_images.look(ImagePlace(str(path)))
    assert len(reads) == 2


def test_what_a_worker_has_seen_is_remembered(image, monkeypatch):
    path, reads = image
    place = ImagePlace(str(path))
    seen = seen_images.look(place)
    handed_over = pickle.loads(pickle.dumps(seen_images.of_worker([place])))
    monkeypatch.setattr(seen_images, "_seen", {})
    assert seen_images.of_worker([place]) == {}
    seen_images.remember(handed_over)
    assert seen_images.look(place) == seen and len(reads) == 1


def test_bytes_that_a_worker_has_from_its_parent_are_not_sent_back(image):
    path, _ = image
    seen_images.keep_bytes(1 << 20)
    seen_images.look(ImagePlace(str(path)))
    assert seen_images.of_worker([ImagePlace(str(path))]) == {}
