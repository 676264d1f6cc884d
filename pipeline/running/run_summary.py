"""What came of a run, read back from ML Metadata and the artifacts: the same for a fresh and for a reused result."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from coralline.foundation.errors import UserError
from coralline.lineage.lineage_steps import steps_of
from coralline.lineage.recorded_names import CODE_VERSION
from coralline.lineage.recorded_run import Artifact
from coralline.lineage.run_history import RunHistory
from coralline.lineage.stores.store import open_store
from coralline.publishing import published
from pipeline import machine_output
from pipeline.running.out_folder import OutFolder

_METRICS = ("int8", "qat", "float", "baseline", "selection")


def summarize(out: OutFolder, run_id: str, log: Path, seconds: dict[str, float], reused: list[str]) -> dict[str, Any]:
    """The summary of a finished run, as `coralline run --json` prints it.

    Args:
      out: the run's output folder.
      run_id: the run.
      log: its log.
      seconds: by component, as measured.
      reused: the components whose earlier result was reused.
    """
    history = RunHistory(open_store(str(out.store)))
    run = history.run(run_id)
    if run is None:
        raise UserError(f"the run {run_id} is not in the store", file=out.store)
    made = {
        artifact.type: artifact
        for step in steps_of(history, run.executions)
        for artifacts in step.outputs.values()
        for artifact in artifacts
    }
    report, push = _json(made["components.EvaluationReport"], "report.json"), made["PushedModel"].properties
    mapping = _json(made["components.TFLiteModel"], "export.json").get("edgetpu", {})
    pushed, destination, version = bool(push.get("pushed")), push["pushed_destination"], push["pushed_version"]
    rolled_back = published.record(destination).withdrawn.get(version)
    model = Path(made["components.TFLiteModel"].uri, "model.tflite")
    summary = {
        "state": "complete",
        "run_id": run_id,
        "pushed": pushed,
        "blessed": bool(report["blessed"]),
        "reasons": report["reasons"],
        "metrics": {name: report[name] for name in _METRICS if report.get(name) is not None},
        "images": report["images"],
        "split": report["split"],
        "seconds": {node: round(taken, 3) for node, taken in seconds.items()},
        "reused": reused,
        "edgetpu": {
            "compiled": bool(push.get("compiled")),
            "mapped": push.get("edgetpu_mapped") or mapping.get("mapped"),
            "total": push.get("edgetpu_total") or mapping.get("total"),
        },
        "push_reason": push.get("reason", ""),
        "served": published.serves(destination, model.read_bytes()),
        "published": f"{destination.rstrip('/')}/{version}" if pushed else None,
        "latest": published.latest_bundle(destination),
        "rolled_back": rolled_back.words if rolled_back else None,
        "model": str(model),
        "report": str(Path(made["PushedModel"].uri, "report", "report.html")),
        "data_report": str(Path(made["PushedModel"].uri, "report", "data", "report.html")),
        "anomalies": report["data"]["anomalies"],
        "log": str(log),
        "store": str(out.store),
        "code": {name: run.properties[name] for name in CODE_VERSION if name in run.properties},
    }
    return machine_output.named("run", summary | {"why_not_served": why_not_served(summary)})


def why_not_served(summary: dict[str, Any]) -> str | None:
    """Why the model of a run isn't what `latest` names, in words; None if it is."""
    if summary["served"]:
        return None
    if summary["published"] is None:
        return f"not published: {summary['push_reason']}"
    return f"{_why_replaced(summary)}: `latest` is {summary['latest']}"


def where_published(summary: dict[str, Any]) -> str:
    """The version's folder, and the served one if that is another by now."""
    published_at, latest = summary["published"], summary["latest"]
    if published_at is None:
        # The verdict, with its reasons, stands above.
        return "no: the model is not blessed" if not summary["blessed"] else f"no: {summary['push_reason']}"
    if latest is not None and os.path.basename(latest) == os.path.basename(published_at):
        return str(published_at)
    return f"{published_at} (reused; {_why_replaced(summary)}: `latest` is {latest})"


def _why_replaced(summary: dict[str, Any]) -> str:
    return summary["rolled_back"] or "another model was pushed since"


def _json(artifact: Artifact, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(artifact.uri, name).read_text(encoding="utf-8"))
    return content
