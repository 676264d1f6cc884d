"""Label maps: what is read, what is written, what is refused."""

import pytest

from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError


def read(tmp_path, text):
    path = tmp_path / "label_map.pbtxt"
    path.write_text(text, encoding="utf-8")
    return LabelMap.read(str(path))


def test_ids_start_at_one():
    label_map = LabelMap(("cat", "dog"))
    assert label_map.id_of("cat") == 1 and label_map.name_of(2) == "dog" and len(label_map) == 2
    with pytest.raises(KeyError):
        label_map.name_of(0)
    with pytest.raises(KeyError):
        label_map.id_of("cow")


def test_labels_txt_starts_with_the_first_real_class():
    assert LabelMap(("cat", "dog")).labels_txt() == "cat\ndog\n"


def test_derived_label_map_is_sorted_and_distinct():
    assert LabelMap.of_names(["dog", "cat", "dog"]).names == ("cat", "dog")


def test_what_is_written_is_read_back(tmp_path):
    label_map = LabelMap(('with "quotes"', "back\\slash", "Käse", "two words", "it's"))
    label_map.write(str(tmp_path / "new" / "label_map.pbtxt"))
    assert LabelMap.read(str(tmp_path / "new" / "label_map.pbtxt")) == label_map


def test_written_label_map_is_what_protobuf_reads(tmp_path):
    """The text format's own parser understands the escapes: Struct's string_value stands in for `name`."""
    from google.protobuf import struct_pb2, text_format

    LabelMap(('a "b" \\ ä',)).write(str(tmp_path / "m"))
    line = next(line for line in (tmp_path / "m").read_text(encoding="utf-8").splitlines() if "name" in line)
    value = text_format.Parse(line.replace("name", "string_value"), struct_pb2.Value())
    assert value.string_value == 'a "b" \\ ä'


def test_reads_the_usual_variations(tmp_path):
    text = """# classes
    item { name: "/m/01" id: 2 display_name: "Person" keypoints { id: 7 label: "nose" } }
    item: < id: 1, display_name: 'K\\303\\244fer' >;
    """
    assert read(tmp_path, text).names == ("Käfer", "/m/01")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('item { id: 1 name: "a" }\nitem { id: 3 name: "b" }', 2, "without gaps"),
        ('item { id: 0 name: "background" }', 1, "without gaps"),
        ('item { id: 1 name: "a" }\nitem { id: 1 name: "b" }', 2, "twice"),
        ('item { id: 1 name: "a" }\nitem { id: 2 name: "a" }', 2, "twice"),
        ("\nitem { id: 1 }", 2, "lacks"),
        ('item { name: "a" }', 1, "lacks"),
        ('item {\n  id: "1"\n  name: "a" }', 2, "isn't a number"),
        ('item { id: 1 name: "a"', 1, "isn't closed"),
        ("cat\ndog\n", 1, "isn't a label map"),
        ("\n\n\x00", 3, "isn't a label map"),
        ("", None, "no item"),
    ],
)
def test_refuses_a_wrong_label_map_with_its_line(tmp_path, text, line, message):
    with pytest.raises(UserError, match=message) as caught:
        read(tmp_path, text)
    assert caught.value.line == line and caught.value.fix and caught.value.file.endswith("label_map.pbtxt")


def test_refuses_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="can't read the label map"):
        LabelMap.read(str(tmp_path / "nothing.pbtxt"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_read(tmp_path, encoding):
    (tmp_path / "label_map.pbtxt").write_bytes('item { id: 1 name: "Kätzchen" }\r\n'.encode(encoding))
    assert LabelMap.read(str(tmp_path / "label_map.pbtxt")).names == ("Kätzchen",)
