"""One phase of training: Model Garden's trainer under orbit's controller, checkpointed, resumed and reported."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

import orbit
import tensorflow as tf
from official.core import base_trainer
from official.core import config_definitions as core_configs
from official.modeling import optimization

from components import progress
from components.detector import finite_loss
from components.errors import UserError


@dataclasses.dataclass(frozen=True)
class Phase:
    """What a phase does.

    Attributes:
      name: shown while it runs ("float", "quantization-aware").
      steps: steps until it's done.
      batch_size: images a step.
      learning_rate: the peak; after a warm-up over a tenth of the steps it decays along a cosine to zero.
      checkpoint_every: steps between checkpoints.
    """

    name: str
    steps: int
    batch_size: int
    learning_rate: float
    checkpoint_every: int


# Steps between two reports of progress, and of scalars to TensorBoard.
REPORT_EVERY = 10
_GRADIENT_CLIP_NORM = 10.0


def run_phase(
    task: Any,
    model: Any,
    data: tf.data.Dataset,
    phase: Phase,
    folder: str | PathLike[str],
    name_images: Callable[[Sequence[int]], list[str]],
    before_first_step: Callable[[], None] = lambda: None,
) -> None:
    """Trains `model` in place until `phase.steps`, from the newest whole checkpoint in `folder` if there is one.

    Args:
      task: Model Garden's.
      model: its model, with all variables.
      data: batches with the numbers of their images (`finite_loss.IMAGE_NUMBERS`).
      phase: what to do.
      folder: of checkpoints and logs.
      name_images: gives the names of images by their numbers.
      before_first_step: runs only where there is no checkpoint to go on from.

    Raises:
      UserError: the loss is not finite.
    """
    finite_loss.stop_at_it(task)
    optimizer = task.create_optimizer(_optimization(phase))
    # A function that creates variables is traced twice; with the optimizer's made here, the step is traced once.
    optimizer._create_all_weights(model.trainable_variables)
    config = core_configs.ExperimentConfig(
        task=task.task_config, trainer=core_configs.TrainerConfig(train_tf_while_loop=False)
    )
    trainer = base_trainer.Trainer(config, task, model, optimizer, train=True, evaluate=False, train_dataset=data)
    manager = tf.train.CheckpointManager(
        trainer.checkpoint,
        f"{folder}/checkpoints",
        max_to_keep=2,
        step_counter=trainer.global_step,
        checkpoint_interval=phase.checkpoint_every,
    )
    if manager.latest_checkpoint is None:
        before_first_step()
    controller = orbit.Controller(
        global_step=trainer.global_step,
        trainer=trainer,
        checkpoint_manager=manager,
        summary_dir=f"{folder}/logs",
        steps_per_loop=lambda step: min(REPORT_EVERY, max(1, step)),
        train_actions=[_Report(phase, trainer)],
    )
    try:
        controller.train(phase.steps)
    except tf.errors.InvalidArgumentError as e:
        numbers = finite_loss.images_of(e)
        if numbers is None:
            raise
        raise _diverged(phase, int(trainer.global_step), name_images(numbers)) from e


def _diverged(phase: Phase, steps: int, images: list[str]) -> UserError:
    return UserError(
        f"training diverged: the loss isn't a number at step {steps + 1} of the {phase.name} phase",
        expected="a finite loss",
        found="a batch of " + ", ".join(images),
        mend="lower train.learning_rate (or train.qat_learning_rate); or look at these images: "
        "`coralline check` says what is wrong with their boxes",
    )


class _Report:
    """Passes the controller's output on to the progress sink."""

    def __init__(self, phase: Phase, trainer: base_trainer.Trainer):
        self._phase, self._trainer = phase, trainer
        self._last: tuple[float, int] | None = None

    def __call__(self, output: dict[str, Any]) -> None:
        step = int(self._trainer.global_step)
        losses = {name: float(output[key]) for name, key in _SHOWN_LOSSES.items()}
        rate = self._steps_per_s(step)
        progress.training(
            progress.TrainingStep(
                phase=self._phase.name,
                step=step,
                total=self._phase.steps,
                losses=losses,
                images_per_s=rate and rate * self._phase.batch_size,
                seconds_left=rate and (self._phase.steps - step) / rate,
            )
        )

    def _steps_per_s(self, step: int) -> float | None:
        """Since the last report; None for the first, which is mostly tracing and says nothing of the others."""
        now, last = time.monotonic(), self._last
        self._last = now, step
        return None if last is None else (step - last[1]) / max(now - last[0], 1e-6)


_SHOWN_LOSSES = {"loss": "training_loss", "class": "cls_loss", "box": "box_loss"}


def _optimization(phase: Phase) -> optimization.OptimizationConfig:
    warmup = max(1, phase.steps // 10)
    return optimization.OptimizationConfig(
        {
            "optimizer": {"type": "adam", "adam": {"global_clipnorm": _GRADIENT_CLIP_NORM}},
            "learning_rate": {
                "type": "cosine",
                "cosine": {"initial_learning_rate": phase.learning_rate, "decay_steps": phase.steps},
            },
            "warmup": {"type": "linear", "linear": {"warmup_steps": warmup, "warmup_learning_rate": 0.0}},
        }
    )
