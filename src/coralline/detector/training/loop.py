"""One phase of training: Model Garden's trainer under orbit's controller; resumed, evaluated, reported."""

from __future__ import annotations

import dataclasses
import resource
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import orbit
import tensorflow as tf
from official.core import base_trainer
from official.core import config_definitions as core_configs
from official.modeling import optimization

from coralline.detector.library_faults import averaged_weights
from coralline.detector.training import finite_loss
from coralline.detector.training.distribution import Placement
from coralline.detector.training.evaluation import Evaluation
from coralline.detector.training.selection import Selection
from coralline.detector.training.whole_batch import train_as_one_device
from coralline.foundation import progress
from coralline.foundation.errors import UserError


@dataclasses.dataclass(frozen=True)
class Phase:
    """What a phase does.

    Attributes:
      name: shown while it runs ("float", "quantization-aware").
      steps: steps until it's done.
      batch_size: images a step.
      learning_rate: the peak; after a warm-up over a tenth of the steps it decays along a cosine to zero.
      checkpoint_every: steps between checkpoints.
      evaluate_every: steps between evaluations; there is one at the last step too.
      early_stop: after how many evaluations without a better one it's done early; None: never.
      mixed_precision: the type to compute in besides float32; float16's small numbers need a scaled loss.
      ema_decay: of the moving average of the weights, which is then what is evaluated and kept; None: no average.
    """

    name: str
    steps: int
    batch_size: int
    learning_rate: float
    checkpoint_every: int
    evaluate_every: int
    early_stop: int | None = None
    ema_decay: float | None = None
    mixed_precision: str | None = None

    def next_stop(self, step: int) -> int:
        """The next step at which there is a checkpoint, an evaluation, or the end."""
        return min(self.steps, *(step - step % every + every for every in (self.checkpoint_every, self.evaluate_every)))

    def is_evaluated(self, step: int) -> bool:
        """Whether there is an evaluation at this step."""
        return step > 0 and (step % self.evaluate_every == 0 or step >= self.steps)


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is trained.

    Attributes:
      task: Model Garden's.
      model: its model, with all variables.
      raw: gives the model's raw outputs (see `saved_model.raw_function`), those of now after `refresh`.
      twin: the model that `raw` was made of, if that isn't `model` itself.
    """

    task: Any
    model: Any
    raw: tf.types.experimental.ConcreteFunction
    twin: Any = None

    @property
    def plain(self) -> Any:
        """The twin if there is one, else the model: in float32, on this machine, as `raw` computes it."""
        return self.model if self.twin is None else self.twin

    def refresh(self) -> None:
        """Gives the twin, if there is one, the weights of the model."""
        _copy(self.model, self.plain)

    def take_over(self) -> None:
        """Gives the model the weights of the twin, if there is one."""
        _copy(self.plain, self.model)


def _step_of(checkpoint: str) -> int:
    return int(tf.train.load_variable(checkpoint, "global_step/.ATTRIBUTES/VARIABLE_VALUE"))


def _copy(source: Any, target: Any) -> None:
    if source is not target:
        for of_source, of_target in zip(source.variables, target.variables, strict=True):
            of_target.assign(of_source.read_value())


# Steps between two reports of progress, and of scalars to TensorBoard.
REPORT_EVERY = 10
# Steps after which the pace is representative.
_STEADY_AFTER = 30
_WORTH_TELLING_S = 60.0
_GRADIENT_CLIP_NORM = 10.0


class PhaseRun:
    """A phase, from the newest whole checkpoint in its folder if there is one, to the best that it comes by.

    Made and run within the scope of the placement's strategy.

    Args:
      phase: what to do.
      subject: what to train, in place.
      batches_from: gives the batches from a step on, distributed, with the numbers of their images
        (`batches.IMAGE_NUMBERS`).
      folder: of checkpoints (`checkpoints/`), the best one (`best/`) and TensorBoard logs (`logs/`).
      evaluation: what checkpoints are compared on.
      placement: the devices.
    """

    def __init__(
        self,
        phase: Phase,
        subject: Subject,
        batches_from: Callable[[int], Any],
        folder: str,
        evaluation: Evaluation,
        placement: Placement,
    ):
        train_as_one_device(subject.task, subject.model, placement.replicas)
        finite_loss.stop_at_it(subject.task)
        self._phase, self._subject, self._evaluation, self._placement = phase, subject, evaluation, placement
        precision = core_configs.RuntimeConfig(mixed_precision_dtype=phase.mixed_precision, loss_scale="dynamic")
        self._optimizer = subject.task.create_optimizer(_optimization(phase), precision)
        # A function that creates variables is traced twice; with the optimizer's made here, the step is traced once.
        self._optimizer._create_all_weights(subject.model.trainable_variables)
        config = core_configs.ExperimentConfig(
            task=subject.task.task_config, trainer=core_configs.TrainerConfig(train_tf_while_loop=False)
        )
        self._checkpoints = f"{folder}/checkpoints"
        self._newest = tf.train.latest_checkpoint(self._checkpoints)
        data = batches_from(0 if self._newest is None else _step_of(self._newest))
        self._trainer = base_trainer.Trainer(
            config, subject.task, subject.model, self._optimizer, train=True, evaluate=False, train_dataset=data
        )
        written = placement.own(self._checkpoints)
        self._manager = tf.train.CheckpointManager(self._trainer.checkpoint, written, max_to_keep=2)
        model = tf.train.Checkpoint(model=subject.model)
        self._selection = Selection(f"{folder}/best", model, placement, evaluation.noise)
        self._report = _Report(phase, self._trainer, self._selection)
        self._controller = orbit.Controller(
            global_step=self._trainer.global_step,
            trainer=self._trainer,
            summary_dir=f"{folder}/logs" if placement.chief else None,
            steps_per_loop=lambda step: min(REPORT_EVERY, max(1, step)),
            train_actions=[self._report],
        )

    def run(
        self,
        name_images: Callable[[Sequence[int]], list[str]],
        after_checkpoint: Callable[[], None],
        before_first_step: Callable[[], None] = lambda: None,
    ) -> Selection:
        """Trains until the phase is done; the model is then the best of it.

        Args:
          name_images: gives the names of images by their numbers.
          after_checkpoint: runs when there is a new checkpoint, and logs until there.
          before_first_step: runs only if there is no checkpoint to resume from.

        Returns:
          the scores, and which step was best.

        Raises:
          UserError: the loss or the weights are not finite.
        """
        if self._newest is None:
            before_first_step()
        else:
            self._trainer.checkpoint.restore(self._newest).assert_existing_objects_matched()
        while not self._is_done():
            self._train(name_images)
            if self._step % self._phase.checkpoint_every == 0 or self._step >= self._phase.steps:
                self._manager.save(checkpoint_number=self._step)
                self._controller.summary_manager.flush()
                after_checkpoint()
        self._selection.restore()
        return self._selection

    @property
    def _step(self) -> int:
        return int(self._trainer.global_step.numpy())

    def _is_done(self) -> bool:
        """Evaluates first if that is due: a killed run may have left a checkpoint without an evaluation."""
        if self._phase.is_evaluated(self._step) and self._step not in self._selection.scores:
            self._evaluate()
        return self._step >= self._phase.steps or self._selection.stalled(self._phase.early_stop)

    def _train(self, name_images: Callable[[Sequence[int]], list[str]]) -> None:
        self._report.begin()
        try:
            self._controller.train(self._phase.next_stop(self._step), checkpoint_at_completion=False)
        except tf.errors.InvalidArgumentError as e:
            numbers = finite_loss.images_of(e)
            if numbers is None:
                raise
            found = "a batch of " + ", ".join(name_images(numbers))
            raise _diverged(self._phase, "the loss isn't a number", self._step + 1, found) from e
        # The loss shows it one step later; after the last step nothing would.
        if not all(np.isfinite(weights).all() for weights in self._subject.model.get_weights()):
            found = "gradients too large to be numbers"
            raise _diverged(self._phase, "weights aren't numbers any more", self._step, found)

    def _evaluate(self) -> None:
        begun = time.monotonic()
        with averaged_weights.swapped_in(self._optimizer):
            self._subject.refresh()
            evaluated = self._evaluation.of(self._subject.raw)
            score, *of_halves = map(self._placement.mean_over_workers, (evaluated.score, *evaluated.of_halves))
            self._selection.take(self._step, score, tuple(of_halves))
        with self._controller.summary_manager.summary_writer().as_default(step=self._step):
            self._evaluation.write_summaries(evaluated)
        self._controller.summary_manager.flush()
        self._report.evaluation_took(time.monotonic() - begun)


def _diverged(phase: Phase, how: str, step: int, found: str) -> UserError:
    return UserError(
        f"training diverged: {how} at step {step} of the {phase.name} phase",
        expected="a finite loss",
        found=found,
        fix="lower train.learning_rate (or train.qat_learning_rate); or look at these images: "
        "`coralline check` says what is wrong with their boxes",
    )


class _Report:
    def __init__(self, phase: Phase, trainer: base_trainer.Trainer, selection: Selection):
        self._phase, self._trainer, self._selection = phase, trainer, selection
        self._last: tuple[float, int] | None = None
        self._traced = self._foretold = False
        self._evaluation_s = 0.0

    def begin(self) -> None:
        """Steps are about to begin, after something else that took time."""
        self._last = (time.monotonic(), int(self._trainer.global_step.numpy())) if self._traced else None

    def evaluation_took(self, seconds: float) -> None:
        """This many more will come."""
        self._evaluation_s = seconds

    def __call__(self, output: dict[str, Any]) -> None:
        step = int(self._trainer.global_step.numpy())
        rate = self._steps_per_s(step)
        if rate and step >= _STEADY_AFTER and not self._foretold:
            self._foretold = True
            self._foretell(self._seconds_left(step, rate))
        scores, best = self._selection.scores, self._selection.best
        progress.training(
            progress.TrainingStep(
                phase=self._phase.name,
                step=step,
                total=self._phase.steps,
                losses={name: float(output[key]) for name, key in _SHOWN_LOSSES.items()},
                images_per_s=rate and rate * self._phase.batch_size,
                seconds_left=rate and self._seconds_left(step, rate),
                ap=scores[max(scores)] if scores else None,
                best_ap=scores[best] if best is not None else None,
            )
        )

    def _foretell(self, seconds_left: float) -> None:
        if seconds_left < _WORTH_TELLING_S:
            return
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        progress.note(
            f"the {self._phase.name} phase will take about {seconds_left / 60:.1f} more minutes at this pace; "
            f"at most {held:.1f} GiB of memory held so far"
        )

    def _seconds_left(self, step: int, steps_per_s: float) -> float:
        steps = self._phase.steps - step
        return steps / steps_per_s + (steps // self._phase.evaluate_every + 1) * self._evaluation_s

    def _steps_per_s(self, step: int) -> float | None:
        """Since the last report; None for the first, which is mostly tracing."""
        now, last = time.monotonic(), self._last
        self._last, self._traced = (now, step), True
        return None if last is None else (step - last[1]) / max(now - last[0], 1e-6)


_SHOWN_LOSSES = {"loss": "training_loss", "class": "cls_loss", "box": "box_loss"}


def _optimization(phase: Phase) -> optimization.OptimizationConfig:
    warmup = max(1, phase.steps // 10)
    config: dict[str, Any] = {
        "optimizer": {"type": "adam", "adam": {"global_clipnorm": _GRADIENT_CLIP_NORM}},
        "learning_rate": {
            "type": "cosine",
            "cosine": {"initial_learning_rate": phase.learning_rate, "decay_steps": phase.steps},
        },
        "warmup": {"type": "linear", "linear": {"warmup_steps": warmup, "warmup_learning_rate": 0.0}},
    }
    if phase.ema_decay is not None:  # batch norm's moments and ranges of activations go with the weights
        config["ema"] = {"average_decay": phase.ema_decay, "trainable_weights_only": False}
    return optimization.OptimizationConfig(config)
