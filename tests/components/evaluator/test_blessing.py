"""The verdict that a user reads, and the rules behind it."""

import pytest

from components.evaluator.blessing import judge
from coralline.scoring.coco import Figures
from coralline.scoring.evaluate_settings import THRESHOLDS, EvaluateSettings
from coralline.scoring.intervals import Interval


def thresholds_of(**given):
    """These thresholds and no others."""
    return EvaluateSettings(**{**dict.fromkeys(THRESHOLDS), **given})


def figures(ap, ap50=0.9):
    return Figures(ap, ap50, 0.5, {"cat": ap})


ALL = thresholds_of(min_ap=0.4, min_ap50=0.8, max_loss_to_float=0.05, max_loss_to_baseline=0.01)


def test_blesses_what_meets_every_rule_and_says_which():
    verdict = judge(ALL, {"int8": figures(0.5), "float": figures(0.52), "baseline": figures(0.49)})
    assert verdict.blessed
    assert [check.passed for check in verdict.checks] == [True] * 4
    assert verdict.reasons == [
        "AP50 0.900 reaches the required 0.800 (min_ap50)",
        "AP 0.500 reaches the required 0.400 (min_ap)",
        "AP is 0.020 below the float model (0.520), within the allowed 0.050 (max_loss_to_float)",
        "AP is 0.010 above the served model (0.490); no interval: fewer than two images count (max_loss_to_baseline)",
    ]


@pytest.mark.parametrize(
    ("scored", "rule"),
    [
        ({"int8": figures(0.5, 0.79)}, "min_ap50"),
        ({"int8": figures(0.39)}, "min_ap"),
        ({"int8": figures(0.5), "float": figures(0.56)}, "max_loss_to_float"),
        ({"int8": figures(0.5), "baseline": figures(0.52)}, "max_loss_to_baseline"),
    ],
)
def test_refuses_what_fails_a_rule_and_names_only_the_failed_ones(scored, rule):
    verdict = judge(ALL, scored)
    assert not verdict.blessed
    failed = [check for check in verdict.checks if check.passed is False]
    assert [check.rule for check in failed] == [rule]
    assert rule in verdict.reasons[0] and "reaches" not in verdict.reasons[0]


@pytest.mark.parametrize(
    ("interval", "blessed", "sentence"),
    [
        (Interval(-0.060, 0.018), True, "-0.060 to +0.018; can't be told from chance"),
        (Interval(-0.060, -0.012), False, "-0.060 to -0.012; worse beyond chance and beyond the allowed 0.010"),
        (Interval(-0.060, -0.010), True, "worse beyond chance, but not by more than the allowed 0.010 beyond chance"),
        (Interval(-0.060, -0.002), True, "worse beyond chance, but not by more than the allowed 0.010 beyond chance"),
    ],
)
def test_refuses_only_what_is_worse_beyond_chance_and_the_allowed_loss(interval, blessed, sentence):
    scored = {"int8": figures(0.634), "baseline": figures(0.655)}
    verdict = judge(thresholds_of(max_loss_to_baseline=0.01), scored, against_baseline=interval, images=30)
    assert verdict.blessed == blessed
    told = verdict.reasons[0]
    assert told.startswith("AP is 0.021 below the served model (0.655): 95 % interval on the same 30 images -0.060 to")
    assert sentence in told and told.endswith("(max_loss_to_baseline)")
    assert verdict.checks[0].found == pytest.approx(0.021)


@pytest.mark.parametrize(
    ("interval", "sentence"),
    [(Interval(0, 0), "the same on every image"), (Interval(0.01, 0.03), "better beyond chance")],
)
def test_says_when_the_model_is_the_same_or_better(interval, sentence):
    scored = {"int8": figures(0.65), "baseline": figures(0.65)}
    (told,) = judge(thresholds_of(max_loss_to_baseline=0), scored, against_baseline=interval, images=30).reasons
    assert sentence in told and told.startswith("AP 0.650 equals that of the served model: ")


def test_first_model_is_blessed_without_a_baseline_and_says_so():
    verdict = judge(ALL, {"int8": figures(0.5), "float": figures(0.5)}, "nothing is published yet")
    assert verdict.blessed
    assert verdict.reasons[-1] == "not compared with the served model: nothing is published yet"


def test_rules_that_are_off_are_not_checked():
    assert judge(thresholds_of(), {"int8": figures(0.0, 0.0)}).reasons == ["no threshold is set"]
    assert judge(thresholds_of(), {"int8": figures(0.0, 0.0)}).blessed


def test_nothing_to_find_is_never_blessed():
    nothing = Figures(None, None, None, {"cat": None})
    verdict = judge(thresholds_of(), {"int8": nothing})
    assert not verdict.blessed and "nothing to score" in verdict.reasons[0]
