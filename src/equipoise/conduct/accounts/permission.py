"""What each role may do, and who is asking.

Holds one table, action to roles, and `Viewer`. An action or route that is not in a table is refused. Refuses
to know forms: who may fill which form, and what is hidden from whom, the protocol says
(`capture.visibility`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from equipoise.errors import PermissionRefused, Problem


def gettext_noop(text: str) -> str:
    """Return a text as it is, marked for translators; Django's own asks for settings, which docs have not."""
    return text


ROLES: dict[str, str] = {
    "coordinator": gettext_noop("Coordinator"),
    "investigator": gettext_noop("Investigator"),
    "facilitator": gettext_noop("Facilitator"),
    "session_monitor": gettext_noop("Session monitor"),
    "on_call_physician": gettext_noop("On-call physician"),
    "rater": gettext_noop("Rater"),
    "pharmacist": gettext_noop("Pharmacist"),
    "data_manager": gettext_noop("Data manager"),
    "monitor": gettext_noop("Monitor (CRA)"),
    "medical_monitor": gettext_noop("Medical monitor"),
    "statistician": gettext_noop("Statistician"),
    "unblinded_statistician": gettext_noop("Independent statistician"),
    "dsmb_member": gettext_noop("DSMB member"),
    "auditor": gettext_noop("Auditor"),
    "system_administrator": gettext_noop("System administrator"),
}
"""Role to its name on pages. `participant` signs in elsewhere and holds no grant."""

PARTICIPANT = "participant"
"""Who takes part. Answers are given by them, or entered for them; no grant makes anybody one."""

RATER = "rater"

UNBLINDED = frozenset({"pharmacist", "unblinded_statistician"})
"""Roles that learn arms."""

LEARN_ARMS = UNBLINDED | {"dsmb_member"}
"""Roles after which nobody works blind: their holders may have learned arms."""

BLIND = frozenset(ROLES) - LEARN_ARMS - {"system_administrator"}
"""Roles that must not know arms."""

BREAK_CODES = frozenset({"investigator", "on_call_physician", "medical_monitor"})
"""Roles that may learn a participant's arm in an emergency."""

SECOND_FACTOR = UNBLINDED | BREAK_CODES | {"system_administrator"}
"""Roles that sign in with a second factor: those that learn arms, sign, or give others their roles."""

_SITE = frozenset({"coordinator", "investigator", "facilitator", "session_monitor", "on_call_physician"})
_WATCHING = frozenset({"data_manager", "monitor", "medical_monitor", "auditor"})
_EVERYBODY = frozenset(ROLES)

ACTIONS: dict[str, frozenset[str]] = {
    "account.own": _EVERYBODY,
    "study.home": _EVERYBODY,
    "study.view": _SITE | _WATCHING | {"pharmacist", "system_administrator"},
    "study.set_up": frozenset({"system_administrator", "data_manager"}),
    "participant.list": _SITE | _WATCHING,
    "participant.view": _SITE | _WATCHING,
    "consent.view": _SITE | _WATCHING,
    "consent.take": frozenset({"coordinator", "investigator"}),
    "consent.set_up": frozenset({"system_administrator", "data_manager"}),
    "withdrawal.record": frozenset({"coordinator", "investigator"}),
    "device.hand_over": _SITE - {"on_call_physician"},
    "eligibility.view": _SITE | _WATCHING,
    "eligibility.judge": frozenset({"coordinator", "investigator"}),
    "eligibility.confirm": frozenset({"investigator"}),
    "visit.record": _SITE - {"on_call_physician"},
    "form.view": _SITE | _WATCHING,
    "form.fill": _SITE,
    "form.verify": frozenset({"monitor"}),
    "form.sign": frozenset({"investigator"}),
    "form.lock": frozenset({"data_manager"}),
    "query.view": _SITE | _WATCHING,
    "query.open": frozenset({"monitor", "data_manager", "medical_monitor"}),
    "query.answer": _SITE,
    "query.close": frozenset({"monitor", "data_manager", "medical_monitor"}),
    "alert.view": _SITE | {"medical_monitor"},
    "alert.close": frozenset({"investigator", "on_call_physician", "medical_monitor"}),
    "audit.view": frozenset({"investigator", "data_manager", "monitor", "auditor"}),
    "people.view": frozenset(
        {"coordinator", "investigator", "data_manager", "monitor", "auditor", "system_administrator"}
    ),
    "people.manage": frozenset({"system_administrator"}),
    "people.train": frozenset({"coordinator", "investigator", "system_administrator"}),
    "people.delegate": frozenset({"investigator"}),
    "applicant.view": frozenset({"coordinator", "investigator"}),
    "applicant.decide": frozenset({"coordinator", "investigator"}),
    "randomization.view": _SITE | _WATCHING,
    "randomization.request": frozenset({"coordinator", "investigator"}),
    "kit.dispense": frozenset({"pharmacist"}),
    "arm.break": BREAK_CODES,
    "arm.tell": frozenset({"coordinator", "investigator"}),
    "arm.read": _SITE,
    "exposure.view": frozenset({"pharmacist", "unblinded_statistician"}),
    "envelope.report": frozenset({"coordinator", "investigator", "pharmacist"}),
    "task.assign": frozenset({"coordinator", "data_manager"}),
    "task.fill": frozenset({RATER}),
    "data.export": frozenset({"data_manager", "statistician", "unblinded_statistician"}),
}
"""Action to the roles that may do it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held now; site "" means every site."""

    role: str
    site: str = ""


