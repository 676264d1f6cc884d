"""Time and memory of a training, estimated from its first steps: the same training on the same data, cut short.

Runs as a separate process (`python -m coralline.detector.training.estimate FOLDER`), so that what it holds at most
is what the training holds. The folder has a `job.json` (see `read_job`); it leaves `estimate.json` or `error.json`
there.
"""

from __future__ import annotations

import dataclasses
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from coralline.detector.inputs import batches
from coralline.detector.inputs.augmentation import AugmentSettings
from coralline.detector.model_settings import ModelSettings
from coralline.detector.settings import Settings
from coralline.detector.train_settings import TrainSettings
from coralline.detector.training import distribution
from coralline.detector.training.both_phases import train
from coralline.detector.training.estimate_files import ERROR, ESTIMATE, JOB
from coralline.detector.training.job import PHASES, Job, phase_of
from coralline.foundation import progress
from coralline.foundation.errors import UserError

# Enough for a rate over several steps after those in which TensorFlow compiles.
_FLOAT_STEPS, _QAT_STEPS = 16, 8
_PLACES = ("work", "model_folder", "log_folder")


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What was measured, and what follows for the whole.

    Attributes:
      seconds: of both phases with all that is between them; no export, no evaluation of the file.
      peak_bytes: the most memory that the process will hold.
      images_per_s: {phase's name: training images a second}.
      measured_steps: {phase's name: steps that were measured}.
    """

    seconds: float
    peak_bytes: int
    images_per_s: dict[str, float]
    measured_steps: dict[str, int]


def measure_job(job: Job, training_images: int, folder: Path) -> Estimate:
    """Trains a few steps of each phase and reckons what all of them will take.

    Args:
      job: with the settings of the real training, but nothing is held out any more: of the images that train there,
        some, and those that choose its checkpoints for `eval`.
      training_images: how many train there.
      folder: an empty one, for what the training writes.

    Raises:
      UserError: what the training itself would raise.
    """
    watch = _Watch()
    progress.set_sink(watch)
    begun = time.monotonic()
    places: dict[str, Any] = {name: str(folder / name) for name in _PLACES}
    train(_cut_short(job), distribution.find_distribution(), **places)
    seconds = time.monotonic() - begun
    for name in PHASES:
        phase = phase_of(job.settings.scheduled(training_images), name)
        seen = watch.phases[phase.name]
        if phase.steps > seen.steps:
            seconds += (phase.steps - seen.steps) * phase.batch_size / seen.images_per_s
            seconds += (-(-phase.steps // phase.evaluate_every) - 1) * seen.after_steps_s
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Estimate(
        seconds=seconds,
        peak_bytes=peak + batches.cached_bytes(job.settings.preset, job.settings.augment, training_images),
        images_per_s={name: seen.images_per_s for name, seen in watch.phases.items()},
        measured_steps={name: seen.steps for name, seen in watch.phases.items()},
    )


def read_job(content: dict[str, Any]) -> tuple[Job, int]:
    """The job and the number of training images.

    Args:
      content: `files`, `eval_files`, `class_names`, `training_images`, and the sections `model`, `train` and
        `augment` as properties.
    """
    settings = Settings.resolve(
        ModelSettings.from_property(content["model"]),
        TrainSettings.from_property(content["train"]),
        AugmentSettings.from_property(content["augment"]),
    )
    files, eval_files, class_names = (tuple(content[key]) for key in ("files", "eval_files", "class_names"))
    return Job(files, eval_files, class_names, settings), content["training_images"]


def _cut_short(job: Job) -> Job:
    preset = job.settings.preset
    float_steps, qat_steps = min(preset.float_steps, _FLOAT_STEPS), min(preset.qat_steps, _QAT_STEPS)
    changed = {"float_steps": float_steps, "evaluate_every": max(float_steps, qat_steps)}
    settings = dataclasses.replace(
        job.settings,
        preset=dataclasses.replace(preset, float_steps=float_steps, qat_steps=qat_steps),
        train=job.settings.train.model_copy(update=changed),
    )
    return dataclasses.replace(job, settings=settings)


@dataclasses.dataclass
class _Seen:
    steps: int = 0
    images_per_s: float = 0.0
    after_steps_s: float = 0.0


class _Watch:
    def __init__(self) -> None:
        self.phases: dict[str, _Seen] = {}
        self._last: tuple[_Seen, float] | None = None

    def training(self, step: progress.TrainingStep) -> None:
        seen = self.phases.setdefault(step.phase, _Seen())
        seen.steps, seen.images_per_s = step.step, step.images_per_s or seen.images_per_s
        self._last = seen, time.monotonic()

    def note(self, text: str) -> None:
        """One follows each phase."""
        if self._last is not None:
            seen, at = self._last
            seen.after_steps_s, self._last = time.monotonic() - at, None


def main(folder: Path) -> None:
    """Measures the job of a folder."""
    job, training_images = read_job(json.loads((folder / JOB).read_text()))
    try:
        estimate = measure_job(job, training_images, folder / "training")
    except UserError as e:
        (folder / ERROR).write_text(json.dumps(e.fields()))
    else:
        (folder / ESTIMATE).write_text(json.dumps(dataclasses.asdict(estimate)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
