"""A form is judged as a whole: what is asked, what is missing, scores, and what must reach somebody."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from equipoise import instruments
from equipoise.protocol import Protocol, Resolved, filling, form_plan, reading, resolve
from equipoise.protocol.answer import Typed
from equipoise.protocol.filling import Filled, nobody

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"
GROUPED = """
  - id: diary
    filled_by: coordinator
    items:
      - {id: start, label: Start, type: date}
      - {id: days, label: Days, type: number, required: false}
    groups:
      - id: drinks
        label: Drinks
        items:
          - {id: drink, label: Drink, type: text}
          - {id: amount, label: Amount, type: number, show_if: 'drink != "none"'}
    checks:
      - {id: since, rule: "days_between(start, guess_date@D28) > 0", message: Start lies after the guess}
      - {id: few, rule: days < 10, message: That is many days}
  - {id: day, filled_by: coordinator, items: [{id: guess_date, label: Day, type: date}]}
"""
DEMOGRAPHICS = "  - {id: demographics, standard: demographics, filled_by: coordinator}\n"


def parsed(text: str) -> Protocol:
    found, _, problems = reading.parse(text, name="test.yaml")
    assert found is not None, problems
    return found


@pytest.fixture(scope="module")
def resolved() -> Resolved:
    text = FRONTLINE.read_text(encoding="utf-8")
    assert text.count(DEMOGRAPHICS) == 1
    return resolve(parsed(text.replace(DEMOGRAPHICS, DEMOGRAPHICS + GROUPED.strip("\n") + "\n")))


def filled(resolved: Resolved, form: str, answers: Mapping[Any, str], **more: Any) -> Filled:
    typed = {(one if isinstance(one, tuple) else (one, 0)): Typed(text) for one, text in answers.items()}
    look = more.pop("look", nobody)
    return filling.fill(resolved.forms[form], typed, look=look, resolved=resolved, **more)


def test_scores_need_every_answer_their_rule_asks_for(resolved: Resolved) -> None:
    items = [item.id for item in resolved.forms["madrs"].items]
    whole = filled(resolved, "madrs", dict.fromkeys(items, "2"))
    assert (whole.scores["total"].value, whole.answered, whole.asked) == (20.0, 10, 10)
    part = filled(resolved, "madrs", dict.fromkeys(items[1:], "2"))
    assert (part.scores["total"].value, part.scores["total"].lacking) == (None, (items[0],))
    assert [gap.item for gap in part.gaps] == [items[0]]


@pytest.mark.parametrize("scale", instruments.names())
def test_every_scale_is_scored_as_the_instrument_scores_it(scale: str) -> None:
    instrument = instruments.load(scale)
    text = FRONTLINE.read_text(encoding="utf-8").replace(
        DEMOGRAPHICS, f"{DEMOGRAPHICS}  - {{id: extra, instrument: {scale}, filled_by: coordinator}}\n"
    )
    found = resolve(parsed(text))
    answers = {item.id: f"{item.range[1]:g}" for item in instrument.items if item.type != "text"}
    judged = filled(found, "extra", answers)
    assert not judged.errors
    expected = instrument.score({name: float(text) for name, text in answers.items()})
    assert {name: score.value for name, score in judged.scores.items()} == expected
    assert {gap.item for gap in judged.gaps} <= set(
        instrument.missing({k: float(v) for k, v in answers.items()})
    )


def test_a_skipped_question_is_not_missing_and_an_answer_to_it_is_a_doubt(resolved: Resolved) -> None:
    judged = filled(resolved, "cssrs_since", {"wish_dead": "0", "active_thoughts": "0"})
    assert ("method_thoughts", 0) in judged.skipped
    assert "method_thoughts" not in {gap.item for gap in judged.gaps}
    judged = filled(resolved, "cssrs_since", {"active_thoughts": "0", "method_thoughts": "1"})
    assert [(doubt.item, doubt.kind) for doubt in judged.doubts] == [("method_thoughts", "skipped")]


def test_while_a_condition_is_unknown_its_question_is_asked(resolved: Resolved) -> None:
    blank = filled(resolved, "medications", {})
    assert ("end_date", 0) not in blank.skipped
    assert ("end_date", 0) in filled(resolved, "medications", {"ongoing": "1"}).skipped
    assert ("end_date", 0) not in filled(resolved, "medications", {"ongoing": "0"}).skipped


def test_a_safety_rule_fires_as_soon_as_it_is_decided(resolved: Resolved) -> None:
    [fired] = filled(resolved, "cssrs_since", {"attempt": "1"}).fired
    assert (fired.rule.id, fired.certain) == ("cssrs_since_urgent", True)
    [open_one] = filled(resolved, "cssrs_since", {"attempt": "0"}).fired
    assert not open_one.certain
    assert not filled(resolved, "vitals", {"systolic": "120", "diastolic": "80"}).fired
    assert filled(resolved, "vitals", {"systolic": "230"}).fired[0].certain


def test_what_another_form_or_a_skipped_question_leaves_open_is_not_listed() -> None:
    text = FRONTLINE.read_text(encoding="utf-8")
    rules = "safety_rules:\n"
    rule = "alert: routine, notify: [investigator], within_minutes: 60, instruction: Look.}\n"
    either = f"  - {{id: either, when: cssrs.urgent == 1 or cssrs_since.urgent == 1, {rule}"
    often = f"  - {{id: often, when: cssrs_since.frequency >= 4, {rule}"
    found = resolve(parsed(text.replace(rules, rules + either + often)))
    answers = {item.id: "0" for item in found.forms["cssrs_since"].items if "0" in (item.codes or {})}
    judged = filled(found, "cssrs_since", answers)
    assert judged.scores["urgent"].value == 0.0
    assert ("frequency", 0) in judged.skipped
    assert judged.fired == ()
    opened = filled(found, "cssrs_since", {**answers, "wish_dead": "1"})
    assert [(one.rule.id, one.certain) for one in opened.fired] == [("often", False)]
    del answers["attempt"]
    judged = filled(found, "cssrs_since", answers)
    assert {one.rule.id for one in judged.fired} == {"either", "cssrs_since_urgent"}


def test_rows_of_a_group_are_judged_each_by_itself(resolved: Resolved) -> None:
    judged = filled(
        resolved,
        "diary",
        {
            "start": "2026-01-01",
            ("drink", 1): "none",
            ("drink", 2): "tea",
            ("drink", 0): "no row",
            ("drink", 10**30): "x",
        },
    )
    assert ("amount", 1) in judged.skipped
    assert [(gap.item, gap.row) for gap in judged.gaps] == [("amount", 2)]
    assert [(error.item, error.row, error.kind) for error in judged.errors] == [
        ("drink", 0, "unknown_item"),
        ("drink", 10**30, "unknown_item"),
    ]


def test_a_check_over_forms_asks_the_look_up_and_unknown_is_no_finding(resolved: Resolved) -> None:
    names = []

    def look(name: Any, *, day: str | None) -> str | None:
        names.append(str(name))
        return day

    start = {"start": "2026-01-02"}
    assert not filled(resolved, "diary", start, look=partial(look, day=None)).doubts
    [doubt] = filled(resolved, "diary", start, look=partial(look, day="2026-01-01")).doubts
    assert (doubt.check, doubt.item) == ("since", "start")
    assert set(names) == {"guess_date@D28"}
    assert {str(name) for name in form_plan.plan(resolved.forms["diary"], resolved).outside} == {
        "guess_date@D28"
    }


def test_a_rule_that_cannot_be_evaluated_says_so_instead_of_failing(resolved: Resolved) -> None:
    judged = filled(resolved, "diary", {"days": "3"}, look=lambda name: "soon")
    assert not [doubt for doubt in judged.doubts if doubt.check == "few"]
    judged = filled(resolved, "diary", {"start": "2026-01-02"}, look=lambda name: 5.0)
    assert "cannot be evaluated" in judged.doubts[0].message


def test_a_rule_that_names_this_visit_reads_what_is_typed(resolved: Resolved) -> None:
    form = resolved.forms["day"]
    known = filling._Known(
        form_plan.plan(form, resolved),
        filled(resolved, "day", {"guess_date": "2026-01-01"}).answers,
        lambda name: "stored",
        "D28",
    )
    assert known(filling.Name("guess_date@D28")) == "2026-01-01"
    assert known(filling.Name("guess_date@D7")) == "stored"


def test_an_unknown_item_is_found_and_nothing_else_is_lost(resolved: Resolved) -> None:
    judged = filled(resolved, "demographics", {"age": "44", "salary": "1"})
    assert [one.kind for one in judged.errors] == ["unknown_item"]
    assert ("age", 0) in judged.answers
