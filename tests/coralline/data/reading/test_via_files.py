"""VIA's projects, exports and CSV: every shape gives its box or is told; the attribute that is the class is found."""

import csv
import io
import json

import pytest

from coralline.data.reading import via_csv, via_json, via_regions
from coralline.foundation.errors import UserError

RECT = {"name": "rect", "x": 10, "y": 20, "width": 20, "height": 20}
CAT = {"class": "cat"}


def region(shape=RECT, attributes=CAT):
    return {"shape_attributes": shape, "region_attributes": attributes}


def export(*regions, name="a.jpg", **more):
    return {f"{name}1234": {"filename": name, "size": 1234, "regions": list(regions), "file_attributes": {}, **more}}


def project(*regions, attributes=None, **more):
    return {
        "_via_settings": {
            "ui": {"annotation_editor_height": 25},
            "core": {"buffer_size": 18},
            "project": {"name": "p"},
        },
        "_via_img_metadata": {**export(*regions), **export(name="z.jpg")},
        "_via_attributes": attributes or {"region": {"class": {"type": "text"}}, "file": {}},
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": ["a.jpg1234"],
        **more,
    }


def project_3(*metadata, options=None):
    return {
        "project": {"pid": "__VIA_PROJECT_ID__", "rev": "1", "data_format_version": "3.1.1", "vid_list": ["1", "2"]},
        "config": {"file": {"loc_prefix": {"1": ""}}},
        "attribute": {"1": {"aname": "kind", "anchor_id": "FILE1_Z0_XY1", "type": 4, "options": options or {}}},
        "file": {n: {"fid": n, "fname": f"{name}.jpg", "type": 2, "src": ""} for n, name in (("1", "a"), ("2", "z"))},
        "view": {"1": {"fid_list": ["1"]}, "2": {"fid_list": ["2"]}},
        "metadata": {f"1_{number}": item for number, item in enumerate(metadata)},
    }  # fmt: skip


def box_3(xy, value="cat", view="1"):
    return {"vid": view, "flg": 0, "z": [], "xy": xy, "av": {"1": value}}


@pytest.fixture
def write(voc):
    def write(content, name="via_project.json"):
        return voc.text(name, content if isinstance(content, str) else json.dumps(content))

    for name in "az":
        voc.image(f"{name}.jpg")
    return write


def lines(*rows, header=via_csv.KNOWN_COLUMNS):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def row(shape=RECT, attributes=CAT, name="a.jpg"):
    return [name, 1234, "{}", 1, 0, json.dumps(shape), json.dumps(attributes)]


BACKGROUND = ["z.jpg", 99, "{}", 0, 0, "{}", "{}"]


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        (RECT, (10, 20, 30, 40)),
        ({"name": "circle", "cx": 20, "cy": 30, "r": 10}, (10, 20, 30, 40)),
        ({"name": "circle", "cx": 20, "cy": 30, "r": 9.5}, (10.5, 20.5, 29.5, 39.5)),
        ({"name": "ellipse", "cx": 20, "cy": 30, "rx": 10, "ry": 5}, (10, 25, 30, 35)),
        ({"name": "ellipse", "cx": 20, "cy": 30, "rx": 10, "ry": 5, "theta": 1.5707963}, (15, 20, 25, 40)),
        ({"name": "polygon", "all_points_x": [10, 30, 15], "all_points_y": [20, 25, 40]}, (10, 20, 30, 40)),
    ],
)
@pytest.mark.parametrize("form", ["project", "export", "csv"])
def test_every_shape_with_an_extent_gives_its_box(write, look, boxes, faults, shape, box, form):
    if form == "csv":
        write(lines(row(shape), BACKGROUND), "via_export_csv.csv")
    else:
        write(project(region(shape)) if form == "project" else export(region(shape)) | export(name="z.jpg"))
    dataset = look()
    found = boxes(dataset)
    assert dataset.reader == "VIA" and found["z.jpg"] == [] and found["a.jpg"][0][0] == "cat"
    assert found["a.jpg"][0][1:] == pytest.approx(box, abs=1e-4)
    assert [kind for kind, _, _ in faults(dataset)] == ([] if shape is RECT else ["outlined_object"])


