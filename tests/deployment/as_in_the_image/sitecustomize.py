"""With this folder in PYTHONPATH, a Python doesn't find the packages that the image leaves out."""

import importlib.machinery
import importlib.metadata
import re
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _files_left_out() -> set[str]:
    """Those of every package that is locked for development and not for the image."""
    everywhere, here = (
        {line.partition("==")[0] for line in (_ROOT / lock).read_text(encoding="utf-8").splitlines() if "==" in line}
        for lock in ("requirements.lock", "deployment/image/gpu.lock")
    )
    return {
        str(package.locate_file(file))
        for package in importlib.metadata.distributions()
        if _normalized(package.metadata["Name"]) in everywhere - here
        for file in package.files or []
        if file.suffix in (".py", ".so")
    }


class _Hidden(importlib.machinery.PathFinder):
    """Finds what Python finds, without the files of those packages."""

    files = _files_left_out()

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):  # type: ignore[no-untyped-def]
        spec = super().find_spec(fullname, path, target)
        if spec is None or spec.origin not in cls.files:
            return spec
        # Another package may bring its own copy, as setuptools does.
        others = [entry for entry in path or sys.path if not cls._hides(fullname, entry)]
        spec = super().find_spec(fullname, others, target)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}: the image leaves it out", name=fullname)
        return spec

    @classmethod
    def _hides(cls, fullname, entry):  # type: ignore[no-untyped-def]
        spec = super().find_spec(fullname, [entry])
        return spec is not None and spec.origin in cls.files


sys.meta_path.insert(sys.meta_path.index(importlib.machinery.PathFinder), _Hidden)
