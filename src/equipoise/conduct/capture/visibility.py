"""What a person may learn of: the one place that decides it for pages, queries, alerts, counts and exports.

Holds the rules of the protocol's `hidden_from`, `until` and `masking`, and of visits that only one arm has:
they exist once they were opened for a participant who was told the arm, and only for those who are not
masked any more. Refuses to know arms.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from equipoise import expressions
from equipoise.conduct.accounts.permission import BLIND, PARTICIPANT, RATER, ROLES
from equipoise.errors import ProtocolError
from equipoise.protocol import Resolved, ResolvedForm
from equipoise.protocol.schedule import Visit

LOCK = "lock"
"""The event that the data of the whole study are locked."""
EVERYBODY = frozenset(ROLES) | {"participant"}
MEDICAL = frozenset({"on_call_physician", "medical_monitor"})
"""Roles that must be able to act on every alert: where a protocol does not mask them, nothing does."""
ON_PAPER = frozenset({PARTICIPANT, RATER})
"""Roles whose forms a coordinator may enter from paper; they have pages of their own."""
TRANSCRIBER = "coordinator"


@dataclass(frozen=True)
class Sight:
    """What somebody with these roles may see of one protocol version.

    roles     every role the person holds: what is hidden from one of them is hidden from the person
    reached   events of the protocol that have happened for the participant
    alone     whether the person works on one form and may know nothing beside it: a rater at a task
    writing   id of a sealed form that the person is filling; "" for none
    opened    visits of one arm that were opened for the participant
    """

    roles: frozenset[str]
    resolved: Resolved
    reached: frozenset[str] = frozenset()
    alone: bool = False
    writing: str = ""
    opened: frozenset[str] = frozenset()

    @cached_property
    def masked(self) -> bool:
        """Whether the person must not know the participant's arm, in any of their roles."""
        return any(masked(role, self.resolved, self.reached) for role in self.roles)

    def form(self, form: str) -> bool:
        """Whether the form, its existence included, may be known."""
        return form in self._forms

    def visit(self, visit: str) -> bool:
        """Whether the visit may be known of."""
        return visit in self._visits

    def item(self, form: str, item: str) -> bool:
        """Whether an item or score of a form may be seen; "" is the whole form."""
        if form not in self._forms or self.sealed(form):
            return False
        return not item or (form, item) not in self._hidden

    def hides(self, form: str, item: str) -> bool:
        """Whether an item or score is hidden by itself, its form left aside."""
        return (form, item) in self._hidden

    def sealed(self, form: str) -> bool:
        """Whether the form may be known of and its answers may not: it is sealed until an event to come.

        From nobody, as an unblinded export sees, nothing is sealed.
        """
        found = self.resolved.forms[form]
        return bool(self.roles) and found.sealed and found.until not in self.reached and form != self.writing

    def rule(self, text: str, *, form: str) -> bool:
        """Whether what a rule says may be known: that none of the answers it reads is hidden.

        form   the form the rule stands in; "" for none
        """
        names = _names(text)
        return names is not None and all(self._readable(name, form) for name in names)

    def whole(self, form: str) -> bool:
        """Whether nothing of a form is hidden, as it must be from who signs it."""
        return self.item(form, "") and not any(owner == form for owner, _ in self._hidden)

    def _readable(self, name: expressions.Name, form: str) -> bool:
        if self.alone and (name.visit is not None or name.form not in (None, form)):
            return False
        visible = self._visits | {"log"}
        if name.visit is not None and name.visit not in visible:
            return False
        own = self.resolved.forms.get(form) if name.form in (None, form) else None
        if own is not None and (name.item in own.scores or any(i.id == name.item for i in own.all_items())):
            return self.item(form, name.item)
        if self.alone:
            return False
        try:
            return self.item(*self.resolved.locate(name))
        except KeyError:
            return False

    def _hides(self, hidden_from: Iterable[str], until: str | None) -> bool:
        return bool(self.roles.intersection(hidden_from)) and until not in self.reached

    @cached_property
    def _forms(self) -> frozenset[str]:
        forms = self.resolved.forms.values()
        return frozenset(form.id for form in forms if not self._hides(form.hidden_from, form.until))

    @cached_property
    def _visits(self) -> frozenset[str]:
        return frozenset(visit.id for visit in self.resolved.protocol.visits if self._sees(visit))

    def _sees(self, visit: Visit) -> bool:
        exists = visit.arms is None or (visit.id in self.opened and not self.masked)
        return exists and not self._hides(visit.hidden_from, visit.until)

    @cached_property
    def _hidden(self) -> frozenset[tuple[str, str]]:
        """(form, item or score) that are hidden though their form is not.

        A score is as hidden as the items it is computed from, an item as those that decide about asking it.
        """
        found: set[tuple[str, str]] = set()
        for form in self.resolved.forms.values():
            hidden = {one.id for one in form.all_items() if self._hides(one.hidden_from, one.until)}
            if hidden:
                found |= {(form.id, name) for name in _with_followers(form, hidden)}
        return frozenset(found)


