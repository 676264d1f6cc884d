"""Label Studio's JSON and JSON-MIN: percent of the image's sides, turned about a corner; one annotation counts."""

import json
import math

import pytest

from coralline.data.reading import label_studio_json, label_studio_result
from coralline.foundation.errors import UserError

RECTANGLE = {"x": 10, "y": 25, "width": 20, "height": 25, "rotation": 0, "rectanglelabels": ["cat"]}


def result(value=RECTANGLE, kind="rectanglelabels", **more):
    return {
        **{"original_width": 100, "original_height": 80, "image_rotation": 0, "value": value, "id": "Dx_aB91ISN"},
        **{"from_name": "label", "to_name": "image", "type": kind, "origin": "manual", **more},
    }


def annotation(*results, **more):
    return {
        **{"id": 1, "completed_by": 1, "result": list(results), "was_cancelled": False, "ground_truth": False},
        **{"created_at": "2024-01-02T00:00:00Z", "updated_at": "2024-01-02T00:00:00Z", "lead_time": 4.2, **more},
    }


def task(*annotations, image="/data/upload/1/0a1b2c3d-a.jpg", **more):
    return {
        **{"id": 7, "annotations": list(annotations), "file_upload": "0a1b2c3d-a.jpg", "drafts": [], "predictions": []},
        **{"data": {"image": image}, "meta": {}, "created_at": "2024-01-02T00:00:00Z", "project": 1, **more},
    }


@pytest.fixture
def write(voc):
    def write(*tasks, name="project-1-at-2024-01-02.json"):
        return voc.text(name, json.dumps([*tasks, task(annotation(), image="z.jpg")]))

    for name in "az":
        voc.image(f"{name}.jpg")
    return write


def test_rectangles_are_in_percent(write, look, boxes, faults):
    write(task(annotation(result())))
    dataset = look()
    assert dataset.reader == "Label Studio" and faults(dataset) == []
    assert boxes(dataset) == {"a.jpg": [("cat", 10, 20, 30, 40)], "z.jpg": []}


def test_rectangles_are_turned_about_their_upper_left_corner(write, look, boxes, faults):
    """By 90 degrees clockwise it lies left of that corner."""
    write(task(annotation(result({**RECTANGLE, "x": 50, "rotation": 90}))))
    dataset = look()
    assert boxes(dataset)["a.jpg"] == [("cat", 30, 20, 50, 40)]
    assert [kind for kind, _, _ in faults(dataset)] == ["turned_box"]


def test_any_angle_is_in_pixels_not_in_percent(write, look, boxes):
    write(task(annotation(result({**RECTANGLE, "x": 50, "rotation": 45}))))
    half = 20 * math.sqrt(0.5)
    assert boxes(look())["a.jpg"][0][1:] == pytest.approx((50 - half, 20, 50 + half, 20 + 2 * half), abs=1e-3)


@pytest.mark.parametrize(
    ("value", "kind", "box"),
    [
        (
            {"points": [[10, 25], [30, 30], [20, 50]], "polygonlabels": ["cat"], "closed": True},
            *("polygonlabels", (10, 20, 30, 40)),
        ),
        (
            {"x": 20, "y": 37.5, "radiusX": 10, "radiusY": 12.5, "rotation": 0, "ellipselabels": ["cat"]},
            *("ellipselabels", (10, 20, 30, 40)),
        ),
        (
            {"x": 20, "y": 37.5, "radiusX": 10, "radiusY": 6.25, "rotation": 90, "ellipselabels": ["cat"]},
            *("ellipselabels", (15, 20, 25, 40)),
        ),
    ],
)  # fmt: skip
def test_outlines_give_the_box_around_them(write, look, boxes, faults, value, kind, box):
    write(task(annotation(result(value, kind))))
    dataset = look()
    assert boxes(dataset)["a.jpg"][0][1:] == pytest.approx(box) and faults(dataset)[0][0] == "outlined_object"


def test_labels_may_be_a_result_of_their_own(write, look, boxes):
    bare = {key: value for key, value in RECTANGLE.items() if key != "rectanglelabels"}
    write(task(annotation(result(bare, "rectangle"), result({**bare, "labels": ["cat"]}, "labels"))))
    assert boxes(look())["a.jpg"] == [("cat", 10, 20, 30, 40)]


@pytest.mark.parametrize(
    "image",
    [
        *("a.jpg", "/data/upload/1/0a1b2c3d-a.jpg", "/data/local-files/?d=some/where/a.jpg", "s3://bucket/x/a.jpg"),
        *("https://example.com/a.jpg?token=1", "C:\\pictures\\a.jpg", "gs://b/0a1b2c3d-a.jpg"),
    ],
)
def test_image_is_found_by_its_address(write, look, boxes, image):
    write(task(annotation(result()), image=image))
    assert boxes(look())["a.jpg"] == [("cat", 10, 20, 30, 40)]


def test_image_with_the_prefix_of_an_upload_is_found_first(voc, write, look, boxes):
    voc.image("0a1b2c3d-a.jpg")
    write(task(annotation(result())))
    assert len(boxes(look())["0a1b2c3d-a.jpg"]) == 1


def test_skipped_annotations_and_predictions_do_not_count_and_are_told(write, look, boxes):
    skipped = annotation(result({**RECTANGLE, "x": 60}), was_cancelled=True)
    prediction = {"model_version": "1", "result": [result()], "score": 0.5}
    write(task(annotation(result()), skipped, predictions=[prediction]))
    dataset = look()
    assert boxes(dataset)["a.jpg"] == [("cat", 10, 20, 30, 40)]
    told = {problem.message for problem in dataset.problems if problem.kind == "unread_content"}
    assert told == {"a skipped annotation isn't read", "`predictions` of a task isn't read"}


