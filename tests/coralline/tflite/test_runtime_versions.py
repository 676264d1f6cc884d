import os
from pathlib import Path

import ai_edge_litert.schema_py_generated as schema
import pytest

from coralline.tflite import model_file, runtime_versions

DATA = os.environ.get("CORALLINE_TEST_DATA")


def test_tells_the_first_runtime_of_an_op_version():
    assert runtime_versions.of_op("CONV_2D", 5) == (2, 4, 0)
    assert runtime_versions.of_op("TRANSPOSE", 7) == (2, 14, 4)


@pytest.mark.parametrize(("builtin", "version"), [("CONV_2D", 99), ("CONV_2D", 0), ("CALL", 1), ("BROADCAST_TO", 1)])
def test_a_version_that_no_runtime_has_is_none(builtin, version):
    assert runtime_versions.of_op(builtin, version) is None


def test_knows_only_builtins_of_the_schema_and_versions_in_order():
    for builtin, runtimes in runtime_versions._RUNTIMES.items():
        assert hasattr(schema.BuiltinOperator, builtin)
        known = [runtime_versions.of_op(builtin, i) for i, text in enumerate(runtimes.split(), 1) if text != "-"]
        assert known == sorted(known)


def test_a_file_needs_the_runtime_of_its_newest_op(quadrant_detector):
    assert runtime_versions.of_model(model_file.read_model(quadrant_detector())) == (1, 14, 0)
    assert runtime_versions.of_model(model_file.read_model(quadrant_detector(pool_version=3))) == (2, 3, 0)
    assert runtime_versions.of_model(model_file.read_model(quadrant_detector(pool_version=4))) is None


@pytest.mark.skipif(not DATA, reason="CORALLINE_TEST_DATA names no folder with models/")
def test_agrees_with_what_converters_noted_in_their_files():
    compared = 0
    for path in sorted(Path(DATA, "models").rglob("*.tflite")):
        model = model_file.read_model_file(path)
        noted = model.metadata.get("min_runtime_version", b"").split(b"\0")[0].decode()
        if noted and not path.stem.endswith("_edgetpu"):
            compared += 1
            assert runtime_versions.text(runtime_versions.of_model(model)) == noted, path.name
    assert compared
