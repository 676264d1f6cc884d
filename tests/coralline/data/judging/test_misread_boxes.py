"""Boxes whose numbers mean something else: they are recognised, and the advice, followed, gives the right boxes."""

import csv
import json
import random
import re

import numpy as np
import pytest
from PIL import Image

from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset, read_dataset
from coralline.data.judging.box_form import FORMATS, UNITS
from coralline.data.records.tf_example import encode_example
from coralline.foundation.errors import UserError

IMAGES, WIDTH, HEIGHT = 24, 400, 300


def truth(seed=0):
    """By image: a box in pixels, as people draw them, some at the image's edges."""
    numbers = random.Random(seed)
    boxes = {}
    for i in range(IMAGES):
        width, height = numbers.randint(40, 200), numbers.randint(30, 150)
        left, top = (
            numbers.choice([0, WIDTH - width, numbers.randint(1, WIDTH - width)]),
            numbers.randint(0, HEIGHT - height),
        )
        boxes[f"{i:02d}.jpg"] = (left, top, left + width, top + height)
    return boxes


def form(box, box_format):
    left, top, right, bottom = box
    return {
        "xyxy": box,
        "xywh": (left, top, right - left, bottom - top),
        "cxcywh": ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top),
        "yxyx": (top, left, bottom, right),
        "yxhw": (top, left, bottom - top, right - left),
        "xxyy": (left, right, top, bottom),
    }[box_format]


def scaled(box, units):
    """A box in pixels in these units."""
    by = {"pixels": 1, "normalized": (1 / WIDTH, 1 / HEIGHT), "percent": (100 / WIDTH, 100 / HEIGHT)}
    by |= {"per_mille": (1000 / WIDTH, 1000 / HEIGHT), "normalized_twice": (WIDTH**-2, HEIGHT**-2)}
    x, y = (1, 1) if units == "pixels" else by[units]
    return box[0] * x, box[1] * y, box[2] * x, box[3] * y


@pytest.fixture
def images(tmp_path):
    for name in truth():
        Image.new("RGB", (WIDTH, HEIGHT), (10 * int(name[:2]), 0, 0)).save(tmp_path / name)
    return tmp_path


def write_voc(folder, boxes):
    for name, values in boxes.items():
        sides = zip(("xmin", "ymin", "xmax", "ymax"), values, strict=True)
        corners = "".join(f"<{side}>{value!r}</{side}>" for side, value in sides)
        text = f"<annotation><object><name>cat</name><bndbox>{corners}</bndbox></object></annotation>"
        (folder / f"{name[:2]}.xml").write_text(text)


def write_coco(folder, boxes):
    content = {
        "images": [{"id": i, "file_name": name, "width": WIDTH, "height": HEIGHT} for i, name in enumerate(boxes)],
        "annotations": [
            {"id": i, "image_id": i, "category_id": 1, "bbox": list(values)} for i, values in enumerate(boxes.values())
        ],
        "categories": [{"id": 1, "name": "cat"}],
    }
    (folder / "boxes.json").write_text(json.dumps(content))


def write_yolo(folder, boxes):
    (folder / "classes.txt").write_text("cat\n")
    for name, values in boxes.items():
        (folder / f"{name[:2]}.txt").write_text("0 " + " ".join(map(repr, values)) + "\n")


def write_csv(folder, boxes, header=("xmin", "ymin", "xmax", "ymax")):
    with (folder / "boxes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", "class", *header])
        writer.writerows([name, "cat", *values] for name, values in boxes.items())


WRITERS = {
    "voc": (write_voc, "xyxy"),
    "coco": (write_coco, "xywh"),
    "csv": (write_csv, "xyxy"),
    "yolo": (write_yolo, "cxcywh"),
}
MISTAKES = [
    ("voc", "xyxy", "normalized"),
    ("voc", "xywh", "pixels"),
    ("voc", "cxcywh", "pixels"),
    ("voc", "cxcywh", "normalized"),
    ("voc", "xxyy", "pixels"),
    ("coco", "xyxy", "pixels"),
    ("coco", "xywh", "normalized"),
    ("coco", "xyxy", "normalized"),
    ("coco", "cxcywh", "normalized"),
    ("csv", "xyxy", "normalized"),
    ("csv", "xywh", "pixels"),
    ("csv", "xywh", "normalized"),
    ("csv", "xxyy", "pixels"),
    ("yolo", "cxcywh", "pixels"),
    ("yolo", "xyxy", "pixels"),
    ("yolo", "xywh", "pixels"),
    ("yolo", "xyxy", "normalized"),
    ("yolo", "cxcywh", "percent"),
]


