"""What EdgeTpuPusher does: the gates, the bundle, the push, and a record of it."""

from __future__ import annotations

import hashlib
import json
import shlex
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.edgetpu_pusher import frigate
from coralline.foundation import progress, storage
from coralline.foundation.code_version import code_version, stamp
from coralline.publishing import bundle
from coralline.tflite import labels_file

_METRICS = ("images", "split", "selection", "int8", "qat", "float", "baseline")


class Executor(base_executor.BaseExecutor):
    """Writes a PushedModel artifact; publishes when nothing speaks against it."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        from components.edgetpu_pusher import publication_report

        report = artifact_utils.get_single_uri(input_dict["report"])
        outcome = self._push(input_dict, exec_properties, json.loads(storage.read_bytes(f"{report}/report.json")))
        if not outcome["pushed"]:
            progress.note(f"Not published: {outcome['reason']}.")
        artifact = artifact_utils.get_single_instance(output_dict["pushed_model"])
        publication_report.write_publication(report, f"{artifact.uri}/report", outcome)
        _record(artifact, outcome)

    def _push(
        self, input_dict: dict[str, Any], exec_properties: dict[str, Any], report: dict[str, Any]
    ) -> dict[str, Any]:
        """Publishes the model, or says in `reason` why not and in `refused_by` what refused it."""
        from coralline.edgetpu import gate
        from coralline.edgetpu.edgetpu_settings import EdgeTpuSettings
        from coralline.publishing import published

        model_folder, push_to = artifact_utils.get_single_uri(input_dict["tflite_model"]), exec_properties["push_to"]
        outcome: dict[str, Any] = {"pushed": False, "destination": push_to, "version": None, "edgetpu": {}}
        if not storage.exists(f"{artifact_utils.get_single_uri(input_dict['blessing'])}/BLESSED"):
            reasons = "; ".join(report.get("reasons", []))
            return outcome | _refused("blessing", "the model is not blessed" + (f": {reasons}" if reasons else ""))

        model = storage.read_bytes(f"{model_folder}/{bundle.MODEL}")
        verdict = gate.pass_gate(model, EdgeTpuSettings.from_property(exec_properties["edgetpu"]))
        progress.note(verdict.sentence)
        outcome["edgetpu"] = verdict.edgetpu
        if verdict.refusal is not None:
            return outcome | _refused("gate", verdict.refusal)

        files, manifest = _bundle(model_folder, model, verdict, report)
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


def _bundle(model_folder: str, model: bytes, verdict: Any, report: dict[str, Any]) -> tuple[dict[str, bytes], dict]:
    labels_txt = storage.read_bytes(f"{model_folder}/{bundle.LABELS}")
    export = json.loads(storage.read_bytes(f"{model_folder}/export.json"))
    labels = labels_file.parse_labels(labels_txt.decode())
    files = {bundle.MODEL: model, bundle.LABELS: labels_txt}
    if verdict.compiled is not None:
        files[bundle.COMPILED] = verdict.compiled
    served = bundle.COMPILED if verdict.compiled is not None else bundle.MODEL
    thresholds = report["score_thresholds"]
    compiled = verdict.compiled is not None
    files |= frigate.configurations(served, export["input"], labels, compiled, thresholds["per_class"])
    files[bundle.PROGRAM] = bundle.device_program()
    manifest = {
        "model": {
            "preset": export.get("preset"),
            "trained_model": export.get("trained_model"),
            "sha256": hashlib.sha256(model).hexdigest(),
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


def _record(artifact: Any, outcome: dict[str, Any]) -> None:
    edgetpu = outcome["edgetpu"]
    artifact.set_int_custom_property("pushed", int(outcome["pushed"]))
    artifact.set_int_custom_property("compiled", int(edgetpu.get("compiled", False)))
    artifact.set_int_custom_property("edgetpu_mapped", edgetpu.get("mapped", 0))
    artifact.set_int_custom_property("edgetpu_total", edgetpu.get("total", 0))
    artifact.set_string_custom_property("reason", outcome["reason"])
    artifact.set_string_custom_property("refused_by", outcome["refused_by"] or "")
    artifact.set_string_custom_property("pushed_destination", outcome["destination"])
    artifact.set_string_custom_property("pushed_version", outcome["version"] or "")
    stamp(artifact)
    storage.write_bytes(f"{artifact.uri}/push.json", (json.dumps(outcome, indent=2) + "\n").encode())
