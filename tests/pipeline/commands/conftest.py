"""A detector file for the commands that take one."""

import pytest

from coralline.tflite import metadata


@pytest.fixture
def model(tmp_path, quadrant_detector):
    content = metadata.write_metadata(
        quadrant_detector(), labels="leaf\nsea\n", score_threshold=0.25, name="n", description="d"
    )
    (tmp_path / "model.tflite").write_bytes(content)
    return tmp_path / "model.tflite"
