"""Image files: which pass through, which are encoded anew, which are refused."""

import io

import numpy as np
import pytest
from PIL import Image

from components.dataset.image_file import UnreadableImageError, encode_for_training, inspect

ORIENTATION = 0x0112


def gradient(width=60, height=40):
    """Dark at the left, bright at the right; red rises downwards."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([y, x, x], axis=2).astype(np.uint8))


def saved(image, format_, **options):
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), np.int16)


@pytest.mark.parametrize(
    ("format_", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "P"), ("PNG", "L")]
)
def test_what_the_trainer_decodes_passes_through_untouched(format_, mode):
    content = saved(gradient().convert(mode), format_)
    facts = inspect(content)
    assert (facts.width, facts.height, facts.reencoded) == (60, 40, None)
    assert facts.encoded_format == format_.lower()
    assert encode_for_training(content, facts) is content


@pytest.mark.parametrize(
    ("format_", "mode"),
    [("BMP", "RGB"), ("GIF", "P"), ("WEBP", "RGB"), ("TIFF", "RGB"), ("JPEG", "CMYK"), ("TIFF", "RGBA")],
)
def test_what_it_does_not_decode_is_encoded_anew_with_the_same_pixels(format_, mode):
    content = saved(gradient().convert(mode), format_)
    facts = inspect(content)
    encoded = encode_for_training(content, facts)
    assert facts.reencoded == "format" and inspect(encoded).reencoded is None
    assert inspect(encoded).encoded_format == facts.encoded_format
    assert np.abs(pixels(encoded) - pixels(content)).mean() < 3


def test_16_bit_values_are_scaled_not_clipped():
    content = saved(Image.fromarray(np.array([[0, 256 * 100, 65535]], np.uint16)), "PNG")
    encoded = encode_for_training(content, inspect(content))
    assert pixels(encoded)[0, :, 0].tolist() == [0, 100, 255]


@pytest.mark.parametrize("orientation", range(2, 9))
def test_orientation_is_applied_to_the_pixels(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    content = saved(gradient(), "JPEG", exif=exif, quality=95)
    facts = inspect(content)
    upright = encode_for_training(content, facts)
    quarter = orientation >= 5
    assert (facts.width, facts.height) == ((40, 60) if quarter else (60, 40)) and facts.stored_size == (60, 40)
    assert Image.open(io.BytesIO(upright)).size == (facts.width, facts.height)
    assert inspect(upright).orientation == 1
    turns = {
        2: "FLIP_LEFT_RIGHT",
        3: "ROTATE_180",
        4: "FLIP_TOP_BOTTOM",
        5: "TRANSPOSE",
        6: "ROTATE_270",
        7: "TRANSVERSE",
    }
    expected = gradient().transpose(Image.Transpose[turns.get(orientation, "ROTATE_90")])
    assert np.abs(pixels(upright) - np.asarray(expected, np.int16)).mean() < 3


def test_damaged_or_senseless_orientation_is_taken_as_none():
    exif = Image.Exif()
    exif[ORIENTATION] = 99
    assert inspect(saved(gradient(), "JPEG", exif=exif)).orientation == 1
    assert inspect(saved(gradient(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")).orientation == 1


def test_bytes_behind_the_image_do_no_harm():
    assert inspect(saved(gradient(), "JPEG") + b"appended by a camera").reencoded is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        b"\xff\xd8\xff",
        saved(gradient(600, 400), "JPEG")[:-400],
        saved(gradient(600, 400), "JPEG")[:-2],
        saved(gradient(600, 400), "PNG")[:-400],
        saved(gradient(600, 400), "BMP")[:-400],
        saved(gradient(), "BMP")
        .replace((60).to_bytes(4, "little"), (60_000).to_bytes(4, "little"))
        .replace((40).to_bytes(4, "little"), (60_000).to_bytes(4, "little")),
    ],
    ids=["empty", "html", "header only", "cut JPEG", "JPEG without its end", "cut PNG", "cut BMP", "60,000 x 60,000"],
)
def test_refuses_what_cannot_be_decoded(content):
    with pytest.raises(UnreadableImageError) as caught:
        inspect(content)
    assert str(caught.value)


def test_tensorflow_agrees_on_what_is_whole():
    """A JPEG that passes here must decode there, and the other way round."""
    import tensorflow as tf

    whole = saved(gradient(600, 400), "JPEG")
    for content in (whole, whole + b"junk", whole[:-2], whole[:-400], whole[: len(whole) // 2] + b"\xff\xd9"):
        try:
            tf.io.decode_image(content, channels=3)
            decodes = True
        except tf.errors.InvalidArgumentError:
            decodes = False
        try:
            inspect(content)
            assert decodes
        except UnreadableImageError:
            assert not decodes
