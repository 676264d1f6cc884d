"""What became of a model as facts of lineage: the push, the compiler, and the files by which it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from components.recorded_properties import record_facts
from coralline.edgetpu.edgetpu_settings import EdgeTpuSettings
from coralline.lineage import recorded_names as names
from coralline.publishing import bundle

if TYPE_CHECKING:
    from coralline.edgetpu.gate import GateVerdict

_COMPILED, _FAILED, _NOT_FOUND, _OFF, _NOT_ASKED = "compiled", "failed", "not found", "off", "not asked"


def record_push(
    artifact: Any,
    outcome: Mapping[str, Any],
    files: Mapping[str, bytes],
    settings: EdgeTpuSettings,
    gate: GateVerdict | None,
) -> None:
    """Writes onto the artifact what was done, and why.

    Args:
      artifact: TFX's PushedModel.
      outcome: as push.json has it.
      files: model.tflite, and the others by which the version is known, as far as there are any.
      settings: the `edgetpu` section.
      gate: what the gate has said of the model; None if it wasn't asked.
    """
    edgetpu, compiler = outcome["edgetpu"], None if gate is None else gate.compiler
    path, version = ("", "") if compiler is None else (compiler.path, compiler.version)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    used = {f"edgetpu.{name}": value for name, value in settings.model_dump(mode="json").items()}
    record_facts(
        artifact,
        {
            names.PUSHED: int(outcome["pushed"]),
            names.COMPILED: int(edgetpu.get("compiled", False)),
            names.EDGETPU_MAPPED: edgetpu.get("mapped", 0),
            names.EDGETPU_TOTAL: edgetpu.get("total", 0),
            names.PUSH_REASON: outcome["reason"],
            names.REFUSED_BY: outcome["refused_by"] or "",
            names.PUSHED_DESTINATION: outcome["destination"],
            names.PUSHED_VERSION: outcome["version"] or "",
            names.MODEL_SHA256: hashes[bundle.MODEL],
            names.PUBLISHED_FILES: hashes if outcome["pushed"] else None,
            names.COMPILER_STATUS: _status(settings, gate),
            names.COMPILER_VERSION: version,
            names.COMPILER_PATH: path,
            names.COMPILER_MESSAGE: str(edgetpu.get("why_not", "")),
            names.RESOLVED_SETTINGS: {
                **used,
                "edgetpu.compiler_path": path or settings.compiler_path,
                "push.to": outcome["destination"],
            },
        },
    )


def _status(settings: EdgeTpuSettings, gate: GateVerdict | None) -> str:
    if gate is None:
        return _NOT_ASKED
    if gate.compiler is None:
        return _OFF if settings.compiler == "off" else _NOT_FOUND
    return _FAILED if gate.compiled is None else _COMPILED
