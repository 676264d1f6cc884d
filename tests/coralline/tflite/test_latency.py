"""How long a detector takes, measured apart from what it did before."""

from coralline.tflite.detector import Detector
from coralline.tflite.latency import measure_alone


def test_only_the_runs_of_the_measurement_count(quadrant_detector):
    detector = Detector(quadrant_detector(), num_threads=1)
    detector.run_seconds.extend([1000.0] * 50)
    latency = measure_alone(detector)
    assert latency.runs == 20 and latency.threads == 1
    assert 0 < latency.median_ms <= latency.p90_ms < 1000
