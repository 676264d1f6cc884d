"""CSV files of boxes: which image a line is of, on which side it is, and what is said of lines that are wrong."""

import pytest

from coralline.data.reading import csv_boxes
from coralline.foundation.errors import UserError

HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax\n"


@pytest.fixture
def two(voc):
    voc.image("images/a.jpg")
    voc.image("images/b.jpg")
    return voc


def rows(*of):
    return "".join(f"{name}.jpg,100,80,cat,10,20,30,40\n" for name in of)


def test_lines_of_an_image_are_its_boxes(two, look, boxes, faults):
    two.text("labels.csv", HEADER + rows("a", "b") + "a.jpg,100,80,dog,1.5,2,3,4\n")
    dataset = look()
    assert dataset.reader == "CSV" and faults(dataset) == [("fractional_corners", "labels.csv", 4)]
    assert boxes(dataset)["images/a.jpg"] == [("cat", 10, 20, 30, 40), ("dog", 1.5, 2, 3, 4)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_order_separator_encoding_and_line_ends_may_be_any(two, look, boxes, faults, separator, encoding, end):
    lines = [
        "XMax, ymax ,xmin,ymin,note,Class,filename",
        '30,40,10,20,"x",Kätzchen,a.jpg',
        "",
        "30,40,10,20,,Hund,b.jpg",
    ]
    text = end.join(lines).replace(",", separator)
    (two.root / "labels.csv").write_bytes(text.encode(encoding))
    dataset = look()
    assert boxes(dataset) == {
        "images/a.jpg": [("Kätzchen", 10, 20, 30, 40)],
        "images/b.jpg": [("Hund", 10, 20, 30, 40)],
    }
    [unread] = [problem for problem in dataset.problems if problem.kind == "unread_content"]
    assert (unread.message, unread.found) == ("the column `note` isn't read", "2 lines")
    assert faults(dataset) == [("unread_content", "labels.csv", None)]


def test_line_without_class_and_corners_makes_a_background_image(two, look, boxes):
    two.text("labels.csv", HEADER + rows("a") + "b.jpg,100,80,,,,,\n")
    assert boxes(look())["images/b.jpg"] == []


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("a.jpg,100,80,cat,10,20,30", "unparsable_line"),
        ("a,b.jpg,100,80,cat,10,20,30,40", "unparsable_line"),
        (",100,80,cat,10,20,30,40", "unparsable_line"),
        ("a.jpg,100,90,cat,10,20,30,40", "unparsable_line"),
        ("a.jpg,100,80,c\0t,10,20,30,40", "unparsable_line"),
        ('a.jpg,100,80,"cat,10,20,30,40', "unparsable_line"),
        ("a.jpg,100,80,,10,20,30,40", "no_class_name"),
        ("a.jpg,100,80,cat,10,,30,40", "incomplete_box"),
        ("a.jpg,100,80,cat,10,left,30,40", "bad_number"),
        ("a.jpg,100,80,cat,10,nan,30,40", "bad_number"),
        ("a.jpg,100,80,cat,10,1e999,30,40", "bad_number"),
        ("a.jpg,100,80,cat,10,1" + "0" * 300 + ",30,40", "box_off_image"),
        ("nowhere.jpg,100,80,cat,10,20,30,40", "missing_image"),
    ],
)
def test_wrong_line_is_told_and_costs_no_other(two, look, boxes, faults, line, kind):
    two.text("labels.csv", HEADER + rows("a", "b") + line + "\n" + rows("b"))
    dataset = look(on_inverted_box="fail", on_duplicate_box="keep")
    found = faults(dataset)
    assert (kind if kind != "box_off_image" else "inverted_box", "labels.csv", 4) in found
    assert len(boxes(dataset)["images/a.jpg"]) == 1 and len(boxes(dataset)["images/b.jpg"]) == 2


def test_class_in_another_encoding_is_told(two, look, faults):
    (two.root / "labels.csv").write_bytes(
        (HEADER + rows("a", "b") + "b.jpg,100,80,Kätzchen,1,2,3,4\n").encode("latin-1")
    )
    assert faults(look()) == [("unparsable_line", "labels.csv", 4)]


def test_name_of_a_file_that_is_not_utf8_is_found(two, look, boxes):
    name = b"\xe4.jpg"
    (two.root / "a.jpg").write_bytes((two.root / "images/a.jpg").read_bytes() + b"\xff\xd9")
    (two.root / "a.jpg").rename(two.root / name.decode("utf-8", "surrogateescape"))
    (two.root / "labels.csv").write_bytes(HEADER.encode() + rows("a").encode() + name + b",100,80,cat,1,2,3,4\n")
    assert boxes(look())["\udce4.jpg"] == [("cat", 1, 2, 3, 4)]


