"""The matrix role x route x method as a page of the reference, made from what is really routed.

Holds its wording. Refuses lists kept by hand.
"""

from collections.abc import Iterable

from equipoise.conduct.accounts.permission import ACTIONS, BLIND, LEARN_ARMS, ROLES, SECOND_FACTOR
from equipoise.conduct.accounts.routes import PUBLIC, Row

INTRODUCTION = """\
Who may open or send what. A route that names no action, and a method that is not listed, is refused for
everybody. Beyond this table a page asks whether the role is held at the site of what it shows, and the
protocol decides who fills which form and what is hidden from whom. What is not for somebody answers as if
it did not exist.
"""
RULES = """\
Whoever once held one of them never gets a role that works blind; whoever works blind gets none of them
meanwhile. Nobody gives themselves a role, nobody gets one without the trainings the protocol names for it,
and one system administrator always remains.
"""
YES, NO = "●", ""
SHORT = {
    "coordinator": "Co",
    "investigator": "In",
    "facilitator": "Fa",
    "session_monitor": "SM",
    "on_call_physician": "OP",
    "rater": "Ra",
    "pharmacist": "Ph",
    "data_manager": "DM",
    "monitor": "Mo",
    "medical_monitor": "MM",
    "statistician": "St",
    "unblinded_statistician": "IS",
    "dsmb_member": "DS",
    "auditor": "Au",
    "system_administrator": "SA",
}
"""Role to the head of its column."""


def permissions_markdown(rows: Iterable[Row]) -> str:
    """Return the page, from the rows of `routes.matrix`."""
    head = "".join(f" {SHORT[role]} |" for role in ROLES)
    marks = "|".join(":-:" for _ in ROLES)
    parts = [
        "# Permissions\n",
        INTRODUCTION,
        "## Roles\n",
        "| column | role | works blind | second factor |",
        "|---|---|:-:|:-:|",
    ]
    parts += [
        f"| {SHORT[role]} | {name} (`{role}`) | {_mark(role in BLIND)} | {_mark(role in SECOND_FACTOR)} |"
        for role, name in ROLES.items()
    ]
    learners = ", ".join(name for role, name in ROLES.items() if role in LEARN_ARMS)
    parts += [
        f"\nRoles that learn arms: {learners}. {RULES}",
        "## Actions\n",
        f"| action |{head}",
        f"|---|{marks}|",
    ]
    parts += [f"| `{action}` |{_marks(roles)}" for action, roles in ACTIONS.items()]
    parts += [
        "\n## Routes\n",
        "`public` needs no sign-in; `account.own` is open to everybody signed in, whatever their roles.\n",
        f"| route | method | action |{head}",
        f"|---|---|---|{marks}|",
    ]
    parts += [
        f"| `/{row.pattern}` | {row.method} | {'`' + row.action + '`' if row.action != PUBLIC else PUBLIC} |"
        f"{_marks(row.roles)}"
        for row in rows
    ]
    return "\n".join(parts) + "\n"


def _mark(yes: bool) -> str:  # noqa: FBT001 - what it is about
    return YES if yes else NO


def _marks(roles: Iterable[str]) -> str:
    held = frozenset(roles)
    return "".join(f" {_mark(role in held)} |" for role in ROLES)
