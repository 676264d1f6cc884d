"""TFRecord files: images that live in records, their names, their sides, and records that are wrong."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from coralline.data.records.example_proto import example_class
from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError


def jpeg(colour, size=(100, 80), **save):
    out = io.BytesIO()
    Image.new("RGB", size, (colour, 0, 0)).save(out, "JPEG", **save)
    return out.getvalue()


def record(name, colour=0, boxes=((0.25, 0.1, 0.5, 0.3),), names=None, ids=None, image=None, size=(100, 80), **more):
    """As the Object Detection API's scripts write it; boxes are ymin, xmin, ymax, xmax."""
    example = example_class()()
    feature = example.features.feature
    texts = [b"cat"] * len(boxes) if names is None else names
    bytes_of = {"filename": [name.encode()], "encoded": [image or jpeg(colour)], "object/class/text": texts} | {
        key: [value] for key, value in more.items() if isinstance(value, bytes)
    }
    for key, values in bytes_of.items():
        feature[f"image/{key}"].bytes_list.value.extend(values)
    for i, side in enumerate(("ymin", "xmin", "ymax", "xmax")):
        feature[f"image/object/bbox/{side}"].float_list.value.extend(box[i] for box in boxes if len(box) > i)
    integers = {"width": [size[0]], "height": [size[1]], "object/class/label": ids or [1] * len(boxes)} | {
        key: value for key, value in more.items() if not isinstance(value, bytes)
    }
    for key, values in integers.items():
        feature[f"image/{key}"].int64_list.value.extend(values)
    return example.SerializeToString()


@pytest.mark.parametrize("name", ["all.record", "all.tfrecord.gz", "all.tfrecord-00000-of-00001", "all.TFRecords"])
def test_images_and_boxes_come_out_of_the_records(voc, look, boxes, faults, write_records, name):
    write_records(voc.root / name, [record("a.jpg", 9), record("b.jpg", 200, boxes=())])
    dataset = look()
    assert dataset.reader == "TFRecord" and faults(dataset) == []
    assert boxes(dataset) == {"a.jpg": [("cat", 10, 20, 30, 40)], "b.jpg": []}
    assert {image.name: image.place.read() for image in dataset.images} == {"a.jpg": jpeg(9), "b.jpg": jpeg(200)}


def test_records_of_one_name_stay_apart_and_are_dealt_to_both_sides(voc, look, boxes, write_records):
    names = ["a.jpg"] * 20 + [""] * 20 + ["../../a.jpg", "C:\\pictures\\a.jpg"]
    write_records(voc.root / "all.record", [record(name, 5 * i) for i, name in enumerate(names)])
    dataset = look()
    assert len(boxes(dataset)) == len(names) and {image.split for image in dataset.images} == {"train", "eval"}
    assert not [image.name for image in dataset.images if image.name.startswith(("/", "."))]
    read = {image.place.read() for image in dataset.images}
    assert len(read) == len(names)


def test_files_named_for_sides_decide_on_them(voc, look, write_records):
    write_records(voc.root / "train.record-00000-of-00002", [record("a.jpg", 1)])
    write_records(voc.root / "train.record-00001-of-00002", [record("b.jpg", 2)])
    write_records(voc.root / "val.record", [record("c.jpg", 3)])
    sides = {image.name: image.split for image in look().images}
    assert sides == {"a.jpg": "train", "b.jpg": "train", "c.jpg": "eval"}


def test_own_examples_keep_their_names_and_sides(voc, look, write_records):
    for split, name in (("train", "a.jpg"), ("eval", "b.jpg")):
        path = voc.root / f"Split-{split}" / "data_tfrecord-00000-of-00001.gz"
        write_records(path, [record(name, 40 * len(split), source_id=f"images/{name}".encode())])
    sides = {image.name: image.split for image in look().images}
    assert sides == {"images/a.jpg": "train", "images/b.jpg": "eval"}


