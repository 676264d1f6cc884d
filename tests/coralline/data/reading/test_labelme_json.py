"""labelme: a JSON file an image; every type of shape gives its box or is told."""

import json

import pytest

from coralline.data.judging.problems import DataProblem
from coralline.data.reading import labelme_json
from coralline.data.reading.labelme_json import parse_labelme
from coralline.foundation.errors import UserError

RECTANGLE = {
    "label": "cat",
    "points": [[10, 20], [30.5, 40]],
    "group_id": None,
    "description": "",
    "shape_type": "rectangle",
    "flags": {},
    "mask": None,
}


def shape(kind, points, **more):
    return {**RECTANGLE, "shape_type": kind, "points": points, **more}


def content(*shapes, **more):
    return {
        "version": "5.5.0",
        "flags": {},
        "shapes": list(shapes),
        "imagePath": "a.jpg",
        "imageData": None,
        "imageHeight": 80,
        "imageWidth": 100,
        **more,
    }


@pytest.fixture
def write(voc):
    def write(*shapes, name="a.json", **more):
        return voc.text(name, json.dumps(content(*shapes, **more), indent=2))

    voc.image("a.jpg")
    voc.image("z.jpg")  # In a data set of one image nothing is left for evaluation.
    write(name="z.json", imagePath="z.jpg")
    return write


def read(*shapes, **more):
    return parse_labelme(json.dumps(content(*shapes, **more)), "a.json")


@pytest.mark.parametrize(
    ("kind", "points", "box", "odd"),
    [
        ("rectangle", [[10, 20], [30.5, 40]], (10, 20, 30.5, 40), []),
        ("rectangle", [[30.5, 40], [10, 20]], (10, 20, 30.5, 40), []),
        ("rectangle", [[30.5, 20], [10, 40]], (10, 20, 30.5, 40), []),
        ("rectangle", [[10, 20], [30, 20], [30, 40], [10, 40]], (10, 20, 30, 40), []),
        ("rotation", [[10, 20], [30, 20], [30, 40], [10, 40]], (10, 20, 30, 40), []),
        ("rotation", [[20, 10], [30, 20], [20, 30], [10, 20]], (10, 10, 30, 30), ["turned_box"]),
        ("oriented_rectangle", [[20, 10], [30, 20], [20, 30], [10, 20]], (10, 10, 30, 30), ["turned_box"]),
        ("polygon", [[10, 20], [30, 25], [15, 40]], (10, 20, 30, 40), ["outlined_object"]),
        (None, [[10, 20], [30, 25], [15, 40]], (10, 20, 30, 40), ["outlined_object"]),
        ("circle", [[50, 40], [53, 44]], (45, 35, 55, 45), ["outlined_object"]),
        ("mask", [[10, 20], [29, 39]], (10, 20, 30, 40), ["outlined_object"]),
    ],
)
def test_every_shape_with_an_extent_gives_its_box(kind, points, box, odd):
    (found,) = read(shape(kind, points)).objects
    assert found.xmin_ymin_xmax_ymax == pytest.approx(box) and [kind for kind, _ in found.oddities] == odd


@pytest.mark.parametrize("kind", ["point", "points", "line", "linestrip", "something new"])
def test_shapes_without_an_extent_are_told_once_for_all_images(voc, write, look, faults, kind):
    voc.image("b.jpg")
    write(RECTANGLE, shape(kind, [[1, 2]]), shape(kind, [[1, 2]]))
    write(RECTANGLE, shape(kind, [[1, 2]]), name="b.json", imagePath="b.jpg")
    dataset = look()
    told = [problem for problem in dataset.problems if problem.kind == "unread_content"]
    assert [problem.message for problem in told] == [f"a shape of type `{kind}` isn't read"]
    assert "time" in told[0].found and sum(len(image.objects) for image in dataset.images) == 2


def test_parts_of_one_object_are_one_box_and_its_boxes_stay_apart():
    """examples/instance_segmentation/labelme2coco.py takes shapes of one label and one group for one object."""
    left, right = shape("polygon", [[0, 0], [5, 0], [5, 5]]), shape("polygon", [[20, 10], [30, 10], [30, 20]])
    (whole,) = read({**left, "group_id": 1}, {**right, "group_id": 1}).objects
    assert whole.xmin_ymin_xmax_ymax == (0, 0, 30, 20)
    assert len(read({**left, "group_id": 1}, {**right, "group_id": 2}).objects) == 2
    assert len(read({**left, "group_id": 1}, {**right, "group_id": 1, "label": "dog"}).objects) == 2
    both = read({**RECTANGLE, "group_id": 1}, {**RECTANGLE, "group_id": 1}).objects
    assert [[kind for kind, _ in o.oddities] for o in both] == [["several_boxes"]] * 2


def test_its_own_example_is_read(voc, write, look, boxes, faults):
    """As labelme 3 to 5 write it; older files have colours, and neither sizes nor types of shapes."""
    voc.image("a.jpg", size=(500, 338))
    old = {
        "shapes": [
            {
                "label": "person",
                "line_color": None,
                "fill_color": None,
                "points": [[191, 107], [313, 329], [250, 108]],
            }
        ],
        "lineColor": [0, 255, 0, 128],
        "fillColor": [255, 0, 0, 128],
        "imagePath": "a.jpg",
        "imageData": "/9j/4AAQSkZJRg==",
    }
    voc.text("a.json", json.dumps(old))
    dataset = look()
    assert dataset.reader == "labelme" and boxes(dataset)["a.jpg"] == [("person", 191, 107, 313, 329)]
    assert faults(dataset) == [("outlined_object", "a.json", None)]


