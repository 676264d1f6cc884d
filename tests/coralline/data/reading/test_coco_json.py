"""COCO JSON: names decide, not ids; a file that can't be used is one message, a wrong annotation names its id."""

import json

import pytest

from coralline.data.reading import coco_json
from coralline.foundation.errors import UserError

IMAGES = [{"id": i, "file_name": f"{name}.jpg", "width": 100, "height": 80} for i, name in enumerate("ab")]
CATEGORIES = [{"id": 17, "name": "cat", "supercategory": "animal"}, {"id": 3, "name": "dog"}, {"id": 0, "name": "all"}]


def annotation(number, image=0, category=17, bbox=(10, 20, 20, 20), **more):
    return {"id": number, "image_id": image, "category_id": category, "bbox": bbox, **more}


def content(*annotations, **lists):
    return {"info": {}, "images": IMAGES, "annotations": list(annotations), "categories": CATEGORIES, **lists}


@pytest.fixture
def two(voc):
    voc.image("images/a.jpg")
    voc.image("images/b.jpg")
    return voc


@pytest.fixture
def write(two):
    def write(*annotations, name="instances_default.json", **lists):
        return two.text(name, json.dumps(content(*annotations, **lists)))

    return write


def test_boxes_are_of_the_categories_that_their_ids_mean(write, look, boxes, faults):
    write(annotation(1), annotation(2, image=1, category=3, bbox=[0.5, 1.25, 10, 20]))
    dataset = look()
    assert dataset.reader == "COCO" and dataset.label_map.names == ("cat", "dog") and faults(dataset) == []
    assert boxes(dataset) == {
        "images/a.jpg": [("cat", 10, 20, 30, 40)],
        "images/b.jpg": [("dog", 0.5, 1.25, 10.5, 21.25)],
    }


def test_ids_may_be_texts_and_shared_by_annotations(write, look, boxes, faults):
    images = [{**image, "id": f"image {image['id']}"} for image in IMAGES]
    write(annotation(1, image="image 0"), annotation(1, image="image 1"), images=images)
    assert [len(found) for found in boxes(look()).values()] == [1, 1]


def test_crowds_are_difficult_and_listed_images_without_annotation_are_background(write, look, faults):
    write(annotation(1, iscrowd=1), annotation(2, bbox=[1, 2, 3, 4], iscrowd=0))
    dataset = look()
    difficult = {image.name: image.difficult for image in dataset.images}
    assert difficult == {"images/a.jpg": (True, False), "images/b.jpg": ()}


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        (annotation(7, image=9), "unknown_image", "annotation 7 is of an image that isn't listed"),
        (annotation(7, category=1), "unknown_class", "annotation 7 has a category that isn't listed"),
        (annotation(7, category=None), "unknown_class", "annotation 7 has"),
        (annotation(7, category=[1]), "unknown_class", "annotation 7 has"),
        (annotation(7, bbox=[]), "incomplete_box", "annotation 7 has no box"),
        (annotation(7, bbox="10 20 30 40"), "incomplete_box", "annotation 7 has no box"),
        (annotation(7, bbox=[1, 2, "3", 4]), "bad_number", "annotation 7 has a box of other than numbers"),
        (annotation(7, bbox=[1, 2, float("nan"), 4]), "bad_number", "annotation 7 has"),
        (annotation(7, bbox=[1, 2, 10**400, 4]), "bad_number", "annotation 7 has"),
        (annotation(7, bbox=[1, 2, True, 4]), "bad_number", "annotation 7 has"),
        (annotation(7, bbox=[1, 2, -3, 4]), "inverted_box", "images/a.jpg"),
        (annotation(7, bbox=[1, 2, 0, 4]), "zero_area_box", "images/a.jpg"),
        (annotation(7, bbox=[90, 2, 1000, 4]), "box_off_image", "images/a.jpg"),
        (annotation(7, image=None), "unparsable_line", "an annotation doesn't say which image it is of"),
        ("annotation", "unparsable_line", "an annotation doesn't say which image it is of"),
        ({"id": {"a": 1}, "image_id": 9}, "unknown_image", 'annotation {"a": 1}'),
    ],
)
def test_wrong_annotation_is_told_and_costs_no_other(write, look, boxes, wrong, kind, told):
    path = write(annotation(1), wrong, annotation(2, image=1))
    dataset = look(on_inverted_box="fail")
    [problem] = [problem for problem in dataset.problems if problem.kind not in ("class_missing_in_split",)]
    assert (problem.kind, problem.file) == (kind, str(path)) and told in problem.message
    assert [len(found) for found in boxes(dataset).values()] == [1, 1]


