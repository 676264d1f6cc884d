"""Kinds of errors: told by hand, and costs against TIDE's own package."""

import numpy as np
import pytest

from coralline.scoring import coco
from coralline.scoring.coco import GroundTruth
from coralline.scoring.error_kinds import ERROR_KINDS, analyse_errors
from coralline.tflite.detections import Detections

BOX, FAR = [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]
THIRD = [0.1, 0.3, 0.5, 0.7]  # overlaps BOX by a third


def truth(boxes, class_ids, difficult=None):
    flags = np.array(difficult or [False] * len(class_ids), bool)
    return GroundTruth("a.jpg", 100, 100, np.array(boxes, float).reshape(-1, 4), np.array(class_ids, int), flags)


def found(boxes, class_ids, scores):
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array(class_ids, int), np.array(scores, np.float32)
    )


def analysed(image, detections):
    return analyse_errors([image], [detections], ["raccoon", "fox"])


@pytest.mark.parametrize(
    ("boxes", "class_ids", "kind", "reason"),
    [
        ([THIRD], [0], "localisation", "raccoon .83: overlaps a raccoon by .33 only"),
        ([BOX], [1], "classification", "fox .83: it is a raccoon"),
        ([THIRD], [1], "both", "fox .83: overlaps a raccoon by .33 only"),
        ([FAR], [0], "background", "raccoon .83: nothing is there"),
    ],
)
def test_kind_and_reason_of_a_wrong_detection(boxes, class_ids, kind, reason):
    analysis = analysed(truth([BOX], [0]), found(boxes, class_ids, [0.83]))
    (error,) = analysis.images[0].detections
    assert (error.kind, error.reason) == (kind, reason)
    assert error.box == (None if kind == "background" else 0)
    assert analysis.counts[kind] == 1


def test_second_detection_of_a_box_is_a_duplicate_and_the_first_is_right():
    analysis = analysed(truth([BOX], [0]), found([BOX, BOX], [0, 0], [0.61, 0.9]))
    (error,) = analysis.images[0].detections
    assert (error.detection, error.kind, error.reason) == (0, "duplicate", "raccoon .61: found twice")
    assert analysis.images[0].missed == [] and analysis.costs["duplicate"] == 0  # weaker than what is right


def test_box_that_nothing_found_names_the_detection_that_came_closest():
    image = truth([BOX, FAR], [0, 1])
    near, alone = analysed(image, found([THIRD], [0], [0.5])).images[0].missed
    assert (near.kind, near.reason) == ("localisation", "raccoon missed: raccoon .50 overlaps it by .33")
    assert near.detection == 0
    assert (alone.kind, alone.reason) == ("missed", "fox missed: no detection overlaps it")
    assert alone.detection is None


def test_difficult_box_is_neither_missed_nor_its_detection_an_error():
    image = truth([BOX, FAR], [0, 0], [True, False])
    analysis = analysed(image, found([BOX, FAR], [0, 0], [0.9, 0.8]))
    assert analysis.images[0].detections == [] and analysis.images[0].missed == []
    assert analysis.false_positive_cost == analysis.false_negative_cost == 0


def test_costs_are_what_ap50_would_gain():
    image = truth([BOX, FAR], [0, 0])
    analysis = analysed(image, found([THIRD, FAR], [0, 0], [0.9, 0.8]))
    # as it is: one of two boxes, at precision 1/2; with the first put right: both, at precision 1
    ap50 = coco.score([image], [found([THIRD, FAR], [0, 0], [0.9, 0.8])], ["raccoon", "fox"]).ap50
    assert analysis.costs["localisation"] == pytest.approx(1 - ap50)
    assert analysis.costs["background"] == 0


def test_nothing_there_and_nothing_found_is_none():
    assert analysed(truth([], []), found([], [], [])) is None
    assert analysed(truth([], []), found([BOX], [0], [0.5])).counts["background"] == 1
    assert analysed(truth([BOX], [0]), found([], [], [])).counts["missed"] == 1


# What tidecv 1.0.1 gives for `generate_images(60, difficult=0, noise=...)`, in its order and in percent. It can't be an
# installed dependency: it asks for opencv-python, whose files are those of opencv-python-headless.
RECORDED = {
    0.02: [3.6820307, 12.33001232, 0.12323646, 3.67412408, 2.25330705, 10.20761479, 18.95288051, 27.9807159],
    0.05: [1.40717589, 36.92060184, 0.02325025, 0, 2.14729194, 2.69546272, 16.39370591, 23.696641],
}


@pytest.mark.parametrize("noise", [0.02, 0.05])
def test_costs_are_those_that_tidecv_gave(generate_images, noise):
    analysis = analyse_errors(*generate_images(60, difficult=0, noise=noise), ["a", "b", "c"])
    assert costs_in_percent(analysis) == pytest.approx(RECORDED[noise], abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_costs_and_counts_are_tidecvs_where_it_is_installed(generate_images, seed):
    pytest.importorskip("tidecv", reason="not a dependency: it replaces OpenCV")
    truths, detections = generate_images(60, seed=seed, difficult=0, noise=0.04)
    analysis = analyse_errors(truths, detections, ["a", "b", "c"])
    costs, counts = by_tidecv(truths, detections)
    assert costs_in_percent(analysis) == pytest.approx(costs, abs=1e-6)
    assert [analysis.counts[kind] for kind in ERROR_KINDS] == counts


def costs_in_percent(analysis):
    costs = [*analysis.costs.values(), analysis.false_positive_cost, analysis.false_negative_cost]
    return [100 * cost for cost in costs]


def by_tidecv(truths, detections):
    from tidecv import TIDE, Data

    ours, theirs = Data("truth"), Data("found")
    for image, (one, seen) in enumerate(zip(truths, detections, strict=True)):
        ours.add_image(image, one.name)  # else an image without a box doesn't count
        for box, class_id in zip(coco.x_y_width_height(one.boxes_ymin_xmin_ymax_xmax, one), one.class_ids, strict=True):
            ours.add_ground_truth(image, int(class_id), box)
        for box, class_id, score in zip(
            coco.x_y_width_height(seen.boxes_ymin_xmin_ymax_xmax, one), seen.class_ids, seen.scores, strict=True
        ):
            theirs.add_detection(image, int(class_id), float(score), box)
    run = TIDE().evaluate(ours, theirs, mode=TIDE.BOX)
    main = {error.short_name: cost for error, cost in run.fix_main_errors().items()}
    special = {error.short_name: cost for error, cost in run.fix_special_errors().items()}
    counts = {error.short_name: count for error, count in run.count_errors().items()}
    names = ["Cls", "Loc", "Both", "Dupe", "Bkg", "Miss"]
    costs = [*(main[name] for name in names), special["FalsePos"], special["FalseNeg"]]
    return costs, [counts[name] for name in names]
