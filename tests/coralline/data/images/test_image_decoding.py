"""TensorFlow's decoder, which the trainer uses: it takes what is passed on, and sees what people see."""

import io
import random

import numpy as np
import pytest
from PIL import Image

from coralline.data.images.image_file import UnreadableImageError, encode_for_training, inspect_image

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def decode():
    """As the trainer does it (official/vision/dataloaders/tf_example_decoder.py)."""
    import tensorflow as tf

    def decode(content):
        try:
            return tf.io.decode_image(content, channels=3).numpy().astype(np.int16)
        except tf.errors.InvalidArgumentError:
            return None

    return decode


def photo():
    """Smooth, with colours of all kinds."""
    x, y = np.meshgrid(np.linspace(0, 255, 200), np.linspace(0, 255, 150))
    return Image.fromarray(np.stack([y, x, 255 - (x + y) / 2], axis=2).astype(np.uint8))


def saved(image, format_="PNG", **options):
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def with_alpha(image, alpha):
    image.putalpha(alpha)
    return image


def as_ycck(content):
    """A CMYK JPEG whose Adobe marker says that its colours are YCCK: others then, but such as Photoshop writes."""
    at = content.index(b"Adobe") + 11
    return content[:at] + b"\x02" + content[at + 1 :]


GRAY_16 = Image.fromarray((np.arange(150 * 200).reshape(150, 200) * 2).astype(np.uint16))
PASSED = {
    "JPEG": saved(photo(), "JPEG"),
    "progressive JPEG": saved(photo(), "JPEG", progressive=True),
    "gray JPEG": saved(photo().convert("L"), "JPEG"),
    "JPEG with restart markers": saved(photo(), "JPEG", restart_marker_rows=1),
    "MPO": saved(photo(), "MPO", save_all=True, append_images=[photo()]),
    "PNG": saved(photo()),
    "gray PNG": saved(photo().convert("L")),
    "palette": saved(photo().convert("P")),
    "two colours": saved(photo().convert("1")),
    "16-bit gray": saved(GRAY_16),
    "opaque alpha": saved(with_alpha(photo(), 255)),
    "opaque gray alpha": saved(with_alpha(photo().convert("L"), 255)),
    "interlaced APNG": saved(photo(), save_all=True, append_images=[photo().convert("L").convert("RGB")]),
}
REENCODED = {
    "CMYK JPEG": saved(photo().convert("CMYK"), "JPEG"),
    "YCCK JPEG": as_ycck(saved(photo().convert("CMYK"), "JPEG")),
    "alpha": saved(with_alpha(photo(), Image.linear_gradient("L").resize((200, 150)))),
    "gray alpha": saved(with_alpha(photo().convert("L"), Image.linear_gradient("L").resize((200, 150)))),
    "palette with a transparent colour": saved(
        photo().convert("P"), transparency=photo().convert("P").getpixel((9, 9))
    ),
    "BMP": saved(photo(), "BMP"),
    "GIF": saved(photo(), "GIF"),
    "WebP": saved(photo(), "WEBP", quality=95),
    "lossless WebP with alpha": saved(
        with_alpha(photo(), Image.linear_gradient("L").resize((200, 150))), "WEBP", lossless=True
    ),
    "TIFF": saved(photo(), "TIFF"),
    "CMYK TIFF": saved(photo().convert("CMYK"), "TIFF", compression="tiff_lzw"),
    "16-bit TIFF": saved(GRAY_16, "TIFF"),
    "turned JPEG": saved(photo(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
}


def seen(content):
    """What a viewer that knows of orientation and transparency shows, by Pillow's own means."""
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        if image.mode.startswith("I;16"):
            return np.repeat(np.asarray(image)[..., None] // 256, 3, axis=2).astype(np.int16)
        if image.getexif().get(0x0112) == 6:
            image = image.rotate(-90, expand=True)
        if image.has_transparency_data:
            sheet = Image.new("RGB", image.size, "white")
            sheet.paste(image.convert("RGB"), mask=image.convert("RGBA").getchannel("A"))
            return np.asarray(sheet, np.int16)
        return np.asarray(image.convert("RGB"), np.int16)


@pytest.mark.parametrize("name", [*PASSED, *REENCODED])
def test_the_trainer_sees_what_people_see(decode, name):
    content = (PASSED | REENCODED)[name]
    facts = inspect_image(content)
    encoded = encode_for_training(content, facts)
    assert (encoded is content) == (name in PASSED)
    decoded = decode(encoded)
    assert decoded.shape == (facts.height, facts.width, 3)
    assert np.abs(decoded - seen(content)).mean() < 1.5


def test_a_jpeg_that_is_whole_here_decodes_there_and_the_other_way_round(decode):
    whole = PASSED["JPEG"]
    for content in (whole, whole + b"junk", whole[:-2], whole[:-400], whole[: len(whole) // 2] + b"\xff\xd9"):
        assert (decode(content) is not None) == is_taken(content)


@pytest.mark.parametrize("name", ["JPEG", "gray JPEG", "PNG", "palette"])
def test_damaged_files_that_would_stop_a_training_are_refused(decode, name):
    """But for damage between the scans of a progressive JPEG, which only decoding shows."""
    rng, missed = random.Random(1), 0
    for _ in range(500):
        content = bytearray(PASSED[name])
        for _ in range(rng.randint(1, 3)):
            content[rng.randrange(8, len(content) - 12)] = rng.randrange(256)
        missed += is_taken(bytes(content)) and decode(bytes(content)) is None
    assert missed <= 1


def is_taken(content):
    try:
        return inspect_image(content).reencoded is None
    except UnreadableImageError:
        return False