@pytest.mark.parametrize(("reader", "box_format", "units"), MISTAKES)
def test_the_advice_followed_gives_the_right_boxes(images, reader, box_format, units):
    write, _ = WRITERS[reader]
    boxes = truth()
    write(images, {name: form(scaled(box, units), box_format) for name, box in boxes.items()})
    dataset = check_dataset(images)
    first = dataset.problems[0]
    assert (first.kind, first.policy) == ("misread_boxes", "fail") and not dataset.ok
    with pytest.raises(UserError, match="most likely misread"):
        read_dataset(images)
    said = re.search(r"set data.box_format to (\w+) and data.box_units to (\w+)", first.fix or "")
    assert said, (first.message, first.fix)
    assert (said[1], said[2]) == (box_format, units)
    right = read_dataset(images, DataSettings(box_format=said[1], box_units=said[2]))
    for image in right.images:
        np.testing.assert_allclose(image.objects[0].xmin_ymin_xmax_ymax, boxes[image.name], atol=0.02)
    assert "misread_boxes" not in {problem.kind for problem in right.problems}


def test_pixels_in_records_and_twice_divided_ones(images, write_records):
    def records(units):
        for name, box in truth().items():
            left, top, right, bottom = scaled(box, units)
            yield encode_example(
                filename=name,
                image_encoded=(images / name).read_bytes(),
                image_format="jpeg",
                height=HEIGHT,
                width=WIDTH,
                boxes_ymin_xmin_ymax_xmax=np.array([[top, left, bottom, right]], np.float32),
                class_ids=[1],
                class_names=["cat"],
                difficult=[False],
                truncated=[False],
            )

    for units in ("pixels", "normalized_twice"):
        write_records(images / "all.record", list(records(units)))
        settings = DataSettings(reader="tfrecord")
        first = check_dataset(images, settings).problems[0]
        assert f"set data.box_format to xyxy and data.box_units to {units}" in first.fix
        right = read_dataset(images, settings.model_copy(update={"box_units": units}))
        for image in right.images:
            np.testing.assert_allclose(image.objects[0].xmin_ymin_xmax_ymax, truth()[image.name], atol=0.1)


def test_a_value_written_twice_is_told(images):
    write_voc(images, {name: (box[0], box[1], box[2], box[0]) for name, box in truth().items() if box[0]})
    first = check_dataset(images).problems[0]
    assert first.kind == "misread_boxes" and "ymax is the same as xmin in" in first.message


def test_one_file_of_two_is_told_by_itself(images):
    boxes = list(truth().items())
    write_csv(images, dict(boxes[:18]))
    (images / "boxes.csv").rename(images / "train.csv")
    write_csv(images, {name: scaled(box, "normalized") for name, box in boxes[18:]})
    (images / "boxes.csv").rename(images / "test.csv")
    dataset = check_dataset(images)
    [problem] = [problem for problem in dataset.problems if problem.kind == "misread_boxes"]
    assert problem.file.endswith("test.csv") and problem.message.startswith("6 of 6 boxes are smaller than a pixel")


def test_a_person_may_insist(images):
    write_csv(images, {name: (left, top, left + 0.5, top + 0.5) for name, (left, top, _, _) in truth().items()})
    assert check_dataset(images).problems[0].policy == "fail"
    dataset = read_dataset(images, DataSettings(on_misread_boxes="keep"))
    assert dataset.problems[0].policy == "keep"


def clipped(box, beyond):
    left, top, right, bottom = box
    return left - beyond, top, right, bottom


HONEST = {
    "at the edges, and two pixels beyond": lambda box, i: clipped((0, *box[1:]), 2) if i % 3 else box,
    "tiny in the air": lambda box, i: (box[0], box[1], box[0] + 3 + i % 3, box[1] + 4),
    "long lines of text": lambda box, i: (0, box[1], WIDTH, box[1] + 6),
    "the whole image": lambda box, i: (0, 0, WIDTH, HEIGHT),
    "in the middle": lambda box, i: (40 + i, 40 + i, WIDTH - 40 - i, HEIGHT - 40 - i),
    "a third far beyond": lambda box, i: clipped(box, 0 if i % 3 else box[0] + 30),
}


@pytest.mark.parametrize("kind", HONEST)
@pytest.mark.parametrize("reader", ["voc", "coco", "csv"])
def test_honest_boxes_stop_nothing(images, kind, reader):
    write, own_format = WRITERS[reader]
    boxes = {name: HONEST[kind](box, i) for i, (name, box) in enumerate(truth().items())}
    write(images, {name: form(box, own_format) for name, box in boxes.items()})
    assert "misread_boxes" not in {problem.kind for problem in check_dataset(images).problems}


def test_few_boxes_stop_nothing(images):
    boxes = list(truth().items())[:2]
    write_csv(images, {name: (box[2], box[3], box[0], box[1]) for name, box in boxes})
    assert "misread_boxes" not in {problem.kind for problem in check_dataset(images).problems}


def test_settings_name_every_format_and_unit():
    fields = DataSettings.model_fields
    assert set(fields["box_format"].annotation.__args__) == {"auto", *FORMATS}
    assert set(fields["box_units"].annotation.__args__) == {"auto", *UNITS}
