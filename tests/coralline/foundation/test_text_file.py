"""Text in the encodings that tools write."""

import pytest

from coralline.foundation import text_file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_reads_what_tools_write(tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes("Kätzchen\r\n猫\rcat\n".encode(encoding))
    assert text_file.lines(text_file.read_text(str(tmp_path / "a.txt"))) == ["Kätzchen", "猫", "cat", ""]


def test_bytes_that_are_no_text_are_kept_and_known():
    text = text_file.decoded("Kätzchen".encode("latin-1"))
    assert not text_file.is_text(text) and text.encode("utf-8", "surrogateescape") == "Kätzchen".encode("latin-1")
    assert text_file.is_text("Kätzchen")


def test_lines_are_counted_as_editors_count_them():
    assert text_file.lines("a\u2028b\x0cc\x85d\n") == ["a\u2028b\x0cc\x85d", ""]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\xff\xfe\x00", b"\xfe\xff\xd8\x00", b"\0\0"])
def test_any_bytes_can_be_read(content):
    text_file.lines(text_file.decoded(content))
