"""One participant's forms from nothing to signed and locked."""

from datetime import date, datetime, timedelta
from typing import Any

from equipoise.conduct.accounts.permission import RaterAtWork
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import ItemLine
from equipoise.conduct.capture.results import Given

SAMPLE = {
    "text": "Some words",
    "date": "2026-11-20",
    "partial_date": "2026-10",
    "time": "17:30",
    "instant": "2026-11-20T10:00",
}


def sample(line: ItemLine) -> str:
    if line.type == "number":
        return str(int(line.low if line.low is not None else 1))
    return line.codes[0].code if line.type == "code" else SAMPLE[line.type]


def fill(form: str, staff: Any, at: datetime) -> None:
    """Answer what is asked until nothing is missing, and declare the form complete."""
    for _ in range(3):
        page = reads.form_page(form, viewer=staff.team)
        assert page is not None
        blank = [line for line in page.items if line.visible and not line.answer]
        given = [Given(line.item, line.row, sample(line), seen=line.seq) for line in blank]
        saved = services.save(form=form, given=given, at=at, by=staff.team)
        assert saved.done, saved
        if not saved.gaps:
            break
    done = services.complete(form=form, at=at, by=staff.team)
    assert done.done, done


def test_every_visit_and_log_goes_to_signed_and_locked(participant: str, staff: Any, at: datetime) -> None:
    day = date(2026, 11, 23)
    for planned in ("SCR", "DOSE"):
        services.record_visit(
            participant=participant, visit=planned, status="held", date=day, at=at, by=staff.team
        )
    page = reads.timeline(participant, viewer=staff.team, at=at)
    assert page is not None
    sealed = {"rater_guess"}
    lines = [line for visit in page.visits if visit.begun for line in visit.forms if line.form not in sealed]
    rater = RaterAtWork("ravi", "Ravi", site="SEA", participant=participant)
    guess = services.open_form(participant=participant, visit="SCR", form="rater_guess", at=at, by=rater)
    given = [Given(item, missing_reason="declined") for item in ("guess", "certainty", "reason")]
    assert services.save(form=guess, given=given, at=at, by=rater).done
    assert services.complete(form=guess, at=at, by=rater).done
    opened = [
        services.open_form(
            participant=participant,
            visit=line.visit,
            visit_repeat=line.visit_repeat,
            form=line.form,
            repeat=line.repeat,
            at=at,
            by=staff.team,
        )
        for line in lines
    ]
    opened += [
        services.open_form(participant=participant, form=log.form, at=at, by=staff.team) for log in page.logs
    ]
    for form in opened:
        fill(form, staff, at)
        services.verify(form=form, at=at, by=staff.monitor)
        services.sign(form=form, meaning="I have reviewed these data", at=at, by=staff.investigator)
        for query in reads.queries(viewer=staff.data_manager):
            services.close_query(query=query.query, text="As it is", at=at, by=staff.data_manager)
        services.lock(form=form, at=at, by=staff.data_manager)
    page = reads.timeline(participant, viewer=staff.team, at=at + timedelta(days=1))
    assert page is not None
    states = {visit.visit: visit.state for visit in page.visits}
    assert states["SCR"] == states["DOSE"] == "locked"
    assert all(entry.state == "locked" for log in page.logs for entry in log.entries)
