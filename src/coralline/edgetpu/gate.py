"""Whether a model may be published: how much maps to the Edge TPU, by the compiler or else as predicted."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from coralline.edgetpu import compiler as edgetpu_compiler
from coralline.edgetpu import mapping
from coralline.edgetpu.edgetpu_settings import EdgeTpuSettings
from coralline.edgetpu.statuses import Status
from coralline.foundation.errors import UserError
from coralline.publishing.bundle import MODEL


@dataclasses.dataclass(frozen=True)
class GateVerdict:
    """What is known of a model on the Edge TPU.

    Attributes:
      compiled: the compiled file's content, None if it wasn't compiled.
      edgetpu: for the manifest: compiled, mapped, total, subgraphs, parameters, cpu, compiler.
      sentence: one sentence for the user.
      refusal: why the model may not be published, else None.
      compiler: the compiler that was used, if any.
    """

    compiled: bytes | None
    edgetpu: dict[str, Any]
    sentence: str
    refusal: str | None
    compiler: edgetpu_compiler.Compiler | None = None


def pass_gate(model: bytes, settings: EdgeTpuSettings) -> GateVerdict:
    """Compiles the model as the `edgetpu` settings ask, and holds it against `min_mapped` and `max_subgraphs`.

    Raises:
      UserError: the compiler is required, and there is none or it fails.
    """
    predicted = mapping.predict(model)
    found = edgetpu_compiler.require(settings.compiler, settings.compiler_path)
    if found.compiler is None:
        fix = "" if settings.compiler == "off" else f": {edgetpu_compiler.INSTALL}"
        sentence = f"Not compiled for the Edge TPU ({found.reason}){fix}."
        facts = {"compiled": False, **predicted.as_json(), "compiler": None, "why_not": found.reason}
        return GateVerdict(None, facts, sentence, predicted_refusal(predicted, settings))
    with tempfile.TemporaryDirectory() as folder:
        return _compile(model, Path(folder), found.compiler, predicted, settings)


def predicted_refusal(predicted: mapping.Mapping, settings: EdgeTpuSettings) -> str | None:
    """Why a model with this predicted mapping may not be published, else None."""
    refusal = _refusal(predicted.mapped, predicted.total, predicted.subgraphs, settings, "are predicted to run")
    return _because(refusal, predicted.failure)


def _compile(
    model: bytes,
    folder: Path,
    compiler: edgetpu_compiler.Compiler,
    predicted: mapping.Mapping,
    settings: EdgeTpuSettings,
) -> GateVerdict:
    (folder / MODEL).write_bytes(model)
    done = edgetpu_compiler.compile_model(compiler, folder / MODEL, folder, timeout_s=settings.timeout_s)
    if done.failure:
        if settings.compiler == "required":
            raise UserError(
                "the Edge TPU compiler fails on this model",
                expected="a compiled model, as edgetpu.compiler is required",
                found=done.failure.found,
                fix=done.failure.fix,
            )
        facts = {"compiled": False, "mapped": 0, "total": predicted.total, "cpu": predicted.cpu, "subgraphs": 0}
        facts |= {"compiler": compiler.version, "why_not": done.failure.found}
        failure = f"{done.failure.found.rstrip('.')}: {done.failure.fix}"
        sentence = f"The Edge TPU compiler fails on this model: {failure}."
        refusal = _because(_refusal(0, predicted.total, 0, settings), failure)
        return GateVerdict(None, facts, sentence, refusal, compiler)
    segment = done.segments[0]
    facts = {
        "compiled": True,
        "mapped": done.mapped,
        "total": done.total,
        "cpu": [dataclasses.asdict(row) for row in done.rows if row.status != Status.MAPPED],
        "subgraphs": done.subgraphs,
        "parameters": {"cached": segment.cached, "streamed": segment.streamed},
        "compiler": compiler.version,
        "search_delegate": done.delegate_search,
        "not_as_predicted": edgetpu_compiler.differences(done, predicted),
    }
    sentence = f"Compiled for the Edge TPU: {done.mapped} of {done.total} operations mapped."
    refusal = _refusal(done.mapped, done.total, done.subgraphs, settings)
    return GateVerdict(done.outputs[0].read_bytes(), facts, sentence, refusal, compiler)


def _refusal(mapped: int, total: int, subgraphs: int, settings: EdgeTpuSettings, how: str = "run") -> str | None:
    least, most = settings.min_mapped, settings.max_subgraphs
    if total and mapped / total < least:
        return f"{mapped} of {total} operations {how} on the Edge TPU; edgetpu.min_mapped asks for {100 * least:g} %"
    if subgraphs > most:
        return f"it has {subgraphs} Edge TPU subgraphs; edgetpu.max_subgraphs allows {most}"
    return None


def _because(refusal: str | None, failure: str | None) -> str | None:
    """The refusal, with the compiler's actual or predicted reason for rejecting the file."""
    return f"{refusal} ({failure})" if refusal and failure else refusal
