"""Training as a whole, a few steps of it: what it writes, what it refuses, and that a killed run is taken up again."""

import contextlib
import dataclasses
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from coralline.data.drawn_shapes import CLASSES
from coralline.foundation import progress, storage
from coralline.foundation.errors import UserError
from pipeline import preflight
from pipeline.config import Config

pytestmark = pytest.mark.slow


class Steps:
    """Notes the steps it is told of, and interrupts at one."""

    def __init__(self, phase="", stop_at=None):
        self.seen, self.losses, self.notes, self._stop = [], [], [], (phase, stop_at)

    def training(self, step):
        self.seen.append((step.phase, step.step))
        self.losses.append(step.losses)
        if step.phase == self._stop[0] and step.step >= self._stop[1]:
            raise KeyboardInterrupt

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def follow():
    yield progress.set_sink
    progress.set_sink(progress.LogSink())


@pytest.fixture(scope="module")
def job(many_shapes_record):
    from coralline.detector.training.job import Job

    schedule = {"float_steps": 12, "qat_steps": 2, "batch_size": 4, "checkpoint_every": 2, "evaluate_every": 4}
    schedule["selection_fraction"] = 0.5
    config = Config.model_validate({"model": {"preset": "demo_160"}, "train": schedule})
    settings = preflight.training_settings(config)
    return Job((many_shapes_record,), (many_shapes_record,), tuple(CLASSES), settings)


def train(job, folder, after_checkpoint=lambda: None):
    """Into `work`, `model` and `logs` in a folder."""
    from coralline.detector.training import both_phases, distribution

    places = {"work": folder / "work", "model_folder": folder / "model", "log_folder": folder / "logs"}
    of_training = {name: str(place) for name, place in places.items()}
    both_phases.train(job, distribution.find_distribution(), **of_training, after_checkpoint=after_checkpoint)


def changed(job, **preset):
    """The job with another schedule."""
    settings = dataclasses.replace(job.settings, preset=dataclasses.replace(job.settings.preset, **preset))
    return dataclasses.replace(job, settings=settings)


def training_images(job):
    """Names of the images that aren't held out."""
    from coralline.detector.training.job import Annotated
    from coralline.detector.training.selection_side import choose_selection_side

    annotated = Annotated.read(job.files, CLASSES)
    side = choose_selection_side(annotated.side_images, job.settings, judged_on_test=False)
    left = annotated.without(side.held_out)
    assert left.images == 32
    return set(job.name_images(sorted(left.numbers)))


def logged(folder):
    """What TensorBoard shows of a phase: {name: [(step, value)]}, pictures as their number."""
    import tensorflow as tf

    series = {}
    for path in sorted(folder.iterdir()):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                tensor = tf.make_ndarray(value.tensor)
                shown = len(tensor) - 2 if value.metadata.plugin_data.plugin_name == "images" else float(tensor)
                series.setdefault(value.tag, []).append((event.step, shown))
    return series


def test_killed_training_goes_on_from_its_checkpoint_and_ends_at_the_same_step(job, tmp_path, follow):
    from coralline.detector.network import saved_model
    from coralline.detector.warm_start import weights_source

    model = tmp_path / "model"
    killed = Steps("float", 8)
    follow(killed)
    with pytest.raises(KeyboardInterrupt):
        train(job, tmp_path)
    assert not model.exists()
    resumed = Steps()
    follow(resumed)
    train(job, tmp_path)
    first, last_float = resumed.seen[0], [s for s in resumed.seen if s[0] == "float"][-1]
    assert first[1] > 4
    assert last_float == ("float", 12)
    assert resumed.seen[-1] == ("quantization-aware", 2)
    selection = saved_model.read_detector_json(str(model))["selection"]
    assert (selection["split"], selection["images"], selection["unseen"]) == ("train", 32, True)
    assert selection["sentence"] in killed.notes and selection["sentence"] in resumed.notes
    assert any("3 classes, 32 training images" in note for note in resumed.notes)
    assert weights_source.obtain(str(model), None, job.settings.preset).kind == "coralline"
    boxes, scores = saved_model.RawModel(str(model), "float").predict(np.zeros((1, 160, 160, 3), np.uint8))
    assert boxes.shape[1:] == (len(np.load(model / saved_model.ANCHORS_NPY)), 4)
    assert scores.shape[2] == len(CLASSES) + 1
    shown = logged(tmp_path / "logs" / "float")
    assert [step for step, _ in shown["eval/AP"]] == [4, 8, 12], "none is left out, none is done twice"
    assert {"training_loss", "cls_loss", "box_loss", "learning_rate"} <= set(shown)
    assert shown["train/augmented"] == [(0, 8)]
    assert shown["eval/found"][-1] == shown["eval/annotated"][-1] == (12, 4)


def test_fewer_images_than_a_batch_are_refused(job, tmp_path):
    with pytest.raises(UserError, match="too few training images"):
        train(changed(job, batch_size=128), tmp_path)


def test_loss_that_is_no_number_stops_at_its_step_and_names_the_images(job, tmp_path):
    with pytest.raises(UserError, match=r"isn't a number at step \d+ of the float phase") as caught:
        train(changed(job, learning_rate=1e30), tmp_path)
    named = set(re.findall(r"images/shapes-\d+.jpg", caught.value.found))
    assert len(named) == 4 and named <= training_images(job), "none of those that are held out"
    assert "train.learning_rate" in caught.value.fix


