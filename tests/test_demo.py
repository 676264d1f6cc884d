"""`coralline demo` as a whole: it fails when a detector stops learning.

Seeds 1, 2 and 3 on 2 cores of an AMD EPYC reached AP50 .883, .906, .898 (float), .907, .923, .904 (quantization-aware)
and .903, .929, .906 (int8 file); the least AP of a class was .56, and the int8 file's AP was .010 to .023 above the
float model's. Earlier code reached .846 (int8) on another machine. The floors leave a margin below all of these.

With 300 + 60 of the 450 + 100 steps, the seeds differ too much for a floor: .646, .372, .598 (int8).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coralline.data.drawn_shapes import CLASSES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # beside another worker it takes twice its time

_AS_IN_THE_IMAGE = str(Path(__file__).parent / "deployment" / "as_in_the_image")
_LEAST_AP50, _LEAST_AP_OF_A_CLASS, _MOST_LOST = 0.75, 0.3, 0.05


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """What it says: its summary, and its progress for people."""
    out = tmp_path_factory.mktemp("demo") / "out"
    call = [sys.executable, "-c", "from pipeline.cli import main; main()", "demo", "--json", "--out", str(out)]
    # Without the packages that the image leaves out: there, the demo runs too.
    path = os.pathsep.join(filter(None, [_AS_IN_THE_IMAGE, os.environ.get("PYTHONPATH", "")]))
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("model", ["float", "qat", "int8"])
def test_a_few_minutes_teach_it_to_detect(demo: tuple[dict[str, Any], str], model: str) -> None:
    summary, _ = demo
    found = summary["metrics"][model]
    assert found["AP50"] >= _LEAST_AP50, summary["metrics"]
    assert min(found["per_class"].values()) >= _LEAST_AP_OF_A_CLASS


def test_quantization_costs_little(demo: tuple[dict[str, Any], str]) -> None:
    metrics = demo[0]["metrics"]
    assert metrics["int8"]["AP"] >= metrics["float"]["AP"] - _MOST_LOST


def test_its_default_gate_lets_the_model_pass_and_it_is_published(demo: tuple[dict[str, Any], str]) -> None:
    summary, _ = demo
    assert (summary["blessed"], summary["pushed"]) == (True, True)
    published = Path(summary["published"])
    assert (published / "labels.txt").read_text().split() == list(CLASSES)
    assert (published / "model.tflite").stat().st_size < 1_000_000


def test_images_that_judge_have_not_chosen_the_checkpoint(demo: tuple[dict[str, Any], str]) -> None:
    summary, said = demo
    assert "56 of 556 training images choose the checkpoints and don't train" in said
    assert summary["images"] == 144
