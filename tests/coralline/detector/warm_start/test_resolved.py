"""What `model.warm_start` means when it's looked up."""

import json

import pytest

from coralline.detector.inputs.augmentation import AugmentSettings
from coralline.detector.model_settings import ModelSettings
from coralline.detector.network.model_folder import WEIGHTS
from coralline.detector.settings import Settings
from coralline.detector.train_settings import TrainSettings
from coralline.detector.warm_start.resolved import ResolvedWarmStart
from coralline.foundation.errors import UserError
from coralline.publishing import published

MODEL = ModelSettings(preset="demo_160", warm_start="latest_blessed")
PRESET = Settings.resolve(MODEL, TrainSettings(), AugmentSettings()).preset


@pytest.fixture
def publish(tmp_path):
    def publish(content):
        """A version whose trained model is a folder of its own."""
        trained = tmp_path / f"trained-{content.decode()}"
        (trained / f"{WEIGHTS}.index").parent.mkdir(parents=True)
        description = {"backbone": PRESET.backbone, "width_multiplier": PRESET.width_multiplier}
        (trained / "detector.json").write_text(json.dumps(description))
        (trained / f"{WEIGHTS}.index").write_bytes(content)
        manifest = {"model": {"trained_model": str(trained)}, "lineage": {"pipeline_run": f"run {content.decode()}"}}
        return published.publish(str(tmp_path / "published"), {"model.tflite": content}, manifest)

    return publish


def test_latest_blessed_is_none_before_the_first_model_is_published(tmp_path):
    found = ResolvedWarmStart.of(MODEL, PRESET, str(tmp_path))
    assert found == ResolvedWarmStart("latest_blessed", "")
    assert found.applied_to(MODEL).warm_start is None


def test_latest_blessed_is_the_version_that_is_served(tmp_path, publish):
    first = publish(b"1")
    publish(b"2")
    published.roll_back(str(tmp_path / "published"))
    found = ResolvedWarmStart.of(MODEL, PRESET, str(tmp_path / "published"))
    assert (found.version, found.pipeline_run) == (first, "run 1")
    found.write(str(tmp_path))
    assert ResolvedWarmStart.read(str(tmp_path)) == found
    applied = found.applied_to(MODEL)
    assert applied.warm_start == f"{tmp_path}/published/{first}" and applied.warm_start_sha256 == found.sha256


def test_a_damaged_version_is_named(tmp_path, publish):
    version = publish(b"1")
    (tmp_path / "published" / version / "model.tflite").unlink()
    with pytest.raises(UserError, match="is damaged") as error:
        ResolvedWarmStart.of(MODEL, PRESET, str(tmp_path / "published"))
    assert "coralline rollback" in str(error.value)


def test_a_path_has_the_sha256_of_its_content(tmp_path, publish):
    publish(b"1")
    path = str(tmp_path / "trained-1")
    model = MODEL.model_copy(update={"warm_start": path})
    found = ResolvedWarmStart.of(model, PRESET, "")
    assert (found.source, found.path, len(found.sha256)) == (path, path, 64)


def test_a_url_is_left_for_the_trainer_to_fetch():
    model = MODEL.model_copy(update={"warm_start": "https://example.com/w.h5", "warm_start_sha256": "0" * 64})
    found = ResolvedWarmStart.of(model, PRESET, "")
    assert found.applied_to(model) == model
