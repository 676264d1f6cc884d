"""What a page on a detector is made of; what isn't known is left out, with its section."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from coralline.evaluation_report.detector_analysis import DetectorAnalysis
from coralline.evaluation_report.report_pictures import ReportPicture
from coralline.evaluation_report.training_curves import PhaseCurves
from coralline.foundation.code_version import code_version
from coralline.scoring.coco import Figures
from coralline.scoring.intervals import FigureIntervals, Interval, reach_of_images
from coralline.tflite.latency import Latency


@dataclasses.dataclass(frozen=True)
class PageHead:
    """What the page is about: title and first line; what is empty is left out.

    Attributes:
      made: when the model was judged, UTC.
      run: id of the pipeline run. preset: of the model. data: path or name of the data set. model: the file.
    """

    made: datetime.datetime
    run: str = ""
    preset: str = ""
    data: str = ""
    model: str = ""


@dataclasses.dataclass(frozen=True)
class PageModel:
    """A column of the table of figures.

    Attributes:
      title, hint: what it's called, and what that is in a few words.
      figures: its figures. intervals: theirs, if they were computed.
    """

    title: str
    hint: str
    figures: Figures
    intervals: FigureIntervals | None = None


@dataclasses.dataclass(frozen=True)
class PageCheck:
    """The outcome of one rule in words; `passed` is None if the rule doesn't apply."""

    passed: bool | None
    sentence: str


@dataclasses.dataclass(frozen=True)
class PageVerdict:
    """Whether a model may be published.

    Attributes:
      blessed, reasons: the verdict, in words.
      checks: of every rule; shown instead of the reasons if there are any.
      thresholds: {rule: its limit, None if it's off}.
      checks_in_json: the checks for report.json.
    """

    blessed: bool
    reasons: Sequence[str]
    checks: Sequence[PageCheck]
    thresholds: Mapping[str, float | None]
    checks_in_json: Sequence[Mapping[str, Any]] = ()


@dataclasses.dataclass(frozen=True)
class PageSection:
    """A section that only the writer of the page knows.

    Attributes:
      anchor, name: its place in the list of contents; `anchor` is the element's id.
      html: the element, escaped already.
      in_json: its keys of report.json.
    """

    anchor: str
    name: str
    html: str
    in_json: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class PageContent:
    """Everything that a report shows.

    Attributes:
      head: what it is about.
      images: how many were judged on.
      split: the side that they are of ("test", "eval"), or "".
      scored: which images these are, in a sentence for a page without verdict.
      models: {name in report.json: column; None: could not be scored}; the first one is what the page is about.
      against: the model that the first one is compared with; None: none.
      differences: {field of `Figures`: by how much the first is better than `against`, on the same images}.
      analysis: what the first one finds and misses.
      pictures: images with boxes.
      verdict: None: it wasn't judged.
      training: loss and AP of each phase, if known.
      selection: which images chose the checkpoint: detector.json's `selection`, with a `sentence`.
      latency: of one image on this CPU, if measured. cpu: its name.
      export: the exporter's `export.json`: input, post-processing, what the Edge TPU will take (`edgetpu`).
      file: `name`, `bytes` and `sha256` of the model.
      sections: more of them.
      versions: the code that made it.
    """

    head: PageHead
    images: int
    models: Mapping[str, PageModel | None]
    analysis: DetectorAnalysis
    pictures: Sequence[ReportPicture]
    file: Mapping[str, Any]
    split: str = ""
    scored: str = ""
    against: str | None = None
    differences: Mapping[str, Interval | None] = dataclasses.field(default_factory=dict)
    verdict: PageVerdict | None = None
    training: Sequence[PhaseCurves] = ()
    selection: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    latency: Latency | None = None
    cpu: str = ""
    export: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    sections: Sequence[PageSection] = ()
    versions: Mapping[str, str] = dataclasses.field(default_factory=code_version)

    @property
    def candidate(self) -> PageModel:
        """What the page is about."""
        first = next(iter(self.models.values()))
        if first is None:
            raise ValueError("a page on a model without figures")
        return first

    @property
    def reach(self) -> str:
        """How little the images tell, in a sentence; empty without intervals, or if nothing could vary."""
        intervals = self.candidate.intervals
        return reach_of_images(intervals.ap, self.images) if intervals and self.candidate.figures.ap else ""
