"""The study's data as a dataset folder: records only, without what is hidden from anybody, or with it.

Holds the way from stored answers to rows, and leaves the rest to `records.tidy`. Refuses allocations: this
store has none. Visits that one arm alone has are in the unblinded export only, also after the lock. It
imports the tables of `records`, so only the export's own process loads it, no page does.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connections

from equipoise import records
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import flow
from equipoise.conduct.capture.access import locked_targets
from equipoise.conduct.capture.answers import COLUMNS
from equipoise.conduct.capture.models import LOG, STUDY, EntryCurrent, Form, Participant, Visit, VisitStatus
from equipoise.conduct.capture.pinned import BEGUN
from equipoise.conduct.capture.visibility import EVERYBODY, LOCK, Sight
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError
from equipoise.protocol import Resolved
from equipoise.records import Records
from equipoise.records.manifest import MANIFEST

Row = dict[str, Any]
ALIAS = "default"
CHUNK = 500
"""Acts asked about in one statement; SQLite takes at most 999 values."""
STATUSES = {"completed", "lost_to_follow_up", "withdrew", "died"}
"""What the disposition form may say of the whole study, in the words of the participants' table."""


ENDS = {("screening", "failed"): "screen_failure", ("study", "withdrew"): "withdrew"}
"""Stage and what was said of it, to where a participant stands."""


NOBODY: frozenset[str] = frozenset()
"""The roles of an unblinded export: nothing is hidden from whom nothing is hidden from."""


def export(folder: Path, *, at: datetime, by: str = "system", roles: frozenset[str] = EVERYBODY) -> Records:
    """Write a dataset folder of everything that is hidden from nobody, and leave an event that names it.

    A blinded folder names no event: a head of the chain counts what is hidden (docs/decisions/0006).
    folder   as `records.write` takes it
    roles    from whom something must be hidden to be left out; NOBODY for an unblinded export
    Returns  what was written
    Raises   RecordError when no study is set up, or stored data do not fit the protocol any more
    """
    found = collect(roles)
    records.write(found, folder)
    blinded = bool(roles)
    # Of an unblinded export nothing is said: how much it holds depends on what is hidden.
    said = told(found, folder) if blinded else ""
    with act("trial", "data.exported" if blinded else "data.unblinded", at=at, by=by, reason=said):
        pass
    return found


def told(found: Records, folder: Path) -> str:
    """Return in one line what an export holds, and the digest by which its event in the chain names it."""
    return f"{found.summary()}; manifest SHA-256 {sha256((folder / MANIFEST).read_bytes()).hexdigest()}"


def collect(roles: frozenset[str] = EVERYBODY) -> Records:
    """Return the study's records as of one moment, without what is hidden from any of these roles.

    Visits, forms and items that only an earlier protocol version has are in it; each row names its version.
    Raises  RecordError when no study is set up, or stored data do not fit the protocol's versions
    """
    study = studies.study()
    if study is None:
        raise RecordError("there is nothing to export", [Problem("no study is set up here", "", "home")])
    latest, resolved = studies.resolved(study.version), studies.everything()
    with _one_moment():
        reached = frozenset({LOCK} if STUDY in locked_targets([]) else ())
        forms = _forms(reached, roles)
        own = {
            "dispositions": flow.dispositions(reached, roles),
            "deviations": flow.deviations(reached, roles),
        }
        rows = {
            "participants": _participants(forms, own["dispositions"]),
            "visits": _visits(forms, _whole(resolved, reached, roles)),
            "values": _values(forms),
        }
    manifest = records.manifest_of(latest, simulated=study.simulated)
    found = records.tidy(rows, resolved, manifest=manifest)
    return (
        records.tidy(rows | _with_own(found, own), resolved, manifest=manifest)
        if any(own.values())
        else found
    )


