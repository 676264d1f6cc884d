import numpy as np
import pytest
from PIL import Image

from coralline.tflite.letterbox import letterbox, to_original


def test_wide_image_fills_the_width_at_the_top_and_the_rest_is_black():
    pixels, scale_y, scale_x = letterbox(Image.new("RGB", (400, 100), "white"), 64, 128)
    assert pixels.shape == (64, 128, 3) and pixels.dtype == np.uint8
    assert (scale_y, scale_x) == (0.5, 1.0)
    assert pixels[:32].min() == 255 and pixels[32:].max() == 0


@pytest.mark.parametrize("size", [(500, 337), (337, 500), (499, 500), (3, 1000), (1000, 3), (1, 1)])
def test_one_side_always_fits_exactly(size):
    _, scale_y, scale_x = letterbox(Image.new("RGB", size), 256, 256)
    assert max(scale_y, scale_x) == 1.0 and min(scale_y, scale_x) > 0


def test_exif_rotation_is_applied(tmp_path):
    image = Image.new("RGB", (80, 40), "red")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "rotated.jpg", exif=exif)
    _, scale_y, scale_x = letterbox(Image.open(tmp_path / "rotated.jpg"), 64, 64)
    assert (scale_y, scale_x) == (1.0, 0.5)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "LA"])
def test_any_colour_mode_becomes_rgb(mode):
    assert letterbox(Image.new(mode, (20, 20)), 16, 16)[0].shape == (16, 16, 3)


def test_sixteen_bit_gray_keeps_its_upper_eight_bits():
    pixels, _, _ = letterbox(Image.fromarray(np.full((20, 20), 0x8012, np.uint16)), 16, 16)
    assert pixels.min() == pixels.max() == 0x80


def test_boxes_go_back_to_the_image_and_are_clipped():
    boxes = to_original(np.array([[0.1, 0.2, 0.5, 0.6], [-0.1, 0.0, 0.6, 1.2]], np.float32), 0.5, 1.0)
    np.testing.assert_allclose(boxes, [[0.2, 0.2, 1.0, 0.6], [0.0, 0.0, 1.0, 1.0]], rtol=1e-6)
