"""What came of an artifact, for a terminal."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from coralline.foundation.progress import counted
from pipeline.commands.lineage.lineage_words import (
    STATE_STYLES,
    address_shown,
    figure_shown,
    local_time,
    one_line,
    state_word,
)
from pipeline.commands.lineage.text_layout import TextLayout

_SHOWN, _ASKED_SHOWN = 20, 3


def print_impact(console: Console, found: Mapping[str, Any]) -> None:
    """The published models first: they are what matters. Then runs, and artifacts by type."""
    layout = TextLayout(console)
    asked = found["artifacts"]
    for artifact in asked[:_ASKED_SHOWN]:
        fingerprint = str(artifact["properties"].get("input_fingerprint") or "")[:12]
        layout.field(
            "of" if artifact is asked[0] else "",
            (one_line(artifact["type"]), "cyan"),
            f" artifact:{artifact['id']}, {local_time(artifact['created_ms'])}, ",
            address_shown(artifact["uri"]),
            (f", data {one_line(fingerprint)}" if fingerprint else "", "dim"),
        )
    if len(asked) > _ASKED_SHOWN:
        states = len({str(artifact["properties"].get("input_fingerprint")) for artifact in asked})
        contents = f", of {counted(states, 'state')} of the data" if states > 1 else ""
        layout.field("", f"and {len(asked) - _ASKED_SHOWN} more, {len(asked)} in all{contents}")
    layout.line("")
    _print_published(layout, found["published"])
    _print_runs(layout, found["runs"])
    kinds = collections.Counter(made["type"] for made in found["made"])
    layout.line(("artifacts", "bold"), "" if kinds else ": none was made from it")
    layout.columns([[Text(str(count)), Text(one_line(kind))] for kind, count in kinds.most_common()], indent=2)


def _print_published(layout: TextLayout, published: list[dict[str, Any]]) -> None:
    if not published:
        layout.line(("published models", "bold"), ": none")
        return
    layout.line((counted(len(published), "published model"), "bold"))
    for model in published[:_SHOWN]:
        served = (" served", "bold green") if model["served"] else ""
        ap = "" if model["AP"] is None else f"AP {figure_shown(model['AP'])}, "
        by = f"  {ap}run {address_shown(model['run'])}"
        through = f", through its {model['how']}" if model["how"] == "warm start" else ""
        layout.line(address_shown(model["address"]), served, (by + through, "dim"), indent=2)
    _more(layout, len(published))


def _print_runs(layout: TextLayout, runs: list[dict[str, Any]]) -> None:
    if not runs:
        layout.line(("runs", "bold"), ": none used it")
        return
    layout.line((counted(len(runs), "run"), "bold"))
    rows = []
    for run in runs[:_SHOWN]:
        result = run["verdict"] if run["state"] == "COMPLETE" and run["verdict"] else run["state"]
        ap = f"AP {figure_shown(run['figures']['AP'])}" if "AP" in run["figures"] else ""
        rows.append(
            [
                Text(address_shown(run["run_id"])),
                Text(local_time(run["began_ms"])),
                Text(ap),
                Text(state_word(result), STATE_STYLES.get(result, "")),
            ]
        )
    layout.columns(rows, indent=2)
    _more(layout, len(runs))


def _more(layout: TextLayout, count: int) -> None:
    if count > _SHOWN:
        layout.line((f"and {count - _SHOWN} more: --json has all", "dim"), indent=2)
