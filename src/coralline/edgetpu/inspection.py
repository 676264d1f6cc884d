"""What is in a .tflite file, compiled or not, as one plain dictionary for people and programs."""

from __future__ import annotations

import collections
from os import PathLike
from typing import Any

from coralline.edgetpu import compiled, mapping
from coralline.foundation.errors import UserError
from coralline.tflite import contract, metadata, model_file, runtime_versions
from coralline.tflite.model_file import EDGE_TPU_OP, Graph, Model, Op, Tensor


def inspect_model(path: str | PathLike[str]) -> dict[str, Any]:
    """What is in a .tflite file, compiled or not: the dictionary of `describe_model`.

    Raises:
      UserError: the file can't be read, isn't a .tflite file, or is damaged.
    """
    read = model_file.read_model_file(path)
    try:
        return describe_model(read)
    except UserError as e:
        raise UserError(e.what, file=path, expected=e.expected, found=e.found, fix=e.fix) from e


def describe_model(model: Model) -> dict[str, Any]:
    """What is in a model.

    Keys: `bytes`, `description`, `runtime` (the first TFLite runtime that knows all builtin ops, or None: see
    `runtime_versions.of_model`; too low for a compiled file, where the compiler writes version 1 for every op that it
    leaves on the CPU), `inputs`, `outputs` (name, type, shape, scale, zero_point; in the order of their
    index), `signatures`, `labels`, `ops` (op, version, count, runtime, types: of activations, such as UINT8 -> INT8),
    `types` (of activations, with their number), `contract` (ok, problems, warnings) and `edgetpu`: compiled, mapped,
    total, cpu (index, op, version, status, why; in model order), subgraphs, parameters (cached, streamed bytes),
    failure; for a compiled file also runtime, compiler and packages (index, inputs, outputs, cached, streamed: what
    each Edge TPU op stands for), and mapped counts its Edge TPU ops.

    Raises:
      UserError: the file is damaged.
    """
    graph = model.main
    problems = contract.problems(model)
    warnings = [] if problems else list(contract.name_warnings(model))
    activations = {i for op in graph.ops for i in (*op.inputs, *op.outputs) if i >= 0 and not graph.tensors[i].constant}
    return {
        "bytes": len(model.content),
        "description": model.description,
        "runtime": runtime_versions.text(runtime_versions.of_model(model)),
        "inputs": [_tensor(graph.tensors[i]) for i in graph.inputs],
        "outputs": [_tensor(graph.tensors[i]) for i in graph.outputs],
        "signatures": [{"key": s.key, "inputs": list(s.inputs), "outputs": list(s.outputs)} for s in model.signatures],
        "labels": _labels(model),
        "ops": _ops(graph),
        "types": dict(collections.Counter(graph.tensors[i].type for i in sorted(activations))),
        "contract": {"ok": not problems, "problems": problems, "warnings": warnings},
        "edgetpu": _compiled(model) if compiled.is_compiled(model) else _predicted(model),
    }


def _labels(model: Model) -> list[str] | None:
    try:
        return metadata.read_labels(model.content)
    except ValueError:
        return None  # the contract's problems say so


def _tensor(tensor: Tensor) -> dict[str, Any]:
    per_tensor = len(tensor.scales) == 1
    return {
        "name": tensor.name,
        "type": tensor.type,
        "shape": list(tensor.shape),
        "scale": tensor.scales[0] if per_tensor else None,
        "zero_point": tensor.zero_points[0] if per_tensor and tensor.zero_points else None,
    }


def _ops(graph: Graph) -> list[dict[str, Any]]:
    found: dict[tuple[str, int], list[Op]] = {}
    for op in graph.ops:
        found.setdefault((op.name, op.version), []).append(op)
    return [
        {
            "op": name,
            "version": version,
            "count": len(ops),
            "runtime": None if ops[0].custom else runtime_versions.text(runtime_versions.of_op(name, version)),
            "types": list(dict.fromkeys(_op_types(op, graph) for op in ops)),
        }
        for (name, version), ops in found.items()
    ]


def _op_types(op: Op, graph: Graph) -> str:
    inputs = dict.fromkeys(graph.tensors[i].type for i in op.inputs if i >= 0 and not graph.tensors[i].constant)
    outputs = dict.fromkeys(graph.tensors[i].type for i in op.outputs)
    return ", ".join(outputs) if inputs in (outputs, {}) else f"{', '.join(inputs)} -> {', '.join(outputs)}"


def _predicted(model: Model) -> dict[str, Any]:
    return {"compiled": False, **mapping.predict_model(model).as_json()}


def _compiled(model: Model) -> dict[str, Any]:
    try:
        inside = compiled.read_compiled(model)
    except ValueError as e:
        raise UserError("this compiled model is damaged", found=e, fix="compile it again") from e
    why = "the compiler left it there"
    graph = model.main
    left = [op for op in graph.ops if op.name != EDGE_TPU_OP]
    return {
        "compiled": True,
        "mapped": len(inside.packages),
        "total": len(graph.ops),
        "cpu": [mapping.CpuOp(index=op.index, op=op.name, version=op.version, status=why, why=why) for op in left],
        "subgraphs": len(inside.packages),
        "parameters": {"cached": inside.cached, "streamed": inside.streamed},
        "failure": None,
        "runtime": inside.min_runtime_version,
        "compiler": inside.compiler_version,
        "packages": [
            {
                "index": package.op.index,
                "inputs": [_tensor(graph.tensors[i]) for i in package.op.inputs if i >= 0],
                "outputs": [_tensor(graph.tensors[i]) for i in package.op.outputs],
                "cached": package.cached,
                "streamed": package.streamed,
            }
            for package in inside.packages
        ],
    }