def masked(role: str, resolved: Resolved, reached: frozenset[str]) -> bool:
    """Whether a role must not know an arm after these events.

    A role that the protocol does not name must not know it before the lock, unless it learns arms by itself
    or answers for the participants' safety.
    """
    plan = next((one for name, one in resolved.protocol.masking.items() if name == role), None)
    if plan is not None:
        return plan.until not in reached
    told = any(role in one.tells for one in resolved.protocol.events if one.id in reached)
    return role in BLIND - MEDICAL and not told and LOCK not in reached


_KEPT: OrderedDict[tuple[int, frozenset[str], frozenset[str], frozenset[str], bool], Sight] = OrderedDict()
MOST_KEPT = 128


def sight_of(
    roles: frozenset[str],
    resolved: Resolved,
    reached: frozenset[str],
    opened: frozenset[str] = frozenset(),
    *,
    alone: bool = False,
) -> Sight:
    """Return what these roles may see of a version, worked out once a process.

    Resolved versions are kept by `studies.reads` and never change, so one is known by where it lies.
    """
    key = (id(resolved), roles, reached, opened, alone)
    found = _KEPT.get(key)
    if found is None or found.resolved is not resolved:
        found = _KEPT[key] = Sight(roles, resolved, reached, alone, opened=opened)
        while len(_KEPT) > MOST_KEPT:
            _KEPT.popitem(last=False)
    return found


@lru_cache(maxsize=1024)
def _names(rule: str) -> frozenset[expressions.Name] | None:
    """Return the names a rule reads; None for what is no rule."""
    try:
        return expressions.parse(rule).names
    except ProtocolError:
        return None


def _with_followers(form: ResolvedForm, hidden: set[str]) -> set[str]:
    grown = set(hidden)
    size = 0
    while size != len(grown):
        size = len(grown)
        for item in form.all_items():
            names = expressions.parse(item.show_if).names if item.show_if else frozenset()
            if any(name.item in grown and name.form in (None, form.id) for name in names):
                grown.add(item.id)
        for name, plan in form.instrument.plans.items() if form.instrument else ():
            needed = {item for term in plan.terms for slot in term for item in slot}
            if grown & (needed | {rule.of for rule in plan.rules}):
                grown.add(name)
    return grown


def may_fill(form: ResolvedForm, roles: Iterable[str]) -> bool:
    """Whether somebody with these roles at the site fills this form, on paper's behalf or their own."""
    return bool(set(form.fillers).intersection(roles)) or transcribed(form, roles) != ""


def self_filled(resolved: Resolved, visit: str) -> tuple[str, ...]:
    """Return the forms of a visit that participants fill by themselves, one question on a page."""
    return tuple(
        form
        for form in resolved.protocol.forms_at(visit)
        if PARTICIPANT in resolved.forms[form].fillers and not resolved.forms[form].groups
    )


def transcribed(form: ResolvedForm, roles: Iterable[str]) -> str:
    """Return the role that filled the form on paper when a coordinator enters it for them; "" otherwise.

    What a rater seals nobody enters for them: the sealed paper waits until the seals are broken.
    """
    held = set(roles)
    if held.intersection(form.fillers) or TRANSCRIBER not in held:
        return ""
    on_paper = (role for role in form.fillers if role in ON_PAPER and not (form.sealed and role == RATER))
    return next(on_paper, "")