@dataclass(frozen=True)
class Viewer:
    """Who is asking, and the roles they hold at this instant."""

    person: str
    name: str
    grants: tuple[Grant, ...] = field(default=())

    @cached_property
    def roles(self) -> frozenset[str]:
        """Every role held anywhere: what is hidden from one of them is hidden from the person."""
        return frozenset(grant.role for grant in self.grants)

    def roles_at(self, site: str) -> frozenset[str]:
        """Return the roles held at a site."""
        return frozenset(grant.role for grant in self.grants if grant.site in ("", site))

    def may(self, action: str, *, site: str | None = None) -> bool:
        """Whether the person may do this, at this site or anywhere."""
        held = self.roles if site is None else self.roles_at(site)
        return bool(ACTIONS[action] & held)

    def sites(self, action: str, *, known: Iterable[str]) -> frozenset[str]:
        """Return the sites, of those known, at which the person may do this."""
        return frozenset(site for site in known if self.may(action, site=site))

    @property
    def alone(self) -> bool:
        """Whether they work on one form and may know nothing beside it."""
        return False

    @property
    def on_behalf(self) -> str:
        """The role in whose place the person acts; "" for their own."""
        return ""

    @property
    def origin(self) -> str:
        """Where the answers they give come from."""
        return "staff"

    def knows(self, participant: str) -> bool:  # noqa: ARG002 - who a guest knows depends on it
        """Whether they may know of a participant at a site of theirs."""
        return True

    def require(self, action: str, *, site: str | None = None) -> None:
        """Raise PermissionRefused unless the person may do this."""
        if not self.may(action, site=site):
            holders = ", ".join(sorted(ROLES[role].lower() for role in ACTIONS[action]))
            where = f" at {site}" if site else ""
            raise PermissionRefused(
                "you may not do this", [Problem(f"{action}{where} is for: {holders}", "ask who may", action)]
            )


GUEST_ACTIONS = frozenset({"device.hand_over", "participant.view", "form.view", "form.fill"})
"""What a participant may do at the clinic's device: read and answer their own pages."""


@dataclass(frozen=True)
class Guest(Viewer):
    """A participant at the clinic's device, in the session of a member of staff.

    person        the member of staff: acts are theirs, on the participant's behalf
    site          where they are seen
    participant   who they are, and the only one they may know of; "" before they have an id
    """

    site: str = ""
    participant: str = ""

    @cached_property
    def roles(self) -> frozenset[str]:
        """A participant holds no other role."""
        return frozenset({PARTICIPANT})

    def roles_at(self, site: str) -> frozenset[str]:
        """Return the roles held at a site."""
        return self.roles if site == self.site else frozenset()

    def may(self, action: str, *, site: str | None = None) -> bool:
        """Whether a participant may do this."""
        return action in GUEST_ACTIONS and site in (None, self.site)

    @property
    def on_behalf(self) -> str:
        """What they do is theirs, though the session is another's."""
        return PARTICIPANT

    @property
    def origin(self) -> str:
        """The participant answered on a device."""
        return "epro"

    def knows(self, participant: str) -> bool:
        """Whether they may know of a participant: of themselves."""
        return participant == self.participant


@dataclass(frozen=True)
class Program(Viewer):
    """Somebody's program, which shows a token that allows a part of what they may do.

    grants   that part: what the program may do
    held     every role the person holds: what is hidden from one of them is hidden from the program too
    """

    held: frozenset[str] = frozenset()

    @cached_property
    def roles(self) -> frozenset[str]:
        """Every role of the person: a token narrowed to one role must not show what another may not know."""
        return self.held

    def may(self, action: str, *, site: str | None = None) -> bool:
        """Whether the token allows this, at this site or anywhere."""
        allowed = frozenset(one.role for one in self.grants) if site is None else self.roles_at(site)
        return bool(ACTIONS[action] & allowed)


TASK_ACTIONS = frozenset({"participant.view", "form.view", "form.fill", "query.view", "query.answer"})
"""What a rater may do with the one form of a task, reached through the task and by no address of its own."""


@dataclass(frozen=True)
class RaterAtWork(Viewer):
    """A rater with one task in hand, who must not learn whose form it is.

    site, participant   where and whose: for the checks of services, and no page
    """

    site: str = ""
    participant: str = ""

    def roles_at(self, site: str) -> frozenset[str]:
        """Return the roles at a site: here they rate, whatever else they do elsewhere."""
        return frozenset({RATER}) if site == self.site else frozenset()

    def may(self, action: str, *, site: str | None = None) -> bool:
        """Whether the task includes this."""
        return action in TASK_ACTIONS and site in (None, self.site)

    @property
    def alone(self) -> bool:
        """They know this form and nothing beside it."""
        return True

    def knows(self, participant: str) -> bool:
        """Whether the task is about a participant."""
        return participant == self.participant
