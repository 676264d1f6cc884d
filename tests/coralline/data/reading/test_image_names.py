"""Images that an annotation means, though it spells their names differently."""

import unicodedata

import pytest

from coralline.data.reading.image_names import ImageNames, one_of

UMLAUT = unicodedata.normalize("NFC", "Kätzchen.jpg")


@pytest.mark.parametrize(
    ("said", "file"),
    [
        ("A.JPG", "images/a.jpg"),
        ("a.JPG", "images/a.jpg"),
        ("a.png", "images/a.jpg"),
        ("C:\\pictures\\a.jpeg", "images/a.jpg"),
        ("my%20cat.jpg", "images/my cat.jpg"),
        (UMLAUT, f"images/{unicodedata.normalize('NFD', UMLAUT)}"),
        (unicodedata.normalize("NFD", UMLAUT), f"images/{UMLAUT}"),
        ("a", "images/a.jpg"),
        ("b.1.jpg", "images/B.1.PNG"),
    ],
)
def test_an_image_is_found_if_there_is_only_one_that_it_can_mean(said, file):
    names = ImageNames([file, "images/other.jpg"])
    alike = names.alike(said, "a.xml")
    assert alike == [file]
    sought = one_of([], said, "a.xml", 3, alike)
    assert sought.image == file and sought.problem.kind == "image_spelling" and sought.problem.line == 3


def test_the_same_ending_in_other_capitals_comes_before_another_ending():
    assert ImageNames(["a.jpg", "a.png"]).alike("A.PNG", "a.xml") == ["a.png"]


def test_several_that_it_can_mean_are_ambiguous():
    names = ImageNames(["a.jpg", "a.png"])
    sought = one_of([], "a.bmp", "a.xml", None, names.alike("a.bmp", "a.xml"))
    assert sought.image is None and sought.problem.kind == "ambiguous_image" and sought.problem.found == "a.jpg, a.png"


def test_one_of_another_name_is_missing():
    names = ImageNames(["a.jpg"])
    assert names.alike("b.jpg", "a.xml") == []
    assert one_of([], "b.jpg", "a.xml", None, []).problem.kind == "missing_image"
