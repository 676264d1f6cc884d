"""What a published model's manifest suggests, and what happens where there is none that is its own."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from coralline.tflite import metadata
from coralline.tflite.detector import Detector
from coralline.tflite.suggested_scores import suggested_beside


@pytest.fixture
def published(tmp_path, quadrant_detector):
    """`published(**keys of the manifest) -> path of the model`, of classes leaf and sea."""

    def make(**keys):
        content = metadata.write_metadata(
            quadrant_detector(), labels="leaf\nsea\n", score_threshold=0.25, name="n", description="d"
        )
        (tmp_path / "model.tflite").write_bytes(content)
        manifest = {"files": {"model.tflite": hashlib.sha256(content).hexdigest()}, **keys}
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        return tmp_path / "model.tflite"

    return make


def thresholds(overall, **per_class):
    return {
        "overall": overall and {"score": overall},
        "per_class": {k: v and {"score": v} for k, v in per_class.items()},
    }


def test_each_class_has_its_own_and_one_without_that_of_all(published):
    model = published(score_threshold=0.5, score_thresholds=thresholds(0.5, leaf=0.412, sea=None))
    assert suggested_beside(model).by_label(["leaf", "sea"]) == {"leaf": 0.412, "sea": 0.5}
    assert Detector(model).suggested_scores == {"leaf": 0.412, "sea": 0.5}


def test_of_an_older_version_it_is_one_for_all(published):
    assert suggested_beside(published(score_threshold=0.35)).by_label(["leaf"]) == {"leaf": 0.35}


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"score_threshold": None, "score_thresholds": thresholds(None, leaf=None)}, "the evaluation found nothing"),
        ({"score_threshold": "0.4"}, "suggests none"),
        ({"score_threshold": float("nan")}, "suggests none"),
        ({"score_thresholds": thresholds(7.5)}, "suggests none"),
        ({"files": {"model.tflite": "0" * 64}, "score_threshold": 0.4}, "of another file"),
        ({"files": None, "score_threshold": 0.4}, "isn't one of a published version"),
    ],
)
def test_without_a_usable_one_nothing_is_suggested_and_the_reason_is_told(published, keys, why):
    model = published(**keys)
    suggested = suggested_beside(model)
    assert suggested.overall is None and suggested.by_label(["leaf"]) == {} and why in suggested.why_none
    assert Detector(model).suggested_scores == {}


def test_a_file_without_a_manifest_suggests_nothing(published):
    model = published()
    model.with_name("manifest.json").unlink()
    assert suggested_beside(model).why_none == "no manifest.json lies beside the model"
    assert Detector(model.read_bytes()).suggested_scores == {}


def test_detect_takes_one_score_for_each_label(published):
    detector = Detector(published(score_thresholds=thresholds(0.5, leaf=0.6, sea=0.3)))
    dim = Image.fromarray(np.full((32, 32, 3), (0, 128, 0), np.uint8))
    assert len(detector.detect(dim)) == len(detector.detect(dim, {"sea": 0.9})) == 4
    assert detector.detect(dim, detector.suggested_scores) == ()
    assert len(detector.detect(dim, {"leaf": 0.4})) == 4
