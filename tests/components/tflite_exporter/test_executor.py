"""What the exporter refuses to hand on."""

import pytest

from components.tflite_exporter.executor import require_contract
from coralline.foundation.errors import UserError


def test_a_standard_detector_passes(quadrant_detector):
    require_contract(quadrant_detector())


def test_a_file_that_breaks_the_contract_of_devices_is_refused(quadrant_detector):
    with pytest.raises(UserError, match="found boxes, scores, classes, count"):
        require_contract(quadrant_detector(output_order=(0, 2, 1, 3)))


def test_an_operation_on_float_is_refused_by_name(quadrant_detector):
    with pytest.raises(UserError, match=r"works on float: op 0 AVERAGE_POOL_2D"):
        require_contract(quadrant_detector(input_type="FLOAT32"))
