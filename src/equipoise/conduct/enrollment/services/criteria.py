"""A participant's eligibility as a page shows it to a viewer, what is hidden from them left out."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture import access, eligibility, words
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.eligibility import Confirmed, DeviationLine, Judger
from equipoise.conduct.capture.lines import Code
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.protocol import Resolved
from equipoise.protocol import eligibility as judging
from equipoise.protocol.answer import Answer
from equipoise.protocol.eligibility import Judged, Met, Place


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a criterion reads: where, what, and what is known of it ("" for nothing yet)."""

    label: str
    where: str
    value: str


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One criterion.

    met       yes, no or unknown; "hidden" where it reads what is hidden from the viewer
    facts     what it reads; wanted, of these what is still needed
    judged    what a person found, where no rule decides
    """

    id: str
    kind: str
    text: str
    met: str
    facts: tuple[Fact, ...]
    wanted: tuple[Fact, ...]
    by_person: bool
    judged: Judger | None


@dataclass(frozen=True, slots=True)
class EligibilityPage:
    """The table of eligibility.

    together      what all criteria say; "hidden" where one is hidden from the viewer
    wanted        everything still needed, once each, by where it is answered
    changes       deviations: what changed after a confirmation
    """

    participant: str
    site: str
    time_zone: str
    lines: tuple[CriterionLine, ...]
    together: str
    met: int
    wanted: tuple[Fact, ...]
    confirmed: Confirmed | None
    changes: tuple[DeviationLine, ...]
    may_judge: bool
    may_confirm: bool


def in_force(ground: Ground, at: datetime) -> tuple[Resolved, int]:
    """Return the protocol version a participant's site works under today, or will first; Http404 for none."""
    version = studies.versions_at(ground.site.today(at), first=True).get(ground.site.site)
    if version is None:
        raise Http404
    return studies.resolved(version), version


def page(name: str, *, at: datetime, viewer: Viewer) -> EligibilityPage:
    """Return somebody's table as a viewer may see it.

    Raises  Http404; PermissionRefused
    """
    ground = access.participant(name, viewer=viewer, action="eligibility.view")
    resolved, _ = in_force(ground, at)
    sight = ground.sight(resolved)
    table = eligibility.table(name, resolved)
    judged = eligibility.judgments(name)
    lines = tuple(
        _line(one, resolved, judged.get(one.criterion.id), shown=eligibility.shown(one, sight))
        for one in table
    )
    whole = eligibility.whole(resolved, sight)
    together: Met = judging.eligible(table)
    confirmed = eligibility.confirmation(name) if whole else None
    valid = confirmed is not None and confirmed.valid
    wanted = dict.fromkeys(fact for line in lines for fact in line.wanted)
    changes = [one for one in eligibility.deviations(name, sight) if one.kind == eligibility.CHANGED]
    return EligibilityPage(
        participant=name,
        site=ground.site.name,
        time_zone=ground.site.time_zone,
        lines=lines,
        together=together if whole else "hidden",
        met=sum(line.met == "yes" for line in lines),
        wanted=tuple(sorted(wanted, key=lambda fact: fact.where)),
        confirmed=confirmed,
        changes=tuple(changes),
        may_judge=ground.may("eligibility.judge") and not ground.locked,
        may_confirm=ground.may("eligibility.confirm") and whole and together == "yes" and not valid,
    )


def _line(one: Judged, resolved: Resolved, judged: Judger | None, *, shown: bool) -> CriterionLine:
    facts = {place: _fact(place, value, resolved) for place, value in one.values.items()} if shown else {}
    return CriterionLine(
        id=one.criterion.id,
        kind=one.criterion.kind,
        text=wording.said(one.criterion.text, resolved),
        met=one.met if shown else "hidden",
        facts=tuple(facts.values()),
        wanted=tuple(facts[place] for place in one.wanted) if shown else (),
        by_person=one.by_person,
        judged=judged if one.by_person else None,
    )


def _fact(place: Place, value: object, resolved: Resolved) -> Fact:
    form, item, visit = place
    definition = resolved.forms[form]
    said = wording.speaker(resolved, definition)
    where = said(definition.label)
    where = where if not visit else f"{where}, {said(resolved.protocol.visit(visit).name)}"
    if item in definition.scores and definition.instrument is not None:
        return Fact(said(definition.instrument.score_named(item).label), where, _number(value))
    known = definition.item(item)
    codes = [Code(code, said(label)) for code, label in (known.codes or {}).items()]
    if value is None:
        return Fact(said(known.label), where, "")
    given = Answer(code=str(value)) if codes else Answer(text=_number(value), unit=known.unit or "")
    return Fact(said(known.label), where, words.answer(given, codes))


def _number(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
