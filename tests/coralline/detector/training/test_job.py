"""The settings that a training goes on with, with what was chosen where they were left open."""

import json

from coralline.detector.inputs.augmentation import AugmentSettings
from coralline.detector.model_settings import ModelSettings
from coralline.detector.settings import Settings
from coralline.detector.train_settings import TrainSettings
from coralline.detector.training.job import phase_of, settings_used


def _used(model=None, train=None, augment=None, images=10_000):
    sections = ModelSettings(**model or {}), TrainSettings(**train or {}), AugmentSettings(**augment or {})
    settings = Settings.resolve(*sections).scheduled(images)
    return settings_used(settings), settings


def test_what_was_left_open_is_what_the_training_uses():
    used, settings = _used()
    preset = settings.preset
    assert used["train.float_steps"] == preset.float_steps == 2000, "more than the preset's, for more data"
    assert used["train.qat_steps"] == preset.qat_steps and used["train.batch_size"] == 8
    assert (used["train.learning_rate"], used["train.qat_learning_rate"]) == (2e-3, 2e-4)
    assert used["train.evaluate_every"] == {name: phase_of(settings, name).evaluate_every for name in ("float", "qat")}
    assert (used["model.input_size"], used["model.anchor_size"], used["model.num_scales"]) == (256, 3.0, 3)
    assert used["model.aspect_ratios"] == [1.0, 2.0, 0.5] and used["augment.scale"] == [0.8, 1.25]
    assert json.loads(json.dumps(used)) == used


def test_what_was_given_is_used():
    train = {"float_steps": 7, "evaluate_every": 3, "batch_size": 2, "seed": 5}
    used, settings = _used({"preset": "demo_160", "anchor_size": 2.0}, train, {"policy": "randaugment"}, images=20)
    assert {f"train.{name}": value for name, value in train.items()}.items() <= used.items()
    assert (used["model.anchor_size"], used["model.preset"]) == (2.0, "demo_160")
    assert used["augment.magnitude"] == 10 and phase_of(settings, "float").evaluate_every == 3


def test_every_setting_of_the_sections_is_there():
    used, _ = _used()
    sections = {"model": ModelSettings, "train": TrainSettings, "augment": AugmentSettings}
    assert set(used) == {f"{name}.{key}" for name, of in sections.items() for key in of.model_fields}
