"""Finding participants and forms for somebody: what they may not know of does not exist for them.

Holds the look-up by id with permission and visibility. An unknown id, a foreign one and a hidden one all end
in the same Http404, so that none can be told from another; PermissionRefused is for what may be seen but not
done.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import Http404

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture import milestones, visibility
from equipoise.conduct.capture.milestones import Milestones
from equipoise.conduct.capture.models import LOG, STUDY, Form
from equipoise.conduct.capture.moves import COMPLETE
from equipoise.conduct.capture.visibility import Sight
from equipoise.conduct.frame import codes
from equipoise.conduct.stores import statements
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies.reads import Site
from equipoise.errors import PermissionRefused, Problem
from equipoise.protocol import Resolved, ResolvedForm
from equipoise.protocol.schedule import Visit
from equipoise.source import UNREADABLE

LONGEST_ID = 128
PART_SAVED, PART_SIGNED = "form.part_saved", "form.part_signed"
"""Events about answers of a form that are hidden from somebody who may know of the form."""
FORM = "form-"
"""What a form's code stands behind among the subjects of an event."""
_FORM_FIELDS = ("id", "participant", "visit", "visit_repeat", "form", "repeat", "version", "code")
_FORM_WIDTH = len(_FORM_FIELDS)
_FORM = """
SELECT f.id, f.participant, f.visit, f.visit_repeat, f.form, f.repeat, f.version, f.code,
       p.site, p.entered_on, l.target, l.locked, l.id
FROM form f JOIN participant p ON p.participant = f.participant
LEFT JOIN data_lock l ON l.target IN (p.participant, %s)
WHERE f.code = %s ORDER BY l.id
"""
"""A form, whose it is, and each step of a lock on them: one row where there is none."""
_PARTICIPANT = """
SELECT p.site, p.entered_on, l.target, l.locked, l.id
FROM participant p LEFT JOIN data_lock l ON l.target IN (p.participant, %s)
WHERE p.participant = %s ORDER BY l.id
"""
_EVER = "SELECT 1 FROM form_state WHERE form_id = %s AND state = %s LIMIT 1"
_LOCKS = "SELECT target, locked, id FROM data_lock"


@dataclass(frozen=True)
class Ground:
    """A participant as somebody may see them.

    viewer         who asks
    locked         whether the participant or the study is locked
    study_locked   whether the whole study is: what is hidden until then is seen
    lock           number of the newest step of a lock on them; 0 for none
    """

    participant: str
    site: Site
    entered_on: str
    viewer: Viewer
    locked: bool
    study_locked: bool
    lock: int

    @cached_property
    def roles(self) -> frozenset[str]:
        """Roles the viewer holds at the participant's site."""
        return self.viewer.roles_at(self.site.site)

    @cached_property
    def milestones(self) -> Milestones:
        """What happened for the participant that the protocol's masking counts from."""
        return milestones.of([self.participant])[self.participant]

    def sight(self, resolved: Resolved) -> Sight:
        """Return what the viewer may see of a protocol version for this participant."""
        found = self.milestones if resolved.protocol.events else milestones.NONE
        return sight(self.viewer, resolved, study_locked=self.study_locked, milestones=found)

    def may(self, action: str) -> bool:
        """Whether the viewer may do this at the participant's site."""
        return self.viewer.may(action, site=self.site.site)

    def require(self, action: str) -> None:
        """Raise PermissionRefused unless the viewer may do this at the participant's site."""
        self.viewer.require(action, site=self.site.site)

    def local(self, at: datetime) -> str:
        """Return an instant as the site's clock shows it, with its offset."""
        return at.astimezone(self.site.zone).isoformat(timespec="seconds")


@dataclass(frozen=True)
class FormGround:
    """A form as somebody may see it."""

    row: Form
    ground: Ground
    resolved: Resolved

    @property
    def number(self) -> int:
        """The row's number: for rows that refer to it, and no page."""
        return int(self.row.id)

    @property
    def code(self) -> str:
        """What pages call it."""
        return str(self.row.code)

    @property
    def participant(self) -> str:
        """Whose form it is."""
        return self.ground.participant

    @cached_property
    def form(self) -> ResolvedForm:
        """Its definition."""
        return self.resolved.forms[self.row.form]

    @cached_property
    def sight(self) -> Sight:
        """What the viewer may see: of a sealed form its answers while they fill it, and never again."""
        found = self.ground.sight(self.resolved)
        if self.sealed and self.may_fill and not self.given:
            found = replace(found, writing=self.form.id)
        return found

    @property
    def sealed(self) -> bool:
        """Whether nobody sees the form's answers yet, but who is filling it."""
        found = self.ground.sight(self.resolved)
        return found.form(self.form.id) and found.sealed(self.form.id)

    def apart(self, items: Iterable[str]) -> bool:
        """Whether each of these items is hidden from somebody who may know of the form."""
        reached = self.ground.sight(self.resolved).reached
        everybody = visibility.sight_of(visibility.EVERYBODY, self.resolved, reached)
        return all(everybody.hides(self.form.id, item) for item in items)

    @cached_property
    def given(self) -> bool:
        """Whether the form was complete at some time."""
        return bool(statements.rows("default", _EVER, [self.number, COMPLETE]))

    @property
    def planned(self) -> Visit | None:
        """The visit it is filled at; None for a log."""
        return None if self.row.visit == LOG else self.resolved.protocol.visit(self.row.visit)

    @property
    def may_fill(self) -> bool:
        """Whether the viewer fills this form at this site."""
        return self.ground.may("form.fill") and visibility.may_fill(self.form, self.ground.roles)

    @property
    def subjects(self) -> list[str]:
        """What events about it name."""
        return subjects(self.row)

    def require_filler(self) -> None:
        """Raise PermissionRefused unless the viewer fills this form."""
        self.ground.require("form.fill")
        if not self.may_fill:
            fillers = ", ".join(self.form.fillers)
            raise PermissionRefused(
                "you do not fill this form",
                [Problem(f"{self.form.label} is filled by: {fillers}", "ask one of them", self.form.id)],
            )