@pytest.mark.parametrize(
    ("images", "kind"),
    [
        ([*IMAGES, {"id": 5}], "unparsable_line"),
        ([*IMAGES, "c.jpg"], "unparsable_line"),
        ([*IMAGES, {"id": None, "file_name": "a.jpg"}], "unparsable_line"),
        ([*IMAGES, {"id": 5, "file_name": "../../c.jpg"}], "missing_image"),
        ([*IMAGES, {"id": 5, "file_name": "x/a.jpg"}], "annotated_twice"),
        ([*IMAGES, {"id": 5, "file_name": "c.jpg"}, {"id": 5, "file_name": "d.jpg"}], "ambiguous_image"),
    ],
)
def test_wrong_image_is_told_and_costs_no_other(write, look, boxes, faults, images, kind):
    write(annotation(1), annotation(2, image=1), images=images)
    dataset = look()
    assert faults(dataset) == [(kind, "instances_default.json", None)] and len(boxes(dataset)) == 2


@pytest.mark.parametrize(
    "size", [{"width": "100", "height": []}, {"width": -1, "height": 0}, {"width": 10**400, "height": 80}, {}]
)
def test_size_that_is_none_is_passed_over(write, look, faults, size):
    write(annotation(1), images=[{"id": 0, "file_name": "a.jpg", **size}, IMAGES[1]])
    assert faults(look()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (json.dumps(content(annotation(1)), indent=1)[:-30], "instances_default.json:"),
        (json.dumps(content(annotation(1)))[:80], "isn't well-formed JSON"),
        (json.dumps(content(annotation(1), categories={})), "has no list of categories"),
        ('{"images": [], "annotations": []}', "has no list of categories"),
        ('{"images": [], "categories": []}', "has no list of annotations"),
        ('{"annotations": [], "categories": []}', "has no list of images"),
        ('[{"images": [], "annotations": []}]', "isn't COCO"),
        ('{"images": [], "annotations": ' + "[" * 100_000, "too deep"),
        ('{"images": [], "annotations": [' + "1" * 10_000 + "]}", "can't be read"),
        (json.dumps(content(categories=[{"id": 1}])), "a category lacks its id or its name"),
        (json.dumps(content(categories=[1])), "a category lacks its id or its name"),
        (json.dumps(content(categories=[{"id": 1, "name": "a\ud800"}])), "a category lacks its id or its name"),
        (
            json.dumps(content(categories=[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}])),
            "two categories have the id",
        ),
    ],
)
def test_file_that_cannot_be_used_is_one_message(two, look, text, told):
    two.text("instances_default.json", text)
    with pytest.raises(UserError, match=r"instances_default\.json") as error:
        look()
    assert told in str(error.value) and len(str(error.value)) < 1000


def test_files_named_for_sides_decide_on_them(write, look, faults):
    write(annotation(1), name="annotations/instances_train2017.json", images=IMAGES[:1])
    write(annotation(1, image=1), name="annotations/instances_val2017.json", images=IMAGES[1:])
    write(annotation(1), name="annotations/person_keypoints_train2017.json", images=IMAGES[:1])
    dataset = look()
    assert {image.name: image.split for image in dataset.images} == {"images/a.jpg": "train", "images/b.jpg": "eval"}
    assert dataset.split_rule.startswith("by the data set's own parts") and faults(dataset) == []


