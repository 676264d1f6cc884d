"""What makes examples be made again, and what doesn't."""

import json

import pytest
from PIL import Image

from coralline.data.data_fingerprint import UNREADABLE, fingerprint
from coralline.data.data_settings import DataSettings

_COCO = {
    "images": [{"id": 1, "file_name": "a.jpg"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
    "categories": [{"id": 1, "name": "cat"}],
}
FORMS = {
    "voc": {"a.xml": "<annotation/>", "ImageSets/Main/train.txt": "a"},
    "csv": {"a.csv": "filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,1,2,3,4"},
    "coco": {"a.json": json.dumps(_COCO)},
    "yolo": {"a.txt": "0 0.5 0.5 0.5 0.5", "data.yaml": "names: [cat]", "classes.txt": "cat", "obj.names": "cat"},
    "tfrecord": {"a.record": "", "map.pbtxt": "item { id: 1 name: 'cat' }"},
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data" / "ImageSets" / "Main").mkdir(parents=True)
    Image.new("RGB", (9, 9)).save(tmp_path / "data" / "a.jpg")
    return tmp_path / "data"


@pytest.mark.parametrize(("reader", "name"), [(reader, name) for reader, files in FORMS.items() for name in files])
def test_covers_every_file_that_is_read(folder, reader, name):
    for other, text in FORMS[reader].items():
        (folder / other).write_text(text)
    options = DataSettings(path=str(folder))
    before = fingerprint(options)
    assert before == fingerprint(options) != UNREADABLE
    (folder / name).write_text(FORMS[reader][name] + " ")
    assert fingerprint(options) not in (before, UNREADABLE)


def test_covers_images_but_not_those_beside_records(folder):
    (folder / "a.xml").write_text("<annotation/>")
    (folder / "a.record").write_bytes(b"")
    by_reader = {reader: DataSettings(path=str(folder), reader=reader) for reader in ("voc", "tfrecord")}
    before = {reader: fingerprint(options) for reader, options in by_reader.items()}
    Image.new("RGB", (9, 9), (255, 0, 0)).save(folder / "a.jpg")
    assert fingerprint(by_reader["voc"]) != before["voc"] and fingerprint(by_reader["tfrecord"]) == before["tfrecord"]


def test_covers_the_given_lists_and_label_map(folder, tmp_path):
    (folder / "a.xml").write_text("<annotation/>")
    given = tmp_path / "given.txt"
    for key in ("train_list", "eval_list", "label_map"):
        given.write_text("a.jpg")
        options = DataSettings(path=str(folder), **{key: str(given)})
        before = fingerprint(options)
        given.write_text("b.jpg")
        assert fingerprint(options) not in (before, UNREADABLE)
        given.unlink()
        assert fingerprint(options) == UNREADABLE


def test_passes_over_what_the_chosen_reader_does_not_read(folder):
    (folder / "a.xml").write_text("<annotation/>")
    before = fingerprint(DataSettings(path=str(folder)))
    for name, text in {**FORMS["csv"], **FORMS["coco"], **FORMS["tfrecord"], "notes.md": "", "a.zip": ""}.items():
        (folder / name).write_text(text)
    assert fingerprint(DataSettings(path=str(folder))) == before


def test_what_cannot_be_read_has_none(tmp_path):
    assert fingerprint(DataSettings(path=str(tmp_path / "nothing"))) == UNREADABLE
    assert fingerprint(DataSettings(path=str(tmp_path))) == UNREADABLE
