"""YOLO text: the layouts, the names of the classes, and what is said of lines that are wrong."""

import pytest

from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError

LINE = "0 0.2 0.375 0.2 0.25\n"
BOX = ("cat", 10, 20, 30, 40)


@pytest.fixture
def two(voc):
    """Two annotated images."""
    for name in "ab":
        voc.image(f"images/{name}.jpg")
        voc.text(f"labels/{name}.txt", LINE)
    voc.text("data.yaml", "names: [cat, dog]\n")
    return voc


def test_shares_become_pixels_and_numbers_become_names(two, look, boxes, faults):
    two.text("labels/b.txt", "1 0.5 0.5 1.000000 1.000000\n\n")
    dataset = look()
    assert dataset.reader == "YOLO" and faults(dataset) == []
    assert boxes(dataset) == {"images/a.jpg": [BOX], "images/b.jpg": [("dog", 0, 0, 100, 80)]}


def test_six_decimals_give_whole_pixels_again(two, look, boxes, faults):
    width, height = 1234, 987
    two.image("images/a.jpg", size=(width, height))
    left, top, right, bottom = 1, 0, 1234, 333
    numbers = ((left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height)
    two.text("labels/a.txt", "0 " + " ".join(f"{number:.6f}" for number in numbers))
    dataset = look()
    assert boxes(dataset)["images/a.jpg"] == [("cat", left, top, right, bottom)] and faults(dataset) == []


def test_outline_gives_the_box_around_it(two, look, boxes):
    two.text("labels/a.txt", "1 0.1 0.5 0.3 0.25 0.2 0.5\n0 0.1 0.25 0.3 0.25 0.3 0.5 0.1 0.5")
    assert boxes(look())["images/a.jpg"] == [("dog", 10, 20, 30, 40), ("cat", 10, 20, 30, 40)]


def test_many_empty_files_do_not_hide_those_with_boxes(two, look, faults):
    for i in range(60):
        two.image(f"images/0{i}.jpg")
        two.text(f"labels/0{i}.txt", "")
    assert len(look().images) == 62


def test_empty_file_makes_a_background_image(two, look, boxes, faults):
    two.text("labels/b.txt", "")
    assert boxes(look())["images/b.jpg"] == []


@pytest.mark.parametrize(
    ("images", "labels"),
    [("images/{}", "labels/{}"), ("{}/images", "{}/labels"), ("{}", "{}")],
)
def test_layouts_of_ultralytics_and_roboflow(voc, look, images, labels):
    for part in ("train", "val"):
        voc.image(f"{images.format(part)}/1.jpg", colour=(len(part), 0, 0))
        voc.text(f"{labels.format(part)}/1.txt", LINE)
    voc.text("obj.names", "cat\n")
    assert {image.name: image.split for image in look().images} == {
        f"{images.format('train')}/1.jpg": "train",
        f"{images.format('val')}/1.jpg": "eval",
    }


def test_layout_of_darknet_as_cvat_exports_it(voc, look, boxes, faults):
    for name in "ab":
        voc.image(f"obj_train_data/{name}.jpg")
        voc.text(f"obj_train_data/{name}.txt", LINE)
    voc.text("obj.names", "cat\n")
    voc.text("obj.data", "classes = 1\ntrain = data/train.txt\n")
    voc.text("train.txt", "data/obj_train_data/a.jpg\ndata/obj_train_data/b.jpg\n")
    dataset = look()
    assert boxes(dataset) == {"obj_train_data/a.jpg": [BOX], "obj_train_data/b.jpg": [BOX]} and faults(dataset) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data.yaml", "path: ../elsewhere\nnc: 2\nnames: ['cat', 'no']"),
        ("coco8.yaml", "names:\n  1: no\n  0: cat\n"),
        ("classes.txt", "cat\nno\n\n"),
        ("labels/classes.txt", "\ufeffcat\r\nno"),
        ("data/obj.names", "cat\nno\n"),
    ],
)
def test_names_are_found_wherever_they_are_kept(two, look, name, text):
    (two.root / "data.yaml").unlink()
    two.text(name, text)
    two.text("labels/a.txt", LINE + "1 0.5 0.5 0.5 0.5\n")
    assert look().label_map.names == ("cat", "no")


def test_given_label_map_names_the_classes_where_no_file_does(two, look, boxes):
    (two.root / "data.yaml").unlink()
    LabelMap(("cat", "dog")).write(str(two.root / "m.pbtxt"))
    assert boxes(look(label_map=str(two.root / "m.pbtxt")))["images/a.jpg"] == [BOX]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "nothing says what the class numbers of these YOLO files stand for"),
        ("names: []", "nothing says what the class numbers"),
        ("nc: 2", "nothing says what the class numbers"),
        ("names: {0: cat, 2: dog}", "can't be read"),
        ("names: {999999999999: cat}", "can't be read"),
        ("names: [[cat]]", "can't be read"),
        ("names: cat", "can't be read"),
        ("names: [cat", "data.yaml:1: this file isn't well-formed YAML"),
        ("names: [cat\0]", "isn't well-formed YAML"),
        ("&a [*a]", "nothing says"),
        ("names: " + "[" * 1000, "data.yaml"),
        ("kpt_shape: [17, 3]\nnames: [person]", "a data set of key points"),
    ],
)
def test_names_that_cannot_be_read_are_one_message(two, look, text, told):
    (two.root / "data.yaml").unlink()
    if text is not None:
        two.text("data.yaml", text)
    with pytest.raises(UserError) as error:
        look()
    assert told in str(error.value) and len(str(error.value)) < 2000


