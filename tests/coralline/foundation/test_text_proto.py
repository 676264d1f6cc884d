"""Text format without a schema: what is read, where it stands, what is refused."""

import pytest
from google.protobuf import struct_pb2, text_format

from coralline.foundation.errors import UserError
from coralline.foundation.text_proto import Message, ScalarField, parse_text_proto


def read(text):
    return parse_text_proto(text, "f.pbtxt")


def shape(message):
    """The message as plain lists, without lines."""
    return [
        (field.name, shape(field.value) if isinstance(field.value, Message) else field.value.written())
        for field in message.fields
    ]


def only(text):
    [field] = read(text).fields
    return field.value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1", [("a", "1")]),
        ("a: 1, b: 2; c: 3", [("a", "1"), ("b", "2"), ("c", "3")]),
        ("a { b: 1 }", [("a", [("b", "1")])]),
        ("a: { b: 1 }", [("a", [("b", "1")])]),
        ("a < b: 1 >", [("a", [("b", "1")])]),
        ("a {}\na {}", [("a", []), ("a", [])]),
        ("a: [1, 2.5]\na: []", [("a", "1"), ("a", "2.5")]),
        ("a [{b: 1}, <b: 2>]", [("a", [("b", "1")]), ("a", [("b", "2")])]),
        ("a: RELU_6, # a comment { \nb: true", [("a", "RELU_6"), ("b", "true")]),
        ("a:'one' \"two\"\n'three'", [("a", '"onetwothree"')]),
        ("a: '# no comment'", [("a", '"# no comment"')]),
        ("[pkg.name] { a: 1 }", [("[pkg.name]", [("a", "1")])]),
        ("a: -1e-3 b: - .5 c: -inf", [("a", "-1e-3"), ("b", "-.5"), ("c", "-inf")]),
        ("\ufeff# only a comment\r\n".lstrip("\ufeff"), []),
    ],
)
def test_reads_every_way_of_writing(text, found):
    assert shape(read(text)) == found


def test_each_field_has_its_line():
    text = "a {\n  b: 1\n  c: [2,\n    3]\n}\n# d\nd: 'x'\n"
    [a, d] = read(text).fields
    assert (a.line, d.line) == (1, 7)
    assert [field.line for field in a.value.fields] == [2, 3, 4]


@pytest.mark.parametrize("text", [r"a \"b\" \\ \'c\' \303\244 \xc3\xa4 \n\t\r\a\b\f\v", "ä € 'quoted'", r"\0\1011"])
def test_strings_mean_what_protobuf_says(text):
    value = text_format.Parse(f'string_value: "{text}"', struct_pb2.Value())
    assert only(f'a: "{text}"').text == value.string_value


def test_strings_may_name_a_character_by_its_number():
    """In the specification, but not in protobuf 3.20's Python parser."""
    assert only(r"a: '\u00e4\U0001F600\?'").text == "ä😀?"


@pytest.mark.parametrize("text", ["0", "1", "-1", "1.", ".5", "1.5f", "1e3", "-1E-3", "0x1F"])
def test_numbers_mean_what_protobuf_says(text):
    value = text_format.Parse(f"number_value: {int(text, 0) if 'x' in text else text}", struct_pb2.Value())
    assert only(f"a: {text}").number() == value.number_value


@pytest.mark.parametrize(
    ("text", "whole", "number"),
    [("017", 15, 15), ("1.0", None, 1), ("1e400", None, None), ("nan", None, None), ("x", None, None),
     ("9" * 5000, None, None), ("'1'", None, None)],
)  # fmt: skip
def test_what_is_no_number_is_none(text, whole, number):
    assert (only(f"a: {text}").whole(), only(f"a: {text}").number()) == (whole, number)


def test_flags():
    assert [only(f"a: {text}").flag() for text in ("true", "f", "1", "False", "2", "'true'")] == [
        True, False, True, False, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a {\n b: 1\n", 1, "`a` isn't closed"),
        ("a { b { c: 1 }", 1, "`a` isn't closed"),
        ("a {\n b: 1 >\n}", 2, "there is no field here"),
        ("a: 1\n}", 2, "there is no field here"),
        ("a:\n", 1, "`a` has no value"),
        ("a: }", 1, "`a` has no value"),
        ("a b: 1", 1, "`a` has no value"),
        ("a: [1 2]", 1, "the list `a` isn't closed"),
        ("a: [1,", 1, "`a` has no value"),
        ("\na: 'open\nb: 1", 2, "close the string on its line"),
        ("a: 1.2.3", 1, "isn't text format"),
        ("a: 10b: 1", 1, "isn't text format"),
        ("a: “x”", 1, "typographic"),
        ("\n\n\x00", 3, "isn't text format"),
        ("a: 'C:\\Raccoons'", 1, "write / or"),
        ("a {" * 5000, 1, "nested too deeply"),
        ("1: 2", 1, "there is no field here"),
        ("'a': 2", 1, "there is no field here"),
    ],
)
def test_refuses_what_is_no_text_format_with_its_line(text, line, told):
    with pytest.raises(UserError) as caught:
        read(text)
    assert told in str(caught.value) and (caught.value.file, caught.value.line) == ("f.pbtxt", line)
    assert caught.value.fix


def test_a_value_knows_whether_it_was_a_string():
    assert only("a: 'true'") == ScalarField("true", 1, is_string=True)