def test_class_numbers_are_named_by_the_label_map(voc, look, boxes, faults, write_records):
    write_records(voc.root / "all.record", [record("a.jpg", names=[], ids=[2]), record("b.jpg", 99, names=[], ids=[3])])
    with pytest.raises(UserError, match=r"all\.record: records of this file have class numbers"):
        look()
    LabelMap(("cat", "dog")).write(str(voc.root / "label_map.pbtxt"))
    dataset = look()
    assert boxes(dataset)["a.jpg"][0][0] == "dog" and faults(dataset) == [("unknown_class", "all.record", None)]
    LabelMap(("cow", "hen")).write(str(voc.root / "other.pbtxt"))
    with pytest.raises(UserError, match="label maps that differ"):
        look()
    assert boxes(look(label_map=str(voc.root / "other.pbtxt")))["a.jpg"][0][0] == "hen"


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        (b"\xff\xff not an example", "unparsable_record", "record 2"),
        (record("x.jpg", boxes=[(0, 0, 1)]), "unparsable_record", "record 2"),
        (record("x.jpg", names=[b"cat", b"cat"]), "unparsable_record", "1 boxes, 2 class names"),
        (record("x.jpg", names=[b"c\xe4t"]), "unparsable_record", "record 2"),
        (record("x.jpg", ids=[1, 2]), "unparsable_record", "record 2"),
        (record("x.jpg", **{"object/difficult": [0, 1]}), "unparsable_record", "record 2"),
        (record("x.jpg", names=[b" "]), "no_class_name", "x.jpg"),
        (record("x.jpg", 3, boxes=[(0, math.nan, 1, 1)]), "bad_number", "x.jpg"),
        (record("x.jpg", 3, boxes=[(0, -math.inf, 1, 1)]), "bad_number", "x.jpg"),
        (record("x.jpg", 3, boxes=[(0, 0.1, 1, 3e38)]), "bad_number", "x.jpg"),
        (record("x.jpg", 3, boxes=[(0, 1.2, 1, 1.8)]), "box_off_image", "x.jpg"),
        (record("x.jpg", 3, boxes=[(0.5, 0.1, 0.5, 0.3)]), "zero_area_box", "x.jpg"),
        (record("x.jpg", image=b"no image"), "unreadable_image", "x.jpg"),
        (b"", "unreadable_image", "all.record/000002-"),
    ],
)
def test_wrong_record_is_told_and_costs_no_other(voc, look, boxes, wrong, kind, told, write_records):
    path = write_records(voc.root / "all.record", [record("a.jpg", 100), wrong, record("b.jpg", 200)])
    dataset = look()
    [problem] = [problem for problem in dataset.problems if problem.kind not in ("class_missing_in_split",)]
    assert (problem.kind, problem.file) == (kind, str(path))
    assert told in f"{problem.message} {problem.found}"
    assert len(boxes(dataset)["a.jpg"]) == len(boxes(dataset)["b.jpg"]) == 1


@pytest.mark.parametrize("damage", ["cut", "bit", "length", "gzip"])
def test_damaged_file_is_one_message(voc, look, write_records, damage):
    path = write_records(
        voc.root / ("all.record.gz" if damage == "gzip" else "all.record"), [record("a.jpg", 1), record("b.jpg", 2)]
    )
    content = bytearray(path.read_bytes())
    if damage == "cut":
        del content[-9:]
    elif damage == "length":
        content[3] = 1
    else:
        content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"all\.record"):
        look()


@pytest.mark.parametrize(("width", "height"), [(100, 80), (80, 100)])
def test_boxes_are_shares_of_the_view_whose_size_the_record_has(voc, look, boxes, write_records, width, height):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = jpeg(1, exif=exif)
    write_records(voc.root / "all.record", [record("a.jpg", 1), record("b.jpg", image=turned, size=(width, height))])
    upright = ("cat", 8, 25, 24, 50)
    assert boxes(look())["b.jpg"] == [upright if (width, height) == (80, 100) else ("cat", 40, 10, 60, 30)]


def test_raccoon_record_has_the_boxes_of_the_xml(real_data):
    from coralline.data.data_settings import DataSettings
    from coralline.data.dataset import read_dataset

    folder = str(real_data / "raccoon")
    by_xml = {image.name.rpartition("/")[2]: image for image in read_dataset(folder).images}
    dataset = read_dataset(folder, DataSettings(reader="tfrecord"))
    assert (dataset.reader, len(dataset.images)) == ("TFRecord", 40)
    for image in dataset.images:
        original = by_xml[image.name]
        assert (image.sha256, image.class_names) == (original.sha256, original.class_names)
        np.testing.assert_array_equal(image.boxes_xmin_ymin_xmax_ymax, original.boxes_xmin_ymin_xmax_ymax)
        np.testing.assert_array_equal(image.boxes_ymin_xmin_ymax_xmax, original.boxes_ymin_xmin_ymax_xmax)
