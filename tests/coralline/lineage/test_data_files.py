"""Which images a data set had, and what two data sets differ in."""

import gzip
import json
import time
from pathlib import Path

import pytest

from coralline.foundation.errors import UserError
from coralline.lineage.data_files import (
    DATA_FILES,
    DataFile,
    boxes_digest,
    changed_data_files,
    read_data_files,
    write_data_files,
)

_CAT = ("cat", 1.0, 2.0, 30.0, 40.0, False, False)


def _file(image, split="train", content="0" * 16, boxes=(_CAT,)):
    return DataFile(image, split, content, boxes_digest(boxes), {"cat": len(boxes)})


def _folder(tmp_path, name, files):
    (tmp_path / name).mkdir()
    write_data_files(str(tmp_path / name), files)
    return str(tmp_path / name)


def test_what_was_written_is_read_by_name_whatever_the_names(tmp_path):
    names = ["b/ü.jpg", "a b.jpg", 'quote".jpg', "line\nbreak.jpg", "not-utf-8-\udcff.jpg"]
    files = [_file(name) for name in names]
    folder = _folder(tmp_path, "one", files)
    assert list(read_data_files(folder)) == sorted(files, key=lambda of: of.image)
    with gzip.open(f"{folder}/{DATA_FILES}") as lines:
        assert json.loads(next(lines)) == {"schema": "coralline.data-files/1", "images": 5}


def test_the_same_data_gives_the_same_bytes_in_whatever_order_and_whenever(tmp_path, monkeypatch):
    files = [_file(f"{number}.jpg") for number in range(20)]
    one = _folder(tmp_path, "one", files)
    monkeypatch.setattr(time, "time", lambda: 1.0)
    other = _folder(tmp_path, "other", files[::-1])
    assert (Path(one) / DATA_FILES).read_bytes() == (Path(other) / DATA_FILES).read_bytes()


def test_two_data_sets_differ_by_image(tmp_path):
    kept = [_file(f"kept-{number}.jpg") for number in range(5)]
    moved, redrawn, retaken = _file("moved.jpg"), _file("redrawn.jpg"), _file("retaken.jpg")
    before = _folder(tmp_path, "before", [*kept, moved, redrawn, retaken, _file("gone.jpg")])
    changed = [_file("moved.jpg", "eval"), _file("redrawn.jpg", boxes=()), _file("retaken.jpg", content="1" * 16)]
    after = _folder(tmp_path, "after", [*kept, *changed, _file("new.jpg"), _file("another.jpg")])
    assert [(of.image, of.change, of.what) for of in changed_data_files(before, after)] == [
        ("another.jpg", "added", ()),
        ("gone.jpg", "removed", ()),
        ("moved.jpg", "changed", ("split",)),
        ("new.jpg", "added", ()),
        ("redrawn.jpg", "changed", ("boxes",)),
        ("retaken.jpg", "changed", ("content",)),
    ]
    assert list(changed_data_files(before, before)) == []


def test_boxes_are_the_same_in_any_order_and_within_a_thousandth_of_a_pixel():
    dog = ("dog", 5.0, 6.0, 7.0, 8.0, False, True)
    assert boxes_digest([_CAT, dog]) == boxes_digest([dog, ("cat", 1.0, 2.0, 30.00001, 40.0, False, False)])
    others = [[], [_CAT], [_CAT, _CAT], [dog], [("cat", 1.0, 2.0, 30.0, 40.0, True, False)], [("dog", *_CAT[1:])]]
    assert len({boxes_digest(boxes) for boxes in others}) == len(others)


def test_an_older_report_has_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        next(read_data_files(str(tmp_path)))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"no gzip", "a whole gzip file"),
        (gzip.compress(b'{"schema":"coralline.data-files/1","images":1}\n' * 9)[:30], "a whole gzip file"),
        (gzip.compress(b'{"schema":"coralline.data-files/9"}\n'), "a file of coralline.data-files/1"),
        (gzip.compress(b'{"schema":"coralline.data-files/1","images":2}\n{"image":"a"}\n'), "as many lines"),
        (gzip.compress(b'{"schema":"coralline.data-files/1","images":1}\nnull\n'), "a JSON object a line"),
        (gzip.compress(b'{"schema":"coralline.data-files/1","images":1}\n' + b"[" * 9**5 + b"\n"), "a JSON object"),
    ],
    ids=["not gzip", "cut off", "a newer version", "a line less", "null", "nested too deep"],
)
def test_a_damaged_one_is_one_message(tmp_path, content, found):
    (tmp_path / DATA_FILES).write_bytes(content)
    with pytest.raises(UserError, match=found):
        list(read_data_files(str(tmp_path)))
    whole = _folder(tmp_path, "whole", [_file("a.jpg"), _file("b.jpg")])
    with pytest.raises(UserError, match=found):
        list(changed_data_files(whole, str(tmp_path)))


def test_lines_that_are_not_sorted_are_not_compared(tmp_path):
    rows = b'{"image":"b","split":"train"}\n{"image":"a","split":"train"}\n'
    (tmp_path / DATA_FILES).write_bytes(gzip.compress(b'{"schema":"coralline.data-files/1","images":2}\n' + rows))
    whole = _folder(tmp_path, "whole", [_file("c.jpg")])
    with pytest.raises(UserError, match="lines by name"):
        list(changed_data_files(whole, str(tmp_path)))
