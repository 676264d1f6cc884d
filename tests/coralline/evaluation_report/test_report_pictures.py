"""Which pictures a report shows, and what is on them."""

import io

import numpy as np
import pytest
from PIL import Image

from coralline.evaluation_report.report_pictures import choose_pictures, fit_in_page, picture
from coralline.scoring.coco import GroundTruth
from coralline.scoring.detection_matching import match
from coralline.scoring.error_kinds import analyse_errors
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
    [errors] = analyse_errors([truth], [detections], ["cat", "dog"]).images
    return picture(1, image, truth, detections, match(truth, detections), errors, ["cat", "dog"])


def test_picture_is_small_and_named_by_place_and_image(shown):
    assert shown.image.size == (640, 320)
    assert shown.file == "001_one_image.jpg" and shown.name == "day/one image.png"
    assert fit_in_page([shown])[0].data_uri.startswith("data:image/jpeg;base64,/9j/")


def test_every_mistake_has_a_kind_and_a_reason(shown):
    assert [(box.kind, box.reason) for box in shown.mistakes(0.5)] == [
        ("missed", "cat missed: no detection overlaps it"),
        ("background", "cat .60: nothing is there"),
    ]
    assert shown.in_words(0.5) == "day/one image.png: 1 of 2 found; missed: cat; false alarms: cat"


def test_box_that_only_a_weaker_detection_finds_is_missed_above_its_score(shown):
    missed = shown.mistakes(0.95)
    assert [box.reason for box in missed] == [
        "cat missed: no detection overlaps it",
        "dog missed: found only with score .90",
    ]


def test_pictures_become_smaller_then_fewer_where_the_page_has_no_room(shown):
    whole = fit_in_page([shown] * 5)
    smaller = fit_in_page([shown] * 5, sum(of.page_bytes for of in whole) - 1)
    assert len(smaller) == 5 and smaller[0].width < whole[0].width
    fewer = fit_in_page([shown] * 5, 3 * smaller[0].page_bytes // 2)
    assert 0 < len(fewer) < 5 and fit_in_page([shown], 10) == []


def test_weak_detections_are_left_out_and_the_strongest_is_drawn_last(shown):
    assert [(box.label, box.kind) for box in shown.detections] == [("cat", "background"), ("dog", "right")]


def test_colours_tell_found_missed_and_false(shown):
    drawn = Image.open(io.BytesIO(shown.side_by_side(0.5))).convert("RGB")
    assert drawn.size == (1286, 320)

    def colour(x, y):
        return drawn.getpixel((x, y))

    assert colour(32 + 1, 200) == pytest.approx(AMBER, abs=40)  # left box, left half
    assert colour(448 + 1, 200) == pytest.approx(GREEN, abs=40)  # right box, left half
    assert colour(646 + 448 + 1, 200) == pytest.approx(GREEN, abs=40)  # right box, right half
    assert colour(646 + 256 + 1, 240) == pytest.approx(RED, abs=40)  # false alarm


def test_threshold_hides_weaker_detections(shown):
    above = Image.open(io.BytesIO(shown.side_by_side(0.95))).convert("RGB")
    assert max(above.getpixel((646 + 256 + 1, 240))) < 40
    assert above.getpixel((448 + 1, 200)) == pytest.approx(AMBER, abs=40)
