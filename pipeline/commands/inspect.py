"""`coralline inspect`: what is in a .tflite file, and what the Edge TPU takes of it."""

from __future__ import annotations

import collections
from typing import Any

import click

from pipeline import machine_output
from pipeline.run_options import json_option

_KIB, _MIB = 2**10, 2**20
# The text must fit a screen; the JSON has everything.
_MOST_LABELS = 8
_MOST_REASONS = 6
_MOST_NAME = 60


@click.command()
@click.argument("model", metavar="MODEL.tflite")
@json_option
def command(model: str, as_json: bool) -> None:
    """Say what is in a .tflite file, compiled ones included: inputs and outputs, its operations, whether devices can
    use it as a detector, and which operations the Edge TPU takes and why it doesn't take the others."""
    from coralline.edgetpu import inspection
    from coralline.foundation.withheld import withheld_here

    model = withheld_here(model)
    found = inspection.inspect_model(model)
    if as_json:
        machine_output.print_document("inspect", found)
    else:
        click.echo("\n".join(_text(model, found)))


def _text(model: str, found: dict[str, Any]) -> list[str]:
    """The verdicts come last, where a terminal shows them."""
    width = max((len(op["op"]) for op in found["ops"]), default=0)
    lines = [f"{model}: {_size(found['bytes'])}{_runtime(found)}"]
    for side in ("inputs", "outputs"):
        lines.append(f"{side}:")
        lines += [f"  {i}  {_tensor(tensor)}" for i, tensor in enumerate(found[side])]
    if found["labels"] is not None:
        lines.append(f"labels: {_shortened(found['labels'])}")
    lines.append("operations:")
    lines += [
        f"  {op['count']:>5}  {op['op']:<{width}}  version {op['version']:<2}  {'; '.join(op['types'])}"
        for op in found["ops"]
    ]
    lines.append("contract: a standard detector" if found["contract"]["ok"] else "contract: not a standard detector")
    lines += [f"  {problem}" for problem in found["contract"]["problems"]]
    lines += [f"  warning: {warning}" for warning in found["contract"]["warnings"]]
    return lines + (_compiled(found["edgetpu"]) if found["edgetpu"]["compiled"] else _predicted(found["edgetpu"]))


def _size(count: int) -> str:
    if count < _KIB:
        return f"{count} bytes"
    return f"{count / _KIB:.0f} KiB" if count < _MIB / 10 else f"{count / _MIB:.1f} MiB"


def _runtime(found: dict[str, Any]) -> str:
    if found["edgetpu"]["compiled"]:
        return ""  # the compiler writes version 1 for every op that it leaves on the CPU
    if found["runtime"]:
        return f", runs on TFLite {found['runtime']} or newer"
    # What is custom is known by the program that runs it, not by a version of the runtime.
    unknown = [f"{op['op']} version {op['version']}" for op in found["ops"] if op["op"].isupper() and not op["runtime"]]
    return f"; no known TFLite runtime has {unknown[0]}" if unknown else ""


def _tensor(tensor: dict[str, Any]) -> str:
    quantization = (
        "" if tensor["scale"] is None else f"  scale {tensor['scale']:.6g}, zero point {tensor['zero_point']}"
    )
    name = tensor["name"] if len(tensor["name"]) <= _MOST_NAME else f"{tensor['name'][:_MOST_NAME]}..."
    return f"{tensor['type']} {tensor['shape']}  {name}{quantization}"


def _shortened(labels: list[str]) -> str:
    more = len(labels) - _MOST_LABELS
    return "; ".join(labels[:_MOST_LABELS]) + (f"; and {more} more" if more > 0 else "")


def _predicted(edgetpu: dict[str, Any]) -> list[str]:
    if edgetpu["failure"]:
        lines = [f"Edge TPU: the compiler will refuse this file: {edgetpu['failure']}"]
    else:
        lines = [
            f"Edge TPU: {edgetpu['mapped']} of {edgetpu['total']} operations will map",
            *(_parameters(edgetpu["parameters"]) if edgetpu["mapped"] else ()),
        ]
    return lines + _left_on_cpu(edgetpu["cpu"])


def _compiled(edgetpu: dict[str, Any]) -> list[str]:
    lines = [
        f"Edge TPU: compiled, {edgetpu['subgraphs']} subgraph(s); needs Edge TPU runtime {edgetpu['runtime']} or newer "
        f"(compiler version: {edgetpu['compiler'].removeprefix('cl/') or 'not noted'})"
    ]
    for package in edgetpu["packages"]:
        lines.append(f"  op {package['index']} runs on the Edge TPU:")
        for side in ("inputs", "outputs"):
            lines += [f"    {side[:-1]}  {_tensor(tensor)}" for tensor in package[side]]
        lines += [f"  {line}" for line in _parameters(package)]
    return lines + _left_on_cpu(edgetpu["cpu"])


def _parameters(parameters: dict[str, int]) -> list[str]:
    from coralline.edgetpu.mapping import CACHE_BYTES

    cached, streamed, cache = parameters["cached"], parameters["streamed"], f"{CACHE_BYTES / _MIB:.1f} MiB"
    used = f"{cached / _MIB:.1f}" if cached >= _MIB / 10 else _size(cached)
    lines = [f"  parameters: {used} of about {cache} on-chip parameter cache"]
    if streamed:
        lines.append(f"  parameters: {_size(streamed)} streamed to it with every image")
    return lines


def _left_on_cpu(cpu: list[dict[str, Any]]) -> list[str]:
    """Ops grouped by status, then by cause."""
    from coralline.edgetpu import statuses

    lines = []
    for status in dict.fromkeys(op["status"] for op in cpu):
        ops = [op for op in cpu if op["status"] == status]
        known = statuses.find_status(status)
        lines.append(f"  {len(ops)} on the CPU: {status}")
        lines += [f"    ({known.explanation})"] if known else []
        reasons: dict[str, list[dict[str, Any]]] = {}
        for op in ops:
            reasons.setdefault(op["why"].removeprefix(status).removeprefix(": "), []).append(op)
        shown = list(reasons.items())[:_MOST_REASONS]
        lines += [f"    {_those(of)}{f': {why}' if why else ''}" for why, of in shown]
        more = len(ops) - sum(len(of) for _, of in shown)
        lines += [f"    and {more} more, which --json lists"] * bool(more)
    return lines


def _those(ops: list[dict[str, Any]]) -> str:
    if len(ops) == 1:
        return f"op {ops[0]['index']} {ops[0]['op']} version {ops[0]['version']}"
    kinds = collections.Counter(op["op"] for op in ops)
    return ", ".join(f"{count} {op}" for op, count in kinds.most_common())
