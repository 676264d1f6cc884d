"""Whether a model is good enough to publish: the thresholds, and the verdict with its reasons in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from coralline.foundation.progress import counted
from coralline.scoring.coco import Figures
from coralline.scoring.evaluate_settings import EvaluateSettings
from coralline.scoring.intervals import Interval

CANDIDATE, QAT, FLOAT, BASELINE = MODELS = ("int8", "qat", "float", "baseline")

_NOTHING_TO_SCORE = (
    "the evaluation images hold no box that counts (none at all, or all marked difficult): nothing to score"
)
_SAME = 0.0005  # what rounds to the same three digits


@dataclasses.dataclass(frozen=True)
class ThresholdCheck:
    """The outcome of one rule.

    Attributes:
      rule: the setting's name, such as `min_ap50`.
      limit: the setting's value.
      found: the measured value; None if there is none.
      passed: None if the rule doesn't apply (no baseline to compare with).
      sentence: the outcome in words.
    """

    rule: str
    limit: float
    found: float | None
    passed: bool | None
    sentence: str


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The blessing and its reasons.

    Attributes:
      blessed: every rule that applies was met, and the images held at least one box.
      reasons: the failed rules in words, or the met ones of a blessed model; then the rules that don't apply.
      checks: every rule that is switched on.
    """

    blessed: bool
    reasons: list[str]
    checks: list[ThresholdCheck]


def judge(
    settings: EvaluateSettings,
    figures: Mapping[str, Figures],
    baseline_missing: str = "",
    *,
    baseline_damaged: bool = False,
    against_baseline: Interval | None = None,
    on_shared_classes: Figures | None = None,
    images: int | None = None,
) -> Verdict:
    """Checks the int8 file's figures against the thresholds.

    Args:
      settings: the thresholds.
      figures: of `CANDIDATE`, and of `FLOAT` and `BASELINE` if these were scored.
      baseline_missing: why there are no figures of a baseline, in words.
      baseline_damaged: whether that is so because what is served is damaged: then nothing says that the candidate isn't
        worse, and it is refused.
      against_baseline: 95 % interval of the candidate's AP less the baseline's on the same images
        (`intervals.paired_difference`). The candidate is refused if all of it lies below `-max_loss_to_baseline`.
        Without an interval (fewer than two images hold a box) the difference itself is compared.
      on_shared_classes: the candidate's figures on the classes that the baseline knows, where these aren't all;
        `against_baseline` and the baseline's figures are then of these classes.
      images: how many were evaluated, for the sentence.
    """
    ap = figures[CANDIDATE].ap
    if ap is None:
        return Verdict(False, [_NOTHING_TO_SCORE], [])
    checks = [
        *_at_least("min_ap50", "AP50", figures[CANDIDATE].ap50, settings.min_ap50),
        *_at_least("min_ap", "AP", ap, settings.min_ap),
        *_loss_to_float(ap, figures.get(FLOAT), settings.max_loss_to_float),
        *_against_baseline(
            figures[CANDIDATE] if on_shared_classes is None else on_shared_classes,
            figures.get(BASELINE),
            settings.max_loss_to_baseline,
            baseline_missing,
            baseline_damaged,
            against_baseline,
            _on(images, on_shared_classes),
        ),
    ]
    failed = [check.sentence for check in checks if check.passed is False]
    not_held = [check.sentence for check in checks if check.passed is None]
    passed = [check.sentence for check in checks if check.passed] or ["no threshold is set"]
    return Verdict(not failed, (failed or passed) + not_held, checks)


def _at_least(rule: str, name: str, found: float | None, limit: float | None) -> list[ThresholdCheck]:
    if limit is None or found is None:
        return []
    passed = found >= limit
    words = "reaches" if passed else "is below"
    return [ThresholdCheck(rule, limit, found, passed, f"{name} {found:.3f} {words} the required {limit:.3f} ({rule})")]


def _loss_to_float(ap: float, reference: Figures | None, limit: float | None) -> list[ThresholdCheck]:
    rule, other = "max_loss_to_float", "the float model"
    if limit is None:
        return []
    if reference is None or reference.ap is None:
        return [ThresholdCheck(rule, limit, None, None, f"not compared with {other}: {other} was not scored")]
    change = ap - reference.ap
    passed = change >= -limit
    allowed = "" if change > -_SAME else f", {'within' if passed else 'more than'} the allowed {limit:.3f}"
    words = f"{_change_in_words(ap, reference.ap, other)}{allowed} ({rule})"
    return [ThresholdCheck(rule, limit, -change, passed, words)]


def _on(images: int | None, on_shared_classes: Figures | None) -> str:
    """What was compared on, in words."""
    on = "on the same images" if images is None else f"on the same {counted(images, 'image')}"
    if on_shared_classes is None:
        return on
    return f"{on} and the {counted(len(on_shared_classes.per_class), 'class')} that both know"


def _against_baseline(
    candidate: Figures,
    reference: Figures | None,
    limit: float | None,
    missing: str,
    damaged: bool,
    interval: Interval | None,
    on: str,
) -> list[ThresholdCheck]:
    rule, other = "max_loss_to_baseline", "the served model"
    if limit is None:
        return []
    if reference is None or reference.ap is None or candidate.ap is None:
        why = missing or f"{other} was not scored"
        if damaged:
            why += "; serve a whole version with `coralline rollback`, or remove `latest` there, and run again"
        return [ThresholdCheck(rule, limit, None, False if damaged else None, f"not compared with {other}: {why}")]
    change = candidate.ap - reference.ap
    words = _change_in_words(candidate.ap, reference.ap, other)
    if interval is None:
        passed = change >= -limit
        allowed = "" if change > -_SAME else f", {'within' if passed else 'more than'} the allowed {limit:.3f}"
        words = f"{words}{allowed}; no interval: fewer than two images count ({rule})"
    else:
        passed = interval.high >= -limit
        words = (
            f"{words}: 95 % interval {on} {interval.low:+.3f} to {interval.high:+.3f}; "
            f"{_told_from_chance(interval, limit)} ({rule})"
        )
    return [ThresholdCheck(rule, limit, -change, passed, words)]


def _told_from_chance(interval: Interval, limit: float) -> str:
    if interval.low == interval.high == 0:
        return "the same on every image"
    if interval.high < -limit:
        return f"worse beyond chance and beyond the allowed {limit:.3f}"
    if interval.high < 0:
        return f"worse beyond chance, but not by more than the allowed {limit:.3f} beyond chance"
    return "better beyond chance" if interval.low > 0 else "can't be told from chance"


def _change_in_words(ap: float, reference: float, other: str) -> str:
    change = ap - reference
    if abs(change) < _SAME:
        return f"AP {ap:.3f} equals that of {other}"
    return f"AP is {abs(change):.3f} {'above' if change > 0 else 'below'} {other} ({reference:.3f})"
