"""What two models find of the same boxes."""

import gzip

import pytest

from coralline.foundation.errors import UserError
from coralline.lineage.judged_images import (
    JUDGED_IMAGES,
    FalseAlarm,
    FoundByOne,
    JudgedBox,
    JudgedImage,
    JudgedSide,
    found_by_one,
    judged_side,
    read_judged_images,
    write_judged_images,
)

_HERE, _THERE = (0.1, 0.2, 0.3, 0.4), (0.5, 0.5, 0.9, 0.9)


def _side(threshold=0.5, names=("cat", "dog"), images=1):
    return JudgedSide("test", "ab" * 32, threshold, names, images)


def _folder(tmp_path, name, images, side=None):
    (tmp_path / name).mkdir()
    write_judged_images(str(tmp_path / name), side or _side(images=len(images)), images)
    return str(tmp_path / name)


def _cat(score, where=_HERE, difficult=False):
    return JudgedBox("cat", where, score, difficult)


def test_what_was_written_is_read(tmp_path):
    boxes = (_cat(0.75), _cat(None, _THERE), _cat(0.25, _THERE), _cat(None, difficult=True))
    image = JudgedImage("a/b.jpg", boxes, (FalseAlarm("dog", _THERE, 0.875),))
    folder = _folder(tmp_path, "one", [image, JudgedImage("a/a.jpg", (), ())])
    assert judged_side(folder) == _side(images=2)
    assert list(read_judged_images(folder)) == [JudgedImage("a/a.jpg", (), ()), image]
    assert image.found(0.5) == boxes[:1] and image.missed(0.5) == boxes[1:3]
    assert image.found(None) == () and image.missed(None) == boxes[:3]


def test_boxes_that_one_model_finds_and_the_other_misses_each_at_its_own_threshold(tmp_path):
    one = _folder(
        tmp_path,
        "one",
        [
            JudgedImage("both.jpg", (_cat(0.9), _cat(0.4, _THERE)), ()),
            JudgedImage("first.jpg", (_cat(0.9), _cat(0.9, _THERE, difficult=True)), ()),
            JudgedImage("only-here.jpg", (_cat(0.9),), ()),
        ],
    )
    other = _folder(
        tmp_path,
        "other",
        [
            JudgedImage("both.jpg", (_cat(0.4, _THERE), _cat(0.31)), ()),
            JudgedImage("first.jpg", (_cat(None), _cat(None, _THERE, difficult=True)), ()),
        ],
        # The same lines mean something else at another threshold, and with classes in another order.
        _side(0.3, ("dog", "cat"), images=2),
    )
    assert list(found_by_one(one, other)) == [
        FoundByOne("both.jpg", "cat", _THERE, False, 0.4),
        FoundByOne("first.jpg", "cat", _HERE, True, 0.9),
    ]
    assert [of.by_first for of in found_by_one(other, one)] == [True, False]
    assert list(found_by_one(one, one)) == []


def test_boxes_that_were_drawn_anew_are_not_compared(tmp_path):
    one = _folder(tmp_path, "one", [JudgedImage("a.jpg", (_cat(0.9),), ())])
    other = _folder(tmp_path, "other", [JudgedImage("a.jpg", (_cat(None, _THERE),), ())])
    assert list(found_by_one(one, other)) == []


def test_a_score_keeps_its_side_of_the_threshold(tmp_path):
    scores = [number / 256 for number in range(1, 257)]
    for threshold in (number / 1000 for number in range(0, 1001, 7)):
        folder = tmp_path / str(threshold)
        image = JudgedImage("a.jpg", tuple(_cat(score) for score in scores), ())
        folder.mkdir()
        write_judged_images(str(folder), _side(threshold), [image])
        [read] = read_judged_images(str(folder))
        assert len(read.found(threshold)) == sum(score >= threshold for score in scores)


@pytest.mark.parametrize(
    "row", [b'{"image":"a"}', b'{"image":"a","boxes":[[0,1]],"false":[]}', b'{"image":"a","boxes":7,"false":[]}']
)
def test_a_damaged_line_is_one_message(tmp_path, row):
    head = b'{"schema":"coralline.judged-images/1","images":1,"classes":["cat"]}\n'
    (tmp_path / JUDGED_IMAGES).write_bytes(gzip.compress(head + row + b"\n"))
    with pytest.raises(UserError, match="lines as docs/lineage-records"):
        list(read_judged_images(str(tmp_path)))
