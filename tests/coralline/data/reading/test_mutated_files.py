"""Annotations damaged at random, in every form but XML: a data set or a message comes out, never a traceback."""

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


@pytest.mark.parametrize("form", ["csv", "coco", "yolo", "tfrecord"])
def test_damage_is_a_message_or_a_counted_problem(form, damaged, look):
    damage = damaged(form)
    for _ in range(MUTATIONS):
        damage()
        try:
            dataset = look(reader=form)
        except UserError as error:
            assert len(str(error)) < 3000
        else:
            json.dumps([problem.as_json() for problem in dataset.problems])
            assert all(o.xmax > o.xmin for image in dataset.images for o in image.objects)
