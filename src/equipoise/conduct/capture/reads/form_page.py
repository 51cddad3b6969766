"""One form with its answers, and the history of each answer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import Http404
from django.utils.translation import gettext as _

from equipoise import instruments
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import access, answers, facts, moves, visibility, words
from equipoise.conduct.capture.access import FormGround
from equipoise.conduct.capture.answers import COLUMNS, Stored
from equipoise.conduct.capture.lines import (
    Choice,
    Code,
    FormPage,
    FormStateName,
    GroupLine,
    ItemLine,
    Move,
    QueryLine,
    RowLine,
    ScoreLine,
    SignatureLine,
    StateLine,
    VersionLine,
)
from equipoise.conduct.capture.models import LOG, Entry, FormState, Query, Signature
from equipoise.conduct.capture.progress import progress, visible
from equipoise.conduct.capture.reads import threads
from equipoise.conduct.capture.reads.sights import circle, local, names, visit_label
from equipoise.conduct.capture.reads.watches import watches
from equipoise.conduct.capture.services.states import content_sha256
from equipoise.conduct.frame import sentences
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.instruments import Wording
from equipoise.protocol import filling, form_plan
from equipoise.protocol.answer import MISSING_REASONS, Answer
from equipoise.protocol.filling import Filled, Place
from equipoise.protocol.schedule import Group, Item

STEPS: Mapping[str, Move] = {
    "complete": "complete", "verify": "verify", "sign": "sign", "lock": "lock", "unlock": "unlock"
}  # fmt: skip


def form_page(code: str, *, viewer: Viewer, language: str = "en") -> FormPage | None:
    """Return a form; None when there is none the viewer may know of.

    language   which licensed wording is shown where the study has one; short labels otherwise
    """
    try:
        found = access.form(code, viewer=viewer)
    except Http404:
        return None
    seen = circle(viewer, about=found.ground)
    steps = list(FormState.objects.filter(form=found.row).order_by("seq"))
    state: FormStateName = _state(steps)
    stored = answers.current(found.number)
    judged = _judged(found, stored)
    rows = Query.objects.filter(form=found.row).select_related("form").order_by("id")
    asked = threads.visible_queries(rows, seen) if found.ground.may("query.view") else []
    queries = threads.query_lines(asked, seen)
    known = names({step.person for step in steps})
    page = _Page(found, stored, judged, queries, _wording(found, language))
    blocked = _blocked(found, state)
    site = found.ground.site
    scored = [name for name in found.form.scores if found.sight.item(found.form.id, name)]
    done = progress(found, judged)
    shown = (one.entry for (item, _), one in stored.items() if found.sight.item(found.form.id, item))
    saved = max(shown, default=None)
    signatures = _signatures(found, stored)
    return FormPage(
        code=code,
        participant=found.participant,
        site=site.site,
        time_zone=site.time_zone,
        visit=found.row.visit,
        visit_label=visit_label(found.resolved, found.row.visit, found.row.visit_repeat),
        visit_repeat=found.row.visit_repeat,
        form=found.form.id,
        label=(page.wording.title if page.wording else "") or page.said(found.form.label),
        repeat=found.row.repeat,
        version=found.row.version,
        log=found.row.visit == LOG,
        instructions=page.wording.instructions if page.wording else "",
        state=state,
        editable=not blocked,
        blocked=blocked,
        reason_needed=any(step.state == moves.COMPLETE for step in steps),
        transcribed=words.role(visibility.transcribed(found.form, found.ground.roles)),
        moves=_moves(found, state, void=bool(signatures) and not signatures[-1].valid),
        items=tuple(page.item(item, 0) for item in page.visible(found.form.items)),
        groups=tuple(page.group(group, editable=not blocked) for group in found.form.groups),
        scores=tuple(page.score(name) for name in scored),
        problems=tuple(
            wording.told(one.message, found.resolved)
            for one in visible(found, judged.findings)
            if not one.item
        ),
        queries=tuple(one for one in queries if not one.item),
        may_query=found.ground.may("query.open") and found.sight.item(found.form.id, ""),
        states=tuple(
            StateLine(
                _called(step, before), known.person(step.person), local(step.stated_at, site), step.reason
            )
            for before, step in zip([None, *steps], steps, strict=False)
        ),
        signatures=signatures,
        missing_reasons=tuple(Choice(one, words.missing(one)) for one in MISSING_REASONS),
        answered=done.answered,
        asked=done.asked,
        saved_at=_written(saved, found),
        watches=() if blocked else watches(found),
    )


def _state(steps: Sequence[FormState]) -> FormStateName:
    known: Mapping[str, FormStateName] = {
        "complete": "complete", "verified": "verified", "signed": "signed", "locked": "locked"
    }  # fmt: skip
    return known.get(steps[-1].state, "in_progress") if steps else "in_progress"


def _judged(found: FormGround, stored: Mapping[Place, Stored]) -> Filled:
    form, resolved = found.form, found.resolved
    outside = form_plan.plan(form, resolved).outside
    look = facts.look_up(found.participant, outside, resolved=resolved, form=form.id, visit=found.row.visit)
    given = answers.answered(dict(stored))
    return filling.judge(form, given, look=look, resolved=resolved, visit=found.row.visit)


def _wording(found: FormGround, language: str) -> Wording | None:
    if found.form.instrument is None:
        return None
    return studies.wordings(found.row.version).get((language, found.form.instrument.id))


def _blocked(found: FormGround, state: str) -> str:
    """Return why the viewer can change nothing; empty when they can."""
    if found.sealed and found.given:
        return _("Given, and sealed: nobody sees the answers before the data are locked.")
    if not found.may_fill:
        fillers = ", ".join(words.role(role) for role in found.form.fillers)
        return _("This form is filled by: %(roles)s.") % {"roles": fillers}
    if found.ground.locked:
        return _("The participant's data are locked.")
    return _("This form is locked.") if state == moves.LOCKED else ""


def _called(step: FormState, before: FormState | None) -> str:
    """Return what a step is called: back from locked is unlocked, and from complete opened again."""
    if before is not None and before.state == moves.LOCKED and step.state == moves.SIGNED:
        return "unlocked"
    return "reopened" if step.state == moves.IN_PROGRESS else step.state


def _moves(found: FormGround, state: str, *, void: bool) -> tuple[Move, ...]:
    if found.ground.locked:
        return ()
    # A form that stayed signed while a hidden answer changed is signed again.
    state = moves.VERIFIED if state == moves.SIGNED and void else state
    able = [one for one in moves.STEPS if one.before == state and found.ground.may(one.action)]
    # What nobody sees nobody compares with its source; what is hidden from them in part nobody vouches for.
    whole = found.sight.whole(found.form.id)
    can = {
        "complete": found.may_fill and (whole or found.sealed),
        "verify": not found.sealed,
        "sign": whole,
        "lock": whole,
    }
    return tuple(STEPS[one.name] for one in able if can.get(one.name, True))


@dataclass(frozen=True)
class _Page:
    """What the lines of a form page are made from."""

    found: FormGround
    stored: Mapping[Place, Stored]
    judged: Filled
    queries: Sequence[QueryLine]
    wording: Wording | None

    @cached_property
    def problems(self) -> Mapping[Place, tuple[str, ...]]:
        """What is wrong with each answer, in words; that it is missing is said at the end."""
        found: dict[Place, tuple[str, ...]] = {}
        for one in visible(self.found, self.judged.findings):
            if one.kind != "required":
                place = (one.item, one.row)
                found[place] = (*found.get(place, ()), wording.told(one.message, self.found.resolved))
        return found

    @cached_property
    def said(self) -> Callable[[str], str]:
        """What says a text of the form's protocol version in the language of the page."""
        return wording.speaker(self.found.resolved, self.found.form)

    @cached_property
    def asked(self) -> Mapping[Place, tuple[QueryLine, ...]]:
        """The queries about each answer."""
        found: dict[Place, tuple[QueryLine, ...]] = {}
        for one in self.queries:
            found[one.item, one.row] = (*found.get((one.item, one.row), ()), one)
        return found

    @cached_property
    def scale(self) -> Mapping[str, instruments.Item]:
        """The items of the published scale, if the form is one."""
        instrument = self.found.form.instrument
        return {one.id: one for one in instrument.items} if instrument is not None else {}

    def visible(self, items: Iterable[Item]) -> list[Item]:
        """Return the items the viewer may know of."""
        return [item for item in items if self.found.sight.item(self.found.form.id, item.id)]

    def item(self, item: Item, row: int) -> ItemLine:
        """Return the line of one question."""
        place = (item.id, row)
        one = self.stored.get(place)
        answer = one.answer if one is not None else Answer()
        own = self.scale.get(item.id)
        worded = self.wording.items.get(item.id) if self.wording is not None and own is not None else None
        codes = _codes(item, self.wording if worded is not None else None, self.said)
        low, high = item.range or (None, None)
        return ItemLine(
            item=item.id,
            row=row,
            number=own.number if own is not None else "",
            label=worded.text if worded is not None else self.said(item.label),
            hint=(worded.hint if worded is not None else "") or self.said(item.hint or ""),
            type=item.type,
            unit=words.unit(item.unit or ""),
            low=low,
            high=high,
            low_label=(worded.low_label if worded else "") or self.said(own.low_label if own else ""),
            high_label=(worded.high_label if worded else "") or self.said(own.high_label if own else ""),
            decimals=item.decimals,
            codes=codes,
            required=item.required,
            visible=place not in self.judged.skipped,
            answer=answer.typed,
            shown_answer=words.answer(answer, codes),
            missing_reason=answer.missing_reason,
            seq=one.seq if one is not None else 0,
            problems=self.problems.get(place, ()),
            queries=self.asked.get(place, ()),
        )

    def group(self, group: Group, *, editable: bool) -> GroupLine:
        """Return a repeating group: its rows, and the row that a new one would be."""
        items = self.visible(group.items)
        known = {item.id for item in items}
        rows = sorted({row for name, row in self.stored if name in known and row})
        most = group.repeats.maximum
        following = rows[-1] + 1 if rows else 1
        blank = RowLine(following, tuple(self.item(item, following) for item in items))
        return GroupLine(
            group=group.id,
            label=self.said(group.label),
            rows=tuple(RowLine(row, tuple(self.item(item, row) for item in items)) for row in rows),
            blank=blank if editable and items and (most is None or len(rows) < most) else None,
        )

    def score(self, name: str) -> ScoreLine:
        """Return a score with what it lacks."""
        form = self.found.form
        assert form.instrument is not None  # noqa: S101 - only instruments have scores
        score, judged = form.instrument.score_named(name), self.judged.scores[name]
        band = score.band(judged.value)
        return ScoreLine(
            score=name,
            label=self.said(score.label),
            value=judged.value,
            low=score.low,
            high=score.high,
            lacking=tuple(self.said(form.item(item).label) for item in judged.lacking),
            band=self.said(band.label) if band is not None else "",
        )


