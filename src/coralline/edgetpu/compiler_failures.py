"""The known ways in which `edgetpu_compiler` fails, and what to do about each.

Its exit codes are undocumented and its messages few; the texts below are from its recorded output, as people published
it in google-coral/edgetpu's issues.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Literal

Kind = Literal[
    "unknown_op_version",
    "large_activations",
    "unresolved_op",
    "dynamic_sizes",
    "not_quantized",
    "invalid_model",
    "internal_error",
    "crash",
    "timeout",
    "nothing_mapped",
    "no_output_file",
    "no_result",
    "unknown",
]

# The compiler then often finds a smaller part that it can compile.
HELPED_BY_DELEGATE_SEARCH: frozenset[Kind] = frozenset({"large_activations", "internal_error", "crash"})


@dataclasses.dataclass(frozen=True)
class Failure:
    """Why a model wasn't compiled.

    Attributes:
      kind: which of the known failures.
      found: what the compiler said or did.
      fix: what to do about it.
    """

    kind: Kind
    found: str
    fix: str


_SAID: tuple[tuple[str, Kind, str], ...] = (
    (
        r"Didn't find op for builtin opcode '\w+' version '\d+'",
        "unknown_op_version",
        "the op is newer than the compiler: export with an older converter, or without what needs that version "
        "(`coralline inspect` names the op)",
    ),
    (
        r"Compilation failed due to large activation tensors in model",
        "large_activations",
        "choose a preset with a smaller input; or, for a device with several Edge TPUs, compile the exported "
        "model.tflite by hand with `edgetpu_compiler --num_segments N`, which makes one file for each",
    ),
    (
        r"graph that has dynamic-sized tensors",  # printed before "Model failed in Tflite interpreter": edgetpu#829
        "dynamic_sizes",
        "export with a batch of 1 and a fixed input size",
    ),
    (
        r"Model failed in Tflite interpreter",
        "unresolved_op",
        "the file holds a custom op that the compiler doesn't know: leave it out, or put it after the part to compile",
    ),
    (r"Model not quantized", "not_quantized", "export with full 8-bit quantization: no float op before the last part"),
    (r"Invalid model", "invalid_model", "the batch must be 1, all sizes fixed, and the file whole"),
    (
        r"Internal compiler error",
        "internal_error",
        "change the input size a little, or take out the op that `coralline inspect` marks",
    ),
)


def explain_failure(returncode: int, stdout: str, stderr: str, timed_out: bool, timeout_s: int) -> Failure | None:
    """The failure in a finished (or stopped) run by what it said, or None when it says that it succeeded."""
    text = f"{stdout}\n{stderr}"
    for pattern, kind, fix in _SAID:
        found = re.search(f".*{pattern}.*", text)
        if found:
            return Failure(kind, found.group(0).strip(), fix)
    if timed_out or re.search(r"(?i)timed out|timeout expired", text):
        return Failure(
            "timeout", f"it was stopped after {timeout_s} s", "raise edgetpu.timeout_s, or choose a smaller input size"
        )
    if returncode < 0 or returncode > 128:
        signal = -returncode if returncode < 0 else returncode - 128
        return Failure(
            "crash",
            f"it was ended by signal {signal}" + ("" if stdout.strip() else " without a message"),
            "a fault of the compiler: change the input size a little, or use another preset",
        )
    # Each segment has its own line, and one can fail while the others succeed: edgetpu#557.
    if returncode == 0 and "Compilation succeeded!" in stdout and "Compilation failed" not in text:
        return None
    said = [line for line in text.splitlines() if line.strip() and "Compiler version" not in line]
    if not said:
        return Failure(
            "no_result",
            f"it printed its version and ended with {returncode}",
            "run it by hand on the model to see more",
        )
    return Failure("unknown", f"{said[-1].strip()} (exit code {returncode})", "run it by hand on the model to see more")
