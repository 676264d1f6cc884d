"""Annotations with every kind of damage: each is told, and what comes through can be trained on."""

import contextlib
import json
import random
import re

import numpy as np
import pytest

from coralline.data.data_settings import DataSettings
from coralline.data.judging.entry_checks import check_entry
from coralline.data.judging.policies import FAULTS
from coralline.data.judging.problems import as_error
from coralline.data.reading.image_place import ImagePlace
from coralline.data.reading.raw_annotation import Entry

MUTATIONS = 20_000

DRAWN = """<?xml version="1.0" encoding="UTF-8"?>
<annotation verified="yes">
  <folder>images</folder>
  <filename>a.jpg</filename>
  <path>C:\\Users\\Käthe\\a.jpg</path>
  <source><database>Unknown</database></source>
  <size><width>600</width><height>400</height><depth>3</depth></size>
  <segmented>0</segmented>
  <object>
    <name>cat</name><pose>Unspecified</pose><truncated>1</truncated><difficult>0</difficult>
    <bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>
  </object>
  <object>
    <name>dog &amp; bone</name><difficult>1</difficult>
    <part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>
    <bndbox><xmin>50.25</xmin><ymin>0</ymin><xmax>100</xmax><ymax>80</ymax></bndbox>
  </object>
</annotation>
"""
NUMBERS = [
    "",
    "-1",
    "0",
    "1e308",
    "-1e308",
    "1e999",
    "nan",
    "inf",
    "0x10",
    "1_0",
    "١٢",
    "9" * 400,
    "1e-320",
    "79.999999999",
    "101",
    "1,5",
]
PIECES = [
    b"<!-- - -->",
    b"<![CDATA[<xmin>]]>",
    b"<?php echo 1 ?>",
    b"<!DOCTYPE annotation>",
    b"<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"<!DOCTYPE a [<!ATTLIST object c CDATA 'd'>]>",
    b"&undefined;",
    b"&#0;",
    b"&#xD800;",
    b"&#x1F600;",
    b"]]>",
    b"<object/>",
    b"<bndbox/>",
    b"<object><name>x</name>",
    b"<a xmlns='b' c='d'/>",
    b"\0",
    b"\x1b[31m",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc2\x9b31m",
    b"<annotation>",
    b"</annotation>",
    b"<xmin>" * 500,
    b"<" * 50,
    b" " * 5000,
    b"\r\n",
]
ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-32", "utf-7", "latin-1", "cp1252", "koi8-r", "gb2312", "shift_jis", "big5"),
    *("idna", "punycode", "rot13", "base64", "hex", "undefined", "unicode_escape", "mbcs", "ascii", "cp037"),
    *("klingon", "", "x" * 5000),
)


def bytes_changed(rng, content):
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(rng, content):
    at = rng.randrange(len(content))
    return content[:at] if rng.random() < 0.7 else content[at:]


def tag_changed(rng, content):
    tags = list(re.finditer(rb"</?[a-z]+>", content))
    tag = rng.choice(tags)
    other = rng.choice(
        [b"", tag[0] * 2, tag[0].upper(), rng.choice(tags)[0], tag[0][:-1] + b"/>", tag[0][:-1] + b" a='b' a='c'>"]
    )
    return content[: tag.start()] + other + content[tag.end() :]


def element_changed(rng, content):
    """Removed, repeated, renamed, filled, wrapped or moved: XML still."""
    element = rng.choice(list(re.finditer(rb"<([a-z]+)>[^<]*</\1>", content)))
    whole, name = element[0], element[1]
    other = rng.choice(list(re.finditer(rb"<([a-z]+)>[^<]*</\1>", content)))
    new = rng.choice(
        [
            b"",
            whole * rng.randint(2, 50),
            whole.replace(name, rng.choice((other[1], b"Name", b"x:y", b"\xc3\xa9"))),
            b"<%s>%s</%s>" % (name, rng.choice(PIECES), name),
            b"<object>%s</object>" % whole,
            b"<!-- %s -->" % whole,
            b"<![CDATA[%s]]>" % whole,
            b"<%s><![CDATA[ %d ]]></%s>" % (name, rng.randint(-9, 999), name),
            other[0],
        ]
    )
    return content[: element.start()] + new + content[element.end() :]


