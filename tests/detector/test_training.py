"""Training as a whole, a few steps of it: what it writes, what it refuses, and that a killed run is taken up again."""

import dataclasses

import numpy as np
import pytest

from components import progress
from components.dataset.drawn_shapes import CLASSES, draw_dataset
from components.errors import UserError

pytestmark = pytest.mark.slow


class Steps:
    """Notes the steps it is told of, and interrupts at one."""

    def __init__(self, phase="", stop_at=None):
        self.seen, self.losses, self._stop = [], [], (phase, stop_at)

    def training(self, step):
        self.seen.append((step.phase, step.step))
        self.losses.append(step.losses)
        if step.phase == self._stop[0] and step.step >= self._stop[1]:
            raise KeyboardInterrupt

    def note(self, text):
        pass


@pytest.fixture
def follow():
    yield progress.set_sink
    progress.set_sink(progress.LogSink())


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    import tensorflow as tf

    from components.dataset.dataset import read_dataset
    from components.dataset.examples.tf_example import encode_example
    from components.dataset.options import DatasetOptions
    from components.detector import training

    folder = tmp_path_factory.mktemp("training")
    draw_dataset(folder / "voc", images=12, size_px=160)
    record = str(folder / "train.gz")
    with tf.io.TFRecordWriter(record, "GZIP") as writer:
        for image in read_dataset(str(folder / "voc"), DatasetOptions(path=str(folder / "voc"))).images:
            with open(image.place.path, "rb") as f:
                encoded = f.read()
            writer.write(
                encode_example(
                    filename=image.name,
                    image_encoded=encoded,
                    image_format="jpeg",
                    height=image.height,
                    width=image.width,
                    boxes_ymin_xmin_ymax_xmax=image.boxes_ymin_xmin_ymax_xmax,
                    class_ids=[CLASSES.index(name) + 1 for name in image.class_names],
                    class_names=image.class_names,
                    difficult=np.zeros(len(image.class_names), bool),
                    truncated=np.zeros(len(image.class_names), bool),
                )
            )
    settings = training.Settings.resolve(
        {"preset": "demo_160"},
        {"float_steps": 12, "qat_steps": 2, "batch_size": 4, "seed": 1, "checkpoint_every": 2},
        {"horizontal_flip": 0.5},
    )
    return training.Job(files=(record,), num_classes=len(CLASSES), settings=settings)


def test_killed_training_goes_on_from_its_checkpoint_and_ends_at_the_same_step(job, tmp_path, follow):
    from components.detector import saved_model, training
    from components.detector.warm_start import source

    work, model = str(tmp_path / "work"), tmp_path / "model"
    follow(Steps("float", 8))
    with pytest.raises(KeyboardInterrupt):
        training.train(job, work=work, model_folder=str(model), log_folder=str(tmp_path / "logs"))
    assert not model.exists()
    resumed = Steps()
    follow(resumed)
    training.train(job, work=work, model_folder=str(model), log_folder=str(tmp_path / "logs"))
    first, last_float = resumed.seen[0], [s for s in resumed.seen if s[0] == "float"][-1]
    assert first[1] > 4
    assert last_float == ("float", 12)
    assert resumed.seen[-1] == ("quantization-aware", 2)
    assert source.obtain(str(model), None, job.settings.preset).kind == "coralline"
    boxes, scores = saved_model.RawModel(str(model), "float").predict(np.zeros((1, 160, 160, 3), np.uint8))
    assert boxes.shape[1:] == (len(np.load(model / saved_model.ANCHORS_NPY)), 4)
    assert scores.shape[2] == len(CLASSES) + 1
    assert list((tmp_path / "logs" / "float").iterdir()), "TensorBoard logs"


def test_fewer_images_than_a_batch_are_refused(job, tmp_path):
    from components.detector import training

    preset = dataclasses.replace(job.settings.preset, batch_size=64)
    settings = dataclasses.replace(job.settings, preset=preset)
    with pytest.raises(UserError, match="too few training images"):
        training.train(
            dataclasses.replace(job, settings=settings), work=str(tmp_path), model_folder="unused", log_folder="unused"
        )


def test_loss_that_is_no_number_stops_at_its_step_and_names_the_images(job, tmp_path):
    from components.detector import training

    preset = dataclasses.replace(job.settings.preset, learning_rate=1e30)
    diverging = dataclasses.replace(job, settings=dataclasses.replace(job.settings, preset=preset))
    with pytest.raises(UserError, match=r"isn't a number at step \d+ of the float phase") as caught:
        training.train(diverging, work=str(tmp_path), model_folder="unused", log_folder="unused")
    assert caught.value.found.count("images/shapes-") == 4 and "train.learning_rate" in caught.value.mend


def test_same_seed_gives_the_same_losses_to_the_last_digit(job, tmp_path, follow):
    from components.detector import training

    preset = dataclasses.replace(job.settings.preset, float_steps=4)
    short = dataclasses.replace(job, settings=dataclasses.replace(job.settings, preset=preset))
    curves = []
    for run in ("first", "second"):
        steps = Steps()
        follow(steps)
        training.train(short, **{name: str(tmp_path / run / name) for name in ("work", "model_folder", "log_folder")})
        curves.append(steps.losses)
    assert curves[0] == curves[1] and {phase for phase, _ in steps.seen} == {"float", "quantization-aware"}
