"""Every workaround says in the same form which libraries and versions it was seen with."""

import ast
import importlib.metadata
import importlib.util
import re
from pathlib import Path

import pytest

_FOLDER = Path(importlib.util.find_spec("coralline").submodule_search_locations[0], "detector/library_faults")
_MODULES = sorted(path for path in _FOLDER.glob("*.py") if path.name != "__init__.py")
_SEEN_WITH = re.compile(r"^Seen with (.*?)(?: \(\S+\))?: ", re.MULTILINE)
_LIBRARY = re.compile(r"([a-z-]+) ([\d.]+)(?:, | and |$)")


def libraries(module):
    seen_with = _SEEN_WITH.search(ast.get_docstring(ast.parse(module.read_text())))
    return _LIBRARY.findall(seen_with[1]) if seen_with else []


@pytest.mark.parametrize("module", _MODULES, ids=lambda path: path.stem)
def test_a_workaround_names_its_libraries_and_their_versions(module):
    assert libraries(module)


@pytest.mark.advice("a module of library_faults, seen with other versions,")
def test_these_versions_are_the_ones_that_are_installed():
    seen = {library for module in _MODULES for library in libraries(module)}
    assert seen == {(name, importlib.metadata.version(name)) for name, _ in seen}
