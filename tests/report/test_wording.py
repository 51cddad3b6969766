"""Sentences: positive, negative, inconclusive, none, blinded, simulated."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.report import wording
from equipoise.report.effect import Effect, Side
from equipoise.report.wording import Guesses

PSILOCYBIN, NIACIN = Side(label="Psilocybin", n=15, mean=-21.33), Side(label="Niacin", n=15, mean=-9.33)
FELL = Effect(
    estimand="primary",
    name="Depression",
    role="primary",
    outcome="MADRS total",
    visit="Day 28",
    baseline="Preparation 1",
    arm=PSILOCYBIN,
    reference=NIACIN,
    estimate=-12.0,
    low=-17.67,
    high=-6.33,
    p_value=0.0002,
    tested=True,
    rejected=True,
)
INCONCLUSIVE = replace(
    FELL,
    outcome="SPFI burnout",
    arm=Side(label="Psilocybin", n=15, mean=-6.4),
    reference=Side(label="Niacin", n=15, mean=-2.33),
    estimate=-4.07,
    low=-8.19,
    high=0.05,
    p_value=0.053,
    rejected=False,
)
DESCRIPTIVE = replace(
    FELL,
    estimate=-9.94,
    low=-19.7,
    high=-0.18,
    p_value=None,
    tested=False,
    rejected=None,
    gate="descriptive, not tested",
)
WORSE = replace(
    FELL,
    arm=Side(label="Psilocybin", n=15, mean=2.0),
    reference=Side(label="Niacin", n=15, mean=-3.0),
    estimate=5.0,
    low=1.0,
    high=9.0,
)
MODELED = replace(FELL, arm=replace(PSILOCYBIN, modeled=-20.4), reference=replace(NIACIN, modeled=-8.4))
NONE = replace(FELL, estimate=None, low=None, high=None, p_value=None, status="nobody was seen at day 28")
RESPONSE = replace(
    FELL,
    variable="response",
    measure="risk_difference",
    unit="percentage points",
    decimals=0,
    arm=Side(label="Psilocybin", n=15, count=11, percent=73.3),
    reference=Side(label="Niacin", n=15, count=4, percent=26.7),
    estimate=46.7,
    low=11.8,
    high=69.0,
    p_value=None,
)
ODDS = replace(
    RESPONSE,
    measure="odds_ratio",
    unit="",
    decimals=1,
    variable="remission",
    estimate=6.0,
    low=1.17,
    high=30.72,
)
EVERY = [FELL, INCONCLUSIVE, DESCRIPTIVE, WORSE, RESPONSE, ODDS]


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_title_states_the_estimate_with_its_interval():
    assert wording.title(FELL) == "12.0 points lower on psilocybin (6.3 to 17.7)"
    assert wording.title(WORSE) == "5.0 points higher on psilocybin (1.0 to 9.0)"
    assert wording.title(RESPONSE) == "Response 47 percentage points higher on psilocybin (12 to 69)"
    assert wording.title(ODDS) == "Odds of remission 6.0 times as high on psilocybin (1.2 to 30.7)"


def test_a_title_across_no_difference_names_both_sides():
    assert wording.title(INCONCLUSIVE) == "4.1 points lower on psilocybin (8.2 lower to 0.1 higher)"


def test_a_title_after_a_failed_gate_says_descriptive():
    assert wording.title(DESCRIPTIVE) == "Descriptive: 9.9 points lower on psilocybin (0.2 to 19.7)"


def test_a_title_without_an_estimate_says_why():
    assert wording.title(NONE) == "No estimate (nobody was seen at day 28)"


def test_an_end_near_no_difference_is_never_printed_as_no_difference():
    near = replace(INCONCLUSIVE, high=0.04)
    assert wording.span(near) == "8.19 lower to 0.04 higher"
    assert wording.span(replace(INCONCLUSIVE, high=0.0)) == "0.0 to 8.2"


def test_the_sentence_a_clinician_reads():
    assert plain(wording.sentence(FELL)) == (
        "From preparation 1 to day 28, the mean MADRS total fell by 21.3 points with psilocybin and by 9.3 points "
        "with niacin, a difference of 12.0 points, lower with psilocybin (95% confidence interval, 6.3 to 17.7; "
        "P < .001)."
    )
    assert plain(wording.sentence(INCONCLUSIVE)) == (
        "From preparation 1 to day 28, the mean SPFI burnout fell by 6.4 points with psilocybin and by 2.3 points "
        "with niacin, a difference of 4.1 points, lower with psilocybin (95% confidence interval, 8.2 lower to 0.1 "
        "higher; P = .053)."
    )


def test_opposite_courses_are_told_apart():
    assert "rose by 2.0 points with psilocybin and fell by 3.0 points with niacin" in wording.sentence(WORSE)


def test_an_adjusted_difference_is_called_so():
    assert "an adjusted difference of 11.0 points" in wording.sentence(replace(FELL, estimate=-11.0))
    assert "adjusted" not in wording.sentence(FELL)


def test_responders_are_counted_in_the_sentence():
    assert plain(wording.sentence(RESPONSE)) == (
        "Response at day 28 was reached by 11 of 15 (73%) with psilocybin and 4 of 15 (27%) with niacin, a "
        "difference of 47 percentage points, higher with psilocybin (95% confidence interval, 12 to 69)."
    )
    assert "odds 6.0 times as high with psilocybin" in wording.sentence(ODDS)


def test_without_the_arms_own_numbers_the_comparison_stands_alone():
    bare = replace(FELL, arm=Side(label="Drug"), reference=Side(label="Placebo"))
    assert plain(wording.sentence(bare)) == (
        "The mean change of MADRS total at day 28 was 12.0 points lower with drug than with placebo "
        "(95% confidence interval, 6.3 to 17.7; P < .001)."
    )


def test_a_shift_between_distributions_is_no_difference_of_means():
    shift = replace(FELL, measure="location_shift")
    assert plain(wording.sentence(shift)).startswith(
        "The typical change of MADRS total at day 28 was 12.0 points lower with"
    )
    assert "mean" not in wording.sentence(shift)
    assert wording.question(shift).startswith("By how much does")


def test_no_estimate_is_a_sentence_too():
    assert (
        wording.sentence(NONE) == "The planned comparison could not be estimated: nobody was seen at day 28."
    )
    assert wording.certainty(NONE) == "Without an estimate the question stays open."
    assert wording.decision(NONE) == "No estimate"


def test_certainty_of_a_clear_result_gives_the_range_and_no_praise():
    assert wording.certainty(FELL) == (
        "The data are compatible with anything from 6.3 to 17.7 points lower with psilocybin; "
        "zero lies outside the interval."
    )


def test_certainty_of_an_inconclusive_result_claims_neither():
    assert wording.certainty(INCONCLUSIVE) == (
        "The data are compatible with anything from 8.2 points lower to 0.1 points higher with psilocybin. "
        "As that includes zero, the trial neither shows a difference nor rules one out."
    )


def test_certainty_of_a_descriptive_result_says_that_nothing_was_tested():
    assert wording.certainty(DESCRIPTIVE).endswith("This comparison is descriptive: no test was made of it.")


def test_an_interval_without_zero_that_the_procedure_did_not_reject_is_no_claim():
    assert "did not reject" in wording.certainty(replace(FELL, rejected=False))


@pytest.mark.parametrize("effect", EVERY)
def test_no_sentence_speaks_of_benefit_or_proof(effect):
    said = " ".join(
        [
            wording.title(effect),
            wording.sentence(effect),
            wording.certainty(effect),
            wording.meaning([effect], simulated=False),
        ]
    ).lower()
    for word in (
        "benefit",
        "effective",
        "works",
        "prove",
        "significan",
        "superior",
        "safe",
        "no effect",
        "failed",
    ):
        assert word not in said


@given(st.floats(-30, 30), st.floats(0.01, 20), st.sampled_from(EVERY[:4]))
def test_a_title_shows_both_directions_exactly_when_the_interval_does(estimate, half, effect):
    moved = replace(effect, estimate=estimate, low=estimate - half, high=estimate + half)
    bracket = re.search(r"\((.*)\)", wording.title(moved)).group(1)
    crosses = moved.low < 0 < moved.high
    assert ("lower" in bracket and "higher" in bracket) == crosses


@given(st.floats(-30, 30), st.floats(0.01, 20))
def test_no_p_value_is_printed_for_what_was_not_tested(estimate, half):
    effect = replace(DESCRIPTIVE, estimate=estimate, low=estimate - half, high=estimate + half)
    assert not re.search(
        r"\bP\W", wording.sentence(effect) + wording.title(effect) + wording.headline(effect)
    )


def test_meaning_of_simulated_data_opens_with_what_they_are_not():
    said = wording.meaning([FELL], simulated=True)
    assert said.startswith("The data are invented")
    assert "Read as a rehearsal: the data are compatible" in said


def test_meaning_warns_when_most_guessed_right():
    right = Guesses("Psilocybin", right=13, asked=15)
    half = Guesses("Niacin", right=2, asked=15)
    assert "cannot be told apart" in wording.meaning([FELL], simulated=False, guesses=[right])
    assert "cannot be told apart" not in wording.meaning([FELL], simulated=False, guesses=[right, half, half])
    assert "cannot be told apart" not in wording.meaning([NONE], simulated=False, guesses=[right])


def test_decisions():
    assert wording.decision(FELL) == "Rejected"
    assert wording.decision(INCONCLUSIVE) == "Not rejected"
    assert wording.decision(DESCRIPTIVE) == "Descriptive, not tested"
    assert wording.decision(replace(FELL, tested=None, rejected=None)) == "Outside the testing procedure"


def test_questions_presume_nothing():
    assert wording.question(FELL) == (
        "By how much does the MADRS total change from preparation 1 to day 28 with psilocybin compared with niacin?"
    )
    assert wording.question(RESPONSE).startswith("How many more or fewer participants reach response")


def test_masking_is_told_in_counts_and_index():
    guesses = [
        Guesses("Psilocybin", right=13, asked=15, index=0.8, low=0.52, high=1.0),
        Guesses("Niacin", right=11, asked=15, index=0.53, low=0.12, high=0.95),
    ]
    assert wording.guessing(guesses, visit="Day 28") == (
        "13 of 15 on psilocybin and 11 of 15 on niacin named their arm at day 28. Bang's index, 0 when guessing at "
        "random: 0.80 (0.52 to 1.00) on psilocybin and 0.53 (0.12 to 0.95) on niacin."
    )
    assert "unknown" in wording.guessing([], visit="")


def test_missing_data_are_told_by_arm():
    assert wording.missing(
        [("Psilocybin", 0, 15), ("Niacin", 1, 15)], outcome="MADRS total", visit="Day 28"
    ) == ("The MADRS total at day 28 is missing for 0 of 15 on psilocybin and 1 of 15 on niacin.")
    assert wording.missing([("A", 0, 15), ("B", 0, 15)], outcome="MADRS", visit="").startswith("Nothing")
    assert (
        wording.missing([("", 1, 30)], outcome="MADRS", visit="")
        == "The MADRS is missing for 1 of 30 participants."
    )
    assert "not in this analysis" in wording.missing([], outcome="", visit="")


def test_unblinding_ends_the_randomized_comparison():
    said = wording.after_unblinding(28, took=[("Niacin", 12, 15)], text="participants are told their arm")
    assert said == (
        "Participants are told their arm. After day 28 no comparison is randomized. "
        "12 of 15 on niacin then took the open-label dose."
    )
    assert "No unblinding" in wording.after_unblinding(None)


def test_the_blinded_finding_pools_everybody():
    said = wording.pooled("MADRS total", first=("Baseline", 28.04), last=("Day 28", 12.7), n=30, decimals=1)
    assert (
        said
        == "All arms together, the mean MADRS total was 28.0 at baseline and 12.7 at day 28 among 30 participants."
    )
    assert (
        wording.sample(30, simulated=False, arms=0, blinded=True)
        == "A randomized trial of 30 participants; arms are withheld."
    )


def test_labels_inside_sentences_keep_abbreviations():
    assert wording.inline("Psilocybin 25 mg") == "psilocybin 25 mg"
    assert wording.inline("MBSR") == "MBSR"
    assert wording.inline("") == ""


def test_a_model_s_own_means_stand_beside_its_difference():
    assert wording.sentence(MODELED) == (
        "From preparation 1 to day 28, the least-squares mean MADRS total fell by 20.4 points with psilocybin "
        "and by 8.4 points with niacin, a difference of 12.0 points, lower with psilocybin (95% confidence "
        "interval, 6.3 to 17.7; P\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}.001)."
    )


def test_a_mean_of_one_arm_alone_is_no_model():
    assert "least-squares" not in wording.sentence(replace(MODELED, reference=NIACIN))


def test_values_are_averaged_by_the_model_too():
    assert wording.sentence(replace(MODELED, variable="value")).startswith(
        "At day 28, the least-squares mean MADRS total was −20.4 points with psilocybin and −8.4 points with "
        "niacin, a difference of 12.0 points"
    )
