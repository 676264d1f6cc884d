"""`coralline inspect`: what is in a .tflite file, and what the Edge TPU takes of it."""

from __future__ import annotations

import json
from typing import Any

import click

from components.errors import UserError

_MIB = 2**20


@click.command()
@click.argument("model", metavar="MODEL.tflite")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def command(model: str, as_json: bool) -> None:
    """Say what is in a .tflite file, compiled ones included: inputs and outputs, whether devices can use it as a
    detector, its operations, and which of them the Edge TPU takes and why it doesn't take the others."""
    from components.edgetpu import inspection
    from components.tflite import model_file

    read = model_file.read_file(model)
    try:
        found = inspection.inspect(read)
    except UserError as e:
        raise UserError(e.what, file=model, expected=e.expected, found=e.found, mend=e.mend) from e
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(_text(model, found)))


def _text(model: str, found: dict[str, Any]) -> list[str]:
    lines = [
        f"{model}: {found['bytes'] / _MIB:.2f} MiB" + (f", needs TFLite {found['runtime']}" * bool(found["runtime"]))
    ]
    for side in ("inputs", "outputs"):
        lines.append(f"{side}:")
        lines += [f"  {i}  {_tensor(tensor)}" for i, tensor in enumerate(found[side])]
    if found["labels"] is not None:
        lines.append(f"labels: {', '.join(found['labels'])}")
    lines.append("contract: a standard detector" if found["contract"]["ok"] else "contract: not a standard detector")
    lines += [f"  {problem}" for problem in found["contract"]["problems"]]
    lines.append("operations:")
    lines += [f"  {op['count']:>5}  {op['op']}  version {op['version']}" for op in found["ops"]]
    return lines + _edgetpu(found["edgetpu"])


def _tensor(tensor: dict[str, Any]) -> str:
    quantization = (
        "" if tensor["scale"] is None else f"  scale {tensor['scale']:.6g}, zero point {tensor['zero_point']}"
    )
    return f"{tensor['type']} {tensor['shape']}  {tensor['name']}{quantization}"


def _edgetpu(edgetpu: dict[str, Any]) -> list[str]:
    cached, streamed = edgetpu["parameters"]["cached"], edgetpu["parameters"]["streamed"]
    kept = f"{cached / _MIB:.2f} MiB of parameters on the chip, {streamed / _MIB:.2f} MiB streamed"
    if edgetpu["compiled"]:
        lines = [f"Edge TPU: compiled, {edgetpu['subgraphs']} subgraph(s), {kept}; needs runtime {edgetpu['runtime']}"]
    elif edgetpu["failure"]:
        lines = [f"Edge TPU: the compiler will refuse this file: {edgetpu['failure']}"]
    else:
        lines = [f"Edge TPU: {edgetpu['mapped']} of {edgetpu['total']} operations will map; about {kept}"]
    return lines + [f"  {op['index']:>5}  {op['op']}  version {op['version']}: {op['why']}" for op in edgetpu["cpu"]]