@pytest.mark.parametrize(
    ("xy", "box"),
    [
        ([2, 10, 20, 20, 20], (10, 20, 30, 40)),
        ([3, 20, 30, 10], (10, 20, 30, 40)),
        ([4, 20, 30, 10, 5], (10, 25, 30, 35)),
        ([7, 10, 20, 30, 25, 15, 40], (10, 20, 30, 40)),
        ([8, 20, 20, 30, 30, 20, 40, 10, 30], (10, 20, 30, 40)),
    ],
)
def test_projects_of_version_3(write, look, boxes, xy, box):
    write(project_3(box_3(xy)))
    dataset = look()
    assert dataset.reader == "VIA" and boxes(dataset) == {"a.jpg": [("cat", *box)], "z.jpg": []}


def test_options_of_version_3_go_by_their_description(write, look, boxes):
    write(project_3(box_3([2, 10, 20, 20, 20], "0"), options={"0": "sky", "1": "road"}))
    assert boxes(look())["a.jpg"][0][0] == "sky"


def test_what_version_3_says_of_others_than_one_image_is_told(write, look):
    write(project_3(box_3([2, 10, 20, 20, 20]), box_3([1, 5, 5]), box_3([]), box_3([2, 1, 2, 3, 4], view="9")))
    told = {problem.message for problem in look().problems if problem.kind == "unread_content"}
    assert told == {
        "a region of shape `point` isn't read",
        "what is said of a whole image isn't read",
        "what is said of anything but one image isn't read",
    }


def test_version_1_has_regions_by_number(write, look, boxes):
    old = {"fileref": "", "base64_img_data": "", "regions": {"0": region(), "1": region({**RECT, "x": 50})}}
    write(export(**old) | export(name="z.jpg"))
    assert len(boxes(look())["a.jpg"]) == 2


def test_csv_of_version_1_has_a_mark_before_its_columns(write, look, boxes):
    write(lines(row(), BACKGROUND, header=("#filename", *via_csv.KNOWN_COLUMNS[1:])), "via.csv")
    assert boxes(look()) == {"a.jpg": [("cat", 10, 20, 30, 40)], "z.jpg": []}


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"anything": "cat"}, "cat"),
        ({"quality": "good", "Class": "cat"}, "cat"),
        ({"label": "cat", "note": "x"}, "cat"),
        ({"animal": {"cat": True, "dog": False}}, "cat"),
        ({"number": 7}, "7"),
        ({"class": "cat", "note": ""}, "cat"),
    ],
)
def test_the_attribute_that_is_the_class_is_found(write, look, boxes, attributes, name):
    write(export(region(attributes=attributes)) | export(name="z.jpg"))
    assert boxes(look())["a.jpg"][0][0] == name


def test_several_attributes_that_may_be_the_class_stop(write, look):
    write(export(region(attributes={"colour": "red", "animal": "cat"})) | export(name="z.jpg"))
    with pytest.raises(UserError, match="which of them is the class") as error:
        look()
    assert "colour (1 times)" in error.value.found


def test_numbered_options_go_by_their_description(write, look, boxes):
    options = {"region": {"class": {"type": "dropdown", "options": {"1": "cat", "2": "dog"}}}}
    write(project(region(attributes={"class": "2"}), attributes=options))
    assert boxes(look())["a.jpg"][0][0] == "dog"


def test_the_same_saved_twice_counts_once_and_is_told(write, look, boxes, faults):
    write(project(region()))
    write(export(region()) | export(name="z.jpg"), "via_export_json.json")
    write(lines(row(), BACKGROUND), "via_export_csv.csv")
    dataset = look()
    assert faults(dataset) == [] and len(boxes(dataset)["a.jpg"]) == 1
    assert dataset.not_read.count("repeats the others") == 2


def test_files_that_differ_are_told(write, look, faults):
    write(project(region()))
    write(export(region({**RECT, "x": 50})), "other.json")
    assert ("annotated_twice", "other.json", None) in faults(look()) or faults(look())[0][0] == "annotated_twice"


