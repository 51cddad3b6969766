"""A save loses nothing, overwrites nothing unseen, and says what must be said first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.db.models.sql.compiler import SQLCompiler
from django.http import Http404

from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.models import Alert, Entry, EntryCurrent, FormState
from equipoise.conduct.capture.results import Given
from equipoise.conduct.capture.services import alerts, saving, snapshots
from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import verifying
from equipoise.conduct.consent.services import Signed
from equipoise.errors import PermissionRefused, RecordError
from equipoise.protocol.answer import LONGEST_TEXT

Open = Callable[..., Any]
MADRS = [
    "apparent_sadness",
    "reported_sadness",
    "inner_tension",
    "reduced_sleep",
    "reduced_appetite",
    "concentration",
    "lassitude",
    "inability_to_feel",
    "pessimistic_thoughts",
    "suicidal_thoughts",
]


def current(form: str) -> dict[str, Any]:
    rows = EntryCurrent.objects.filter(form__code=form).values_list(
        "item", "entry__number", "entry__text", "entry__code", "entry__date"
    )
    return {item: next((one for one in found if one is not None), None) for item, *found in rows}


def test_part_of_a_form_is_saved_and_the_rest_stays_open(desk: Open) -> None:
    one = desk("demographics", "SCR")
    saved = one.save(age="44")
    assert saved.done
    assert [(kept.item, kept.seq) for kept in saved.kept] == [("age", 1)]
    assert [gap.item for gap in saved.gaps] == ["sex"]
    assert current(one.form) == {"age": 44.0}


def test_no_text_of_a_statement_is_made_anew_while_a_form_is_filled(
    desk: Open, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    build = SQLCompiler.as_sql

    def noted(self: SQLCompiler, *given: Any, **named: Any) -> Any:
        text = build(self, *given, **named)
        made.append(text[0])
        return text

    monkeypatch.setattr(SQLCompiler, "as_sql", noted)
    one = desk("demographics", "SCR")
    given = [Given("age", text="44"), Given("sex", text="F")]
    assert services.save(form=one.form, given=given, at=at, by=one.by).done
    assert services.complete(form=one.form, at=at, by=one.by).done
    assert made == []


def test_saving_the_same_again_writes_nothing(desk: Open) -> None:
    one = desk("demographics", "SCR")
    one.save(age="44")
    events = Event.objects.using("default").count()
    assert one.save(age="44.0").done
    assert Event.objects.using("default").count() == events
    assert Entry.objects.filter(form__code=one.form).count() == 1


def test_values_are_typed_and_partial_dates_stay_partial(desk: Open) -> None:
    one = desk("medications")
    assert one.save(
        name="سيرترالين 💊 sertraline", medication_class="antidepressant", start_date="2022-03"
    ).done
    assert current(one.form) == {
        "name": "سيرترالين 💊 sertraline",
        "medication_class": "antidepressant",
        "start_date": "2022-03",
    }


def test_what_cannot_be_stored_is_refused_with_its_place_and_the_rest_is_kept(desk: Open) -> None:
    one = desk("medications")
    saved = one.save(name="a\x00b", dose="x" * 10_000_000, indication="low mood", start_date="2022-13")
    assert {(found.item, found.kind) for found in saved.refused} == {
        ("name", "unreadable"),
        ("dose", "long"),
        ("start_date", "type"),
    }
    messages = " ".join(found.message for found in saved.refused)
    assert "U+0000 at position 2" in messages
    assert f"10,000,000 characters; at most {LONGEST_TEXT:,}" in messages
    assert current(one.form) == {"indication": "low mood"}


def test_an_item_the_form_does_not_have_is_refused(desk: Open) -> None:
    saved = desk("demographics", "SCR").save(salary="1")
    assert [found.kind for found in saved.refused] == ["unknown_item"]


def test_an_instant_without_offset_is_the_sites_time(desk: Open, staff: Any) -> None:
    one = desk("vitals", "SCR", by=staff.coordinator)
    assert one.save(measured_at="2026-11-20T10:00").done
    assert current(one.form) == {"measured_at": "2026-11-20T10:00:00-08:00"}
    assert "clocks were put forward" in one.save(measured_at="2026-03-08T02:30").refused[0].message


def test_two_browsers_never_overwrite_each_other(desk: Open, staff: Any, at: datetime) -> None:
    one = desk("demographics", "SCR")
    one.save(age="44")
    given = [Given("age", text="45", seen=1), Given("sex", text="F", seen=0)]
    assert services.save(form=one.form, given=given, at=at, by=staff.team).done
    late = [Given("age", text="46", seen=1), Given("sex", text="F", seen=0)]
    saved = services.save(form=one.form, given=late, at=at, by=staff.coordinator)
    [conflict] = saved.conflicts
    assert (conflict.theirs, conflict.yours, conflict.seq, conflict.by) == ("45", "46", 2, "tess")
    assert [(kept.item, kept.seq) for kept in saved.kept] == [("sex", 1)]
    assert current(one.form) == {"age": 45.0, "sex": "F"}
    again = [Given("age", text="46", seen=conflict.seq)]
    assert services.save(form=one.form, given=again, at=at, by=staff.coordinator).done
    assert current(one.form)["age"] == 46.0


def test_a_write_between_reading_and_writing_is_seen(
    desk: Open, staff: Any, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk("demographics", "SCR")
    judged = snapshots.Snapshot.judge
    raced = []

    def judge(held: Any, given: Any) -> Any:
        if not raced:
            raced.append(True)
            services.save(form=one.form, given=[Given("age", text="50")], at=at, by=staff.team)
        return judged(held, given)

    monkeypatch.setattr(snapshots.Snapshot, "judge", judge)
    saved = services.save(form=one.form, given=[Given("age", text="44")], at=at, by=staff.coordinator)
    assert [(conflict.theirs, conflict.yours) for conflict in saved.conflicts] == [("50", "44")]
    assert current(one.form) == {"age": 50.0}


def test_a_clock_that_jumps_back_does_not_bring_old_answers_back(desk: Open, at: datetime) -> None:
    one = desk("demographics", "SCR")
    one.save(age="44")
    one.save(age="45", at=at - timedelta(days=400))
    assert current(one.form) == {"age": 45.0}
    history = reads.item_history(one.form, item="age", viewer=one.by)
    assert history is not None
    assert [(line.seq, line.answer) for line in history] == [(2, "45"), (1, "44")]


def test_an_answer_may_be_replaced_by_a_reason_and_taken_back(desk: Open, staff: Any, at: datetime) -> None:
    one = desk("demographics", "SCR")
    one.save(age="44")
    given = [Given("age", missing_reason="declined", seen=1)]
    assert services.save(form=one.form, given=given, at=at, by=one.by).done
    line = next(item for item in one.page.items if item.item == "age")
    assert (line.answer, line.missing_reason, line.shown_answer) == ("", "declined", "Participant declined")
    both = [Given("age", text="44", missing_reason="declined", seen=2), Given("sex", missing_reason="tired")]
    refused = services.save(form=one.form, given=both, at=at, by=one.by).refused
    assert {found.item for found in refused} == {"age", "sex"}
    assert services.save(form=one.form, given=[Given("age", seen=2)], at=at, by=one.by).done
    assert [gap.item for gap in one.save().gaps] == ["age", "sex"]


def test_after_first_completion_a_change_needs_a_reason(desk: Open, at: datetime) -> None:
    one = desk("demographics", "SCR")
    one.save(age="44", sex="F")
    assert services.complete(form=one.form, at=at, by=one.by).done
    refused = one.save(age="45")
    assert [found.kind for found in refused.refused] == ["reason"]
    assert current(one.form)["age"] == 44.0
    saved = one.save(age="45", reason="misread the source")
    assert (saved.done, saved.state) == (True, "in_progress")
    history = reads.item_history(one.form, item="age", viewer=one.by)
    assert history is not None
    assert history[0].reason == "misread the source"


def test_a_form_with_gaps_is_not_complete(desk: Open, at: datetime) -> None:
    one = desk("demographics", "SCR")
    one.save(age="44")
    done = services.complete(form=one.form, at=at, by=one.by)
    assert not done.done
    assert [gap.item for gap in done.gaps] == ["sex"]
    assert not FormState.objects.exists()


def test_scores_are_stored_at_completion_and_follow_a_correction(desk: Open, at: datetime) -> None:
    one = desk("madrs", "SCR")
    one.save(**dict.fromkeys(MADRS, "2"))
    assert "total" not in current(one.form)
    services.complete(form=one.form, at=at, by=one.by)
    assert current(one.form)["total"] == 20.0
    one.save(lassitude="3", reason="slip")
    assert current(one.form)["total"] == 21.0
    assert Entry.objects.get(form__code=one.form, item="total", seq=2).origin == "derived"


def test_a_plausible_range_is_a_doubt_that_becomes_a_query_and_closes_itself(
    desk: Open, at: datetime
) -> None:
    one = desk("demographics", "SCR")
    saved = one.save(age="17", sex="F")
    assert [doubt.kind for doubt in saved.doubts] == ["range"]
    assert services.complete(form=one.form, at=at, by=one.by).done
    [query] = reads.queries(viewer=one.by)
    assert (query.automatic, query.item, query.status) == (True, "age", "open")
    one.save(age="18", reason="slip")
    assert reads.queries(viewer=one.by) == ()
    [closed] = reads.queries(viewer=one.by, closed=True)
    assert [note.by.person for note in closed.notes] == ["system", "system"]


def test_an_accepted_doubt_is_not_asked_about_again_until_the_answer_changes(
    desk: Open, staff: Any, at: datetime
) -> None:
    one = desk("demographics", "SCR")
    one.save(age="17", sex="F")
    services.complete(form=one.form, at=at, by=one.by)
    [query] = reads.queries(viewer=staff.data_manager)
    services.close_query(query=query.query, text="It is true", at=at, by=staff.data_manager)
    one.save(sex="X", reason="slip")
    services.complete(form=one.form, at=at, by=one.by)
    assert reads.queries(viewer=staff.data_manager) == ()
    one.save(age="16", reason="slip")
    assert len(reads.queries(viewer=staff.data_manager)) == 1


def test_an_answer_a_safety_rule_names_shows_its_instruction_and_raises_one_alert(
    desk: Open, staff: Any, at: datetime
) -> None:
    one = desk("madrs", "SCR")
    for _ in range(2):
        [told] = one.save(suicidal_thoughts="5").instructions
        assert (told.rule, told.stored, told.certain) == ("madrs_suicidal", True, True)
        assert "Stay with the participant" in told.instruction
    [line] = reads.alerts(viewer=staff.investigator, at=at)
    assert line.due_at == at + timedelta(minutes=60)
    assert reads.alerts(viewer=staff.outsider, at=at) == ()
    services.note_alert(alert=line.alert, status="closed", text="seen today", at=at, by=staff.investigator)
    assert reads.alerts(viewer=staff.investigator, at=at) == ()


def test_the_alert_is_stored_when_the_save_fails(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one = desk("madrs", "SCR")

    def fails(*_: object, **__: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(saving.answers, "write", fails)
    saved = one.save(suicidal_thoughts="5")
    assert saved.problem == snapshots.NOT_STORED
    assert [told.stored for told in saved.instructions] == [True]
    assert Alert.objects.filter(form__code=one.form).count() == 1
    assert current(one.form) == {}


def test_the_instruction_is_shown_when_the_alert_cannot_be_stored(
    desk: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = desk("madrs", "SCR")

    def fails(*_: object, **__: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(alerts, "_store", fails)
    saved = one.save(suicidal_thoughts="5")
    assert [(told.rule, told.stored) for told in saved.instructions] == [("madrs_suicidal", False)]
    assert saved.done
    assert "could not be stored" in caplog.text


def test_the_instruction_is_shown_when_the_store_cannot_even_be_read(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk("madrs", "SCR")
    one.save(lassitude="1")

    def fails(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(snapshots, "snapshot", fails)
    monkeypatch.setattr(alerts, "_store", fails)
    given = [Given("suicidal_thoughts", text="4")]
    saved = services.save(form=one.form, given=given, at=datetime(2026, 11, 23, tzinfo=UTC), by=one.by)
    assert saved.problem == snapshots.NOT_STORED
    assert [(told.rule, told.stored) for told in saved.instructions] == [("madrs_suicidal", False)]


def test_a_conflicting_or_refused_save_still_raises_the_alert(desk: Open, staff: Any, at: datetime) -> None:
    one = desk("madrs", "SCR")
    one.save(suicidal_thoughts="0")
    given = [Given("suicidal_thoughts", text="6", seen=0), Given("lassitude", text="9")]
    saved = services.save(form=one.form, given=given, at=at, by=staff.team)
    assert (len(saved.conflicts), len(saved.refused), len(saved.instructions)) == (1, 1, 1)
    assert Alert.objects.filter(form__code=one.form).count() == 1


def test_a_rule_that_cannot_be_decided_is_listed_for_a_person_at_completion(
    desk: Open, staff: Any, at: datetime
) -> None:
    one = desk("madrs", "SCR")
    given = [Given(item, text="1") for item in MADRS if item != "suicidal_thoughts"]
    given.append(Given("suicidal_thoughts", missing_reason="declined"))
    assert services.save(form=one.form, given=given, at=at, by=one.by).instructions == ()
    [told] = services.complete(form=one.form, at=at, by=one.by).instructions
    assert (told.rule, told.certain) == ("madrs_suicidal", False)


def test_a_locked_form_takes_nothing_but_the_alert(desk: Open, staff: Any, at: datetime) -> None:
    one = desk("madrs", "SCR")
    one.save(**dict.fromkeys(MADRS, "2"))
    services.complete(form=one.form, at=at, by=one.by)
    services.verify(form=one.form, at=at, by=staff.monitor)
    services.sign(form=one.form, meaning="reviewed", at=at, by=staff.investigator)
    services.lock(form=one.form, at=at, by=staff.data_manager)
    saved = one.save(suicidal_thoughts="5", reason="slip")
    assert saved.problem is not None
    assert "locked" in saved.problem.message
    assert len(saved.instructions) == 1
    assert current(one.form)["suicidal_thoughts"] == "2"


def test_a_lock_that_comes_between_reading_and_writing_holds(
    desk: Open, staff: Any, at: datetime, monkeypatch: pytest.MonkeyPatch, participant: str
) -> None:
    one = desk("demographics", "SCR")
    judged = snapshots.Snapshot.judge
    raced = []

    def judge(held: Any, given: Any) -> Any:
        if not raced:
            raced.append(True)
            services.lock_participant(
                participant=participant, locked=True, reason="end", at=at, by=staff.data_manager
            )
        return judged(held, given)

    monkeypatch.setattr(snapshots.Snapshot, "judge", judge)
    saved = services.save(form=one.form, given=[Given("age", text="44")], at=at, by=staff.coordinator)
    assert saved.problem is not None
    assert current(one.form) == {}


def test_others_do_not_find_the_form_and_who_may_only_look_cannot_save(
    desk: Open, staff: Any, at: datetime
) -> None:
    one = desk("demographics", "SCR")
    for viewer in (staff.outsider, staff.statistician, staff.with_roles()):
        with pytest.raises(Http404):
            services.save(form=one.form, given=[], at=at, by=viewer)
    with pytest.raises(Http404):
        services.save(form="a" * 13, given=[], at=at, by=staff.coordinator)
    for viewer in (staff.monitor, staff.facilitator):
        with pytest.raises(PermissionRefused):
            services.save(form=one.form, given=[], at=at, by=viewer)


@pytest.mark.both_stores
@pytest.mark.parametrize("text", ["a\x00b", "x" * 10_000_000, "\ud800"])
def test_no_text_beside_answers_breaks_anything(
    desk: Open, participant: str, staff: Any, at: datetime, text: str
) -> None:
    one = desk("demographics", "SCR")
    one.save(age="44", sex="F")
    services.complete(form=one.form, at=at, by=one.by)
    assert {found.kind for found in one.save(age="45", reason=text).refused} == {"reason"}
    query = services.open_query(form=one.form, text="Sure?", at=at, by=staff.monitor)
    record = {"participant": participant, "visit": "PREP2", "at": at, "by": staff.facilitator}
    plan = {"participant": participant, "anchor": "dose", "date": None, "at": at, "by": staff.coordinator}
    for call in (
        lambda: services.open_query(form=one.form, text=text, at=at, by=staff.monitor),
        lambda: services.answer_query(query=query, text=text, at=at, by=staff.coordinator),
        lambda: services.complete(form=one.form, reason=text, at=at, by=one.by),
        lambda: services.record_visit(status="missed", reason=text, **record),
        lambda: services.plan_anchor(reason=text, **plan),
        lambda: services.lock_participant(
            participant=participant, locked=True, reason=text, at=at, by=staff.data_manager
        ),
    ):
        with pytest.raises(RecordError, match=r"cannot be stored|at most|can be stored"):
            call()
    services.verify(form=one.form, at=at, by=staff.monitor)
    with pytest.raises(RecordError):
        services.sign(form=one.form, meaning=text, at=at, by=staff.investigator)


@pytest.mark.both_stores
@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 100_000, "\ud800", "';--", "../x"])
def test_no_id_of_an_address_breaks_anything(participant: str, staff: Any, at: datetime, name: str) -> None:
    calls = (
        lambda: services.begin_visit(participant=name, visit="SCR", at=at, by=staff.coordinator),
        lambda: services.begin_visit(participant=participant, visit=name, at=at, by=staff.coordinator),
        lambda: services.open_form(participant=participant, form=name, at=at, by=staff.coordinator),
        lambda: services.open_form(
            participant=participant, visit=name, form="madrs", at=at, by=staff.coordinator
        ),
    )
    for call in calls:
        with pytest.raises(Http404):
            call()
    assert reads.timeline(name, viewer=staff.coordinator, at=at) is None
    with pytest.raises((PermissionRefused, Http404, RecordError)):
        services.enroll(
            site=name, consent=Signed("none", ""), at=at, by=staff.with_roles("coordinator", site="")
        )


@pytest.mark.both_stores
@pytest.mark.parametrize("number", [0, -1, 2**63, 10**40])
def test_no_number_in_an_address_or_answer_breaks_anything(
    desk: Open, staff: Any, at: datetime, number: int
) -> None:
    code = str(number)
    assert reads.form_page(code, viewer=staff.coordinator) is None
    assert reads.query(code, viewer=staff.coordinator) is None
    one = desk("demographics", "SCR")
    saved = services.save(form=one.form, given=[Given("age", number, "44", seen=number)], at=at, by=one.by)
    assert len(saved.refused) == (number != 0)
    for call in (
        lambda: services.save(form=code, given=[], at=at, by=staff.coordinator),
        lambda: services.note_alert(alert=code, status="seen", text="", at=at, by=staff.coordinator),
        lambda: services.close_query(query=code, text="x", at=at, by=staff.data_manager),
    ):
        with pytest.raises(Http404):
            call()


def test_entering_for_a_participant_says_on_whose_behalf(desk: Open) -> None:
    one = desk("expectancy", "PREP1")
    assert one.page.transcribed == "Participant"
    one.save(**{one.page.items[0].item: one.page.items[0].codes[0].code if one.page.items[0].codes else "1"})
    event = Event.objects.using("default").order_by("-id").first()
    assert event is not None
    assert (event.action, event.on_behalf) == ("form.saved", "participant")


@pytest.mark.both_stores
def test_a_save_makes_a_constant_number_of_statements(
    desk: Open, statements: Callable[[], int], at: datetime
) -> None:
    one = desk("madrs", "SCR")
    counts = []
    for items in (MADRS[:1], MADRS[1:]):
        before = statements()
        given = [Given(item, text="1") for item in items]
        services.save(form=one.form, given=given, at=at, by=one.by)
        counts.append(statements() - before)
    # SQLite asks once for the next number before it inserts many rows.
    assert counts[1] - counts[0] in (0, 1)


@pytest.mark.every_store
def test_everything_written_is_verified_and_the_cache_is_what_the_entries_say(
    desk: Open, begun: Path, staff: Any, at: datetime
) -> None:
    one = desk("madrs", "SCR")
    one.save(**dict.fromkeys(MADRS, "5"))
    one.save(lassitude="1")
    services.complete(form=one.form, at=at, by=one.by)
    one.save(lassitude="2", reason="slip")
    desk("medications").save(name="سيرترالين 💊", start_date="2022-03")
    done = verifying.verify(settings.read(begun))
    assert done.problems == ()
    if connections["default"].vendor == "sqlite":
        with connections["default"].cursor() as cursor:
            cursor.execute("DROP TRIGGER entry_append_only_update")
            cursor.execute("UPDATE entry SET code = '0' WHERE item = 'suicidal_thoughts'")
        assert any("entry" in str(problem) for problem in verifying.verify(settings.read(begun)).problems)
