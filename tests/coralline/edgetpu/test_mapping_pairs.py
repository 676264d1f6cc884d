"""The mapping predictor against what the real compiler left on the CPU, for Coral's own pairs of files."""

import collections
import os
from pathlib import Path

import pytest

from coralline.edgetpu import compiled, mapping
from coralline.tflite import model_file

DATA = os.environ.get("CORALLINE_TEST_DATA")
PAIRS = sorted(Path(DATA, "models/edgetpu_pairs").glob("*_edgetpu.tflite")) if DATA else []

pytestmark = pytest.mark.skipif(not DATA, reason="CORALLINE_TEST_DATA names no folder with models/edgetpu_pairs")


@pytest.mark.parametrize("path", PAIRS, ids=lambda p: p.stem)
def test_predicts_exactly_the_ops_that_the_compiler_left_on_the_cpu(path):
    predicted = mapping.predict(path.with_name(path.name.replace("_edgetpu", "")).read_bytes())
    truth = compiled.read_compiled(model_file.read_model_file(path))
    assert collections.Counter(op["op"] for op in predicted.cpu) == collections.Counter(truth.cpu)
    assert predicted.subgraphs == len(truth.packages)
    assert predicted.mapped + len(predicted.cpu) == predicted.total


@pytest.mark.parametrize("path", PAIRS, ids=lambda p: p.stem)
def test_reads_a_compiled_file(path):
    found = compiled.read_compiled(model_file.read_model_file(path))
    assert found.min_runtime_version in range(10, 15) and found.compiler_version.startswith("cl/")
    assert found.cached > 0
