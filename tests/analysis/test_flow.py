"""The CONSORT flow, from data only."""

from typing import Any

from equipoise.analysis.estimates import estimate_all
from equipoise.analysis.flow import flow_table


def walked(six: Any) -> Any:
    """Three screen failures; one not dosed, one lost; three offered the open-label dose."""
    for who, reason in (("S1", "I1"), ("S2", "I1"), ("S3", "declined")):
        six.add("participants", participant=who, status="screen_failure")
        six.add("dispositions", participant=who, stage="screening", status="failed", reason=reason)
    six.add("participants", participant="S4", status="screen_failure")
    six.person("P7", "active", dosed=False, BASE=30)
    six.add("dispositions", participant="P7", stage="treatment", status="not_received", reason="Fell ill")
    six.add("dispositions", participant="P2", stage="study", status="lost_to_follow_up")
    six.add("dispositions", participant="P3", stage="study", status="completed")
    for who, status in (("P4", "took"), ("P5", "took"), ("P6", "declined")):
        six.add("dispositions", participant=who, stage="open_label", status=status)
    return six


def test_screening_is_counted_with_reasons_in_words(six: Any) -> None:
    evidence = walked(six).evidence
    table = flow_table(evidence, estimate_all(evidence).results)
    assert [table["screened"], table["randomized"]] == [11, 7]
    assert table["excluded"] == [
        {"reason": "Not met: MADRS above 21", "n": 2},
        {"reason": "Declined", "n": 1},
        {"reason": "Reason not recorded", "n": 1},
    ]


def test_each_arm_is_followed_from_allocation_to_analysis(six: Any) -> None:
    evidence = walked(six).evidence
    active, control = flow_table(evidence, estimate_all(evidence).results)["arms"]
    assert [active["allocated"], active["received"]] == [4, 3]
    assert active["not_received"] == [{"reason": "Fell ill", "n": 1}]
    assert active["discontinued"] == [{"reason": "Lost to follow-up", "n": 1}]
    assert [(one["visit"], one["n"]) for one in active["followed"]] == [("D7", 3), ("D28", 3), ("D56", 0)]
    assert active["analyzed"] == [{"estimand": "primary", "label": "MADRS at day 28", "n": 3}]
    assert [active["open_label"], control["open_label"]] == [None, {"took": 2, "declined": 1}]


def test_somebody_of_whom_nothing_is_recorded_is_not_lost_from_the_count(six: Any) -> None:
    six.person("P7", "active", dosed=False, BASE=30)
    evidence = six.evidence
    active = flow_table(evidence, estimate_all(evidence).results)["arms"][0]
    assert active["not_received"] == [{"reason": "Reason not recorded", "n": 1}]


def test_without_an_allocation_everybody_stands_in_one_column(six: Any) -> None:
    evidence = walked(six).pooled
    (column,) = flow_table(evidence, estimate_all(evidence).results)["arms"]
    assert [column["arm"], column["label"], column["allocated"]] == [None, "All participants", 7]
    assert column["analyzed"] == [{"estimand": "primary", "label": "MADRS at day 28", "n": 6}]
    assert column["open_label"] is None


def test_where_nothing_says_who_was_dosed_nobody_counts_as_undosed(six: Any) -> None:
    del six.rows["exposures"]
    six.rows["dispositions"] = [row for row in six.rows["dispositions"] if row["stage"] != "treatment"]
    evidence = six.evidence
    active = flow_table(evidence, estimate_all(evidence).results)["arms"][0]
    assert [active["received"], active["not_received"]] == [None, None]


def test_what_nobody_recorded_is_absent_and_not_zero(six: Any) -> None:
    del six.rows["dispositions"]
    evidence = six.evidence
    table = flow_table(evidence, estimate_all(evidence).results)
    assert table["screened"] is None
    assert [column["discontinued"] for column in table["arms"]] == [None, None]