@pytest.mark.parametrize("said", ["../a.jpg", "/etc/a.jpg", "C:\\Users\\me\\a.jpg", "..\\..\\a.jpg", "a"])
def test_folders_in_a_name_are_never_followed(two, look, boxes, said, tmp_path_factory):
    two.image("../outside.jpg")
    two.text("labels.csv", HEADER + rows("b") + f"{said},100,80,cat,1,2,3,4\n../outside.jpg,100,80,cat,1,2,3,4\n")
    dataset = look()
    assert boxes(dataset)["images/a.jpg"] == [("cat", 1, 2, 3, 4)]
    kinds = [problem.kind for problem in dataset.problems]
    assert kinds.count("missing_image") == 1 and ("foreign_path" in kinds) == said.startswith("C:")


def test_names_of_two_images_that_mean_one_are_told(two, look, faults):
    two.text("labels.csv", HEADER + rows("x/a", "b", "y/a"))
    assert faults(look()) == [("annotated_twice", "labels.csv", 4)]


def test_files_named_for_sides_decide_on_them(two, look, faults):
    two.image("c.jpg")
    two.text("train_labels.csv", HEADER + rows("a"))
    two.text("test_labels.csv", HEADER + rows("b"))
    two.text("all_labels.csv", HEADER + rows("a", "b"))
    two.text("unrelated.csv", "date,sales\n1,2\n")
    dataset = look()
    assert {image.name: image.split for image in dataset.images} == {"images/a.jpg": "train", "images/b.jpg": "eval"}
    assert dataset.not_read == "all_labels.csv, which repeats the others"
    assert faults(dataset) == [("image_without_annotation", "c.jpg", None)]


def test_file_with_more_images_than_those_of_the_sides_is_read(two, look, faults):
    two.image("c.jpg")
    two.text("train.csv", HEADER + rows("a"))
    two.text("val.csv", HEADER + rows("b"))
    two.text("more.csv", HEADER + rows("a", "c"))
    dataset = look()
    assert dataset.not_read == ""
    assert sorted(faults(dataset)) == [
        ("annotated_twice", "more.csv", 2),
        ("unlisted_image", two.root.name, None),
    ]


def test_csv_of_other_things_is_not_taken_for_boxes(two, look):
    two.text("sales.csv", "filename,date\na.jpg,1\n")
    with pytest.raises(UserError, match="there are no annotations"):
        look()
    with pytest.raises(UserError, match=r"data\.reader: csv"):
        look(reader="csv")


def test_raccoon_is_the_same_as_in_its_xml(real_data, boxes):
    from coralline.data.data_settings import DataSettings
    from coralline.data.dataset import read_dataset

    folder = str(real_data / "raccoon")
    dataset = read_dataset(folder, DataSettings(reader="csv"))
    by_xml = boxes(read_dataset(folder))
    assert {name: sorted(found) for name, found in boxes(dataset).items()} == {
        name: sorted(found) for name, found in by_xml.items()
    }
    assert sum(image.split == "train" for image in dataset.images) == 160 and len(dataset.images) == 200
    assert dataset.not_read.startswith("raccoon_labels.csv")


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ('"image","xmin","ymin","xmax","ymax","label"', '"a.jpg",10,20,30,40,"cat"'),
        ("file,name,x,y,w,h", "a.jpg,cat,10,20,20,20"),
        ("path,label,x,y,w,h,width,height", "data/images/a.jpg,cat,10,20,20,20,100,80"),
        ("file_name,label,xmin,ymin,xmax,ymax", "a.jpg,cat,10,20,30,40"),
    ],
    ids=["VoTT", "from the corner", "with sizes", "file_name"],
)
def test_columns_may_have_other_plain_names(two, look, boxes, faults, header, line):
    two.text("labels.csv", f"{header}\n{line}\n{line.replace('a.jpg', 'b.jpg')}\n")
    dataset = look()
    assert boxes(dataset) == {f"images/{name}.jpg": [("cat", 10, 20, 30, 40)] for name in "ab"}
    assert faults(dataset) == []


def test_of_two_columns_for_one_thing_one_counts_and_the_other_is_told(two, look, boxes):
    lines = "".join(f"C:\\x.jpg,{name}.jpg,cat,7,10,20,30,40\n" for name in "ab")
    two.text("labels.csv", f"path,filename,class,label,xmin,ymin,xmax,ymax\n{lines}")
    dataset = look()
    assert boxes(dataset) == {f"images/{name}.jpg": [("cat", 10, 20, 30, 40)] for name in "ab"}
    told = [problem.message for problem in dataset.problems if problem.kind == "unread_content"]
    assert told == ["the column `path` isn't read", "the column `label` isn't read"]


def test_every_known_column_is_in_this_list():
    """Whoever adds one says here that it is read; others are told."""
    assert {name: set(names) for name, names in csv_boxes.COLUMN_NAMES.items()} == {
        "filename": {"filename", "file_name", "image", "file", "path"},
        "class": {"class", "label", "name"},
        **{side: {side} for side in ("xmin", "ymin", "xmax", "ymax", "x", "y", "w", "h", "width", "height")},
    }
