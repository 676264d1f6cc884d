"""Whether a model is good enough to publish: the thresholds, and the verdict with its reasons in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from coralline.scoring.coco import Figures
from coralline.scoring.evaluate_settings import EvaluateSettings

CANDIDATE, QAT, FLOAT, BASELINE = MODELS = ("int8", "qat", "float", "baseline")

_NOTHING_TO_SCORE = (
    "the evaluation images hold no box that counts (none at all, or all marked difficult): nothing to score"
)


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


def judge(settings: EvaluateSettings, figures: Mapping[str, Figures], baseline_missing: str = "") -> Verdict:
    """Checks the int8 file's figures against the thresholds.

    Args:
      settings: the thresholds.
      figures: of `CANDIDATE`, and of `FLOAT` and `BASELINE` if these were scored.
      baseline_missing: why there are no figures of a baseline, in words.
    """
    ap = figures[CANDIDATE].ap
    if ap is None:
        return Verdict(False, [_NOTHING_TO_SCORE], [])
    checks = [
        *_at_least("min_ap50", "AP50", figures[CANDIDATE].ap50, settings.min_ap50),
        *_at_least("min_ap", "AP", ap, settings.min_ap),
        *_loss("max_loss_to_float", "the float model", ap, figures.get(FLOAT), settings.max_loss_to_float),
        *_loss(
            "max_loss_to_baseline",
            "the last blessed model",
            ap,
            figures.get(BASELINE),
            settings.max_loss_to_baseline,
            baseline_missing,
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


def _loss(
    rule: str, other: str, ap: float, reference: Figures | None, limit: float | None, missing: str = ""
) -> list[ThresholdCheck]:
    if limit is None:
        return []
    if reference is None or reference.ap is None:
        why = missing or f"{other} was not scored"
        return [ThresholdCheck(rule, limit, None, None, f"not compared with {other}: {why}")]
    change = ap - reference.ap
    passed = change >= -limit
    if abs(change) < 0.0005:
        words = f"AP {ap:.3f} equals that of {other}"
    elif change > 0:
        words = f"AP is {change:.3f} above {other} ({reference.ap:.3f})"
    else:
        allowed = "within" if passed else "more than"
        words = f"AP is {-change:.3f} below {other} ({reference.ap:.3f}), {allowed} the allowed {limit:.3f}"
    return [ThresholdCheck(rule, limit, -change, passed, f"{words} ({rule})")]
