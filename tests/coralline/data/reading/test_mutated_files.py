"""Annotations damaged at random, in every form but Pascal VOC: a data set or a message comes out, never a traceback."""

import json
import random

import pytest

from coralline.data.records.tf_example import encode_example
from coralline.foundation.errors import UserError

MUTATIONS = 300
_INSERTED = [
    b"\0",
    b"\xff\xfe",
    b"\xe4",
    b'"',
    b"-",
    b"9" * 400,
    b"1e999",
    b"nan",
    b"null",
    b"[" * 300,
    b"{",
    b",",
    b"\n",
    b"\r",
    b"&a *a",
]
_LABELS = b"0 0.2 0.375 0.2 0.25\n1 0.5 0.5 0.4 0.5\n0 0.1 0.1 0.3 0.1 0.2 0.4\n"
_ROWS = b"a.jpg,100,80,cat,10,20,30,40\nb.jpg,100,80,dog,10,20,30,40\n"
_COCO = {
    "images": [{"id": i, "file_name": f"{name}.jpg", "width": 100, "height": 80} for i, name in enumerate("ab")],
    "annotations": [{"id": i, "image_id": i, "category_id": 1, "bbox": [10, 20, 20, 20]} for i in range(2)],
    "categories": [{"id": 1, "name": "cat"}],
}


_SIZE = {"original_width": 100, "original_height": 80, "image_rotation": 0}
_RESULT = {"type": "rectanglelabels", "id": "a", **_SIZE}
_RESULT["value"] = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 5, "rectanglelabels": ["cat"]}
_RECT = {"name": "rect", "x": 10, "y": 20, "width": 20, "height": 20}
_POLYGON = {"name": "polygon", "all_points_x": [10, 30, 15], "all_points_y": [20, 25, 40]}
_CREATEML_BOX = {"label": "cat", "coordinates": {"x": 20, "y": 30, "width": 20, "height": 20}}


def labelme(name):
    shapes = [
        {"label": "cat", "points": [[10, 20], [30, 40]], "shape_type": "rectangle", "group_id": 1},
        {"label": "cat", "points": [[10, 20], [30, 25], [15, 40]], "shape_type": "polygon", "group_id": 1},
        {"label": "dog", "points": [[50, 40], [53, 44]], "shape_type": "circle", "group_id": None},
    ]
    return {"version": "5", "shapes": shapes, "imagePath": f"{name}.jpg", "imageHeight": 80, "imageWidth": 100}


def via(name):
    regions = [{"shape_attributes": shape, "region_attributes": {"class": "cat"}} for shape in (_RECT, _POLYGON)]
    return {"filename": f"{name}.jpg", "size": 1, "regions": regions, "file_attributes": {}}


def of_tools():
    lines = ["<annotations>", "<version>1.1</version>"]
    for name in "ab":
        lines += [
            f'<image id="0" name="{name}.jpg" width="100" height="80">',
            '<box label="cat" xtl="10" ytl="20" xbr="30" ybr="40" rotation="30.0"><attribute name="a">b</attribute>'
            "</box>",
            '<polygon label="dog" points="10,20;30,25;15,40"/>',
            '<mask label="dog" rle="1, 2" left="1" top="2" width="30" height="40"/>',
            "</image>",
        ]
    rows = ["filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"]
    rect, cat = (json.dumps(value).replace('"', '""') for value in (_RECT, {"class": "cat"}))
    rows += [f'{name}.jpg,1,"{{}}",1,0,"{rect}","{cat}"' for name in "ab"]
    tasks = [{"id": 1, "annotations": [{"result": [_RESULT]}], "data": {"image": f"{name}.jpg"}} for name in "ab"]
    return {
        "cvat": {"annotations.xml": "\n".join([*lines, "</annotations>"]).encode()},
        "labelme": {f"{name}.json": json.dumps(labelme(name)).encode() for name in "ab"},
        "labelstudio": {"tasks.json": json.dumps(tasks).encode()},
        "via": {"via.json": json.dumps({f"{name}1": via(name) for name in "ab"}).encode()},
        "via csv": {"via.csv": "\n".join(rows).encode()},
        "createml": {
            "c.json": json.dumps([{"image": f"{name}.jpg", "annotations": [_CREATEML_BOX]} for name in "ab"]).encode()
        },
    }


_OF_TOOLS = of_tools()


def mutated(content: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(content) + 1)
        to = at + rng.choice([0, 0, 1, 1, 5, 50])
        content = content[:at] + rng.choice([*_INSERTED, b"", bytes([rng.randrange(256)])]) + content[to:]
    return content


@pytest.fixture
def damaged(voc, write_records):
    """`damaged(form)`: the files of a small data set of that form that are to be damaged, with their content."""

    def write(form):
        if form == "tfrecord":
            image = voc.image("a.jpg").read_bytes()
            (voc.root / "a.jpg").unlink()
            fields = {"image_encoded": image, "image_format": "jpeg", "height": 80, "width": 100, "class_ids": [1]}
            fields |= {"class_names": ["cat"], "difficult": [0], "truncated": [0]}
            box = [[0.1, 0.2, 0.3, 0.4]]
            records = [encode_example(filename=f"{n}.jpg", boxes_ymin_xmin_ymax_xmax=box, **fields) for n in "ab"]
            # A record whose frame is whole and whose content isn't: the checksums hide nothing.
            rng = random.Random(1)
            return lambda: write_records(voc.root / "a.record", [records[0], mutated(records[1], rng)])
        contents = {
            **_OF_TOOLS,
            "csv": {"labels.csv": b"filename,width,height,class,xmin,ymin,xmax,ymax\n" + _ROWS},
            "coco": {"instances.json": json.dumps(_COCO).encode()},
            "yolo": {"a.txt": _LABELS, "b.txt": _LABELS, "data.yaml": b"nc: 2\nnames:\n  0: cat\n  1: dog\n"},
        }[form]
        for name in "ab":
            voc.image(f"{name}.jpg")
        rng = random.Random(1)

        def damage():
            for name, content in contents.items():
                (voc.root / name).write_bytes(mutated(content, rng))

        return damage

    return write


@pytest.mark.parametrize("form", ["csv", "coco", "yolo", "tfrecord", *_OF_TOOLS])
def test_damage_is_a_message_or_a_counted_problem(form, damaged, look):
    damage = damaged(form)
    for _ in range(MUTATIONS):
        damage()
        try:
            dataset = look(reader=form.split()[0])
        except UserError as error:
            assert len(str(error)) < 3000
        else:
            json.dumps([problem.as_json() for problem in dataset.problems])
            assert all(o.xmax > o.xmin for image in dataset.images for o in image.objects)
