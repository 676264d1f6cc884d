"""Whether a model is good enough to ship: the rules, the figures they're held against, and the verdict in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from coralline.scoring.coco import Figures

CANDIDATE, QAT, FLOAT, BASELINE = MODELS = ("int8", "qat", "float", "baseline")


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """The rules of a blessing; None switches one off. See `EvaluateConfig` in the configuration for each one's reason.

    Attributes:
      min_ap, min_ap50: the least AP and AP50 of the int8 file.
      max_loss_to_float: the most AP that the int8 file may lose against the float model.
      max_loss_to_baseline: the most AP that it may lose against the last blessed model, on the same images.
    """

    min_ap: float | None = None
    min_ap50: float | None = None
    max_loss_to_float: float | None = None
    max_loss_to_baseline: float | None = None

    @classmethod
    def from_config(cls, evaluate: Mapping[str, Any]) -> Thresholds:
        """From the configuration's `evaluate` section."""
        return cls(**{field.name: evaluate.get(field.name) for field in dataclasses.fields(cls)})


@dataclasses.dataclass(frozen=True)
class ThresholdCheck:
    """One rule, held against the figures.

    Attributes:
      rule: the setting's name, such as `min_ap50`.
      limit: the setting's value.
      found: what was measured; None where it couldn't be.
      passed: None where the rule doesn't apply (no baseline to compare with).
      sentence: the outcome in words.
    """

    rule: str
    limit: float
    found: float | None
    passed: bool | None
    sentence: str


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The blessing and what led to it.

    Attributes:
      blessed: every rule that applies was met, and there was something to find in the images.
      reasons: the failed rules in words; when blessed, the met ones. Rules that don't apply follow.
      checks: every rule that is switched on.
    """

    blessed: bool
    reasons: list[str]
    checks: list[ThresholdCheck]


def judge(thresholds: Thresholds, figures: Mapping[str, Figures], baseline_missing: str = "") -> Verdict:
    """Holds the int8 file's figures against the thresholds.

    Args:
      thresholds: the rules.
      figures: of `CANDIDATE`, and of `FLOAT` and `BASELINE` where these were scored.
      baseline_missing: why there are no figures of a baseline, in words.
    """
    ap = figures[CANDIDATE].ap
    if ap is None:
        return Verdict(False, ["the evaluation images hold no box of any class: there is nothing to score"], [])
    checks = [
        *_at_least("min_ap50", "AP50", figures[CANDIDATE].ap50, thresholds.min_ap50),
        *_at_least("min_ap", "AP", ap, thresholds.min_ap),
        *_loss("max_loss_to_float", "the float model", ap, figures.get(FLOAT), thresholds.max_loss_to_float),
        *_loss(
            "max_loss_to_baseline",
            "the last blessed model",
            ap,
            figures.get(BASELINE),
            thresholds.max_loss_to_baseline,
            baseline_missing,
        ),
    ]
    failed = [check.sentence for check in checks if check.passed is False]
    not_held = [check.sentence for check in checks if check.passed is None]
    passed = [check.sentence for check in checks if check.passed] or ["no threshold was in force"]
    return Verdict(not failed, (failed or passed) + not_held, checks)


def _at_least(rule: str, name: str, found: float | None, limit: float | None) -> list[ThresholdCheck]:
    if limit is None or found is None:
        return []
    passed = found >= limit
    words = "reaches" if passed else "is below"
    return [
        ThresholdCheck(rule, limit, found, passed, f"{name} {found:.3f} {words} the {limit:.3f} asked for ({rule})")
    ]


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
        words = f"AP {ap:.3f} is that of {other}"
    elif change > 0:
        words = f"AP gained {change:.3f} against {other} ({reference.ap:.3f})"
    else:
        allowed = "within" if passed else "more than"
        words = (
            f"AP lost {-change:.3f} against {other} ({reference.ap:.3f}), {allowed} the {limit:.3f} that may be lost"
        )
    return [ThresholdCheck(rule, limit, -change, passed, f"{words} ({rule})")]
