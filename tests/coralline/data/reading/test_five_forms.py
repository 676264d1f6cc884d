"""The same data in each form that people have it in: the same boxes, classes and bytes come out."""

import json
from pathlib import Path

import numpy as np
import pytest

from coralline.data.dataset import read_dataset
from coralline.data.drawn_shapes import draw_dataset
from coralline.data.records.tf_example import encode_example

FORMS = ("csv", "coco", "yolo", "tfrecord", "tfrecord.gz", "cvat", "labelme", "labelstudio", "via", "createml")


def names_of(images):
    return sorted({name for image in images for name in image.class_names}, reverse=True)


def as_csv(images, folder):
    lines = ["filename,width,height,class,xmin,ymin,xmax,ymax"]
    for image in images:
        lines += [
            f"{Path(image.name).name},{image.width},{image.height},{o.class_name},{o.xmin:g},{o.ymin:g},{o.xmax:g},{o.ymax:g}"
            for o in image.objects
        ]
    (folder / "labels.csv").write_text("\n".join(lines))


def as_coco(images, folder):
    ids = {name: 90 - 7 * i for i, name in enumerate(names_of(images))}
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
    names = names_of(images)
    (folder / "data.yaml").write_text(f"train: ../elsewhere\nnc: {len(names)}\nnames: {names}\n")
    (folder / "labels").mkdir()
    for image in images:
        lines = [
            f"{names.index(o.class_name)} {(o.xmin + o.xmax) / 2 / image.width:.6f} "
            f"{(o.ymin + o.ymax) / 2 / image.height:.6f} {(o.xmax - o.xmin) / image.width:.6f} "
            f"{(o.ymax - o.ymin) / image.height:.6f}\n"
            for o in image.objects
        ]
        (folder / "labels" / Path(image.name).with_suffix(".txt").name).write_text("".join(lines))


def as_cvat(images, folder):
    lines = ["<?xml version='1.0' encoding='utf-8'?>", "<annotations>", "<version>1.1</version>"]
    for image in images:
        lines.append(f'<image name="{Path(image.name).name}" width="{image.width}" height="{image.height}">')
        lines += [
            f'<box label="{o.class_name}" xtl="{o.xmin:g}" ytl="{o.ymin:g}" xbr="{o.xmax:g}" ybr="{o.ymax:g}"/>'
            for o in image.objects
        ]
        lines.append("</image>")
    (folder / "annotations.xml").write_text("\n".join([*lines, "</annotations>"]))


def as_labelme(images, folder):
    for image in images:
        shapes = [
            {"label": o.class_name, "points": [[o.xmax, o.ymin], [o.xmin, o.ymax]], "shape_type": "rectangle"}
            for o in image.objects
        ]
        path = Path("..", "images", Path(image.name).name)
        content = {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": str(path), "imageData": None}
        content |= {"imageHeight": image.height, "imageWidth": image.width}
        (folder / path.with_suffix(".json").name).write_text(json.dumps(content))


def as_labelstudio(images, folder):
    tasks = []
    for image in images:
        size = {"original_width": image.width, "original_height": image.height, "image_rotation": 0}
        boxes = image.boxes_ymin_xmin_ymax_xmax.astype(float) * 100
        values = [
            {"x": xmin, "y": ymin, "width": xmax - xmin, "height": ymax - ymin, "rectanglelabels": [name]}
            for (ymin, xmin, ymax, xmax), name in zip(boxes, image.class_names, strict=True)
        ]
        result = [{"type": "rectanglelabels", "value": value, **size} for value in values]
        data = {"image": f"/data/upload/1/0a1b2c3d-{Path(image.name).name}"}
        tasks.append({"id": 1, "annotations": [{"result": result, "was_cancelled": False}], "data": data})
    (folder / "project-1.json").write_text(json.dumps(tasks))


def as_via(images, folder):
    content = {}
    for image in images:
        regions = [
            {
                "shape_attributes": {
                    **{"name": "rect", "x": o.xmin, "y": o.ymin},
                    **{"width": o.xmax - o.xmin, "height": o.ymax - o.ymin},
                },
                "region_attributes": {"shape": o.class_name},
            }
            for o in image.objects
        ]
        name = Path(image.name).name
        content[f"{name}1"] = {"filename": name, "size": 1, "regions": regions, "file_attributes": {}}
    (folder / "via_region_data.json").write_text(json.dumps(content))


def as_createml(images, folder):
    content = [
        {
            "image": Path(image.name).name,
            "annotations": [
                {
                    "label": o.class_name,
                    "coordinates": {
                        **{"x": (o.xmin + o.xmax) / 2, "y": (o.ymin + o.ymax) / 2},
                        **{"width": o.xmax - o.xmin, "height": o.ymax - o.ymin},
                    },
                }
                for o in image.objects
            ],
        }
        for image in images
    ]
    (folder / "_annotations.createml.json").write_text(json.dumps(content))


def records(images):
    ids = {name: i for i, name in enumerate(names_of(images), start=1)}
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


def write(form, images, folder, write_records):
    if form.startswith("tfrecord"):
        write_records(folder / f"all.{form}", records(images))
        return
    (folder / "images").mkdir()
    for image in images:
        (folder / "images" / Path(image.name).name).write_bytes(image.place.read())
    writers = {"csv": as_csv, "coco": as_coco, "yolo": as_yolo, "cvat": as_cvat, "labelme": as_labelme}
    writers |= {"labelstudio": as_labelstudio, "via": as_via, "createml": as_createml}
    if form == "labelme":
        (folder / "labels").mkdir()
    writers[form](images, folder / "labels" if form == "labelme" else folder)


def assert_same(images, originals):
    by_name = {Path(image.name).name: image for image in images}
    assert len(by_name) == len(originals)
    for original in originals:
        image = by_name[Path(original.name).name]
        np.testing.assert_array_equal(image.boxes_xmin_ymin_xmax_ymax, original.boxes_xmin_ymin_xmax_ymax)
        np.testing.assert_array_equal(image.boxes_ymin_xmin_ymax_xmax, original.boxes_ymin_xmin_ymax_xmax)
        assert image.class_names == original.class_names
        assert image.place.read() == original.place.read()


@pytest.mark.parametrize("form", FORMS)
def test_drawn_shapes_come_out_the_same(form, write_records, tmp_path):
    draw_dataset(tmp_path / "drawn", images=12, size_px=97)
    originals = read_dataset(str(tmp_path / "drawn")).images
    (tmp_path / "data").mkdir()
    write(form, originals, tmp_path / "data", write_records)
    dataset = read_dataset(str(tmp_path / "data"))
    assert_same(dataset.images, originals)
    assert dataset.label_map.names == ("circle", "cross", "triangle")
    assert {Path(i.name).name: i.split for i in dataset.images} == {Path(i.name).name: i.split for i in originals}
    assert [problem.kind for problem in dataset.problems if problem.policy != "keep"] == []


@pytest.mark.parametrize("form", FORMS)
def test_blood_cells_come_out_the_same(form, real_data, write_records, tmp_path):
    originals = read_dataset(str(real_data / "bccd")).images
    write(form, originals, tmp_path, write_records)
    dataset = read_dataset(str(tmp_path))
    assert_same(dataset.images, originals)
    assert dataset.label_map.names == ("Platelets", "RBC", "WBC")
    assert [problem.kind for problem in dataset.problems if problem.policy != "keep"] == []
