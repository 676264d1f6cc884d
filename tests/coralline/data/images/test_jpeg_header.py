"""Plain JPEGs are known by their header; what is taken for plain is what decoders take."""

import io
import random

import numpy as np
import pytest
from PIL import Image

from coralline.data.images.jpeg_header import plain_size

SIZE = (61, 43)


def jpeg(mode="RGB", **options):
    pixels = np.random.default_rng(1).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


def exif(**tags):
    metadata = Image.Exif()
    metadata[0x010F] = "maker"
    metadata.update({int(tag.removeprefix("t"), 16): value for tag, value in tags.items()})
    return metadata.tobytes()


PLAIN = [
    jpeg(mode, quality=quality, subsampling=subsampling, progressive=progressive, optimize=optimize)
    for mode in ("RGB", "L")
    for quality in (20, 95)
    for subsampling in (0, 1, 2)
    for progressive in (False, True)
    for optimize in (False, True)
] + [jpeg(comment=b"c" * 300), jpeg(icc_profile=b"p" * 70000), jpeg(exif=exif()), jpeg(exif=exif(t0112=1))]


@pytest.mark.parametrize("content", PLAIN)
def test_knows_what_encoders_write(content):
    assert plain_size(content) == SIZE


@pytest.mark.parametrize(
    "content",
    [
        jpeg(exif=exif(t0112=6)),
        jpeg(exif=exif(t0112=1)).replace(b"II*\0", b"II*\1").replace(b"MM\0*", b"MM\1*"),
        jpeg(xmp=b"<x:xmpmeta tiff:Orientation='6'/>"),
        jpeg("CMYK"),
        jpeg()[:200],
        jpeg()[2:],
        b"\x89PNG\r\n",
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\0",
    ],
    ids=["turned", "damaged EXIF", "XMP", "CMYK", "cut off", "no beginning", "PNG", "nothing", "marker", "no length"],
)
def test_leaves_the_rest_to_a_decoder(content):
    assert plain_size(content) is None


def mutated(content, rng):
    """With one to three bytes of its header changed, left out or put in."""
    damaged, end = bytearray(content), content.index(b"\xff\xda") + 14
    for _ in range(rng.choice((1, 1, 2, 3))):
        at, how = rng.randrange(2, end), rng.random()
        if how < 0.8:
            damaged[at] = rng.randrange(256)
        elif how < 0.9:
            del damaged[at]
        else:
            damaged.insert(at, rng.randrange(256))
    return bytes(damaged)


def test_damaged_headers_that_it_takes_are_decoded():
    rng, taken = random.Random(1), 0
    for _ in range(4000):
        content = mutated(rng.choice(PLAIN[:24]), rng)
        size = plain_size(content)
        if size is not None and size[0] * size[1] < 100_000:
            taken += 1
            with Image.open(io.BytesIO(content)) as image:
                assert image.size == size
                with pytest.MonkeyPatch.context() as patch:  # Data that ends before the pixels do isn't the header's.
                    patch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
                    image.load()
    assert taken > 500
