"""The upright boxes around turned rectangles and outlines."""

import math

import pytest

from coralline.data.reading import outlines


@pytest.mark.parametrize(
    ("degrees", "around"),
    [
        (0, (10, 20, 30, 60)),
        (90, (0, 30, 40, 50)),
        (180, (10, 20, 30, 60)),
        (-90, (0, 30, 40, 50)),
        (45, (20 - 15 * math.sqrt(2), 40 - 15 * math.sqrt(2), 20 + 15 * math.sqrt(2), 40 + 15 * math.sqrt(2))),
    ],
)
def test_the_box_around_a_turned_one(degrees, around):
    assert outlines.around_turned((10, 20, 30, 60), math.radians(degrees)) == pytest.approx(around)


def test_a_quarter_turn_gives_whole_pixels():
    assert outlines.around_turned((10, 20, 30, 60), math.pi / 2) == (0, 30, 40, 50)


def test_the_box_around_points():
    assert outlines.around_points([(3, 9), (1, 5), (2, 7)]) == (1, 5, 3, 9)


@pytest.mark.parametrize(
    ("other", "same"),
    [((0, 0, 10, 10), True), ((0, 0, 10, 9), True), ((0, 0, 10, 7), False), ((20, 20, 30, 30), False)],
)
def test_boxes_that_are_rounded_agree(other, same):
    assert outlines.agree((0, 0, 10, 10), other) is same


def test_boxes_without_area_agree():
    assert outlines.agree((5, 5, 5, 5), (5, 5, 5, 5))