def test_a_task_that_was_only_skipped_is_not_a_background_image(voc, write, look, faults):
    voc.image("b.jpg")
    write(task(annotation(result())), task(annotation(was_cancelled=True), image="b.jpg"), task(image="b.jpg"))
    dataset = look()
    assert ("image_without_annotation", "b.jpg", None) in faults(dataset)


def test_of_several_annotations_the_ground_truth_counts_else_they_stop(write, look, boxes, faults):
    other = {**RECTANGLE, "x": 60}
    write(task(annotation(result(), ground_truth=True), annotation(result(other))))
    assert boxes(look())["a.jpg"] == [("cat", 10, 20, 30, 40)]
    write(task(annotation(result()), annotation(result(other), created_at="2024-02-02")))
    dataset = look()
    assert faults(dataset) == [("annotated_twice", "project-1-at-2024-01-02.json", None)] and not dataset.ok
    assert boxes(look(on_annotated_twice="drop"))["a.jpg"] == [("cat", 60, 20, 80, 40)]


def test_json_min(voc, write, look, boxes, faults):
    """`convert_to_json_min`: values under the names of their tags, with the image's size in each."""
    value = {**RECTANGLE, "original_width": 100, "original_height": 80}
    polygon = {"points": [[50, 25], [70, 30], [60, 50]], "polygonlabels": ["dog"], "original_width": 100}
    item = {"annotator": 1, "annotation_id": 2, "created_at": "", "updated_at": "", "lead_time": 1.5}
    content = [
        {"image": "/data/upload/1/0a1b2c3d-a.jpg", "id": 1, "label": [value], "outline": [polygon], **item},
        {"image": "/data/upload/1/0a1b2c3d-z.jpg", "id": 2, **item},
    ]
    voc.text("min.json", json.dumps(content))
    dataset = look()
    assert dataset.reader == "Label Studio"
    assert boxes(dataset) == {"a.jpg": [("cat", 10, 20, 30, 40), ("dog", 50, 20, 70, 40)], "z.jpg": []}
    assert [kind for kind, _, _ in faults(dataset)] == ["outlined_object"]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (result({**RECTANGLE, "x": "10"}), "bad_number"),
        (result({**RECTANGLE, "x": float("nan")}), "bad_number"),
        (result({**RECTANGLE, "rotation": "x"}), "bad_number"),
        (result({**RECTANGLE, "width": None}), "incomplete_box"),
        (result({"rectanglelabels": ["cat"]}), "incomplete_box"),
        (result(None), "incomplete_box"),
        (result({**RECTANGLE, "rotation": 5}, original_width=None), "incomplete_box"),
        (result({**RECTANGLE, "width": -5}), "inverted_box"),
        (result({**RECTANGLE, "width": 0}), "zero_area_box"),
        (result({**RECTANGLE, "rectanglelabels": []}), "no_class_name"),
        (result({**RECTANGLE, "rectanglelabels": ["a", "b"]}), "no_class_name"),
        (result({**RECTANGLE, "rectanglelabels": [3]}), "no_class_name"),
        (result(image_rotation=90), "unparsable_line"),
        (result({"rle": [1, 2], "format": "rle", "brushlabels": ["cat"]}, "brushlabels"), "unread_content"),
        (result({"x": 1, "y": 2, "width": 1, "keypointlabels": ["cat"]}, "keypointlabels"), "unread_content"),
        (result({"choices": ["good"]}, "choices"), "unread_content"),
        (result({**RECTANGLE, "odd": 1}), "unread_content"),
        (result(kind=None), "unread_content"),
        ("result", "unparsable_line"),
        (None, "unparsable_line"),
    ],
)
def test_wrong_result_is_told_and_costs_no_other(write, look, faults, boxes, wrong, kind):
    write(task(annotation(wrong, result({**RECTANGLE, "y": 37.5}))))
    dataset = look()
    assert faults(dataset) == [(kind, "project-1-at-2024-01-02.json", None)]
    assert ("cat", 10, 30, 30, 50) in boxes(dataset)["a.jpg"]


@pytest.mark.parametrize(
    "wrong",
    [
        *(1, None, task(1), task(annotation(), image=None), task(annotation(), image="text without an image")),
        *(task(annotation(result=1)), {**task(), "annotations": 1}, task(annotation(), data=[1])),
    ],
)
def test_wrong_task_is_told(write, look, faults, wrong):
    write(wrong, task(annotation(result())))
    assert "unparsable_line" in [kind for kind, _, _ in faults(look())]


def test_missing_image_is_told(write, look, faults):
    write(task(annotation(result())), task(annotation(result()), image="gone.jpg"))
    assert [kind for kind, _, _ in faults(look())] == ["missing_image"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (json.dumps([task(annotation(result()))])[:-50], "isn't well-formed JSON"),
        ('[{"data": {}, "project": 1, "annotations": ' + "[" * 100_000, "too deep"),
    ],
)
def test_file_that_cannot_be_used_is_one_message(voc, write, look, text, told):
    voc.text("tasks.json", text)
    with pytest.raises(UserError, match=told):
        look()


def test_knows_the_keys_of_label_studio():
    assert set(label_studio_json.KNOWN_KEYS) == {"a task", "an annotation"}
    assert set(label_studio_result.KNOWN_KEYS) == {"a result", "rectangle", "polygon", "ellipse"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_passed_over(write, look, encoding):
    path = write(task(annotation(result())))
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    assert look().reader == "Label Studio"
