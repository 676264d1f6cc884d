"""What the page is built from, and what is shipped of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import coralline.lineage_page

ROOM = Path(coralline.lineage_page.__file__).parent
SOURCES, BUILT = ROOM / "browser", ROOM / "static"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A copy of the sources with what the lock names; skips where npm or its registry is missing."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    copy = tmp_path_factory.mktemp("page") / "browser"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run([npm, "ci"], cwd=copy, capture_output=True, text=True)
    if done.returncode and re.search(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network", done.stderr):
        pytest.skip("npm's registry can't be reached")
    assert done.returncode == 0, done.stderr
    return copy


def test_what_is_shipped_is_what_the_lock_builds(installed, tmp_path):
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=installed, check=True, capture_output=True)
    built = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert {file.name: file.read_bytes() for file in BUILT.iterdir()} == built


def test_types_of_the_sources_hold(installed):
    done = subprocess.run(["npm", "run", "check"], cwd=installed, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_lock_names_no_registry_and_holds_a_hash_of_everything():
    packages = json.loads((SOURCES / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in of for of in packages.values())
    assert all(of["integrity"].startswith("sha512-") for name, of in packages.items() if name)


def test_shell_holds_nothing_that_the_policy_forbids():
    shell = (BUILT / "index.html").read_text()
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?:", shell) == []


def test_data_never_becomes_markup():
    sources = "".join(file.read_text() for file in (SOURCES / "source").rglob("*.js"))
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", sources) == []


def test_modules_stay_short():
    lines = {file.name: len(file.read_text().splitlines()) for file in (SOURCES / "source").rglob("*.js")}
    assert {name: count for name, count in lines.items() if count > 350} == {}


def test_licences_of_what_is_bundled_are_shipped():
    text = (BUILT / "licences.txt").read_text()
    for package in json.loads((SOURCES / "package.json").read_text())["dependencies"]:
        assert f"{package} " in text
    assert text.count("Permission is hereby granted") >= 3
