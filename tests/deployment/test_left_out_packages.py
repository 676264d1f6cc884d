"""The project without the packages that the image leaves out. The demo's test runs without them, too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_AS_IN_THE_IMAGE = Path(__file__).parent / "as_in_the_image"

_IMPORT_ALL = """
import importlib, pkgutil
for top in ("coralline", "components", "pipeline", "deployment"):
    for module in pkgutil.walk_packages(importlib.import_module(top).__path__, f"{top}."):
        importlib.import_module(module.name)
for name in ("container.kubeflow_v2_run_executor", "file_based_example_gen.driver"):
    importlib.import_module(f"tfx.orchestration.kubeflow.v2.{name}")
"""


def _python(code: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(_AS_IN_THE_IMAGE), str(_ROOT), str(_ROOT / "src")])
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_every_module_is_imported_without_them() -> None:
    done = _python(_IMPORT_ALL)
    assert done.returncode == 0, done.stderr[-3000:]
    # TFMA's own import goes on without what it doesn't find, and is of no use then.
    assert "Error importing" not in done.stderr


def test_they_are_not_found_there() -> None:
    done = _python("import clang.cindex")
    assert "the image leaves it out" in done.stderr
