"""What is said of the difference between two data sets."""

from coralline.data_report.comparison import compare_data, summary_of


def summary(classes, images=10, median=0.2, kinds=()):
    content = {
        "path": "/data",
        "images": images,
        "boxes": sum(classes.values()),
        "classes": classes,
        "splits": {"train": images, "eval": 0},
        "box_sizes": None if median is None else {"median": median},
        "problems": [{"kind": kind} for kind in kinds],
    }
    return summary_of(content, "f" * 64, "2026-03-14T10:15:00Z")


def test_names_new_and_vanished_classes():
    compared = compare_data(summary({"cat": 50, "dog": 50, "cow": 0}), summary({"cat": 50, "bat": 50, "cow": 1}))
    assert compared["new_classes"] == ["bat", "cow"] and compared["vanished_classes"] == ["dog"]
    assert "new classes: bat, cow" in compared["sentences"]
    assert "removed classes: dog" in compared["sentences"]


def test_tells_shares_that_have_shifted_and_keeps_quiet_about_others():
    compared = compare_data(summary({"cat": 50, "dog": 50}), summary({"cat": 80, "dog": 20}))
    assert "the share of cat went from 50% to 80% of the boxes" in compared["sentences"]
    assert compared["classes"]["dog"] == {"before": 0.5, "now": 0.2}
    assert compare_data(summary({"cat": 50, "dog": 50}), summary({"cat": 52, "dog": 48}))["sentences"] == []


def test_counts_images_and_boxes():
    sentences = compare_data(summary({"cat": 2}, images=2), summary({"cat": 1}, images=3))["sentences"]
    assert sentences == ["1 image more (2 before, 3 now)", "1 box fewer (2 before, 1 now)"]


def test_tells_that_boxes_have_become_smaller():
    [sentence] = compare_data(summary({"cat": 1}, median=0.2), summary({"cat": 1}, median=0.1))["sentences"]
    assert sentence == "boxes are smaller: the median side went from 20.0% to 10.0% of the image's"
    assert compare_data(summary({"cat": 1}, median=0.2), summary({}, median=None))["median_box_size"]["now"] is None


def test_names_new_kinds_of_problems():
    compared = compare_data(summary({"cat": 1}, kinds=["zero_area_box"]), summary({"cat": 1}, kinds=["bad_number"] * 3))
    assert compared["new_problems"] == ["bad_number"] and compared["gone_problems"] == ["zero_area_box"]
    assert "new kinds of problems: bad_number" in compared["sentences"]
