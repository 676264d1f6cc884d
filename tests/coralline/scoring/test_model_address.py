"""Which file is meant by a path or an address: see also tests/pipeline/commands/test_evaluate.py."""

import pytest

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing import published
from coralline.scoring.model_address import model_address
from coralline.tflite.detector import Detector


def test_a_file_a_version_and_what_is_served_are_found(any_folder, quadrant_detector):
    files = {"model.tflite": quadrant_detector(), "labels.txt": b"leaf\nsky\n"}
    version = published.publish(any_folder, files, {"score_threshold": 0.4})
    file = f"{any_folder}/{version}/model.tflite"
    assert {model_address(address) for address in (file, f"{any_folder}/{version}")} == {file}
    served = model_address(f"{any_folder}/latest")
    assert served == (f"{any_folder}/latest/model.tflite" if any_folder.startswith("/") else file)
    detector = Detector(served)
    assert (detector.labels, detector.suggested_scores) == (["leaf", "sky"], {"leaf": 0.4, "sky": 0.4})


def test_what_is_no_model_is_one_message(remote_folder):
    version = published.publish(remote_folder, {"model.tflite": b"1"}, {})
    storage.write_bytes(f"{remote_folder}/{version}/model.tflite", b"another")
    for address, message in (
        (f"{remote_folder}/{version}", "this published version is damaged"),
        (f"{remote_folder}/none/latest", "no model is published there"),
        (remote_folder, "this folder holds no model"),
    ):
        with pytest.raises(UserError, match=message):
            model_address(address)
    with pytest.raises(UserError, match="the model can't be read"):
        Detector(model_address(f"{remote_folder}/none.tflite"))
