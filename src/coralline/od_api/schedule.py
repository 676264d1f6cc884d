"""The batch size, steps and learning rate of a TF1 or TF2 schedule that suit a float and a quantization-aware phase.

Under the Object Detection API quantization begins at the step `graph_rewriter.quantization.delay` of one training
(object_detection/builders/graph_rewriter_builder.py). Here the quantization-aware phase follows the float one.
"""

from __future__ import annotations

from coralline.detector.presets import Preset
from coralline.od_api.ledger import Ledger

DEFAULT_DELAY = 500_000  # object_detection/protos/graph_rewriter.proto
DELAY = "graph_rewriter.quantization.delay"
_RATE = "learning_rate."
_PEAKS = (
    f"{_RATE}cosine_decay_learning_rate.learning_rate_base",
    f"{_RATE}exponential_decay_learning_rate.initial_learning_rate",
    f"{_RATE}manual_step_learning_rate.initial_learning_rate",
    f"{_RATE}constant_learning_rate.learning_rate",
)
_OPTIMIZER = "train_config.optimizer."


def carry(ledger: Ledger, preset: Preset) -> None:
    """Carries over batch size, steps and learning rate."""
    batch = ledger.whole("train_config.batch_size", least=1)
    if batch:
        ledger.carry("train.batch_size", batch[1], batch[0], note=f"the preset's is {preset.batch_size}")
    _carry_steps(ledger, preset)
    _carry_learning_rate(ledger, preset)


def _carry_steps(ledger: Ledger, preset: Preset) -> None:
    steps = ledger.whole("train_config.num_steps")
    if not steps:
        return
    leaf, total = steps
    if total == 0:
        ledger.leave(leaf, "training without an end isn't possible here: the preset's steps hold")
        return
    if not ledger.under("graph_rewriter.quantization"):
        note = f"the quantization-aware phase follows, with the preset's {preset.qat_steps} steps"
        ledger.carry("train.float_steps", total, leaf, note=note)
        return
    delay = ledger.whole(DELAY)
    float_steps = delay[1] if delay else DEFAULT_DELAY
    if 0 < float_steps < total:
        note = "steps before and after the delay of quantization"
    else:
        share = preset.float_steps / (preset.float_steps + preset.qat_steps)
        float_steps = min(total - 1, max(1, round(total * share)))
        note = (
            f"steps are divided as the preset does, {preset.float_steps} to {preset.qat_steps}: quantization begins "
            "with a trained float model"
        )
    leaves = (leaf, delay[0]) if delay else (leaf,)
    ledger.carry("train.float_steps", float_steps, *leaves, note=note)
    ledger.carry("train.qat_steps", total - float_steps, *leaves)


def _carry_learning_rate(ledger: Ledger, preset: Preset) -> None:
    for leaf in ledger.under(_OPTIMIZER.rstrip(".")):
        if not leaf.path.endswith(_PEAKS):
            continue
        rate = ledger.number(leaf.path)
        if rate and rate[0] is leaf and leaf.path.startswith(f"{_OPTIMIZER}adam_optimizer."):
            ledger.carry("train.learning_rate", rate[1], leaf, note=f"the preset's is {preset.learning_rate:g}")
            return
        optimizer = leaf.path.removeprefix(_OPTIMIZER).split(".")[0].removesuffix("_optimizer")
        ledger.leave(
            leaf,
            f"a rate for {optimizer} would be wrong for Adam, which is the optimizer here; the preset's "
            f"{preset.learning_rate:g} holds",
        )
