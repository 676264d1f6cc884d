"""What fuzzing found, and files of the same kinds that people made by hand, are read without a surprise."""

import importlib.util
from pathlib import Path

import pytest

_FUZZ = Path(__file__).with_name("fuzz")
_spec = importlib.util.spec_from_file_location("readers", _FUZZ / "readers.py")
readers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(readers)

FOUND = sorted(path for path in (_FUZZ / "found").rglob("*") if path.is_file())


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_is_an_answer_or_one_message(path):
    readers.run(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("target", readers.TARGETS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\xff\xfe",
        b"[" * 5000,
        b"{" * 5000,
        b"<a>" * 5000,
        b"a" * 100_000,
        b"\xff\xd8\xff\xd9",
        b"9" * 5000,
    ],
    ids=["empty", "nul", "utf-16", "lists", "objects", "elements", "long", "no image", "digits"],
)
def test_what_is_no_such_file_is_an_answer_or_one_message(target, content):
    readers.run(target, content)
