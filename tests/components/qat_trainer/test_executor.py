"""What the trainer begins with where the settings say `latest_blessed`."""

import pytest

from components.qat_trainer.executor import _settings
from coralline.foundation import progress
from coralline.publishing import published
from pipeline.config import Config


@pytest.fixture
def notes():
    class Notes(progress.LogSink):
        said: list[str] = []

        def note(self, text):
            self.said.append(text)

    progress.set_sink(Notes())
    yield Notes.said
    progress.set_sink(progress.LogSink())


def settings(tmp_path):
    config = Config.model_validate({"model": {"preset": "demo_160", "warm_start": "latest_blessed"}})
    sections = {name: getattr(config, name).to_property() for name in ("model", "train", "augment")}
    return _settings({**sections, "published_at": str(tmp_path)})


def test_before_the_first_model_is_published_training_starts_without_and_says_so(tmp_path, notes):
    assert settings(tmp_path).model.warm_start is None
    assert notes == ["nothing is published yet: training starts without the latest blessed model"]


def test_it_is_the_version_that_is_served_when_training_begins(tmp_path, notes):
    first = published.publish(str(tmp_path), {"model.tflite": b"1"}, {})
    published.publish(str(tmp_path), {"model.tflite": b"2"}, {})
    published.roll_back(str(tmp_path))
    assert settings(tmp_path).model.warm_start == f"{tmp_path}/{first}" and not notes
