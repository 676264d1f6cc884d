"""The report of a data set: report.json for programs, and one self-contained page for people."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coralline.data.boxes import Boxes
from coralline.data.dataset import Dataset, summary
from coralline.data.judging.policies import FAULTS, IN_WORDS
from coralline.data.judging.problems import by_kind
from coralline.data.judging.split import SPLITS
from coralline.data_report import contact_sheet
from coralline.data_report.charts import RatioChart, SizeChart, image_sizes
from coralline.detector.anchors import anchor_advice, anchor_fit, grid
from coralline.detector.anchors.anchor_advice import Advice
from coralline.detector.anchors.anchor_fit import PresetFit
from coralline.detector.presets import DEFAULT, Preset
from coralline.foundation import storage
from coralline.foundation.code_version import code_version
from coralline.foundation.progress import counted
from coralline.foundation.report_page.rendering import render

PAGE, FIGURES = "report.html", "report.json"
"""Names inside the DatasetReport artifact's folder."""
RUN_PLACE = "<!-- run: the page of the run that this data is part of -->"
"""A comment in the page, once; everything else that it shows is escaped, so no text can look like it."""

_SHOWN_A_KIND = 20


@dataclasses.dataclass(frozen=True)
class DataFigures:
    """A data set, and what is computed over all of its boxes.

    Attributes:
      path: where the data set is.
      dataset: as it was read.
      boxes: all of its boxes.
      fits: how they fit each preset's anchors.
      chosen: the preset that the page begins with.
      fitted: the run's preset with anchors fitted to the training boxes, because its own fit badly;
        None if they fit or the preset isn't known.
      advice: what would help boxes that fit badly even so; None if there are none or the preset isn't known.
    """

    path: str
    dataset: Dataset
    boxes: Boxes
    fits: Mapping[str, PresetFit]
    chosen: str
    fitted: Advice | None
    advice: Advice | None

    @classmethod
    def of(cls, path: str, dataset: Dataset, chosen: Preset | None = None, own: Preset | None = None) -> DataFigures:
        """Of a data set.

        Args:
          path: where it is.
          dataset: as it was read.
          chosen: the preset of the run, with its input size; None if that isn't known.
          own: the same before anchors were fitted to the data; None if they weren't.
        """
        boxes = Boxes.of(dataset.images)
        fits = anchor_fit.by_preset(boxes)
        if chosen is None:
            return cls(path, dataset, boxes, fits, DEFAULT, None, None)
        fit = fits[chosen.name] = PresetFit.of(boxes, chosen)
        fitted = Advice(PresetFit.of(boxes, own), fit) if own not in (None, chosen) else None
        return cls(path, dataset, boxes, fits, chosen.name, fitted, anchor_advice.advise(fit))

    def as_json(self) -> dict[str, Any]:
        """The content of report.json: counts of what is right, how boxes and images are, and every problem."""
        problems = {"problems": (counts := summary(self.dataset)).pop("problems")}
        return {
            "path": self.path,
            **counts,
            **self.boxes.figures(),
            "image_sizes": image_sizes(self.dataset.images),
            "anchors": {name: of.unmatched for name, of in self.fits.items()},
            "anchors_fitted": self.fitted.as_json() if self.fitted else None,
            "anchor_advice": self.advice.as_json() if self.advice else None,
            **problems,
        }


def write_data_report(folder: str, content: Mapping[str, Any], figures: DataFigures) -> None:
    """Writes report.json and report.html.

    Args:
      folder: a path, or an address (`gs://`, `s3://`).
      content: of report.json; `figures.as_json()`, or more.
      figures: of the data set.

    Raises:
      OSError: they can't be written.
    """
    storage.write_bytes(f"{folder}/{FIGURES}", (json.dumps(content, indent=2) + "\n").encode())
    # A file's name need not be text; surrogates stand for its bytes.
    page = as_html(content, figures).encode("utf-8", "backslashreplace")
    storage.write_bytes(f"{folder}/{PAGE}", page)


def copy_below(folder: str, target: str, run_page: str) -> None:
    """Copies a report to below that of a run, to which its page leads back.

    Args:
      folder: of a report.
      target: the folder to write.
      run_page: the address of the run's page as seen from `target`.
    """
    for name in (FIGURES, PAGE):
        content = storage.read_bytes(f"{folder}/{name}")
        if name == PAGE:
            link = f'<p class="soft"><a href="{run_page}">The report of the run</a></p>'
            content = content.replace(RUN_PLACE.encode(), link.encode())
        storage.write_bytes(f"{target}/{name}", content)


def as_html(content: Mapping[str, Any], figures: DataFigures) -> str:
    """The page: no address in it leads outside."""
    dataset, root = figures.dataset, figures.path.rstrip("/") + "/"
    fits = _fits_shown(figures)
    policies = collections.Counter(problem["policy"] for problem in content["problems"])
    return render(
        Path(__file__).with_name("report.html.j2"),
        {"counted": counted, "place": lambda problem: _place(problem, root), "share": _share, "change": _change},
        run_place=RUN_PLACE,
        report=content,
        classes=_classes(dataset),
        splits=dataset.splits,
        kinds=by_kind(content["problems"]),
        faults=FAULTS,
        shown_a_kind=_SHOWN_A_KIND,
        failing=policies["fail"],
        told=[f"{policies[policy]} {words}" for policy, words in IN_WORDS.items() if policies[policy]],
        presets=anchor_fit.table(fits),
        match_iou=grid.MATCH_IOU,
        fitted=content.get("anchors_fitted"),
        advice=content.get("anchor_advice"),
        chosen=figures.chosen,
        sizes=SizeChart.of(figures.boxes, fits),
        ratios=RatioChart.of(figures.boxes, fits),
        misread=contact_sheet.of_misread_boxes(figures.path, dataset),
        meant=any(misreading.box_format for misreading in dataset.misreadings),
        sheet=contact_sheet.make(figures.path, dataset),
        compared=content.get("compared"),
        versions=code_version(),
    )


def _fits_shown(figures: DataFigures) -> dict[str, PresetFit]:
    """Those of the presets; after the run's, its own anchors if others were fitted, and the advised ones."""
    shown = dict(figures.fits)
    if figures.fitted:
        shown = {figures.chosen: shown.pop(figures.chosen), "not fitted": figures.fitted.now, **shown}
    if figures.advice and figures.advice.then:
        shown = {figures.chosen: shown.pop(figures.chosen), "as advised": figures.advice.then, **shown}
    return shown


@dataclasses.dataclass
class _ClassRow:
    """A class: its boxes by split, and in how many images it is."""

    name: str
    images: int = 0
    boxes: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(SPLITS, 0))


def _classes(dataset: Dataset) -> list[_ClassRow]:
    rows = {name: _ClassRow(name) for name in dataset.label_map.names}
    for image in dataset.images:
        for name in image.class_names:
            rows[name].boxes[image.split] += 1
        for name in set(image.class_names):
            rows[name].images += 1
    return list(rows.values())


def _place(problem: Mapping[str, Any], root: str) -> str:
    """File and line, the file relative to the data set."""
    file = (problem["file"] or "").removeprefix(root)
    return f"{file}:{problem['line']}" if problem["line"] else file


def _share(value: float) -> str:
    return f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def _change(pair: Mapping[str, float | None], kind: str) -> str:
    """From before to now; in percentage points for a share."""
    before, now = pair["before"], pair["now"]
    if before is None or now is None:
        return "new" if before is None else "gone"
    if before == now:
        return ""
    text = f"{100 * (now - before):+.1f} points" if kind == "share" else f"{now - before:+d}"
    return text.replace("-", "−")