def test_names_that_differ_are_one_message_but_for_data_sets_side_by_side(two, look, boxes):
    for name in "ab":
        two.image(f"other/images/{name}{name}.jpg")
        two.text(f"other/labels/{name}{name}.txt", LINE)
    (two.root / "data.yaml").rename(two.root / "labels" / "data.yaml")
    two.text("other/data.yaml", "names: [bird, cat]")
    assert boxes(look())["other/images/aa.jpg"] == [("bird", *BOX[1:])]
    two.text("other/classes.txt", "cat\ndog\n")
    with pytest.raises(UserError, match=r"classes\.txt: two files name the classes differently"):
        look()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("2 0.5 0.5 0.5 0.5", "unknown_class"),
        ("-1 0.5 0.5 0.5 0.5", "unknown_class"),
        ("9" * 400 + " 0.5 0.5 0.5 0.5", "unparsable_line"),
        ("cat 0.5 0.5 0.5 0.5", "unparsable_line"),
        ("0.5 0.5 0.5 0.5 0.5", "unparsable_line"),
        ("0 0.5 0.5 0.5", "unparsable_line"),
        ("0 0.5 0.5 0.5 0.5 1.9", "unparsable_line"),
        ("0,0.5,0.5,0.5,0.5", "unparsable_line"),
        ("0 0.5 nan 0.5 0.5", "bad_number"),
        ("0 0.5 1e999 0.5 0.5", "bad_number"),
        ("0 50 40 50 40", "bad_number"),
        ("0 0.5 0.5 x 0.5", "bad_number"),
        ("0 0.5 0.5 \0 0.5", "bad_number"),
        ("0 0.5 0.5 0 0.5", "zero_area_box"),
        ("0 0.5 0.5 -0.5 0.5", "inverted_box"),
        ("0 1.5 0.5 0.5 0.5", "box_off_image"),
    ],
)
def test_wrong_line_is_told_and_costs_no_other(two, look, boxes, faults, line, kind):
    two.text("labels/a.txt", LINE + line + "\n" + "1 0.5 0.5 0.5 0.5\n")
    dataset = look(on_inverted_box="fail")
    assert faults(dataset) == [(kind, "a.txt", 2)]
    assert len(boxes(dataset)["images/a.jpg"]) == 2


def test_file_that_is_not_text_is_told(two, look, faults):
    (two.root / "labels" / "b.txt").write_bytes(b"\xff\xfe\x00\xd8\x80garbage\xfe")
    assert {(kind, file) for kind, file, _ in faults(look())} == {("unparsable_line", "b.txt")}


def test_text_files_of_other_things_are_not_taken_for_boxes(voc, look):
    voc.pair("a")
    voc.pair("b")
    voc.text("README.txt", "1 0.5 0.5 0.5 0.5\n")
    voc.text("classes.txt", "cat\n")
    voc.text("a.txt", "a caption of the image\n")
    voc.text("ImageSets/Main/train.txt", "a\n")
    dataset = look()
    assert dataset.reader == "LabelImg" and dataset.not_read == ""
    with pytest.raises(UserError, match=r"data\.reader: yolo"):
        look(reader="yolo")


def test_text_file_without_image_is_told(two, look, faults):
    two.text("labels/gone.txt", LINE)
    two.image("images/new.jpg")
    assert faults(look()) == [("image_without_annotation", "new.jpg", None), ("missing_image", "gone.txt", None)]


@pytest.mark.parametrize(
    ("beyond", "what"),
    [
        ("0.91", "a confidence"),
        ("0.91 1", "a confidence and the number of a track"),
        ("0.91 117", "a confidence and the number of a track"),
        ("0.2 0.3 2", "a set of key points"),
        ("0.2 0.3 2 0.25 0.35 1.0", "a set of key points"),
        ("0.2 0.3 2 0 0 0 0.25 0.35 1 0.2 0.4 2", "a set of key points"),
    ],
)
def test_what_follows_a_box_is_told_and_isnt_an_outline(two, look, boxes, beyond, what):
    for name in "ab":
        two.text(f"labels/{name}.txt", f"{LINE.strip()} {beyond}\n")
    dataset = look()
    assert boxes(dataset) == {"images/a.jpg": [BOX], "images/b.jpg": [BOX]}
    [problem] = dataset.problems
    assert (problem.kind, problem.message, problem.found) == (
        "unread_content",
        f"{what} after the box isn't read",
        "2 times",
    )


@pytest.mark.parametrize("corners", ["0.1 0.25 0.3 0.25 0.2 0.5", "0.1 0.25 0.3 0.25 0.3 0.5 0.2 0.5 0.1 0.4"])
def test_an_outline_is_told_apart_from_them(two, look, boxes, faults, corners):
    two.text("labels/a.txt", f"0 {corners}\n")
    assert boxes(look())["images/a.jpg"] == [BOX] and faults(look()) == []
