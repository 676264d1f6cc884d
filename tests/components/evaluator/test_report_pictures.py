"""Which pictures a report shows, and what is on them."""

import io

import numpy as np
import pytest
from PIL import Image

from components.evaluator.report_pictures import choose_pictures, picture
from coralline.scoring.coco import GroundTruth
from coralline.scoring.detection_matching import match
from coralline.tflite.detections import Detections

GREEN, AMBER, RED = (47, 191, 113), (255, 176, 0), (255, 77, 79)


def test_half_are_the_worst_and_the_rest_is_spread_over_the_others():
    mistakes = [0, 5, 0, 2, 0, 9, 0, 1, 0, 0]
    assert choose_pictures(mistakes, 6)[:3] == [5, 1, 3]
    assert choose_pictures(mistakes, 6)[3:] == [0, 6, 9]


@pytest.mark.parametrize(("images", "wanted", "shown"), [(3, 24, 3), (30, 24, 24), (5, 0, 0), (5, 1, 1), (0, 4, 0)])
def test_shows_as_many_as_wanted_or_there_are(images, wanted, shown):
    for mistakes in ([0] * images, list(range(images)), [1] * images):
        chosen = choose_pictures(mistakes, wanted)
        assert len(chosen) == len(set(chosen)) == shown


@pytest.fixture
def shown():
    """A black 960x480 image: the left box is missed, the right one found, a false alarm lies between them."""
    boxes = np.array([[0.1, 0.05, 0.9, 0.3], [0.1, 0.7, 0.9, 0.95]])
    truth = GroundTruth("day/one image.png", 480, 960, boxes, np.array([0, 1]), np.zeros(2, bool))
    found = np.array([[0.1, 0.7, 0.9, 0.95], [0.5, 0.4, 0.9, 0.6], [0, 0, 0.2, 0.2]], np.float32)
    detections = Detections(found, np.array([1, 0, 7]), np.array([0.9, 0.6, 0.01], np.float32))
    image = Image.new("RGB", (960, 480))
    return picture(1, image, truth, detections, match(truth, detections), ["cat", "dog"], 0.5)


def test_picture_is_small_and_named_by_place_and_image(shown):
    assert shown.image.size == (480, 240)
    assert shown.file == "001_one_image.jpg" and shown.name == "day/one image.png"
    assert shown.mistakes == 2
    assert shown.data_uri.startswith("data:image/jpeg;base64,/9j/")


def test_weak_detections_are_left_out_and_the_strongest_is_drawn_last(shown):
    assert [(box.label, box.outcome) for box in shown.detections] == [("cat", "wrong"), ("dog", "right")]


def test_colours_tell_found_missed_and_false(shown):
    drawn = Image.open(io.BytesIO(shown.side_by_side(0.5))).convert("RGB")
    assert drawn.size == (966, 240)

    def colour(x, y):
        return drawn.getpixel((x, y))

    assert colour(24 + 1, 150) == pytest.approx(AMBER, abs=40)  # left box, left half
    assert colour(336 + 1, 150) == pytest.approx(GREEN, abs=40)  # right box, left half
    assert colour(486 + 336 + 1, 150) == pytest.approx(GREEN, abs=40)  # right box, right half
    assert colour(486 + 192 + 1, 180) == pytest.approx(RED, abs=40)  # false alarm


def test_threshold_hides_weaker_detections(shown):
    above = Image.open(io.BytesIO(shown.side_by_side(0.95))).convert("RGB")
    assert max(above.getpixel((486 + 192 + 1, 180))) < 40
    assert above.getpixel((336 + 1, 150)) == pytest.approx(AMBER, abs=40)
