"""The evaluation's report with the outcome added: published or not and why, compiled or not and how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coralline.edgetpu.statuses import Status
from coralline.foundation import storage
from coralline.foundation.report_page.rendering import render

PAGE, FIGURES = "report.html", "report.json"
# A comment in the evaluator's page, once; everything else that it shows is escaped, so no text can look like it.
PLACE = "<!-- publication: what EdgeTpuPusher did with the model -->"


def write_publication(report: str, target: str, outcome: Mapping[str, Any]) -> None:
    """Copies a report and adds to it.

    Args:
      report: the folder of the evaluator's report, which is left unchanged.
      target: the folder to write: the same files, report.json with a key `publication`, report.html with a section.
      outcome: as in push.json.
    """
    for name in storage.list_tree(report).files:
        content = storage.read_bytes(f"{report}/{name}")
        if name == FIGURES:
            content = (json.dumps({**json.loads(content), "publication": outcome}, indent=2) + "\n").encode()
        elif name == PAGE:
            content = content.decode().replace(PLACE, _section(outcome)).encode()
        storage.write_bytes(f"{target}/{name}", content)


def _section(outcome: Mapping[str, Any]) -> str:
    template = Path(__file__).with_name("publication.html.j2")
    return render(template, {}, outcome=outcome, edgetpu=outcome["edgetpu"], mapped=Status.MAPPED)
