"""Which pictures are compared."""

import pytest

from coralline.data.judging import compared_pictures
from coralline.data.reading.image_place import ImagePlace
from coralline.data.reading.raw_annotation import Entry


def entries(*names):
    return [Entry(name, f"{name}.xml", ImagePlace(f"/nowhere/{name}")) for name in names]


def compared(found):
    return [entry.image for entry in found if entry.compared]


def test_all_of_a_small_set_and_none_if_a_person_says_so():
    few = entries("a.jpg", "b.jpg")
    assert compared(compared_pictures.marked(few, "auto")) == ["a.jpg", "b.jpg"]
    assert compared(compared_pictures.marked(few, "none")) == []


def test_of_a_large_set_those_that_names_relate():
    many = entries(*(f"{i}.jpg" for i in range(1100)), "v_frame1.jpg", "v_frame2.jpg", "w_frame1.jpg")
    assert compared(compared_pictures.marked(many, "auto")) == ["v_frame1.jpg", "v_frame2.jpg"]
    assert len(compared(compared_pictures.marked(many, "all"))) == 1103


def test_large_files_count(tmp_path, monkeypatch):
    monkeypatch.setattr(compared_pictures, "_MOST_BYTES", 1000)
    (tmp_path / "a.jpg").write_bytes(bytes(600))
    (tmp_path / "b.jpg").write_bytes(bytes(600))
    there = [Entry(name, "", ImagePlace(str(tmp_path / name))) for name in ("a.jpg", "b.jpg")]
    assert (
        compared(compared_pictures.marked(there, "auto")) == []
        and len(compared(compared_pictures.marked(there[:1], "auto"))) == 1
    )


@pytest.mark.parametrize("address", ["s3://bucket/a.jpg", "/nowhere/a.jpg"])
def test_sizes_that_are_not_known_count_nothing(address):
    assert compared(compared_pictures.marked([Entry("a.jpg", "", ImagePlace(address))], "auto")) == ["a.jpg"]
