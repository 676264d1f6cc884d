"""Texts that came from files, shown."""

import pytest

from coralline.foundation.errors import UserError
from coralline.foundation.printable import encodable, printable, printable_lines, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Käthe 日本\u3000\xa0 👩\u200d🔬", "Käthe 日本\u3000\xa0 👩\u200d🔬"),
        ("a\nb\r\t", "a\\nb\\r\\t"),
        ("\x1b[31m\x9b31m\x7f\0", "\\x1b[31m\\x9b31m\\x7f\\x00"),
        ("caf\udce9 \ud800", "caf\\xe9 \\ud800"),
        ("right\u202etfel\u2028", "right\\u202etfel\\u2028"),
    ],
    ids=["letters", "lines", "terminal", "bytes", "direction"],
)
def test_shows_what_cannot_be_seen_as_escapes(text, shown):
    assert printable(text) == shown


def test_keeps_lines_where_there_may_be_some():
    assert printable_lines("a\n\x1bb") == "a\n\\x1bb"


def test_json_keeps_all_that_can_be_encoded():
    assert encodable("a\n\x1b caf\udce9") == "a\n\x1b caf\\xe9"


def test_cuts_long_texts_off():
    assert shortened("x" * 300) == "x" * 300 and shortened("x" * 301) == "x" * 300 + "..."


def test_error_about_a_file_of_any_name_is_one_that_can_be_printed():
    message = str(UserError("wrong: \x1b[2J", file="a\n\udce9", line=3, found="b\x07"))
    assert message == "a\\n\\xe9:3: wrong: \\x1b[2J\n  found: b\\x07"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory", "a"), "No such file or directory"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "bytes that aren't UTF-8 text"),
        (ValueError("first\nsecond"), "first"),
        (KeyError(), "KeyError"),
    ],
)
def test_an_exception_is_found_in_words(error, words):
    assert UserError("x", found=error).found == words
