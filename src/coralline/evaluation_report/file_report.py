"""The page on a detector file that was scored on an annotated folder: the pipeline's page, without a verdict."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from coralline.edgetpu import compiled, mapping
from coralline.evaluation_report import page_words
from coralline.evaluation_report.evaluation_page import REPORT_JSON, REPORT_PAGE, EvaluationPage, make_page
from coralline.evaluation_report.page_content import PageHead, PageSection
from coralline.foundation.machine_facts import cpu_name
from coralline.foundation.report_page.rendering import render
from coralline.foundation.whole_folder import require_replaceable, some_names, written_as_a_whole
from coralline.scoring.evaluate_file import JUDGED, OTHER, EvaluationResult, ScoredFiles
from coralline.scoring.model_comparison import FIGURE_WORDS, ModelComparison
from coralline.tflite import contract
from coralline.tflite.isolated_detector import IsolatedDetector
from coralline.tflite.latency import Latency, measure_alone
from coralline.tflite.model_file import Model, read_model

MOST_PICTURES = 24
"""As `evaluate.pictures` has it."""
_FIX = "give a new folder, an empty one, or one that an earlier `coralline evaluate --report` wrote"


def write_report(result: EvaluationResult, folder: str | PathLike[str], pictures: int = MOST_PICTURES) -> str:
    """Writes the page of an evaluation: report.html (self-contained), report.json, and pictures with boxes in `eval/`.

    The folder appears as a whole, or takes the place of the earlier report in it as a whole.

    Args:
      result: of `evaluate`.
      folder: of this machine; it may be there if it's empty or holds an earlier report of this function.
      pictures: how many pictures with boxes to show.

    Returns:
      The page's path.

    Raises:
      UserError: the folder can't be used, the model can't be run again for its latency, or an image can't be read.
    """
    folder = fspath(folder)
    require_report_folder(folder)
    if result.files is None:
        raise ValueError("a result that `evaluate` didn't make")
    page = _page(result, result.files, pictures)
    with written_as_a_whole(folder) as unfinished:
        page.write(unfinished)
    return os.path.join(folder, REPORT_PAGE)


def require_report_folder(folder: str) -> None:
    """Makes sure that a report may be written there.

    Raises:
      UserError: it's an address, or something else is there.
    """
    try:
        content = json.loads(Path(folder, REPORT_JSON).read_bytes())
    except (OSError, ValueError):
        content = None
    known = content if isinstance(content, dict) and "head" in content else {}
    found = None if JUDGED in known else "the report of a run" if "blessed" in known else some_names(folder)
    require_replaceable(folder, found, "nothing there, or an earlier report of `coralline evaluate`", _FIX)


def _page(result: EvaluationResult, files: ScoredFiles, pictures: int) -> EvaluationPage:
    latency, content = _run_again(files)
    model = read_model(content, files.path)
    titles = {JUDGED: (_name(files.path), "the file that this page is about")}
    if files.other is not None:
        titles[OTHER] = (_name(files.other), "the file that it is compared with")
    return make_page(
        files.models,
        files.images,
        titles,
        head=PageHead(datetime.datetime.now(datetime.timezone.utc), data=files.data, model=files.path),
        file={
            "name": os.path.basename(files.path),
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
        pictures=pictures,
        split=files.split,
        scored="; ".join([result.scored, *([f"left out: {result.left_out}"] if result.left_out else [])]),
        latency=latency,
        cpu=cpu_name(),
        export=_facts(model),
        sections=[*_warnings(result), *([_comparison(result.against)] if result.against else [])],
    )


def _run_again(files: ScoredFiles) -> tuple[Latency, bytes]:
    """Of one process with a thread a core, as `predict` runs it; and the file's content."""
    with IsolatedDetector(files.path, delegate=files.delegate, labels=files.labels) as detector:
        return measure_alone(detector), detector.content


def _facts(model: Model) -> dict[str, Any]:
    """As the exporter's export.json has them."""
    facts: dict[str, Any] = {"input": list(model.main.tensors[model.main.inputs[0]].shape[1:3])}
    settings = contract.post_processing(model)
    if settings is not None:
        facts["post_processing"] = dataclasses.asdict(settings)
    if not compiled.is_compiled(model):
        facts["edgetpu"] = mapping.predict_model(model).as_json()
    return facts


def _warnings(result: EvaluationResult) -> list[PageSection]:
    if not result.warnings:
        return []
    html = render(Path(__file__).with_name("warnings.html.j2"), {}, warnings=result.warnings)
    return [PageSection("warnings", "Warnings", html, {"warnings": list(result.warnings)})]


def _comparison(against: ModelComparison) -> PageSection:
    filters = {"figure": page_words.figure, "signed": page_words.signed}
    html = render(Path(__file__).with_name("comparison.html.j2"), filters, against=against, words=FIGURE_WORDS)
    return PageSection("comparison", "Comparison", html, {"against": against.as_json()})


def _name(path: str) -> str:
    """The file's name, with the folder that tells versions apart where it's a bundle's, whatever `latest` is."""
    parts = Path(os.path.realpath(path)).parts
    return "/".join(parts[-2:] if parts[-1] == "model.tflite" else parts[-1:])
