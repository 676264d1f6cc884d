"""Image files: which pass through, which are encoded anew, which are refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from coralline.data.images.image_file import UnreadableImageError, encode_for_training, inspect_image

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
    facts = inspect_image(content)
    assert (facts.width, facts.height, facts.reencoded) == (60, 40, None)
    assert facts.encoded_format == format_.lower()
    assert encode_for_training(content, facts) is content


@pytest.mark.parametrize(
    ("format_", "mode"),
    [("BMP", "RGB"), ("GIF", "P"), ("WEBP", "RGB"), ("TIFF", "RGB"), ("JPEG", "CMYK"), ("TIFF", "RGBA")],
)
def test_what_it_does_not_decode_is_encoded_anew_with_the_same_pixels(format_, mode):
    content = saved(gradient().convert(mode), format_)
    facts = inspect_image(content)
    encoded = encode_for_training(content, facts)
    assert facts.reencoded == "format" and inspect_image(encoded).reencoded is None
    assert inspect_image(encoded).encoded_format == facts.encoded_format
    assert np.abs(pixels(encoded) - pixels(content)).mean() < 3


def with_alpha(mode, alpha):
    image = gradient().convert("L") if mode == "LA" else gradient()
    image.putalpha(alpha)
    return image


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_parts_are_put_on_white(mode):
    half = Image.new("L", (60, 40), 255)
    half.paste(0, (0, 0, 30, 40))
    content = saved(with_alpha(mode, half), "PNG")
    facts = inspect_image(content)
    encoded = encode_for_training(content, facts)
    assert facts.reencoded == "transparency" and inspect_image(encoded).reencoded is None
    assert (pixels(encoded)[:, :30] == 255).all()
    assert (pixels(encoded)[:, 30:] == pixels(content)[:, 30:]).all()


@pytest.mark.parametrize(("mode", "key"), [("L", 0), ("P", 0), ("RGB", (0, 0, 0))])
def test_a_colour_that_stands_for_transparent_is_white(mode, key):
    content = saved(Image.new(mode, (60, 40)), "PNG", transparency=key)
    assert (pixels(encode_for_training(content, inspect_image(content))) == 255).all()


def test_alpha_channel_that_hides_nothing_passes_through():
    for mode in ("LA", "RGBA"):
        content = saved(with_alpha(mode, 255), "PNG")
        assert encode_for_training(content, inspect_image(content)) is content


def test_16_bit_values_keep_their_upper_half():
    """As TensorFlow decodes them, so that they pass through; see test_image_decoding.py."""
    values = Image.fromarray(np.array([[0, 256 * 100, 65535]], np.uint16))
    assert inspect_image(saved(values, "PNG")).reencoded is None
    tiff = saved(values, "TIFF")
    assert pixels(encode_for_training(tiff, inspect_image(tiff)))[0, :, 0].tolist() == [0, 100, 255]


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_its_first_frame(format_):
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green", "blue")]
    content = saved(frames[0], format_, save_all=True, append_images=frames[1:])
    encoded = encode_for_training(content, inspect_image(content))
    assert np.abs(pixels(encoded) - [255, 0, 0]).max() < 5


TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", TURNS)
def test_orientation_is_applied_to_the_pixels(format_, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    content = saved(gradient(), format_, exif=exif, quality=95)
    facts = inspect_image(content)
    upright = encode_for_training(content, facts)
    quarter = orientation >= 5
    assert (facts.width, facts.height) == ((40, 60) if quarter else (60, 40)) and facts.stored_size == (60, 40)
    assert (facts.orientation, facts.reencoded) == (orientation, "orientation")
    assert Image.open(io.BytesIO(upright)).size == (facts.width, facts.height)
    assert inspect_image(upright).orientation == 1
    expected = gradient().transpose(Image.Transpose[TURNS[orientation]])
    assert np.abs(pixels(upright) - np.asarray(expected, np.int16)).mean() < 3


def exif_saying(kind, count, value):
    """EXIF of one tag, the orientation, of any type: 2 text, 3 and 4 whole numbers, 5 a fraction (at the end)."""
    return struct.pack("<6s2sHIHHHI4sI", b"Exif", b"II", 42, 8, 1, ORIENTATION, kind, count, value, 0) + b"\0" * 8


@pytest.mark.parametrize(
    "exif",
    [
        exif_saying(3, 1, b"\0\0\0\0"),
        exif_saying(3, 1, b"\x09\0\0\0"),
        exif_saying(2, 2, b"6\0\0\0"),
        exif_saying(5, 1, b"\x1a\0\0\0"),
        exif_saying(7, 4, b"\6\6\6\6"),
        exif_saying(3, 1 << 30, b"\x1a\0\0\0"),
        exif_saying(99, 1, b"\6\0\0\0"),
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12" * 99,
    ],
    ids=["0", "9", "text", "0/0", "bytes", "many", "no type", "beyond the end", "empty", "no end"],
)
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_damaged_or_senseless_orientation_is_taken_as_none(format_, exif):
    content = saved(gradient(), format_, exif=exif)
    facts = inspect_image(content)
    assert facts.orientation == 1
    assert np.abs(pixels(encode_for_training(content, facts)) - pixels(content)).mean() < 3


def test_what_is_encoded_anew_holds_pixels_only():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010E] = "a description"
    for format_ in ("JPEG", "PNG"):
        content = saved(gradient(), format_, exif=exif, icc_profile=b"profile")
        with Image.open(io.BytesIO(encode_for_training(content, inspect_image(content)))) as image:
            image.load()
            assert not image.getexif() and "icc_profile" not in image.info


def test_bytes_behind_the_image_do_no_harm():
    assert inspect_image(saved(gradient(), "JPEG") + b"appended by a camera").reencoded is None


def flipped(content, at):
    """With one wrong byte."""
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def split_in_half(content):
    return content[: len(content) // 2], content[len(content) // 2 :]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        b"\xff\xd8\xff",
        saved(gradient(600, 400), "PNG")[:-400],
        flipped(saved(gradient(600, 400), "PNG"), 500),
        flipped(saved(gradient(), "JPEG"), saved(gradient(), "JPEG").index(b"\xff\xc4") + 6),
        b"\xff\x18".join(split_in_half(saved(gradient(600, 400), "JPEG"))),
        saved(gradient(600, 400), "BMP")[:-400],
        saved(Image.new("F", (60, 40)), "TIFF"),
        saved(Image.new("LAB", (60, 40)), "TIFF"),
    ],
    ids=[
        "empty",
        "html",
        "header only",
        "cut PNG",
        "PNG with a wrong byte",
        "JPEG with a wrong table",
        "JPEG with a wrong marker",
        "cut BMP",
        "floating point",
        "LAB",
    ],
)
def test_refuses_what_cannot_be_decoded(content):
    with pytest.raises(UnreadableImageError) as caught:
        inspect_image(content)
    assert str(caught.value)


def claiming_60000_pixels_a_side(format_):
    """A small file that says so, and holds next to nothing."""
    sides = struct.pack("<HH", 60_000, 60_000)
    if format_ == "TIFF":
        tags = [(256, 60_000), (257, 60_000), (258, 8), (259, 1), (262, 1), (273, 8), (278, 60_000), (279, 1)]
        return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + b"".join(
            struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags
        )
    content = bytearray(saved(gradient().convert("P") if format_ == "GIF" else gradient(), format_))
    if format_ == "BMP":
        content[18:26] = struct.pack("<II", 60_000, 60_000)
    elif format_ == "GIF":
        content[6:10] = sides
    elif format_ == "JPEG":
        at = content.index(b"\xff\xc0") + 5
        content[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    else:
        content[16:24] = struct.pack(">II", 60_000, 60_000)
        content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "BMP", "GIF", "TIFF"])
def test_refuses_an_image_that_claims_to_be_huge(format_):
    content = claiming_60000_pixels_a_side(format_)
    with pytest.raises(UnreadableImageError, match="claims more than"):
        inspect_image(content)
