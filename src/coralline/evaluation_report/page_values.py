"""What the page's templates are filled with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from coralline.evaluation_report import page_words
from coralline.evaluation_report.evaluation_plots import ClassPlots, plot_calibration
from coralline.evaluation_report.page_rows import class_lines, confusion_table, error_lines, most_boxes_first
from coralline.evaluation_report.report_pictures import Box, ReportPicture, fit_in_page
from coralline.evaluation_report.training_curves import plot_training
from coralline.foundation.progress import counted
from coralline.scoring.detection_matching import total
from coralline.scoring.error_kinds import MISSED, ErrorAnalysis

if TYPE_CHECKING:
    from coralline.evaluation_report.drawn_plot import PlotGroup
    from coralline.evaluation_report.page_content import PageContent

MOST_PLOTS = 6
"""Classes with curves."""


def page_values(page: PageContent) -> dict[str, Any]:
    """All that the templates name."""
    analysis = page.analysis
    class_names = list(analysis.curves)
    shown = fit_in_page(page.pictures)
    plots = class_plots(page)
    with_curve = sum(curve is not None and curve.f1.any() for curve in analysis.curves.values())
    errors = error_lines(analysis.errors)
    confusion = confusion_table(analysis.confusion)
    training = plot_training(page.training)
    caveat, selected = _selection(page)
    told = analysis.calibration if analysis.thresholds.overall else None  # of a detector that is never right: nothing
    calibration = plot_calibration(told) if told else None
    return {
        "page": page,
        "title": _title(page),
        "head_line": _head_line(page),
        "unjudged": _unjudged(page),
        "contents": _contents(
            page, bool(errors or confusion), bool(shown), calibration is not None, bool(training or selected)
        ),
        "words": page_words.MEANINGS,
        "rows": _rows(page),
        "candidate": page.candidate,
        "models": {name: of for name, of in page.models.items() if of is not None},
        "caveat": caveat,
        "selected": selected,
        "has_differences": any(page.differences.values()),
        "mapping": page.export.get("edgetpu") or {},
        "best": _best(page),
        "threshold": analysis.start,
        "thresholds": list(analysis.counts),
        "start": list(analysis.counts).index(analysis.start),
        "counts_by_threshold": _counts_by_threshold(page),
        "class_rows": class_lines(page.candidate.figures, page.candidate.intervals, analysis),
        "curve_plots": plots,
        "curves_left_out": with_curve - len(plots),
        "error_rows": errors,
        "most_cost": max((line.cost for line in errors), default=0),
        "confusion": confusion,
        "calibration_plot": calibration,
        "calibration_sentence": _calibration_sentence(page),
        "training_plots": training,
        "pictures": shown,
        "not_shown": len(page.pictures) - len(shown),
        "with_mistakes": any(picture.mistakes(analysis.start) for picture in page.pictures),
        "filter_classes": _filter_classes(page, class_names),
        "kinds": list(page_words.KINDS),
    }


def class_plots(page: PageContent) -> list[PlotGroup]:
    """Of the classes with the most boxes."""
    analysis = page.analysis
    counts = analysis.counts[analysis.start]
    order = most_boxes_first([counts[name].boxes for name in analysis.curves])
    named = list(analysis.curves.items())
    axes = ClassPlots()
    plots: list[PlotGroup] = []
    for place in order:
        name, curve = named[place]
        if curve is not None and curve.f1.any() and len(plots) < MOST_PLOTS:
            plots.append(axes.plot(place, name, curve, analysis.thresholds.per_class.get(name)))
    return plots


def errors_as_json(errors: ErrorAnalysis | None) -> dict[str, Any] | None:
    """`{kind: {"count", "ap50_cost"}, "false_positive_cost", "false_negative_cost"}`."""
    if errors is None:
        return None
    kinds = {kind: {"count": errors.counts[kind], "ap50_cost": errors.costs[kind]} for kind in errors.counts}
    return {
        **kinds,
        "false_positive_cost": errors.false_positive_cost,
        "false_negative_cost": errors.false_negative_cost,
    }


def _title(page: PageContent) -> str:
    said = _unjudged(page) if page.verdict is None else "Blessed" if page.verdict.blessed else "Not blessed"
    about = [value for _, value in _head_line(page)]
    return " – ".join([said, *about, "detector report"])


def _head_line(page: PageContent) -> list[tuple[str, str]]:
    """(word, value) of what is known."""
    head = page.head
    named = (
        ("data", head.data),
        ("preset", head.preset),
        ("model", head.model),
        ("run", head.run),
        ("judged", f"{head.made:%Y-%m-%d %H:%M} UTC"),
    )
    return [(word, value) for word, value in named if value]


def _unjudged(page: PageContent) -> str:
    ap50 = page.candidate.figures.ap50
    images = counted(page.images, "image")
    return f"Nothing to score in {images}" if ap50 is None else f"AP50 {ap50:.3f} on {images}"


def _contents(
    page: PageContent, errors: bool, pictures: bool, calibration: bool, training: bool
) -> list[tuple[str, str]]:
    """(anchor, name) of the sections."""
    return [
        ("figures", "Figures"),
        ("classes", "Classes"),
        *([("errors", "Errors")] if errors else []),
        *([("pictures", "Pictures")] if pictures else []),
        *([("scores", "Scores")] if calibration else []),
        *([("training", "Training")] if training else []),
        *((section.anchor, section.name) for section in page.sections),
        *([("edgetpu", "Edge TPU")] if page.export.get("edgetpu") else []),
        ("file", "File"),
    ]


def _rows(page: PageContent) -> list[tuple[str, str, str]]:
    """Of the table of figures, without sizes of which there is no object."""
    known = [of.figures for of in page.models.values() if of is not None]
    return [
        row
        for row in page_words.ROWS
        if row[2] in ("ap", "ap50") or any(getattr(figures, row[2]) is not None for figures in known)
    ]


def _selection(page: PageContent) -> tuple[str, str]:
    """How the checkpoint was chosen: beside the figures if by the images that judge it, else with the training."""
    sentence = str(page.selection.get("sentence", ""))
    sentence = sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith(".") or not sentence else ".")
    return (sentence, "") if page.selection.get("unseen") is False else ("", sentence)


def _best(page: PageContent) -> dict[str, Any] | None:
    overall = page.analysis.thresholds.overall
    if overall is None:
        return None
    return {"threshold": overall.score, "total": overall.counts, "below_floor": overall.below_frigate_floor}


def _counts_by_threshold(page: PageContent) -> list[list[list[int]]]:
    """[score threshold][class, the last one all if there are several] -> boxes, found, false."""
    rows = []
    for counts in page.analysis.counts.values():
        of_all = [*counts.values(), *([total(counts)] if len(counts) > 1 else [])]
        rows.append([[of.boxes, of.found, of.false] for of in of_all])
    return rows


def _calibration_sentence(page: PageContent) -> str:
    calibration = page.analysis.calibration
    if calibration is None:
        return ""
    above = sum(
        of.count * (of.share_right - of.mean_score)
        for of in calibration.bins
        if of.share_right is not None and of.mean_score is not None
    )
    side = "more" if above > 0 else "less"
    return (
        f"Scores are off by {calibration.expected_error:.2f} on average (expected calibration error): the detector is "
        f"{side} often right than it says."
        if calibration.expected_error >= 0.005
        else "Scores are what they say: the share of right detections is that of the score."
    )


def _filter_classes(page: PageContent, class_names: list[str]) -> list[tuple[int, str]]:
    """(id, name) of the classes that a picture shows."""
    ids = {
        class_id
        for picture in page.pictures
        for box in (*picture.truth, *picture.detections)
        for class_id in box.class_ids
    }
    return [(place, name) for place, name in enumerate(class_names) if place in ids]


def _box_data(box: Box) -> Any:
    """A box's place and what the script shows or hides it by."""
    from markupsafe import Markup

    score = "" if box.score is None else f"{box.score:.4f}"
    place = f"left:{box.left}%;top:{box.top}%;width:{box.width}%;height:{box.height}%"
    return Markup('data-score="{}" style="{}"').format(score, place)


def _about(box: Box) -> Any:
    """What the script shows or hides a reason by."""
    from markupsafe import Markup

    score = "" if box.score is None else f"{box.score:.4f}"
    kinds = " ".join(dict.fromkeys([MISSED, box.kind] if box.role == "truth" else [box.kind]))
    classes = " ".join(str(class_id) for class_id in box.class_ids)
    return Markup('data-score="{}" data-kinds="{}" data-classes="{}"').format(score, kinds.strip(), classes)


def _says(picture: ReportPicture, threshold: float) -> str:
    mistakes = picture.mistakes(threshold)
    missed = sum(box.role == "truth" for box in mistakes)
    parts = [f"{missed} missed"] if missed else []
    parts += [counted(len(mistakes) - missed, "false alarm")] if len(mistakes) > missed else []
    return ", ".join(parts) or "all right"


FILTERS: dict[str, Callable[..., str]] = {
    "figure": page_words.figure,
    "change": page_words.change,
    "signed": page_words.signed,
    "score": page_words.score_in_full,
    "short": page_words.short,
    "ms": page_words.milliseconds,
    "counted": counted,
    "data": _box_data,
    "about": _about,
    "says": _says,
}