def test_weights_that_the_last_step_ruined_stop_it_too(job, tmp_path, monkeypatch):
    import orbit

    original = orbit.Controller.train

    def ruining(controller, steps, checkpoint_at_completion):
        original(controller, steps, checkpoint_at_completion)
        weights = controller.trainer.model.trainable_variables[0]
        weights.assign(weights * np.nan)

    monkeypatch.setattr(orbit.Controller, "train", ruining)
    with pytest.raises(UserError, match="weights aren't numbers any more at step 1 of the float phase"):
        train(changed(job, float_steps=1), tmp_path)
    assert not (tmp_path / "work/float/checkpoints").exists(), "what is kept can be gone on from"


def test_killed_in_both_phases_it_ends_as_it_would_have_to_the_last_digit(job, tmp_path, follow):
    from coralline.detector.network import saved_model

    short, runs = changed(job, float_steps=10, qat_steps=4), {}
    for run, stops in (("whole", [("", 0)]), ("killed", [("float", 6), ("quantization-aware", 4), ("", 0)])):
        losses = {}
        for stop in stops:
            steps = Steps(*stop)
            follow(steps)
            with pytest.raises(KeyboardInterrupt) if stop[0] else contextlib.nullcontext():
                train(short, tmp_path / run)
            losses |= dict(zip(steps.seen, steps.losses, strict=True))
        runs[run] = losses
    assert runs["killed"] == runs["whole"] and {"float", "quantization-aware"} == {phase for phase, _ in runs["whole"]}
    assert max(runs["whole"]) == ("quantization-aware", 4), "32 images: float ends in the second epoch"
    image = np.random.default_rng(1).integers(0, 256, (1, 160, 160, 3), np.uint8)
    for phase in ("float", "qat"):
        whole, killed = (saved_model.RawModel(str(tmp_path / run / "model"), phase) for run in runs)
        assert all(map(np.array_equal, whole.predict(image), killed.predict(image)))


KILLED = """
import os, signal, sys
from pathlib import Path
from coralline.foundation import progress
from coralline.foundation.mirrored_folder import MirroredFolder
sys.path.insert(0, sys.argv[1])
import test_both_phases as of_tests
record, folder, address = sys.argv[2:]

class Killed(of_tests.Steps):
    def training(self, step):
        super().training(step)
        if step.step == 4:
            mirrored.wait()
            os.kill(os.getpid(), signal.SIGKILL)

progress.set_sink(Killed())
mirrored = MirroredFolder(f"{folder}/work", address)
mirrored.restore()
of_tests.train(of_tests.short_job(record), Path(folder), mirrored.keep)
"""


def short_job(record):
    """Few steps, with a checkpoint in the middle of each phase."""
    from coralline.detector.training.job import Job

    schedule = {"float_steps": 6, "qat_steps": 2, "batch_size": 4, "checkpoint_every": 2, "evaluate_every": 6}
    config = Config.model_validate({"model": {"preset": "demo_160"}, "train": {**schedule, "selection_fraction": 0.5}})
    return Job((record,), (record,), tuple(CLASSES), preflight.training_settings(config))


def test_killed_and_its_folder_gone_it_goes_on_from_the_copy_as_it_would_from_the_folder(
    many_shapes_record, tmp_path, s3_bucket, follow
):
    from coralline.detector.network import saved_model
    from coralline.foundation.mirrored_folder import MirroredFolder

    address, vanishes = f"{s3_bucket}/{tmp_path.name}", tmp_path / "vanishes"
    (vanishes / "work").mkdir(parents=True)
    here = [Path(__file__).parent, many_shapes_record, vanishes, address]
    killed = subprocess.run([sys.executable, "-c", KILLED, *here], check=False)
    assert killed.returncode == -signal.SIGKILL
    shutil.move(vanishes, tmp_path / "kept")
    job, from_copy, from_folder = short_job(many_shapes_record), Steps(), Steps()
    (tmp_path / "copied" / "work").mkdir(parents=True)
    with contextlib.closing(MirroredFolder(str(tmp_path / "copied" / "work"), address)) as mirrored:
        assert mirrored.restore()
        follow(from_copy)
        train(job, tmp_path / "copied", mirrored.keep)
        mirrored.remove()
    follow(from_folder)
    train(job, tmp_path / "kept")
    assert from_copy.seen == from_folder.seen and from_copy.seen[:2] == [("float", 4), ("float", 6)]
    assert from_copy.losses == from_folder.losses
    images = np.random.default_rng(1).integers(0, 256, (2, 160, 160, 3), np.uint8)
    for phase in ("float", "qat"):
        copied, kept = (saved_model.RawModel(str(tmp_path / run / "model"), phase) for run in ("copied", "kept"))
        assert all(map(np.array_equal, copied.predict(images), kept.predict(images)))
    shown = logged(tmp_path / "copied" / "logs" / "float")
    assert [step for step, _ in shown["training_loss"]] == [1, 2, 4, 6], "each step once"
    assert not storage.exists(address)


def test_averaged_weights_in_16_bits_end_early_on_a_plateau_and_are_written_in_32(job, tmp_path, follow):
    from coralline.detector.network import saved_model

    more = {"mixed_precision": "bfloat16", "ema_decay": 0.9, "early_stop": 1, "evaluate_every": 1}
    settings = dataclasses.replace(job.settings, train=job.settings.train.model_copy(update=more))
    steps = Steps()
    follow(steps)
    train(dataclasses.replace(job, settings=settings), tmp_path)
    of_float = [step for phase, step in steps.seen if phase == "float"]
    kept = saved_model.read_detector_json(str(tmp_path / "model"))["kept"]["float"]
    assert kept["step"] <= of_float[-1] < 12, "it ended at the first evaluation that wasn't better"
    raw = saved_model.RawModel(str(tmp_path / "model"), "float")
    assert {output.dtype.name for output in raw.function.outputs} == {"float32"}
    assert np.isfinite(raw.predict(np.zeros((1, 160, 160, 3), np.uint8))[1]).all()
