"""One annotation: what is taken from it, and the line of what is wrong."""

import random

import pytest

from components.dataset.problems import DataProblem
from components.dataset.readers import voc_xml

GOOD = """<annotation>
  <filename>C:\\pictures\\a.jpg</filename>
  <size><width>100</width><height>80</height></size>
  <object>
    <name> cat </name>
    <difficult>1</difficult>
    <part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>
    <bndbox><xmin>10.5</xmin><ymin>20</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>
  </object>
  <object>
    <name>dog</name>
    <truncated>1</truncated>
    <bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>
  </object>
</annotation>"""


def parse(text):
    return voc_xml.parse(text.encode(), "a.xml")


def test_takes_boxes_flags_and_lines():
    voc = parse(GOOD)
    assert (voc.filename, voc.width, voc.height) == ("a.jpg", 100, 80)
    cat, dog = voc.objects
    assert (cat.class_name, cat.xmin, cat.ymax, cat.difficult, cat.truncated, cat.line) == (
        " cat ",
        10.5,
        40,
        True,
        False,
        8,
    )
    assert (dog.class_name, dog.difficult, dog.truncated, dog.line) == ("dog", False, True, 13)


def test_annotation_without_objects_or_size_is_a_background_image():
    voc = parse("<annotation/>")
    assert voc.objects == () and (voc.width, voc.height) == (0, 0)


def test_reads_other_encodings():
    text = "<?xml version='1.0' encoding='ISO-8859-1'?>" + GOOD.replace("dog", "Käfer")
    assert voc_xml.parse(text.encode("latin-1"), "a.xml").objects[1].class_name == "Käfer"


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("", "unparsable_xml", 1),
        ("<annotation>\n<object>\n", "unparsable_xml", 3),
        ("not xml", "unparsable_xml", 1),
        ("<?xml version='1.0' encoding='klingon'?><annotation/>", "unparsable_xml", 1),
        ("<html>\n</html>", "not_voc", 1),
    ],
)
def test_refuses_what_is_not_an_annotation(text, kind, line):
    with pytest.raises(DataProblem) as caught:
        parse(text)
    problem = caught.value.problem
    assert (problem.kind, problem.line, problem.policy) == (kind, line, "fail") and problem.mend


def test_refuses_an_entity_bomb_and_an_external_entity():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><annotation><filename>&b;</filename></annotation>'
    outside = (
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><annotation><filename>&a;</filename></annotation>'
    )
    for text in (bomb, outside):
        with pytest.raises(DataProblem) as caught:
            parse(text)
        assert caught.value.problem.kind == "entity"


@pytest.mark.parametrize(
    ("old", "new", "kind", "line"),
    [
        ("<xmax>30</xmax>", "", "incomplete_box", 4),
        ("<xmax>30</xmax>", "<xmax>wide</xmax>", "bad_number", 8),
        ("<xmax>30</xmax>", "<xmax>nan</xmax>", "bad_number", 8),
        ("<xmax>30</xmax>", "<xmax>1e999</xmax>", "bad_number", 8),
        ("<name> cat </name>", "", "no_class_name", 4),
    ],
)
def test_names_the_line_of_an_object_that_cannot_be_read(old, new, kind, line):
    voc = parse(GOOD.replace(old, new))
    [problem] = voc.problems
    assert (problem.kind, problem.line) == (kind, line)
    assert [o.class_name for o in voc.objects] == ["dog"]


def test_many_mutations_raise_nothing_else():
    rng = random.Random(1)
    for _ in range(2000):
        content = bytearray(GOOD.encode())
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(content))
            content[at : at + rng.randint(0, 3)] = bytes(rng.choices(b'<>/&;"!\0\xff0a-.', k=rng.randint(0, 3)))
        try:
            voc_xml.parse(bytes(content), "a.xml")
        except DataProblem as e:
            assert e.problem.kind in ("unparsable_xml", "not_voc", "entity")
