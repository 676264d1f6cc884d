"""Which boxes no anchor matches."""

from coralline.data.boxes import Boxes
from coralline.detector.anchors import anchor_fit
from coralline.detector.anchors.anchor_fit import PresetFit
from coralline.detector.presets import PRESETS

DEFAULT = PRESETS["mobilenet_v2_256"]
GOOD, TINY, SMALL = (60, 60, 110, 110), (100, 100, 104, 104), (30, 30, 42, 42)


def fit_of(*images):
    return PresetFit.of(Boxes.of(images), DEFAULT)


def test_counts_by_preset(make_image):
    fits = anchor_fit.by_preset(Boxes.of([make_image("a.jpg", [GOOD, TINY, SMALL])]))
    unmatched = {name: of.unmatched for name, of in fits.items()}
    assert unmatched["mobilenet_v2_256"] == 2 and unmatched["mobilenet_v2_320"] == 2 and unmatched["demo_160"] == 2
    assert fits["mobilenet_v2_256"].reasons() == {"too small": 2}


def test_an_image_s_size_counts_as_it_is_fitted_into_the_input(make_image):
    large = make_image("a.jpg", [(600, 600, 800, 800)], size=(2560, 1280))
    assert fit_of(large).unmatched == 0
    assert fit_of(make_image("a.jpg", [(100, 100, 120, 120)], size=(2560, 1280))).unmatched == 1


def test_problem_names_how_many_and_the_smallest_with_their_lines(make_image):
    images = [make_image("a.jpg", [GOOD, SMALL]), make_image("b.jpg", [SMALL, TINY, SMALL, SMALL])]
    problem = anchor_fit.problem(fit_of(*images), images, "look at them")
    assert (problem.kind, problem.policy, problem.place) == ("unmatched_box", "keep", "/data/b.jpg.xml:20")
    assert problem.message.startswith("5 of 6 boxes match no anchor of mobilenet_v2_256 at 256 pixels; look at them")
    assert "/data/b.jpg.xml:20 (cat, 4.0 x 4.0), /data/a.jpg.xml:20 (cat, 12.0 x 12.0)" in problem.found
    assert problem.found.count(".xml") == 3


def test_no_problem_where_all_boxes_are_matched(make_image):
    images = [make_image("a.jpg", [GOOD])]
    assert anchor_fit.problem(fit_of(*images), images, "") is None
    assert anchor_fit.problem(fit_of(), [], "") is None