def _codes(item: Item, licensed: Wording | None, said: Callable[[str], str]) -> tuple[Code, ...]:
    worded = {str(code): text for code, text in licensed.code_texts(item.id).items()} if licensed else {}
    return tuple(
        Code(code, worded[code] if code in worded else said(label))
        for code, label in (item.codes or {}).items()
    )


def _signatures(found: FormGround, stored: Mapping[Place, Stored]) -> tuple[SignatureLine, ...]:
    rows = list(Signature.objects.filter(form=found.number).order_by("id"))
    if not rows or not found.sight.whole(found.form.id):
        return ()
    now = content_sha256(found.number, dict(stored))
    known = names({row.signer for row in rows})
    return tuple(
        SignatureLine(
            known.person(row.signer),
            local(row.signed_at, found.ground.site),
            sentences.said(row.meaning),
            row.content_sha256 == now,
        )
        for row in rows
    )


def _written(entry: int | None, found: FormGround) -> datetime | None:
    if entry is None:
        return None
    at = Entry.objects.filter(id=entry).values_list("collected_at", flat=True).get()
    return datetime.fromisoformat(at).astimezone(found.ground.site.zone)


def item_history(code: str, *, item: str, viewer: Viewer, row: int = 0) -> tuple[VersionLine, ...] | None:
    """Return every version of an answer, the newest first; None when there is no such item for the viewer."""
    try:
        found = access.form(code, viewer=viewer)
    except Http404:
        return None
    definition = next((one for one in found.form.all_items() if one.id == item), None)
    if definition is None or not found.sight.item(found.form.id, item):
        return None
    codes = _codes(definition, None, wording.speaker(found.resolved, found.form))
    columns = ("seq", "reason", "origin", "collected_at", "act", *COLUMNS)
    rows = list(
        Entry.objects.filter(form=found.row, item=item, row=row).order_by("-seq").values_list(*columns)
    )
    acts = {act for _, _, _, _, act, *_ in rows}
    actors = dict(Event.objects.using("default").filter(act__in=acts).values_list("act", "actor"))
    known = names(set(actors.values()))
    zone = found.ground.site.zone
    return tuple(
        VersionLine(
            seq=seq,
            answer=Answer(*answer).typed,
            shown_answer=words.answer(Answer(*answer), codes),
            missing_reason=Answer(*answer).missing_reason,
            reason=reason,
            origin=origin,
            by=known.person(actors.get(act, "")),
            at=datetime.fromisoformat(at).astimezone(zone),
        )
        for seq, reason, origin, at, act, *answer in rows
    )