def number_changed(rng, content):
    number = rng.choice(list(re.finditer(rb">[-0-9.]+<", content)))
    return content[: number.start() + 1] + rng.choice(NUMBERS).encode() + content[number.end() - 1 :]


def piece_added(rng, content):
    at = rng.randrange(len(content))
    return content[:at] + rng.choice(PIECES) + content[at:]


def part_repeated(rng, content):
    at, end = sorted((rng.randrange(len(content)), rng.randrange(len(content))))
    return content[:end] + content[at:end] * rng.randint(1, 3) + content[end:]


def encoding_changed(rng, content):
    said = b"<?xml version='1.0' encoding='" + rng.choice(ENCODINGS).encode() + b"'?>"
    text = re.sub(rb"^<\?xml.*?\?>", said, content) if content.startswith(b"<?xml") else said + content
    try:
        return text.decode(errors="replace").encode(rng.choice(ENCODINGS), "replace")
    except (LookupError, ValueError):
        return text


UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]")
WAYS = (
    *(bytes_changed, cut, tag_changed, piece_added, part_repeated, encoding_changed),
    *(element_changed, element_changed, element_changed, number_changed, number_changed, number_changed),
)


def mutated(rng, content):
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        with contextlib.suppress(IndexError, ValueError):  # Nothing of the kind may be left in it.
            content = rng.choice(WAYS)(rng, content)
    return content


def all_policies(choice):
    choices = [fault for fault in FAULTS.values() if len(fault.allowed) > 1]
    return DataSettings(**{f"on_{fault.kind}": fault.allowed[choice % len(fault.allowed)] for fault in choices})


@pytest.fixture
def annotations(request):
    drawn = [DRAWN.encode(), DRAWN.replace("\n", "\r\n").encode("utf-16")]
    try:
        folder = request.getfixturevalue("real_data")
    except pytest.skip.Exception:
        return drawn
    files = [sorted((folder / name).iterdir())[:50] for name in ("raccoon/annotations", "bccd/Annotations")]
    real = [path.read_bytes() for paths in files for path in paths]
    return drawn + [re.sub(rb"<size>.*?</size>", b"", content, flags=re.DOTALL) for content in real]


@pytest.mark.slow
def test_any_damage_is_told_and_nothing_unusable_comes_through(voc, annotations):
    rng = random.Random(4)
    voc.image("a.jpg", size=(600, 400))
    options = [all_policies(choice) for choice in range(3)]
    place = ImagePlace(str(voc.root / "a.jpg"))
    taken = 0
    for number in range(MUTATIONS):
        content = mutated(rng, rng.choice(annotations))
        path = voc.root / f"{number}.xml"
        path.write_bytes(content)
        checked = check_entry(str(voc.root), Entry("a.jpg", path.name, place), "train", rng.choice(options))
        path.unlink()
        assert checked.image or checked.problems, content
        for problem in checked.problems:
            assert problem.policy in FAULTS[problem.kind].allowed
            assert problem.line is None or 1 <= problem.line <= content.count(b"\n") + content.count(b"\r") + 1
            assert not UNPRINTABLE.search(str(as_error([problem])))
            json.dumps(problem.as_json(), ensure_ascii=False).encode()
        if checked.image and checked.image.objects:
            taken += 1
            assert_can_be_trained_on(checked.image)
    assert taken > MUTATIONS / 20


def assert_can_be_trained_on(image):
    ymin, xmin, ymax, xmax = boxes = image.boxes_ymin_xmin_ymax_xmax.T
    assert np.isfinite(boxes).all() and (boxes >= 0).all() and (boxes <= 1).all()
    assert (ymin < ymax).all() and (xmin < xmax).all()
    assert all(name.strip() and name.encode() for name in image.class_names)
