"""What EdgeTpuPusher does: the gates, the bundle, the push, and a record of it."""

from __future__ import annotations

import hashlib
import json
import shlex
from typing import TYPE_CHECKING, Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.edgetpu_pusher import frigate
from coralline.foundation import progress, storage
from coralline.foundation.code_version import code_version, stamp
from coralline.publishing import bundle
from coralline.tflite import labels_file

if TYPE_CHECKING:
    from coralline.edgetpu.edgetpu_settings import EdgeTpuSettings
    from coralline.edgetpu.gate import GateVerdict

_METRICS = ("images", "split", "selection", "int8", "qat", "float", "baseline")


class Executor(base_executor.BaseExecutor):
    """Writes a PushedModel artifact; publishes when nothing speaks against it."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        from components.edgetpu_pusher import publication_report, recorded_push
        from coralline.edgetpu.edgetpu_settings import EdgeTpuSettings

        report = artifact_utils.get_single_uri(input_dict["report"])
        content = json.loads(storage.read_bytes(f"{report}/report.json"))
        settings = EdgeTpuSettings.from_property(exec_properties["edgetpu"])
        verdict = self._gate(input_dict, settings)
        outcome = self._push(input_dict, exec_properties["push_to"], content, verdict)
        if not outcome["pushed"]:
            progress.note(f"Not published: {outcome['reason']}.")
        artifact = artifact_utils.get_single_instance(output_dict["pushed_model"])
        publication_report.write_publication(report, f"{artifact.uri}/report", outcome)
        files = _identity(artifact_utils.get_single_uri(input_dict["tflite_model"]), verdict)
        recorded_push.record_push(artifact, outcome, files, settings, verdict)
        stamp(artifact)
        storage.write_bytes(f"{artifact.uri}/push.json", (json.dumps(outcome, indent=2) + "\n").encode())

    def _gate(self, input_dict: dict[str, Any], settings: EdgeTpuSettings) -> GateVerdict | None:
        """What the gate says of the model; None if it isn't blessed."""
        from coralline.edgetpu import gate

        if not storage.exists(f"{artifact_utils.get_single_uri(input_dict['blessing'])}/BLESSED"):
            return None
        model_folder = artifact_utils.get_single_uri(input_dict["tflite_model"])
        verdict = gate.pass_gate(storage.read_bytes(f"{model_folder}/{bundle.MODEL}"), settings)
        progress.note(verdict.sentence)
        return verdict

    def _push(
        self, input_dict: dict[str, Any], push_to: str, report: dict[str, Any], verdict: GateVerdict | None
    ) -> dict[str, Any]:
        """Publishes the model, or says in `reason` why not and in `refused_by` what refused it."""
        from coralline.publishing import published

        outcome: dict[str, Any] = {"pushed": False, "destination": push_to, "version": None, "edgetpu": {}}
        if verdict is None:
            reasons = "; ".join(report.get("reasons", []))
            return outcome | _refused("blessing", "the model is not blessed" + (f": {reasons}" if reasons else ""))
        outcome["edgetpu"] = verdict.edgetpu
        if verdict.refusal is not None:
            return outcome | _refused("gate", verdict.refusal)

        files, manifest = _bundle(artifact_utils.get_single_uri(input_dict["tflite_model"]), verdict, report)
        manifest["lineage"] = self._lineage(input_dict)
        blessing = artifact_utils.get_single_instance(input_dict["blessing"])
        if not blessing.has_custom_property("baseline_content"):
            return outcome | _refused("baseline", "the blessing doesn't say what the model was judged against")
        judged_against = blessing.get_string_custom_property("baseline_content")
        before = published.latest_bundle(push_to)
        try:
            version = published.publish(push_to, files, manifest, judged_against=judged_against)
        except published.BaselineMovedError as e:
            return outcome | _refused("baseline", f"{e}: it has to be judged again, by another run")
        except published.WithdrawnError as e:
            again = f"`coralline rollback {shlex.quote(push_to)} --to {e.version}` serves it again"
            return outcome | _refused("rollback", f"{e}; {again}")
        if before is not None and before.rpartition("/")[2] == version:
            progress.note(f"This model is published already, as {version}, and is served: nothing was changed.")
        return outcome | {"pushed": True, "version": version, "refused_by": None, "reason": verdict.sentence}

    def _lineage(self, input_dict: dict[str, Any]) -> dict[str, Any]:
        ids: dict[str, Any] = {name: artifacts[0].id for name, artifacts in input_dict.items()}
        context = self._context
        if context is not None and context.pipeline_run_id:
            ids["pipeline_run"] = context.pipeline_run_id
        return ids


def _refused(by: str, reason: str) -> dict[str, Any]:
    return {"refused_by": by, "reason": reason}


def _identity(model_folder: str, verdict: GateVerdict | None) -> dict[str, bytes]:
    """The files that decide which version it is (`bundle.identity`)."""
    files = {name: storage.read_bytes(f"{model_folder}/{name}") for name in (bundle.MODEL, bundle.LABELS)}
    if verdict is not None and verdict.compiled is not None:
        files[bundle.COMPILED] = verdict.compiled
    return files


def _bundle(model_folder: str, verdict: GateVerdict, report: dict[str, Any]) -> tuple[dict[str, bytes], dict]:
    export = json.loads(storage.read_bytes(f"{model_folder}/export.json"))
    files = _identity(model_folder, verdict)
    labels = labels_file.parse_labels(files[bundle.LABELS].decode())
    served = bundle.COMPILED if verdict.compiled is not None else bundle.MODEL
    thresholds = report["score_thresholds"]
    compiled = verdict.compiled is not None
    files |= frigate.configurations(served, export["input"], labels, compiled, thresholds["per_class"])
    files[bundle.PROGRAM] = bundle.device_program()
    manifest = {
        "model": {
            "preset": export.get("preset"),
            "trained_model": export.get("trained_model"),
            "sha256": hashlib.sha256(files[bundle.MODEL]).hexdigest(),
            "post_processing": export["post_processing"],
        },
        "metrics": {name: report[name] for name in _METRICS if name in report},
        "score_threshold": report["at_best_threshold"]["score_threshold"],
        "score_thresholds": {key: thresholds[key] for key in ("overall", "per_class")},
        "edgetpu": verdict.edgetpu,
        "labels": labels,
        "input": export["input"],
        "versions": code_version(),
    }
    return files, manifest
