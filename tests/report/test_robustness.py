"""Sentences about other assumptions and tipping points."""

from dataclasses import replace

import pytest

from equipoise.report.effect import Effect, Side
from equipoise.report.robustness import (
    Other,
    Tip,
    agreement,
    amount,
    dependence,
    suite_title,
    tipping_title,
    told_apart,
    verdict,
)


def effect(low=-5.0, high=-0.6, *, name="Another", estimate=-2.8, **more):
    given = {
        "estimand": "one",
        "name": name,
        "outcome": "MADRS total",
        "visit": "Day 28",
        "arm": Side(label="Drug"),
        "reference": Side(label="Placebo"),
        "estimate": estimate,
        "low": low,
        "high": high,
    }
    return Effect(**(given | more))


LEAD = effect(name="Primary")
SAME = Other(effect(-4.0, -0.2), agrees=True)
ACROSS = Other(effect(-4.4, 0.1, name="Jump to reference"), agrees=False)
UNLIKE = Other(effect(), agrees=None)
FAILED = Other(effect(None, None, estimate=None), agrees=None)
WITHIN = "The result does not change within the range examined"
TIP = Tip(arm="Drug", unit="points", low=0.0, high=8.0, tips_at=4.5, holds=True)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (SAME, "Same conclusion"),
        (ACROSS, "Changes: includes zero"),
        (Other(effect(0.2, 3.0), agrees=False), "Changes: other direction"),
        (UNLIKE, "Not compared"),
        (FAILED, "No estimate"),
    ],
)
def test_what_an_analysis_does_to_the_conclusion_is_said_in_words(other, said):
    assert verdict(other, LEAD) == said


def test_an_analysis_that_excludes_what_the_plan_could_not_changes_the_conclusion():
    assert verdict(Other(effect(), agrees=False), effect(-3.0, 1.0)) == "Changes: excludes zero"


def test_odds_are_compared_with_one():
    lead = effect(1.2, 3.0, estimate=2.0, measure="odds_ratio")
    other = Other(effect(0.8, 3.0, estimate=1.6, measure="odds_ratio"), agrees=False)
    assert verdict(other, lead) == "Changes: includes 1"


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([SAME], "the conclusion is the same in the other analysis"),
        ([SAME, SAME, UNLIKE], "the conclusion is the same in all 2 other analyses"),
        ([ACROSS], "the conclusion changes in the other analysis"),
        ([SAME, ACROSS], "the conclusion changes in 1 of 2 other analyses"),
        ([SAME, FAILED], "the conclusion is the same in the other analysis; 1 analysis gave no estimate"),
        ([UNLIKE, FAILED, FAILED], "no other analysis to compare with; 2 analyses gave no estimate"),
    ],
)
def test_agreement_counts_what_was_compared_and_what_gave_nothing(others, said):
    assert agreement(others) == said


def test_the_first_page_names_what_leads_elsewhere():
    assert dependence([SAME, ACROSS, FAILED]) == (
        "The conclusion changes in 1 of 2 other analyses (Jump to reference); 1 analysis gave no estimate."
    )


def test_the_title_of_a_suite_opens_with_the_planned_finding():
    assert suite_title(LEAD, [SAME, ACROSS]) == (
        "MADRS total at day 28: 2.8 points lower on drug (0.6 to 5.0) as planned; "
        "the conclusion changes in 1 of 2 other analyses"
    )


def test_the_title_of_a_suite_says_when_the_planned_finding_was_not_tested():
    title = suite_title(effect(tested=False), [SAME])
    assert title.startswith("MADRS total at day 28: descriptive: 2.8 points lower")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "The result would change if missing values on drug were 4.5 points higher than imputed"),
        (
            {"higher_is": "worse"},
            "The result would change if missing values on drug were 4.5 points worse than imputed",
        ),
        (
            {"higher_is": "better", "low": -8.0, "high": 0.0, "tips_at": -4.5, "arm": ""},
            "The result would change if missing values in both arms were 4.5 points worse than imputed",
        ),
        (
            {"tips_at": None, "higher_is": "worse"},
            f"{WITHIN} (missing values on drug 0.0 to 8.0 points worse)",
        ),
        (
            {"tips_at": None, "low": -4.0},
            f"{WITHIN} (missing values on drug changed by −4.0 to +8.0 points)",
        ),
        ({"holds": False}, "The interval includes zero before missing values are changed at all"),
    ],
)
def test_a_tipping_point_is_named_in_the_title(changed, said):
    assert tipping_title(replace(TIP, **changed)) == said


def test_a_change_is_never_called_worse_where_nobody_says_so():
    assert amount(TIP, -2.0) == "2.0 points lower"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["A, at week 6, x", "A, at week 6, y"], ["X", "Y"]),
        (["A at week 6, x", "B at week 6, y"], ["A at week 6, x", "B at week 6, y"]),
        (["A, x"], ["A, x"]),
        ([], []),
    ],
)
def test_names_lose_what_they_all_begin_with(names, said):
    assert told_apart(names) == said
