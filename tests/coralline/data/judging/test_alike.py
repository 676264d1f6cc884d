"""Which pictures are nearly the same."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from coralline.data.images.image_file import ImageFacts
from coralline.data.images.thumbnail import SIDE, thumbnail_of
from coralline.data.judging.alike import Thumbnails, components


def photograph(seed, size=(200, 150)):
    """Soft shapes in many sizes, as a photograph has them."""
    random = np.random.default_rng(seed)
    layers = [
        Image.fromarray(random.integers(0, 256, (n, n, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
        for n in (3, 6, 12, 24)
    ]
    return Image.fromarray(np.mean([np.asarray(layer) for layer in layers], axis=0).astype(np.uint8))


def small(image, **save):
    content = io.BytesIO()
    image.save(content, "JPEG", **save)
    return thumbnail_of(content.getvalue(), FACTS)


FACTS = ImageFacts(200, 150, orientation=1, encoded_format="jpeg", reencoded=None)
COPIES = {
    "compressed": lambda image: image,
    "smaller": lambda image: image.resize((120, 90)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.8),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    "gray": lambda image: image.convert("L"),
}
TURNED = {
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "upside down": lambda image: image.rotate(180),
    "quarter": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "both": lambda image: image.transpose(Image.Transpose.TRANSVERSE),
}


@pytest.mark.parametrize("change", COPIES)
def test_changed_copies_are_nearly_the_same(change):
    for seed in range(10):
        image = photograph(seed)
        pictures = [small(image), small(photograph(seed + 100)), small(COPIES[change](image), quality=40)]
        assert Thumbnails(pictures).pairs() == [(0, 2)]


@pytest.mark.parametrize("change", [*COPIES, *TURNED])
def test_turned_copies_are_copies_where_names_say_so(change):
    for seed in range(10):
        image = photograph(seed)
        pictures = Thumbnails([small(image), small({**COPIES, **TURNED}[change](image), quality=40)])
        assert pictures.are_copies(0, 1) and pictures.are_copies(1, 0)


def test_other_pictures_are_not_alike():
    pictures = Thumbnails([small(photograph(seed)) for seed in range(120)])
    assert pictures.pairs() == []
    assert not any(pictures.are_copies(0, other) for other in range(1, 120))


def test_no_pictures_and_plain_ones_are_alike_to_none():
    assert Thumbnails([]).pairs() == []
    assert Thumbnails([bytes(SIDE * SIDE), b"\xff" * SIDE * SIDE, bytes(SIDE * SIDE)]).pairs() == []


def test_pairs_are_found_across_blocks():
    pictures = [small(photograph(seed)) for seed in range(40)]
    many = Thumbnails([*pictures] * 30)
    assert len(many.pairs()) == 40 * 30 * 29 // 2


def test_components_are_what_pairs_connect():
    assert components(7, [(0, 3), (3, 5), (1, 2)]) == [[0, 3, 5], [1, 2]] and components(3, []) == []


def test_no_thumbnail_of_what_cannot_be_decoded():
    assert thumbnail_of(b"no image", FACTS) is None
    gray = io.BytesIO()
    Image.fromarray(np.full((50, 50), 40000, np.uint16)).save(gray, "PNG")
    assert thumbnail_of(gray.getvalue(), FACTS) == bytes([156]) * SIDE * SIDE
