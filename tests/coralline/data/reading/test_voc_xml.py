"""One annotation: what is taken from it, and the line of what is wrong."""

import pytest

from coralline.data.judging.problems import DataProblem
from coralline.data.reading import voc_xml

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
    return voc_xml.parse_voc_xml(text.encode(), "a.xml")


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
    assert voc_xml.parse_voc_xml(text.encode("latin-1"), "a.xml").objects[1].class_name == "Käfer"


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
    assert (problem.kind, problem.line, problem.policy) == (kind, line, "fail") and problem.fix


@pytest.mark.parametrize("doctype", ["annotation", "another", 'annotation SYSTEM "a>b"'])
@pytest.mark.parametrize(
    "declarations",
    [
        '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/hostname">',
        '<!ENTITY % b SYSTEM "file:///etc/hostname"> %b;',
        '<!ATTLIST filename c CDATA "d">',
    ],
    ids=["entity bomb", "external entity", "parameter entity", "default value"],
)
def test_refuses_declarations(declarations, doctype):
    name = "&b;" if "ENTITY" in declarations else "b"
    with pytest.raises(DataProblem) as caught:
        parse(f"<!DOCTYPE {doctype} [{declarations}]><annotation><filename>{name}</filename></annotation>")
    assert caught.value.problem.kind == "entity"


def test_refuses_declarations_in_utf_16_without_a_mark():
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><annotation/>'
    with pytest.raises(DataProblem) as caught:
        voc_xml.parse_voc_xml(text.encode("utf-16-le"), "a.xml")
    assert caught.value.problem.kind == "entity"


def test_external_definition_is_not_looked_for_and_a_text_that_wants_it_is_not_cut_short():
    doctype = '<!DOCTYPE annotation SYSTEM "file:///etc/hostname">'
    assert parse(doctype + GOOD).objects[1].class_name == "dog"
    with pytest.raises(DataProblem) as caught:
        parse(doctype + GOOD.replace("dog", "d&og;"))
    assert caught.value.problem.kind == "entity"


MANY = 100_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "<a>" * MANY + "</a>" * MANY,
        "<object>" * MANY + "</object>" * MANY,
        "".join(f"<a{i}/><object/>" for i in range(MANY)),
        "<a " + " ".join(f"b{i}=''" for i in range(MANY)) + "/>",
        f"<a b='{'c' * MANY * 300}'/>",
        f"<filename>{'c' * MANY * 300}</filename>",
        "<filename>" + "c<a/>" * MANY + "</filename>",
    ],
    ids=["nested", "nested objects", "names", "attributes", "long value", "long text", "mixed text"],
)
def test_takes_no_more_than_the_size_of_a_file(text):
    """Time by the square of it would be beyond the limit above; memory by the depth, beyond Python's stack."""
    try:
        voc = parse(f"<annotation>{text}</annotation>")
    except DataProblem as e:
        assert e.problem.found in ("elements within elements, too deep to be read", "a text of more than 10 MB")
    else:
        assert voc.objects == () and len(voc.filename) <= 5000


def test_annotation_of_very_many_objects():
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
    objects = "".join(f"<object><name>c{i}</name>{box}</object>" for i in range(MANY))
    assert len(parse(f"<annotation>{objects}</annotation>").objects) == MANY


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


@pytest.mark.parametrize(
    ("text", "found"),
    [("", "an empty file"), ("<annotation><obj", "it ends too early"), ("<annotation><object>", "it ends too early")],
)
def test_says_of_an_annotation_that_it_is_empty_or_cut_off(text, found):
    with pytest.raises(DataProblem) as caught:
        parse(text)
    assert caught.value.problem.found == found


def test_object_without_corners_is_one_problem():
    [problem] = parse(
        "<annotation><object><name>a</name><bndbox><xmin>1</xmin></bndbox></object></annotation>"
    ).problems
    assert "no <ymin>, <xmax>, <ymax>" in problem.message


def test_a_file_of_cvat_has_a_reader_of_its_own():
    with pytest.raises(DataProblem) as caught:
        parse("<?xml version='1.0'?>\n<annotations><version>1.1</version></annotations>")
    assert caught.value.problem.kind == "not_voc" and "data.reader to cvat" in caught.value.problem.fix
