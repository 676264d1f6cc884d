"""What is in a .tflite file, compiled or not, as one plain dictionary for people and programs."""

from __future__ import annotations

import collections
from typing import Any

from components.edgetpu import compiled, mapping
from components.errors import UserError
from components.tflite import contract, metadata
from components.tflite.model_file import EDGE_TPU_OP, Model, Tensor


def inspect(model: Model) -> dict[str, Any]:
    """Everything that `coralline inspect` tells.

    Keys: `bytes`, `description`, `runtime` (the first TFLite runtime that knows all ops, as the converter noted it, or
    None), `inputs`, `outputs` (name, type, shape, scale, zero_point; in the order of their index), `signatures`,
    `labels`, `ops` (op, version, count), `types` (of activations, with their number), `contract` (ok, problems) and
    `edgetpu`: compiled, mapped, total, cpu (index, op, version, why; in model order), subgraphs, parameters (cached,
    streamed bytes), failure; for a compiled file also runtime and compiler, and mapped counts its Edge TPU ops.

    Raises:
      UserError: the file is damaged.
    """
    graph = model.main
    problems = contract.problems(model)
    ops = collections.Counter((op.name, op.version) for op in graph.ops)
    activations = {i for op in graph.ops for i in (*op.inputs, *op.outputs) if i >= 0 and not graph.tensors[i].constant}
    return {
        "bytes": len(model.content),
        "description": model.description,
        "runtime": _runtime(model),
        "inputs": [_tensor(graph.tensors[i]) for i in graph.inputs],
        "outputs": [_tensor(graph.tensors[i]) for i in graph.outputs],
        "signatures": [{"key": s.key, "inputs": list(s.inputs), "outputs": list(s.outputs)} for s in model.signatures],
        "labels": metadata.read_labels(model.content),
        "ops": [{"op": name, "version": version, "count": count} for (name, version), count in ops.items()],
        "types": dict(collections.Counter(graph.tensors[i].type for i in sorted(activations))),
        "contract": {"ok": not problems, "problems": problems},
        "edgetpu": _compiled(model) if compiled.is_compiled(model) else _predicted(model),
    }


def _tensor(tensor: Tensor) -> dict[str, Any]:
    per_tensor = len(tensor.scales) == 1
    return {
        "name": tensor.name,
        "type": tensor.type,
        "shape": list(tensor.shape),
        "scale": tensor.scales[0] if per_tensor else None,
        "zero_point": tensor.zero_points[0] if per_tensor and tensor.zero_points else None,
    }


def _runtime(model: Model) -> str | None:
    noted = model.metadata.get("min_runtime_version", b"").split(b"\0")[0].decode("ascii", "ignore")
    return noted or None


def _predicted(model: Model) -> dict[str, Any]:
    return {"compiled": False, **mapping.predict_model(model).as_json()}


def _compiled(model: Model) -> dict[str, Any]:
    try:
        inside = compiled.read(model)
    except ValueError as e:
        raise UserError("this compiled model is damaged", found=str(e), mend="compile it again") from e
    why = "the compiler left it on the CPU"
    left = [op for op in model.main.ops if op.name != EDGE_TPU_OP]
    return {
        "compiled": True,
        "mapped": inside.packages,
        "total": len(model.main.ops),
        "cpu": [{"index": op.index, "op": op.name, "version": op.version, "why": why} for op in left],
        "subgraphs": inside.packages,
        "parameters": {"cached": inside.cached, "streamed": inside.streamed},
        "failure": None,
        "runtime": inside.min_runtime_version,
        "compiler": inside.compiler_version,
    }
