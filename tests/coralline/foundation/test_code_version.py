"""What is said of the code, in a checkout and in an installed package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coralline.foundation.code_version import code_facts, code_version

_ROOT = Path(__file__).resolve().parents[3]
_FOLDERS = ("src", "components", "pipeline", "deployment")
_SAY = "import json; from coralline.foundation.code_version import code_facts; print(json.dumps(code_facts()))"


def _said(path, **environment):
    import json

    kept = {name: value for name, value in os.environ.items() if name != "CORALLINE_GIT_COMMIT"}
    call = [sys.executable, "-c", _SAY]
    done = subprocess.run(call, capture_output=True, check=True, env={**kept, "PYTHONPATH": str(path), **environment})
    return json.loads(done.stdout)


def _git(folder, *arguments):
    call = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    return subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """A part of the code, committed."""
    for folder in _FOLDERS:
        (tmp_path / "checkout" / folder).mkdir(parents=True)
        (tmp_path / "checkout" / folder / "module.py").write_text(folder)
    foundation = tmp_path / "checkout/src/coralline/foundation"
    foundation.mkdir(parents=True)
    for name in ("__init__.py", "foundation/__init__.py", "foundation/code_version.py"):
        shutil.copy(_ROOT / "src/coralline" / name, foundation.parent / name)
    _git(tmp_path / "checkout", "init", "-q")
    _git(tmp_path / "checkout", "add", ".")
    _git(tmp_path / "checkout", "commit", "-qm", "first")
    return tmp_path / "checkout"


def test_a_checkout_is_clean_until_something_that_runs_has_changed(checkout):
    commit, clean = _git(checkout, "rev-parse", "HEAD"), _said(checkout / "src")
    assert (clean["git_commit"], clean["git_dirty"], clean["code_from"]) == (commit, "no", "checkout")
    (checkout / "notes.txt").write_text("untracked, and no code")
    assert _said(checkout / "src") == clean
    (checkout / "pipeline/module.py").write_text("changed")
    changed = _said(checkout / "src")
    assert (changed["git_commit"], changed["git_dirty"]) == (f"{commit}+changes", "yes")
    _git(checkout, "checkout", "-q", ".")
    assert _said(checkout / "src") == clean
    (checkout / "components/new.py").write_text("imported all the same")
    added = _said(checkout / "src")
    assert (added["git_dirty"], len({clean["code_sha256"], changed["code_sha256"], added["code_sha256"]})) == ("yes", 3)


def test_an_installed_package_has_no_git_but_the_same_code(checkout, tmp_path):
    known = _said(checkout / "src")
    for folder in ("components", "pipeline", "deployment"):
        shutil.copytree(checkout / folder, tmp_path / "site" / folder)
    shutil.copytree(checkout / "src/coralline", tmp_path / "site/coralline")
    (tmp_path / "site/module.py").write_text("of another package")
    (checkout / "src/module.py").unlink()
    installed = _said(tmp_path / "site")
    assert (installed["git_commit"], installed["git_dirty"], installed["code_from"]) == ("unknown", "unknown", "wheel")
    assert installed["lock_sha256"] == "unknown"
    assert installed["code_sha256"] == _said(checkout / "src")["code_sha256"] != known["code_sha256"]


def test_an_image_says_the_commit_that_it_was_built_from(checkout):
    known = _said(checkout / "src", CORALLINE_GIT_COMMIT="c0ffee")
    assert (known["git_commit"], known["git_dirty"], known["code_from"]) == ("c0ffee", "unknown", "image")


def test_manifests_say_no_more_of_the_code_than_before():
    assert list(code_version()) == ["coralline_version", "git_commit", "lock_sha256"]
    assert code_version().items() <= code_facts().items()
