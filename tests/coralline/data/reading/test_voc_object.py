"""Objects that aren't one upright box: each is read rightly, and told."""

import math

import pytest

from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset
from coralline.data.drawn_shapes import draw_dataset
from coralline.data.reading import voc_object, voc_xml

BOX = "<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30</xmax><ymax>60</ymax></bndbox>"
OTHER = "<bndbox><xmin>40</xmin><ymin>20</ymin><xmax>50</xmax><ymax>30</ymax></bndbox>"
QUARTER = "<attributes><attribute><name>rotation</name><value>90.0</value></attribute></attributes>"


def read(inside):
    return voc_xml.parse_voc_xml(f"<annotation><object>\n<name>cat</name>{inside}</object></annotation>".encode(), "a")


def kinds(o):
    return [kind for kind, _ in o.oddities]


def test_each_of_several_boxes_is_an_object():
    first, second = read(f"{BOX}\n{OTHER}").objects
    assert (first.xmin_ymin_xmax_ymax, second.xmin_ymin_xmax_ymax) == ((10, 20, 30, 60), (40, 20, 50, 30))
    assert (first.line, second.line) == (2, 3) and kinds(first) == kinds(second) == ["several_boxes"]


def test_a_second_box_doesnt_take_corners_of_the_first():
    annotation = read(BOX + "<bndbox><xmin>40</xmin></bndbox>")
    assert annotation.objects == () and [p.kind for p in annotation.problems] == ["incomplete_box"]


@pytest.mark.parametrize("twice", ["<xmin>1</xmin><xmin>2</xmin>"])
def test_a_corner_that_is_there_twice_is_a_problem(twice):
    [problem] = read(BOX.replace("<xmin>10</xmin>", twice)).problems
    assert problem.kind == "incomplete_box" and "<xmin> more than once" in problem.message


def test_two_names_are_a_problem():
    [problem] = read(f"<name>dog</name>{BOX}").problems
    assert (problem.kind, problem.found) == ("no_class_name", "cat, dog")


def test_a_box_that_cvat_has_turned_is_the_one_around_it():
    [o] = read(BOX + QUARTER).objects
    assert o.xmin_ymin_xmax_ymax == (0, 30, 40, 50) and kinds(o) == ["turned_box"]


@pytest.mark.parametrize("degrees", ["0.0", "360"])
def test_a_box_that_isnt_turned_is_nothing_odd(degrees):
    [o] = read(BOX + QUARTER.replace("90.0", degrees)).objects
    assert o.xmin_ymin_xmax_ymax == (10, 20, 30, 60) and kinds(o) == []


def test_a_rotation_that_isnt_a_number_is_a_problem():
    [problem] = read(BOX + QUARTER.replace("90.0", "left")).problems
    assert (problem.kind, problem.found) == ("bad_number", "left")


def test_other_attributes_are_nothing_odd():
    other = QUARTER.replace("rotation", "colour").replace("90.0", "red")
    assert read(BOX + other).problems == () and kinds(read(BOX + other).objects[0]) == []


def test_a_box_that_rolabelimg_has_turned_is_the_one_around_it():
    angle = math.pi / 2
    turned = f"<robndbox><cx>20</cx><cy>40</cy><w>20</w><h>40</h><angle>{angle}</angle></robndbox>"
    [o] = read(turned).objects
    assert o.xmin_ymin_xmax_ymax == pytest.approx((0, 30, 40, 50)) and kinds(o) == ["turned_box"]


@pytest.mark.parametrize(
    "outline",
    [
        "<polygon><x1>5</x1><y1>6</y1><x2>25</x2><y2>6</y2><x3>15</x3><y3>26</y3></polygon>",
        "<polygon><username>a</username><pt><x>5</x><y>26</y></pt><pt><x>25</x><y>6</y></pt></polygon>",
        "<polygon><pt><x>5</x><y>6</y></pt></polygon><polygon><pt><x>25</x><y>26</y></pt></polygon>",
    ],
    ids=["Roboflow", "LabelMe", "two parts"],
)
def test_an_outline_gives_the_box_around_it(outline):
    [o] = read(outline).objects
    assert o.xmin_ymin_xmax_ymax == (5, 6, 25, 26) and kinds(o) == ["outlined_object"]


@pytest.mark.parametrize(("x3", "odd"), [(30, []), (90, ["outline_differs"])])
def test_a_box_counts_and_an_outline_that_contradicts_it_is_told(x3, odd):
    outline = f"<polygon><x1>10</x1><y1>20</y1><x2>10</x2><y2>60</y2><x3>{x3}</x3><y3>60</y3></polygon>"
    [o] = read(BOX + outline).objects
    assert o.xmin_ymin_xmax_ymax == (10, 20, 30, 60) and kinds(o) == odd


def test_a_point_without_a_coordinate_is_a_problem():
    [problem] = read("<polygon><x1>5</x1></polygon>").problems
    assert problem.kind == "bad_number" and "lacks a coordinate" in problem.message


def test_a_deleted_object_is_left_out_and_told(tmp_path):
    draw_dataset(tmp_path, images=4, size_px=64)
    annotation = next(tmp_path.rglob("*.xml"))
    annotation.write_text(annotation.read_text().replace("</name>", "</name><deleted>1</deleted>", 1))
    found = check_dataset(tmp_path)
    assert [(p.kind, p.policy) for p in found.problems if p.kind == "deleted_object"] == [("deleted_object", "drop")]
    kept = check_dataset(tmp_path, DataSettings(on_deleted_object="keep"))
    assert len([o for i in kept.images for o in i.objects]) == 1 + len([o for i in found.images for o in i.objects])


KNOWN = {
    "annotation": {"filename", "path", "size", "object", "folder", "source", "owner", "segmented"},
    "size": {"width", "height", "depth"},
    "object": {
        *("name", "difficult", "truncated", "bndbox", "robndbox", "polygon", "deleted", "attributes"),
        *("pose", "occluded", "part", "parts", "actions", "point", "type", "id", "date", "verified"),
    },
    "bndbox": {"xmin", "ymin", "xmax", "ymax"},
    "robndbox": {"cx", "cy", "w", "h", "angle"},
}
"""Whoever adds one says here that it is read, or that it says nothing a detector needs."""


@pytest.mark.parametrize(
    ("parent", "name"), [(parent, name) for parent, names in KNOWN.items() for name in sorted(names)]
)
def test_an_element_that_is_known_isnt_told(parent, name):
    inside = {"annotation": f"<{name}/>", "size": f"<size><{name}/></size>", "object": f"<object><{name}/></object>"}
    element = inside.get(parent, f"<object><name>cat</name><{parent}><{name}/></{parent}></object>")
    found = voc_xml.parse_voc_xml(f"<annotation>{element}</annotation>".encode(), "a")
    assert [problem.message for problem in found.problems if problem.kind == "unread_content"] == []


def test_every_known_element_is_in_the_list_above():
    known = voc_xml.KNOWN_ELEMENTS | voc_object.KNOWN_ELEMENTS
    assert {parent: set(names) for parent, names in known.items()} == KNOWN


def test_other_elements_are_told_once_with_a_count(tmp_path):
    draw_dataset(tmp_path, images=6, size_px=64)
    annotations = list(tmp_path.rglob("*.xml"))
    for annotation in annotations:
        annotation.write_text(annotation.read_text().replace("</filename>", "</filename><weather>rain</weather>"))
    [problem] = [p for p in check_dataset(tmp_path).problems if p.kind == "unread_content"]
    assert (problem.message, problem.found) == ("<weather> in <annotation> isn't read", "6 times")
    assert problem.policy == "keep" and problem.line
