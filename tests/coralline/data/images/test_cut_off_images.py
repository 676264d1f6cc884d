"""Images that are cut off: those of which nearly all is there are used as decoders recover them."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from coralline.data.images import cut_off_jpeg, cut_off_png
from coralline.data.images.image_file import UnreadableImageError, decodable, encode_for_training, inspect_image

WIDTH, HEIGHT = 200, 160


def photo(mode="RGB", size=(WIDTH, HEIGHT)):
    """Coarse shapes under noise: of every line the encoders make about as many bytes."""
    rng = np.random.default_rng(1)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 10, 3), np.uint8)).resize(size)
    return Image.fromarray((np.asarray(coarse) // 2 + rng.integers(0, 99, (*size[::-1], 3))).astype(np.uint8)).convert(
        mode
    )


def saved(image, format_="JPEG", **options):
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def cut(content, share):
    return content[: int(len(content) * share)]


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), np.int16)


KINDS = {
    "JPEG": (photo(), {}),
    "gray JPEG": (photo("L"), {}),
    "JPEG at full colour": (photo(), {"subsampling": 0}),
    "JPEG with restart markers": (photo(), {"restart_marker_rows": 1}),
    "CMYK JPEG": (photo("CMYK"), {}),
    "PNG": (photo(), {"format_": "PNG"}),
    "PNG of a palette": (photo("P"), {"format_": "PNG"}),
    "PNG of two colours": (photo("1"), {"format_": "PNG"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_lacks_little_is_used_with_the_lines_that_are_there(kind):
    image, options = KINDS[kind]
    content = saved(image, **options)
    facts = inspect_image(cut(content, 0.97))
    assert (facts.width, facts.height, facts.reencoded) == (WIDTH, HEIGHT, "cut_off")
    assert 0 < facts.missing_lines <= 17
    encoded = encode_for_training(cut(content, 0.97), facts)
    assert inspect_image(encoded).reencoded is None
    there = HEIGHT - facts.missing_lines
    assert np.abs(pixels(encoded)[:there] - pixels(content)[:there]).mean() < 5
    strip = pixels(encoded)[-4:, -40:]
    assert np.abs(strip - strip.mean(axis=(0, 1))).mean() < 3 or image.mode == "1"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.8])
def test_one_that_lacks_more_is_refused(kind, share):
    image, options = KINDS[kind]
    with pytest.raises(UnreadableImageError):
        inspect_image(cut(saved(image, **options), share))


def test_the_message_tells_how_much_is_there():
    with pytest.raises(UnreadableImageError, match=r"cut off: \d+ of its 160 lines are there"):
        inspect_image(cut(saved(photo()), 0.5))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"format_": "PNG"}])
def test_all_lines_are_there_if_nothing_but_the_end_marker_is_missing(options):
    content = saved(photo(), **options)
    for missing in (1, 2):
        facts = inspect_image(content[:-missing])
        assert (facts.reencoded, facts.missing_lines) == ("cut_off", 0)
        assert (pixels(decodable(content[:-missing], facts)) == pixels(content)).all()


def test_lines_are_those_that_pillow_recovers(monkeypatch):
    content = cut(saved(photo()), 0.95)
    facts = inspect_image(content)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    there = HEIGHT - facts.missing_lines - 8  # Pillow gives up the last lines before the end.
    assert (pixels(content)[:there] == pixels(decodable(content, facts))[:there]).all()


def test_filling_behind_the_data_is_not_taken_for_pixels():
    content = cut(saved(photo()), 0.95)
    for filling in (b"\0", b"\xff"):
        assert inspect_image(content + filling * 5000).missing_lines == inspect_image(content).missing_lines
    with pytest.raises(UnreadableImageError):
        inspect_image(cut(saved(photo()), 0.5) + bytes(50_000))


def scans(content):
    """Where the scans of a JPEG begin."""
    return [at for at in range(len(content) - 1) if content[at : at + 2] == b"\xff\xda"]


def test_a_progressive_one_may_lack_the_last_bit_of_its_coefficients():
    """libjpeg's own order of scans: the last two bits of all but colours, then the last one."""
    content = saved(photo(), progressive=True, quality=90)
    at = scans(content)
    facts = inspect_image(content[: at[-1] + 400])
    assert (facts.reencoded, facts.missing_lines) == ("cut_off", 0)
    assert np.abs(pixels(encode_for_training(content[: at[-1] + 400], facts)) - pixels(content)).mean() < 9
    for few in at[1:5]:
        with pytest.raises(UnreadableImageError):
            inspect_image(content[: few + 400])


def test_a_cut_within_a_marker_costs_no_more_than_that_marker():
    content = saved(photo(), progressive=True, quality=90)
    last = scans(content)[-1]
    assert all(inspect_image(content[: last + extra]).missing_lines == 0 for extra in range(12))


def test_an_interlaced_png_must_have_all_of_its_pixels():
    content = interlaced(photo())
    assert (pixels(content) == np.asarray(photo())).all()
    assert inspect_image(content[:-6]).missing_lines == 0
    with pytest.raises(UnreadableImageError):
        inspect_image(cut(content, 0.97))


def interlaced(image):
    """A PNG in seven passes, which Pillow doesn't write."""
    array, lines = np.asarray(image), []
    for x, y, step_x, step_y in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)):
        lines += [b"\0" + line.tobytes() for line in array[y::step_y, x::step_x]]
    lines += [b"\0" + line.tobytes() for line in array[1::2]]
    header = image.width.to_bytes(4, "big") + image.height.to_bytes(4, "big") + b"\x08\x02\0\0\1"
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b"")):
        parts.append(len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big"))
    return b"".join(parts)


def test_transparent_parts_and_orientation_are_as_in_a_whole_one():
    image = photo("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    content = saved(image, "PNG")
    encoded = encode_for_training(cut(content, 0.97), inspect_image(cut(content, 0.97)))
    assert (pixels(encoded)[:5] > 240).all() and (pixels(encoded)[-2:] == 255).all()
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = cut(saved(photo(), exif=exif), 0.97)
    facts = inspect_image(turned)
    assert (facts.width, facts.height, facts.reencoded) == (HEIGHT, WIDTH, "cut_off")
    assert pixels(encode_for_training(turned, facts)).shape == (WIDTH, HEIGHT, 3)


def test_whole_and_damaged_images_are_left_alone():
    jpeg, png = saved(photo()), saved(photo(), "PNG")
    wrong = png[:3000] + bytes([png[3000] ^ 0xFF]) + png[3001:]
    for content in (jpeg, b"", b"\xff\xd8", jpeg[:100], png, png[:20], wrong, wrong[:-40], b"text"):
        assert cut_off_jpeg.completed_jpeg(content) is None and cut_off_png.completed_png(content) is None


def test_a_small_file_that_claims_many_pixels_costs_nothing():
    content = bytearray(cut(saved(photo(), "PNG"), 0.97))
    content[16:24] = b"\x10\0\0\0" * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    assert cut_off_png.completed_png(bytes(content)) is None


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"format_": "PNG"}])
def test_the_trainer_decodes_what_was_recovered(options):
    import tensorflow as tf

    content = saved(photo(), **options)[:-150]
    facts = inspect_image(content)
    encoded = encode_for_training(content, facts)
    decoded = tf.io.decode_image(encoded, channels=3).numpy().astype(np.int16)
    assert decoded.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(decoded - pixels(encoded)).mean() < 1.5
