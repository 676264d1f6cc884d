import subprocess
import sys
from pathlib import Path

_TESTS = """
import pytest

@pytest.mark.advice("the detour")
def test_the_fault_is_still_there():
    assert False

@pytest.mark.advice("the other detour")
def test_the_other_fault_is_still_there():
    pass
"""

_RUN = """
import importlib.util, sys
import pytest

spec = importlib.util.spec_from_file_location("conftest", sys.argv[1])
conftest = sys.modules["conftest"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conftest)
sys.exit(pytest.main(["-q", "-rs", "test_faults.py"], plugins=[conftest]))
"""


def test_a_workaround_that_can_go_is_a_line_in_the_summary_and_no_failure(tmp_path):
    (tmp_path / "test_faults.py").write_text(_TESTS)
    command = [sys.executable, "-c", _RUN, str(Path(__file__).with_name("conftest.py"))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "advice: the detour may no longer be needed here (assert False)" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout and "advice: the other detour" not in done.stdout
