"""What is shipped: a wheel for people and a source package for Beam (`--setup_file`)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = {"coralline": _ROOT / "src" / "coralline"} | {
    name: _ROOT / name for name in ("components", "pipeline", "deployment")
}

_NOT_SHIPPED = (_ROOT / "deployment" / "image", _ROOT / "src" / "coralline" / "lineage_page" / "browser")
"""What a build of the image needs, and what the lineage page is built from."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy to build in: setuptools leaves its own folders where it works."""
    copy = tmp_path_factory.mktemp("sources") / "coralline"
    copy.mkdir()
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(_ROOT / name, copy)
    for folder in ("src", "components", "pipeline", "deployment"):
        shutil.copytree(
            _ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "node_modules")
        )
    return copy


def _shipped() -> set[str]:
    """Every file of the packages, templates included, as a wheel names it."""
    return {
        f"{name}/{path.relative_to(folder).as_posix()}"
        for name, folder in _PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not set(_NOT_SHIPPED) & set(path.parents)
    }


def test_the_wheel_holds_every_file_of_the_packages(sources, tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    subprocess.run([*command, str(sources)], check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert _shipped() == {name for name in names if ".dist-info/" not in name}


def test_the_source_package_for_beams_workers_holds_them_too(sources, tmp_path):
    command = [sys.executable, "setup.py", "-q", "sdist", "--dist-dir", str(tmp_path)]
    subprocess.run(command, cwd=sources, check=True, capture_output=True)
    [package] = tmp_path.glob("*.tar.gz")
    with tarfile.open(package) as archive:
        names = {name.partition("/")[2].removeprefix("src/") for name in archive.getnames()}
    assert _shipped() <= names