WRONG = [
    (region({**RECT, "x": "10"}), "bad_number"),
    (region({**RECT, "x": float("nan")}), "bad_number"),
    (region({**RECT, "x": None}), "incomplete_box"),
    (region({"name": "rect"}), "incomplete_box"),
    (region({}), "incomplete_box"),
    (region([1]), "incomplete_box"),
    (region({**RECT, "width": -5}), "inverted_box"),
    (region({**RECT, "width": 0}), "zero_area_box"),
    (region({"name": "polygon", "all_points_x": [1], "all_points_y": []}), "incomplete_box"),
    (region({"name": "polygon", "all_points_x": [], "all_points_y": []}), "incomplete_box"),
    (region({"name": "polygon", "all_points_x": ["1"], "all_points_y": [2]}), "bad_number"),
    (region({"name": "point", "cx": 1, "cy": 2}), "unread_content"),
    (region({"name": "polyline", "all_points_x": [1], "all_points_y": [2]}), "unread_content"),
    (region({**RECT, "odd": 1}), "unread_content"),
    (region(attributes={}), "no_class_name"),
    (region(attributes={"class": {"cat": True, "dog": True}}), "no_class_name"),
    (region(attributes={"class": ["cat"]}), "no_class_name"),
    (region(attributes="cat"), "no_class_name"),
    ("region", "incomplete_box"),
    (None, "incomplete_box"),
]


@pytest.mark.parametrize(("wrong", "kind"), WRONG)
def test_wrong_region_is_told_and_costs_no_other(write, look, faults, boxes, wrong, kind):
    write(project(wrong, region({**RECT, "y": 30})))
    dataset = look()
    assert faults(dataset) == [(kind, "via_project.json", None)]
    assert ("cat", 10, 30, 30, 50) in boxes(dataset)["a.jpg"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("a.jpg,1", "unparsable_line"),
        (",1,{},1,0,{},{}", "unparsable_line"),
        ('a.jpg,1,{},1,0,"{",{}', "unparsable_line"),
        ("a.jpg,1,{},1,0," + "[" * 100_000 + ",{}", "unparsable_line"),
        ("gone.jpg,1,{},0,0,{},{}", "missing_image"),
    ],
)
def test_wrong_line_of_a_csv_is_told(write, look, faults, line, kind):
    write(lines(row(), BACKGROUND) + line + "\n", "via.csv")
    assert faults(look()) == [(kind, "via.csv", 4)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (json.dumps(project(region()))[:-300], "isn't well-formed JSON"),
        ('{"_via_settings": {}, "_via_img_metadata": [1]}', "isn't of VIA"),
        ('{"_via_settings": {}, "_via_img_metadata": ' + "[" * 100_000, "too deep"),
        ('{"project": {"vid_list": []}, "view": 1}', "isn't of VIA"),
    ],
)
def test_file_that_cannot_be_used_is_one_message(write, look, text, told):
    write(text)
    with pytest.raises(UserError, match=told):
        look()


@pytest.mark.parametrize("image", [1, {"filename": ""}, {"filename": 3}, {"regions": 1, "filename": "z.jpg"}])
def test_wrong_image_is_told(write, look, faults, image):
    write({**export(region()), "key": image, **export(name="z.jpg")})
    assert ("unparsable_line", "via_project.json", None) in faults(look())


def test_knows_the_keys_of_via():
    assert set(via_regions.KNOWN_KEYS) == {"rect", "circle", "ellipse", "polygon"}
    assert {"filename", "regions"} <= via_json.KNOWN_KEYS["an image"] and len(via_csv.KNOWN_COLUMNS) == 7


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("form", ["json", "csv"])
def test_byte_order_marks_are_passed_over(write, look, boxes, encoding, form):
    text = lines(row(attributes={"class": "Käse"}), BACKGROUND)
    path = write(project(region(attributes={"class": "Käse"})) if form == "json" else text, f"via.{form}")
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    assert boxes(look())["a.jpg"][0][0] == "Käse"