def test_knows_the_keys_of_labelme():
    for where, known in labelme_json.KNOWN_KEYS.items():
        assert known and where in ("the file", "shapes")
    unread = [problem.message for problem in read({**RECTANGLE, "kie_linking": [[1, 2]]}, odd=1, otherData={}).problems]
    assert unread == ["`kie_linking` of a shape isn't read", "`odd` of a labelme file isn't read"]


def test_an_image_that_is_only_embedded_is_told(write, look, voc):
    write(RECTANGLE, name="gone.json", imagePath="gone.jpg", imageData="/9j/4AAQSkZJRg==")
    write(RECTANGLE)
    (problem,) = [problem for problem in look().problems if problem.kind == "missing_image"]
    assert "embedded" in problem.found and "labelme_export_json" in problem.fix
    for name in "az":
        (voc.root / f"{name}.jpg").unlink()
    with pytest.raises(UserError, match="labelme_export_json"):
        look()


def test_image_is_found_by_the_name_inside_and_windows_paths_are_never_followed(voc, write, look, boxes):
    (voc.root / "a.jpg").unlink()
    voc.image("images/b.jpg")
    write(RECTANGLE, name="labels/first.json", imagePath="..\\images\\b.jpg")
    assert boxes(look())["images/b.jpg"] == [("cat", 10, 20, 30.5, 40)]


def test_a_renamed_image_is_told(write, look, faults):
    write(RECTANGLE, imagePath="before.jpg")
    assert faults(look()) == [("renamed_image", "a.json", None)]


def test_turned_photographs_are_annotated_upright(voc, write, look, boxes):
    voc.image("a.jpg", size=(80, 100), exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0")
    write(RECTANGLE)
    assert boxes(look())["a.jpg"] == [("cat", 10, 20, 30.5, 40)]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({**RECTANGLE, "points": [[1, 2]]}, "incomplete_box"),
        ({**RECTANGLE, "points": []}, "incomplete_box"),
        ({**RECTANGLE, "points": None}, "incomplete_box"),
        ({**RECTANGLE, "points": "1 2"}, "incomplete_box"),
        ({**RECTANGLE, "points": [[1, 2], ["3", 4]]}, "bad_number"),
        ({**RECTANGLE, "points": [[1, 2], [float("nan"), 4]]}, "bad_number"),
        ({**RECTANGLE, "points": [[1, 2], [10**400, 4]]}, "bad_number"),
        ({**RECTANGLE, "points": [[1, 2], [3]]}, "bad_number"),
        ({**RECTANGLE, "points": [[1, 2], [1, 2]]}, "zero_area_box"),
        ({**RECTANGLE, "points": [[1, 2], [3, 4], [5, 6]]}, "incomplete_box"),
        (shape("circle", [[1, 2], [3, 4], [5, 6]]), "incomplete_box"),
        (shape("mask", [[1, 2]]), "incomplete_box"),
        (shape(7, [[1, 2]]), "unread_content"),
        ({**RECTANGLE, "label": " "}, "no_class_name"),
        ({**RECTANGLE, "label": 3}, "no_class_name"),
        ({**RECTANGLE, "label": "a\ud800"}, "unparsable_line"),
        ("shape", "unparsable_line"),
        (None, "unparsable_line"),
    ],
)
def test_wrong_shape_is_told_and_costs_no_other(write, look, faults, boxes, wrong, kind):
    write(wrong, RECTANGLE)
    dataset = look()
    assert faults(dataset) == [(kind, "a.json", None)]
    assert boxes(dataset)["a.jpg"] == [("cat", 10, 20, 30.5, 40)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            '{"shapes": [], "imagePath": ',
            '{"shapes": {}, "imagePath": "a.jpg", "imageData": 1}',
            "",
            " \n",
            "[]",
            "{}",
        ),
        *('{"shapes": [' + "[" * 100_000, '{"imagePath": "", "shapes": [' + "1" * 10_000 + "]}", "\0", '{"a": 1}'),
    ],
)
def test_file_that_cannot_be_used_costs_its_image_only(voc, write, look, boxes, text):
    voc.image("b.jpg")
    voc.text("b.json", text)
    write(RECTANGLE)
    dataset = look(on_unparsable_json="drop")
    assert [problem.kind for problem in dataset.problems if problem.file.endswith("b.json")] == ["unparsable_json"]
    assert set(boxes(dataset)) == {"a.jpg", "z.jpg"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_passed_over(write, look, boxes, encoding):
    path = write({**RECTANGLE, "label": "Käse"})
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    assert boxes(look())["a.jpg"][0][0] == "Käse"


def test_difficult_as_x_anylabeling_writes_it():
    assert [o.difficult for o in read({**RECTANGLE, "difficult": True}, RECTANGLE).objects] == [True, False]


def test_nesting_is_refused_in_words():
    with pytest.raises(DataProblem) as caught:
        parse_labelme("[" * 200_000, "a.json")
    assert "too deep" in caught.value.problem.found
