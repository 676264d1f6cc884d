"""Create ML: centres and sides in pixels, or in shares of the image if nothing else is possible."""

import json

import pytest

from coralline.data.reading import createml_json
from coralline.foundation.errors import UserError

CENTRED = {"x": 20, "y": 30, "width": 20, "height": 20}


def box(coordinates=CENTRED, label="cat", **more):
    return {"label": label, "coordinates": coordinates, **more}


def image(*boxes, name="a.jpg"):
    return {"image": name, "annotations": list(boxes)}


@pytest.fixture
def write(voc):
    def write(*images, name="_annotations.createml.json"):
        return voc.text(name, json.dumps([*images, image(name="z.jpg")]))

    for name in "az":
        voc.image(f"{name}.jpg")
    return write


def test_boxes_are_given_by_their_centres(write, look, boxes, faults):
    write(image(box(), box({"x": 50.5, "y": 40, "width": 1, "height": 80}, "dog")))
    dataset = look()
    assert dataset.reader == "Create ML" and faults(dataset) == []
    assert boxes(dataset) == {"a.jpg": [("cat", 10, 20, 30, 40), ("dog", 50, 0, 51, 80)], "z.jpg": []}


def test_names_of_apples_page_and_of_labelimg(write, look, boxes, faults):
    write({"imagefilename": "a.jpg", "annotation": [box()], "verified": True})
    dataset = look()
    assert boxes(dataset)["a.jpg"] == [("cat", 10, 20, 30, 40)] and faults(dataset) == []


def test_roboflow_names_the_sides_by_folders(voc, look):
    for part, name in (("train", "a"), ("train", "b"), ("valid", "c")):
        voc.image(f"{part}/{name}.jpg")
    for part, names in (("train", "ab"), ("valid", "c")):
        content = json.dumps([image(box(), name=f"{name}.jpg") for name in names])
        voc.text(f"{part}/_annotations.createml.json", content)
    assert {i.name[-5]: i.split for i in look().images} == {"a": "train", "b": "train", "c": "eval"}


def test_numbers_below_1_are_shares_of_the_image(write, look, boxes):
    write(image(box({"x": 0.2, "y": 0.375, "width": 0.2, "height": 0.25})))
    assert boxes(look())["a.jpg"] == [("cat", 10, 20, 30, 40)]


def test_shares_from_a_corner_stop(write, look):
    write(image(box({"x": 0, "y": 0.1, "width": 0.9, "height": 0.5})))
    with pytest.raises(UserError, match="reach beyond it") as error:
        look()
    assert "centre" in error.value.fix


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (box({**CENTRED, "x": "20"}), "bad_number"),
        (box({**CENTRED, "x": float("nan")}), "bad_number"),
        (box({**CENTRED, "x": 10**400}), "bad_number"),
        (box({**CENTRED, "x": None}), "incomplete_box"),
        (box({}), "incomplete_box"),
        (box([1, 2, 3, 4]), "incomplete_box"),
        (box(None), "incomplete_box"),
        (box({**CENTRED, "width": -5}), "inverted_box"),
        (box({**CENTRED, "width": 0}), "zero_area_box"),
        (box({**CENTRED, "x": 500}), "box_off_image"),
        (box(label=None), "no_class_name"),
        (box(label=7), "no_class_name"),
        (box(label=""), "no_class_name"),
        (box(confidence=0.5), "unread_content"),
        (box({**CENTRED, "angle": 5}), "unread_content"),
        ("box", "unparsable_line"),
        (None, "unparsable_line"),
    ],
)
def test_wrong_box_is_told_and_costs_no_other(write, look, faults, boxes, wrong, kind):
    write(image(wrong, box({**CENTRED, "y": 40})))
    dataset = look()
    assert faults(dataset) == [(kind, "_annotations.createml.json", None)]
    assert ("cat", 10, 30, 30, 50) in boxes(dataset)["a.jpg"]


@pytest.mark.parametrize("wrong", [1, {}, {"image": 3, "annotations": []}, {"image": "a.jpg", "annotations": 1}])
def test_wrong_image_is_told(write, look, faults, wrong):
    write(image(box()), wrong)
    assert faults(look())[0][0] == "unparsable_line"


def test_missing_image_and_second_annotation_are_told(write, look, faults):
    write(image(box()), image(box()), image(box(), name="C:\\gone.jpg"))
    assert sorted(kind for kind, _, _ in faults(look())) == ["annotated_twice", "missing_image"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (json.dumps([image(box())])[:-5], "isn't well-formed JSON"),
        ('[{"image": "a.jpg", "annotations": ' + "[" * 100_000, "too deep"),
    ],
)
def test_file_that_cannot_be_used_is_one_message(write, voc, look, text, told):
    voc.text("createml.json", text)
    with pytest.raises(UserError, match=told):
        look()


def test_knows_the_keys_of_create_ml():
    assert set(createml_json.KNOWN_KEYS) == {"images", "annotations", "coordinates"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_passed_over(write, look, encoding):
    path = write(image(box()))
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    assert look().reader == "Create ML"