def refuse_unreadable(*names: str) -> None:
    """Raise Http404 for names that no store can hold: nothing is called so."""
    if any(len(name) > LONGEST_ID or UNREADABLE.search(name) for name in names):
        raise Http404


def participant(name: str, *, viewer: Viewer, action: str = "participant.view") -> Ground:
    """Return a participant.

    Raises  Http404 when there is none whom the viewer may know; PermissionRefused when the viewer may see but
            not do this
    """
    refuse_unreadable(name)
    rows = statements.rows("default", _PARTICIPANT, [STUDY, name])
    if not rows:
        raise Http404
    site, entered_on = rows[0][:2]
    held = _locks(one[2:] for one in rows if one[-1] is not None)
    found = _ground(name, site, entered_on, held, viewer=viewer)
    found.require(action)
    return found


def _ground(name: str, site: str, entered_on: str, held: "Locks", *, viewer: Viewer) -> Ground:
    """Return a participant as somebody may see them; Http404 when they may not."""
    known = viewer.knows(name) and viewer.may("participant.view", site=site)
    where = studies.site(site) if known else None
    if where is None:
        raise Http404
    return Ground(name, where, entered_on, viewer, bool(held.targets), STUDY in held.targets, held.newest)


def subjects(row: Form) -> list[str]:
    """Return what events about a form name."""
    return [row.participant, f"{FORM}{row.code}"]


def form(code: str, *, viewer: Viewer, action: str = "form.view") -> FormGround:
    """Return a form by its code.

    Raises  Http404 when there is none that the viewer may know; PermissionRefused when the viewer may see but
            not do this
    """
    rows = statements.rows("default", _FORM, [STUDY, code]) if codes.is_code(code) else []
    if not rows:
        raise Http404
    row = Form.from_db("default", _FORM_FIELDS, rows[0][:_FORM_WIDTH])
    site, entered_on = rows[0][_FORM_WIDTH : _FORM_WIDTH + 2]
    held = _locks(one[_FORM_WIDTH + 2 :] for one in rows if one[-1] is not None)
    ground = _ground(row.participant, site, entered_on, held, viewer=viewer)
    found = FormGround(row, ground, studies.resolved(row.version))
    visible = row.visit == LOG or found.sight.visit(row.visit)
    if not (visible and found.sight.form(row.form)) or not ground.may("form.view"):
        raise Http404
    ground.require(action)
    return found


def sight(
    viewer: Viewer, resolved: Resolved, *, study_locked: bool, milestones: Milestones = milestones.NONE
) -> Sight:
    """Return what somebody may see of a protocol version; of a participant after these events."""
    reached = milestones.reached | ({visibility.LOCK} if study_locked else set())
    return visibility.sight_of(viewer.roles, resolved, reached, milestones.opened, alone=viewer.alone)


@dataclass(frozen=True, slots=True)
class Locks:
    """What is locked: participants, and "study" when the whole study is.

    newest   number of the newest step, of locking or unlocking; 0 for none
    """

    targets: frozenset[str]
    newest: int


def locks(participants: list[str] | None = None) -> Locks:
    """Return which of these participants, or of all, and whether the study, are locked."""
    if participants is None:
        return _locks(statements.rows("default", f"{_LOCKS} ORDER BY id", ()))
    targets = [*participants, STUDY]
    marks = ", ".join(["%s"] * len(targets))
    # Names are this module's own; every value is a parameter.
    return _locks(statements.rows("default", f"{_LOCKS} WHERE target IN ({marks}) ORDER BY id", targets))


def _locks(steps: Iterable[tuple[Any, ...]]) -> Locks:
    """Return what is locked after these steps, in the order they were taken."""
    latest = {target: (locked, number) for target, locked, number in steps}
    targets = frozenset(target for target, (locked, _) in latest.items() if locked)
    return Locks(targets, max((number for _, number in latest.values()), default=0))


def locked_targets(participants: list[str] | None = None) -> frozenset[str]:
    """Return which of these participants, or of all, are locked; "study" when the whole study is."""
    return locks(participants).targets
