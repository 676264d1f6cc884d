"""Which operations of a .tflite file the Edge TPU compiler will map, known before compiling.

An op maps if the Edge TPU supports it (`op_rules`) and the partition allows it: the compiler makes one Edge TPU
subgraph, which must not depend on itself through the CPU. So leading CPU ops are fine, and so are branches beside a
break; but an op that depends on a CPU op which depends on an Edge TPU op stays on the CPU ("More than one subgraph is
not supported"). Source: coral.ai/docs/edgetpu/models-intro, "Compiling", and the compiled files of Coral's own models.
The page speaks of the first op that isn't supported, after which all run on the CPU; the files show that it's meant for
what depends on that op. Uncertain: whether a part that is larger, behind a break, is ever preferred (never seen).
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypedDict

from coralline.edgetpu import op_rules
from coralline.edgetpu.statuses import Status
from coralline.foundation.errors import UserError
from coralline.tflite import model_file
from coralline.tflite.model_file import Model, Op

REFUSED = "The compiler refuses the whole file"

# Of the 8 MB on the chip, 6.9 to 7.9 MiB were seen in use for parameters; the rest holds instructions and activations.
CACHE_BYTES = int(6.9 * 2**20)


class CpuOp(TypedDict):
    """An op that stays on the CPU; `why` is the compiler's status and what it comes from in this model."""

    index: int
    op: str
    version: int
    status: str
    why: str


@dataclasses.dataclass(frozen=True)
class Mapping:
    """What the Edge TPU takes of a model.

    Attributes:
      mapped, total: operations.
      cpu: those that stay on the CPU, in model order.
      subgraphs: Edge TPU subgraphs, 1 or 0.
      cached, streamed: parameter bytes of mapped ops that fit on the chip, and the rest (estimated: the compiler pads).
      failure: what the compiler will say when it refuses the file, else None.
    """

    mapped: int
    total: int
    cpu: list[CpuOp]
    subgraphs: int
    cached: int
    streamed: int
    failure: str | None = None

    @property
    def share(self) -> float:
        """Share of ops on the Edge TPU, 0 to 1."""
        return self.mapped / self.total if self.total else 0.0

    @property
    def sentence(self) -> str:
        """For people: how much maps, what doesn't, and whether its parameters stay on the chip."""
        kinds = ", ".join(dict.fromkeys(op["op"] for op in self.cpu))
        left = f" (not {kinds})" if self.cpu else ""
        streamed = f", {self.streamed / 2**20:.1f} more streamed with every image" if self.streamed else ""
        return (
            f"{self.mapped} of {self.total} operations will run on the Edge TPU{left}; about "
            f"{self.cached / 2**20:.1f} MiB of parameters in its cache of {CACHE_BYTES / 2**20:.1f}{streamed}"
        )

    def as_json(self) -> dict[str, Any]:
        """For reports: mapped, total, cpu (index, op, version, status, why), subgraphs, parameters, failure."""
        return {
            "mapped": self.mapped,
            "total": self.total,
            "cpu": self.cpu,
            "subgraphs": self.subgraphs,
            "parameters": {"cached": self.cached, "streamed": self.streamed},
            "failure": self.failure,
        }


def predict(model: bytes) -> Mapping:
    """The mapping of a .tflite file that isn't compiled yet.

    Raises:
      UserError: it isn't a whole, consistent .tflite file.
    """
    return predict_model(model_file.read_model(model))


def predict_model(model: Model) -> Mapping:
    """The same for a model that has been read."""
    ops = model.main.ops
    refused = [(op, why) for op in ops if (why := op_rules.refusal(op))]
    if refused:
        return _refused(ops, refused)
    try:
        cpu = _partition(model)
    except (IndexError, KeyError, TypeError, ValueError, ArithmeticError) as e:
        raise UserError("an operation of this model is invalid", found=e, fix="export the model again") from e
    kept = {op["index"] for op in cpu}
    mapped = [op for op in ops if op.index not in kept]
    parameters = _parameter_bytes(mapped, model)
    cached = min(parameters, CACHE_BYTES)
    return Mapping(
        mapped=len(mapped),
        total=len(ops),
        cpu=cpu,
        subgraphs=min(1, len(mapped)),
        cached=cached,
        streamed=parameters - cached,
    )


def _partition(model: Model) -> list[CpuOp]:
    cpu = []
    from_tpu: set[int] = set()  # tensors that depend on an Edge TPU op
    cut_off: dict[int, Op] = {}  # tensors that depend on one through a CPU op -> that op
    for op in model.main.ops:
        inputs = [i for i in op.inputs if i >= 0]
        reason = op_rules.why_not_mapped(op, model)
        cut = next((cut_off[i] for i in inputs if i in cut_off), None)
        after_tpu = any(i in from_tpu for i in inputs)
        if reason is None and cut is None:
            from_tpu.update(op.outputs)
            continue
        if reason is None:
            reason = (
                Status.ONE_SUBGRAPH,
                f"it depends on op {cut.index} {cut.name}, which runs on the CPU" if cut else "",
            )
        cpu.append(_cpu_op(op, *reason))
        if after_tpu:
            from_tpu.update(op.outputs)
            cut_off.update(dict.fromkeys(op.outputs, cut or op))
    return cpu


def _refused(ops: tuple[Op, ...], refused: list[tuple[Op, str]]) -> Mapping:
    first, failure = refused[0]
    own = {op.index: why for op, why in refused}
    because = f"because of op {first.index} {first.name} version {first.version}"
    cpu = [_cpu_op(op, REFUSED, own.get(op.index, because)) for op in ops]
    return Mapping(0, len(ops), cpu, 0, 0, 0, failure)


def _cpu_op(op: Op, status: str, why: str) -> CpuOp:
    return CpuOp(index=op.index, op=op.name, version=op.version, status=str(status), why=f"{status}: {why}")


def _parameter_bytes(mapped: list[Op], model: Model) -> int:
    tensors = model.main.tensors
    buffers = {tensors[i].buffer for op in mapped for i in op.inputs if i >= 0}
    return sum(len(model.buffers[buffer]) for buffer in buffers)