def test_folders_named_for_sides_decide_on_them(voc, look):
    for i, part in enumerate(("train", "valid")):
        voc.image(f"{part}/{'ab'[i]}.jpg")
        lists = content(annotation(1, image=i), images=IMAGES[i : i + 1])
        voc.text(f"{part}/_annotations.coco.json", json.dumps(lists))
    assert {image.name: image.split for image in look().images} == {"train/a.jpg": "train", "valid/b.jpg": "eval"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_passed_over(write, look, faults, encoding):
    path = write(annotation(1))
    path.write_bytes(path.read_text().encode(encoding))
    assert look().reader == "COCO"


@pytest.mark.parametrize(
    "text",
    ['{"images": ["a.jpg"], "file_name": 1}', '{"shapes": [], "paths": "a.jpg"}', "[1, 2", "{" * 9, "\0", ""],
)
def test_json_of_other_things_is_not_taken_for_coco(two, look, text):
    two.text("other.json", text)
    with pytest.raises(UserError, match="there are no annotations"):
        look()


def test_large_file_is_known_by_its_beginning(two, look, faults):
    """As COCO's own, where only the images are near the beginning."""
    many = [{**IMAGES[0], "id": i + 9, "file_name": f"{i}.jpg", "coco_url": "x" * 200} for i in range(400)]
    lists = content(annotation(1), annotation(2, image=1))
    ordered = {"images": IMAGES + many, "annotations": lists["annotations"], "categories": CATEGORIES}
    two.text("labels.json", json.dumps(ordered))
    two.text("large.json", json.dumps({"pictures": ["annotations: images"] * 9000}))
    dataset = look()
    assert dataset.reader == "COCO" and {kind for kind, _, _ in faults(dataset)} == {"missing_image"}


OUTLINE = [[10, 20, 30, 20, 30, 40, 10, 40]]


def test_a_segmentation_without_a_box_gives_the_box_around_it(write, look, boxes, faults):
    write(annotation(1, bbox=[], segmentation=OUTLINE), annotation(2, bbox=None, image=1, segmentation=OUTLINE))
    dataset = look()
    assert list(boxes(dataset).values()) == [[("cat", 10, 20, 30, 40)]] * 2
    assert [problem.kind for problem in dataset.problems] == ["outlined_object"] * 2


@pytest.mark.parametrize(("bbox", "told"), [([10, 20, 20, 20], []), ([10, 20, 50, 50], ["outline_differs"])])
def test_a_box_counts_and_a_segmentation_that_contradicts_it_is_told(write, look, boxes, bbox, told):
    write(annotation(1, bbox=bbox, segmentation=OUTLINE))
    dataset = look()
    x, y, width, height = bbox
    assert boxes(dataset)["images/a.jpg"] == [("cat", x, y, x + width, y + height)]
    assert [problem.kind for problem in dataset.problems if problem.kind != "class_missing_in_split"] == told


def test_a_box_that_cvat_has_turned_is_the_one_around_it(write, look, boxes):
    write(annotation(1, bbox=[40, 20, 20, 40], attributes={"rotation": 90.0, "occluded": False}))
    dataset = look()
    assert boxes(dataset)["images/a.jpg"] == [("cat", 30, 30, 70, 50)]
    assert "turned_box" in [problem.kind for problem in dataset.problems]


@pytest.mark.parametrize("rotation", ["left", float("nan"), None, True])
def test_a_rotation_that_isnt_a_number_is_a_problem(write, look, rotation):
    write(annotation(1), annotation(2, attributes={"rotation": rotation}))
    assert [problem.kind for problem in look().problems if problem.policy == "fail"] == ["bad_number"]


def test_a_box_of_other_lengths_is_told_with_its_length(write, look):
    write(annotation(1), annotation(2, bbox=[1, 2, 3, 4, 30]))
    [problem] = [problem for problem in look().problems if problem.kind == "incomplete_box"]
    assert "annotation 2 has a box of 5 numbers" in problem.message


def test_keys_that_are_not_read_are_told_once_with_a_count(write, look):
    write(annotation(1, keypoints=[1, 2, 2], weather="rain"), annotation(2, image=1, weather="sun", keypoints=[]))
    told = {problem.message: problem.found for problem in look().problems if problem.kind == "unread_content"}
    assert told == {"`keypoints` of annotations isn't read": "1 time", "`weather` of annotations isn't read": "2 times"}


KNOWN = {
    "images": {
        *("id", "file_name", "width", "height"),
        *("license", "flickr_url", "coco_url", "date_captured", "extra"),
    },
    "annotations": {
        *("id", "image_id", "category_id", "bbox", "iscrowd", "segmentation", "attributes"),
        *("area", "num_keypoints"),
    },
    "categories": {"id", "name", "supercategory"},
}
"""Whoever adds one says here that it is read (the first lines), or that it says nothing a detector needs."""


def test_every_known_key_is_in_the_list_above():
    assert {where: set(names) for where, names in coco_json.KNOWN_KEYS.items()} == KNOWN