def _with_own(found: Records, own: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Return dispositions and deviations of forms with those that stand in no form."""
    made = {
        name: [{str(key): None if cell != cell else cell for key, cell in row.items()} for row in frame]
        for name, frame in (
            ("dispositions", found.dispositions.to_dict("records")),
            ("deviations", found.deviations.to_dict("records")),
        )
    }
    stages = flow.joined(made["dispositions"], own["dispositions"], key=("participant", "stage", "status"))
    return {"dispositions": stages, "deviations": [*made["deviations"], *own["deviations"]]}


@contextmanager
def _one_moment() -> Iterator[None]:
    """See the store as it is now, whatever is written meanwhile, and keep nobody from writing."""
    with connections[ALIAS].cursor() as cursor:
        postgresql = connections[ALIAS].vendor == "postgresql"
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if postgresql else "BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _whole(resolved: Resolved, reached: frozenset[str], roles: frozenset[str]) -> Sight:
    """Return the sight of somebody who holds these roles: what is hidden from one of them is hidden."""
    of_one_arm = {visit.id for visit in resolved.protocol.visits if visit.arms is not None}
    return Sight(roles, resolved, reached, opened=frozenset() if roles else frozenset(of_one_arm))


def _forms(reached: frozenset[str], roles: frozenset[str]) -> dict[int, tuple[Form, Sight]]:
    """Return the forms that are hidden from none of these roles, by number."""
    sights: dict[int, Sight] = {}
    found = {}
    for form in Form.objects.order_by("participant", "visit", "visit_repeat", "form", "repeat"):
        sight = sights.setdefault(form.version, _whole(studies.resolved(form.version), reached, roles))
        if sight.form(form.form) and (form.visit == LOG or sight.visit(form.visit)):
            found[int(form.id)] = (form, sight)
    return found


def _participants(forms: dict[int, tuple[Form, Sight]], stages: list[Row]) -> list[Row]:
    known = {
        row["participant"]: ENDS[end] for row in stages if (end := (row["stage"], row["status"])) in ENDS
    }
    ends, consented = known | _ends(forms), flow.consent_dates()
    return [
        {
            "participant": row.participant,
            "site": row.site,
            "consent_date": consented.get(row.participant),
            "status": ends.get(row.participant, "screening"),
        }
        for row in Participant.objects.order_by("participant")
    ]


def _ends(forms: dict[int, tuple[Form, Sight]]) -> dict[str, str]:
    """Return participant to how the study ended for them, where the disposition form says so."""
    numbers = {
        number: form.participant
        for number, (form, sight) in forms.items()
        if sight.resolved.protocol.form(form.form).standard == "disposition"
    }
    codes: dict[int, dict[str, str]] = {}
    rows = EntryCurrent.objects.filter(form__in=numbers, item__in=("stage", "status"))
    for number, item, code in rows.values_list("form_id", "item", "entry__code"):
        codes.setdefault(number, {})[item] = code or ""
    return {
        numbers[number]: one["status"]
        for number, one in sorted(codes.items())
        if one.get("stage") == "study" and one.get("status") in STATUSES
    }


def _visits(forms: dict[int, tuple[Form, Sight]], sight: Sight) -> list[Row]:
    """Return the visits that took place: recorded as held, or begun with a form."""
    begun = {(form.participant, form.visit, form.visit_repeat) for form, _ in forms.values()}
    statuses = VisitStatus.objects.order_by("visit_id", "seq").values_list("visit_id", "status", "date")
    latest = {visit: ("" if status == BEGUN else status, date) for visit, status, date in statuses}
    found = []
    for row in Visit.objects.order_by("participant", "visit", "repeat"):
        status, date = latest.get(row.id, ("", ""))
        took_place = status == "held" or (not status and (row.participant, row.visit, row.repeat) in begun)
        if took_place and sight.visit(row.visit):
            found.append(
                {
                    "participant": row.participant,
                    "visit": row.visit,
                    "repeat": row.repeat,
                    "date": date or None,
                }
            )
    return found


def _values(forms: dict[int, tuple[Form, Sight]]) -> list[Row]:
    columns = ("form_id", "item", "row", "entry__act", "entry__origin", "entry__collected_at")
    rows = EntryCurrent.objects.filter(form__in=Form.objects.values("id")).values_list(
        *columns, *(f"entry__{name}" for name in COLUMNS)
    )
    found = []
    acts = set()
    for number, item, row, token, origin, collected_at, *cells in rows:
        if number not in forms:
            continue
        form, sight = forms[number]
        answer = dict(zip(COLUMNS, cells, strict=True))
        said = any(answer[name] is not None for name in ("number", "text", "code", "date"))
        if not sight.item(form.form, item) or not (said or answer["missing_reason"]):
            continue
        acts.add(token)
        found.append(
            {
                "participant": form.participant,
                "visit": form.visit,
                "repeat": form.visit_repeat,
                "form": form.form,
                "item": item,
                "row": row or form.repeat,
                **answer,
                "date": _moment(answer["date"]),
                "origin": origin,
                "evaluator": token,
                "collected_at": _moment(collected_at),
                "protocol_version": str(form.version),
            }
        )
    actors = _actors(acts)
    for one in found:
        one["evaluator"] = actors[one["evaluator"]]
    return sorted(found, key=_place)


def _place(row: Row) -> tuple[Any, ...]:
    names = ("participant", "visit", "repeat", "form", "row", "item")
    return tuple(row[name] for name in names)


def _moment(text: str | None) -> str | None:
    """Return an instant in UTC; dates and times of day as they are."""
    if text is None or "T" not in text:
        return text
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )


def _actors(acts: Collection[str]) -> dict[str, str]:
    """Return act to the pseudonymous id of who did it."""
    wanted = sorted(acts)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        found.update(Event.objects.using(ALIAS).filter(act__in=chunk).values_list("act", "actor"))
    return found
