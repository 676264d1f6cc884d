"""The same data in each form that people have it in: the same boxes, classes and bytes come out."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from components.dataset.dataset import read_dataset
from components.dataset.drawn_shapes import draw_dataset
from components.dataset.options import DatasetOptions
from components.dataset.tf_example import encode_example

IMAGES = 12


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    draw_dataset(folder, images=IMAGES, size_px=97)
    return folder, read_dataset(str(folder)).images


def as_csv(images, folder):
    lines = ["filename,width,height,class,xmin,ymin,xmax,ymax"]
    for image in images:
        lines += [
            f"{Path(image.name).name},{image.width},{image.height},{o.class_name},{o.xmin:g},{o.ymin:g},{o.xmax:g},{o.ymax:g}"
            for o in image.objects
        ]
    (folder / "labels.csv").write_text("\n".join(lines))


def as_coco(images, folder):
    ids = {"triangle": 7, "circle": 90, "cross": 3}
    content = {
        "images": [
            {"id": f"i{i}", "file_name": Path(image.name).name, "width": image.width, "height": image.height}
            for i, image in enumerate(images)
        ],
        "categories": [{"id": number, "name": name} for name, number in ids.items()],
        "annotations": [
            {
                "id": 0,
                "image_id": f"i{i}",
                "category_id": ids[o.class_name],
                "bbox": [o.xmin, o.ymin, o.xmax - o.xmin, o.ymax - o.ymin],
                "segmentation": [[1, 2, 3, 4, 5, 6]],
                "iscrowd": 0,
            }
            for i, image in enumerate(images)
            for o in image.objects
        ],
    }
    (folder / "instances_default.json").write_text(json.dumps(content))


def as_yolo(images, folder):
    names = ["cross", "triangle", "circle"]
    (folder / "data.yaml").write_text(f"train: ../elsewhere\nnc: 3\nnames: {names}\n")
    (folder / "labels").mkdir()
    for image in images:
        lines = [
            f"{names.index(o.class_name)} {(o.xmin + o.xmax) / 2 / image.width:.6f} "
            f"{(o.ymin + o.ymax) / 2 / image.height:.6f} {(o.xmax - o.xmin) / image.width:.6f} "
            f"{(o.ymax - o.ymin) / image.height:.6f}\n"
            for o in image.objects
        ]
        (folder / "labels" / Path(image.name).with_suffix(".txt").name).write_text("".join(lines))


def records(images):
    ids = {"circle": 1, "cross": 2, "triangle": 3}
    for image in images:
        yield encode_example(
            filename=Path(image.name).name,
            source_id=image.name,
            image_encoded=image.place.read(),
            image_format="jpeg",
            height=image.height,
            width=image.width,
            boxes_ymin_xmin_ymax_xmax=image.boxes_ymin_xmin_ymax_xmax,
            class_ids=[ids[name] for name in image.class_names],
            class_names=image.class_names,
            difficult=image.difficult,
            truncated=image.truncated,
        )


@pytest.mark.parametrize("form", ["csv", "coco", "yolo", "tfrecord", "tfrecord.gz"])
def test_the_same_boxes_classes_and_bytes_come_out(form, drawn, write_records, tmp_path):
    folder, originals = drawn
    if form.startswith("tfrecord"):
        write_records(tmp_path / f"shapes.{form}", records(originals))
    else:
        shutil.copytree(folder / "images", tmp_path / "images")
        {"csv": as_csv, "coco": as_coco, "yolo": as_yolo}[form](originals, tmp_path)
    dataset = read_dataset(str(tmp_path), DatasetOptions())
    assert len(dataset.images) == IMAGES and dataset.label_map.names == ("circle", "cross", "triangle")
    by_name = {image.name: image for image in dataset.images}
    for original in originals:
        image = by_name[original.name]
        np.testing.assert_array_equal(image.boxes_xmin_ymin_xmax_ymax, original.boxes_xmin_ymin_xmax_ymax)
        np.testing.assert_array_equal(image.boxes_ymin_xmin_ymax_xmax, original.boxes_ymin_xmin_ymax_xmax)
        assert (image.class_names, image.split) == (original.class_names, original.split)
        assert image.place.read() == original.place.read()
    assert [problem.kind for problem in dataset.problems if problem.policy != "keep"] == []
