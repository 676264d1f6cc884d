"""The statuses of ops in the log of `edgetpu_compiler`, and what to do about each.

Recorded from version 16.0.384591198; the last two are of version 2 (google-coral/edgetpu#25 and #27), which tells more
of what newer ones call an unspecified limitation.
"""

from __future__ import annotations

import enum


class Status(str, enum.Enum):
    """A status as the compiler prints it; more words may follow. Compares and serializes as its text."""

    explanation: str

    def __new__(cls, said: str, explanation: str) -> Status:
        status = str.__new__(cls, said)
        status._value_ = said
        status.explanation = explanation
        return status

    def __str__(self) -> str:
        return str(self.value)

    MAPPED = "Mapped to Edge TPU", "it runs on the Edge TPU"
    ONE_SUBGRAPH = (
        "More than one subgraph is not supported",
        "the Edge TPU could take it, but it comes after an op that runs on the CPU: fix that one",
    )
    UNSUPPORTED_TYPE = (
        "Operation is working on an unsupported data type",
        "only 8-bit values map; the last DEQUANTIZE and the post-processing of a detector always stay here",
    )
    LIMITATION = (
        "Operation is otherwise supported, but not mapped due to some unspecified limitation",
        "the Edge TPU takes this op, but not with these sizes or settings",
    )
    UNSUPPORTED_VERSION = "Operation version not supported", "export with an older converter"
    NOT_SUPPORTED = "Operation not supported", "the Edge TPU has no such op: use another in its place"
    UNSUPPORTED_RANK = (
        "Tensor has unsupported rank",
        "only the 3 innermost dimensions of a tensor may be larger than 1, so that the batch must be 1",
    )
    NOT_CONSTANT = (
        "Filter, bias, or other param is not constant at compile-time",
        "weights must be in the file, not computed",
    )
    TWO_DIMENSIONAL = (
        "For example, a fully-connected or softmax layer with 2D output",
        "fully connected and softmax layers take one row",
    )


def find_status(said: str) -> Status | None:
    """The status that the compiler's words begin with; None for words that aren't known."""
    return next((status for status in Status if said.startswith(status.value)), None)
