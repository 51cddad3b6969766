"""What each shipped scale must say: known public bugs, safety answers, licences, marks of what is unverified."""

import pytest

from equipoise import expressions, instruments
from equipoise.errors import RecordError

ALL = pytest.mark.parametrize("name", instruments.names())
ISSUE = {
    "madrs", "hamd17", "spfi", "pcl5", "phq9", "gad7", "qids_sr16", "burnout_single",
    "cssrs_screen", "cssrs_since_last", "meq30", "treatment_guess", "treatment_expectancy",
}  # fmt: skip


def test_every_scale_the_project_promises_is_there():
    assert set(instruments.names()) >= ISSUE


@pytest.mark.parametrize(
    ("name", "items", "low", "high"),
    [
        ("madrs", 10, 0, 60), ("hamd17", 17, 0, 52), ("qids_sr16", 16, 0, 27), ("phq9", 9, 0, 27),
        ("gad7", 7, 0, 21), ("pcl5", 20, 0, 80), ("spfi", 16, 0, 40), ("burnout_single", 1, 1, 5),
        ("meq30", 30, 0, 5),
    ],
)  # fmt: skip
def test_a_scale_has_its_published_length_and_range(name, items, low, high):
    scale = instruments.load(name)
    assert (len(scale.items), scale.primary.low, scale.primary.high) == (items, low, high)


@pytest.mark.parametrize(
    ("name", "days"),
    [("madrs", 7), ("hamd17", 7), ("qids_sr16", 7), ("phq9", 14), ("gad7", 14), ("pcl5", 30), ("spfi", 14),
     ("meq30", None), ("burnout_single", None)],
)  # fmt: skip
def test_a_scale_knows_how_far_back_it_asks(name, days):
    assert instruments.load(name).recall_days == days


def test_pcl5_refuses_answers_coded_one_to_five():
    scale = instruments.load("pcl5")
    shifted = dict.fromkeys(scale.item_ids, 5)
    assert len(scale.check(shifted)) == len(scale.items)
    with pytest.raises(RecordError):
        scale.score(shifted)


def test_pcl5_cannot_produce_a_total_twenty_points_too_high():
    scale = instruments.load("pcl5")
    highest = scale.score({item.id: max(item.codes) for item in scale.items})["total"]
    lowest = scale.score({item.id: min(item.codes) for item in scale.items})["total"]
    assert (lowest, highest) == scale.primary.range == (0, 80)


def test_pcl5_cut_off_leaves_the_published_range_open():
    [cut] = instruments.load("pcl5").primary.cuts
    assert [cut.reached(value) for value in (30, 31, 32, 33, None)] == [False, None, None, True, None]


def test_meq30_complete_is_not_a_matter_of_the_total():
    scale = instruments.load("meq30")
    strong = dict.fromkeys(scale.item_ids, 5)
    without_words = {**strong, **dict.fromkeys(scale.score_named("ineffability").items, 0)}
    scores = scale.score(without_words)
    assert scores["total_percent"] >= 60
    assert scores["complete"] == 0
    assert scale.score(strong)["complete"] == 1


def test_meq30_factors_share_no_item_and_leave_none_out():
    scale = instruments.load("meq30")
    factors = [
        scale.score_named(name).items for name in ("mystical", "positive_mood", "time_space", "ineffability")
    ]
    assert [len(factor) for factor in factors] == [15, 6, 6, 3]
    assert sorted(item for factor in factors for item in factor) == sorted(scale.item_ids)


def test_meq30_items_keep_the_order_of_the_longer_form():
    places = [int(item.elsewhere.split()[0]) for item in instruments.load("meq30").items]
    assert places == sorted(places)


def test_qids_counts_domains_and_not_items():
    scale = instruments.load("qids_sr16")
    assert scale.score(dict.fromkeys(scale.item_ids, 3))["total"] == 27


def test_spfi_scores_the_sum_first_and_calls_it_an_assumption():
    scale = instruments.load("spfi")
    assert scale.score_ids == ("burnout", "burnout_mean", "fulfillment", "exhaustion", "disengagement")
    assert any(mark.startswith("scores.burnout: an assumption") for mark in scale.unverified)
    assert scale.score_named("fulfillment").higher_is == "better"
    [fulfilled] = scale.score_named("fulfillment").cuts
    assert [fulfilled.reached(value) for value in (3.0, 3.1)] == [False, True]


@pytest.mark.parametrize(
    ("name", "of", "at_least"),
    [("madrs", "suicidal_thoughts", 4), ("phq9", "self_harm", 1), ("cssrs_screen", "urgent", 1),
     ("cssrs_since_last", "urgent", 1)],
)  # fmt: skip
def test_a_safety_answer_has_an_alert(name, of, at_least):
    alerts = {alert.of: alert for alert in instruments.load(name).alerts}
    assert alerts[of].at_least == at_least
    assert alerts[of].expression("form") == f"form.{of} >= {at_least}"
    assert expressions.parse(alerts[of].expression("form")).evaluate({f"form.{of}": at_least}) is True


def test_forms_that_hint_at_the_arm_are_hidden_until_the_lock():
    for name in ("treatment_guess", "treatment_expectancy", "meq30"):
        scale = instruments.load(name)
        assert {"rater", "statistician"} <= set(scale.hidden_from)
        assert scale.until == "lock"


@ALL
def test_no_safety_form_is_hidden(name):
    scale = instruments.load(name)
    assert not (scale.alerts and scale.hidden_from)


@ALL
def test_labels_are_short_and_no_two_items_share_one(name):
    labels = [item.label for item in instruments.load(name).items]
    assert len(set(labels)) == len(labels)
    assert all("?" not in label for label in labels)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("madrs", ["licence"]),
        ("hamd17", ["licence"]),
        ("qids_sr16", ["licence", "scores.total.mid"]),
        ("gad7", ["scores.total.mid"]),
        ("burnout_single", ["licence", "scores.burned_out"]),
        ("spfi", ["scores.burnout"]),
        ("cssrs_screen", ["recall_days"]),
    ],
)
def test_what_the_domain_notes_call_unverified_is_marked(name, fields):
    marked = [mark.partition(": ")[0] for mark in instruments.load(name).unverified]
    assert set(fields) <= set(marked)


@pytest.mark.parametrize(
    ("name", "kind"), [("madrs", "P"), ("cssrs_screen", "P"), ("pcl5", "PD"), ("phq9", "F")]
)
def test_a_scale_knows_its_licence(name, kind):
    scale = instruments.load(name)
    assert scale.licence_kind == kind
    assert scale.needs_permission == (kind == "P")


@pytest.mark.parametrize(
    ("name", "low", "high"), [("madrs", 3, 6), ("hamd17", 3, 5), ("phq9", 5, 5), ("pcl5", 5, 10)]
)
def test_a_scale_knows_its_minimal_important_difference(name, low, high):
    mid = instruments.load(name).mid
    assert (mid.low, mid.high) == (low, high)


def test_a_guess_has_one_code_per_arm_of_a_larger_trial():
    scale = instruments.load("treatment_guess")
    assert scale.item("guess").arms == {1: "experimental", 2: "control"}
    codes = {1: "25 mg", 2: "10 mg", 3: "1 mg", 9: "cannot say"}
    larger = scale.with_codes("guess", codes, arms={1: "psi25", 2: "psi10", 3: "psi1"})
    assert larger.check({"guess": 3, "certainty": 2, "reason": 1}) == []
    assert larger.missing({"guess": 3, "reason": 1}) == ("certainty",)
    assert scale.check({"guess": 3}) != []
    assert larger.item("guess").arms[3] == "psi1"
