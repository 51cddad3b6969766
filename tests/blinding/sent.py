"""What people ask for and send: every address of the matrix with the ids it may name, and the answers given there.

A route that names an id and has no entry here, or takes a POST and has no answers here, fails the suite: whoever adds
one says what it is asked for.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from tests.blinding.history import PASSWORD, Places
from tests.conduct.people import SECRET

Kwargs = dict[str, Any]
NEVER = "a" * 13
FORM_ROUTES = (
    *("capture:form", "capture:autosave", "review:ask", "review:verify", "review:sign", "review:lock"),
    "review:unlock",
    *(
        "api:form",
        "api:answers",
        "api:complete",
        "api:verify",
        "api:sign",
        "api:lock",
        "api:unlock",
        "api:ask",
    ),
)
PARTICIPANT_ROUTES = (
    *("capture:participant", "capture:anchor", "capture:visit", "capture:begin", "capture:open"),
    *("review:lock_participant", "enrollment:consent", "enrollment:renew", "enrollment:countersign"),
    *("enrollment:consent_copy",),
    *("enrollment:withdraw", "enrollment:excuse", "enrollment:contact", "enrollment:hand_visit"),
    *("enrollment:eligibility", "enrollment:eligibility_confirm", "enrollment:randomization"),
    *("enrollment:randomize", "enrollment:kit", "unblinding:code_break", "unblinding:break"),
    *("unblinding:unblinding", "unblinding:tell", "unblinding:arm"),
    *(
        "api:participant",
        "api:days",
        "api:visits",
        "api:begin_visit",
        "api:open_form",
        "api:lock_participant",
    ),
    *(
        "api:consent",
        "api:consent_copy",
        "api:countersign",
        "api:withdraw",
        "api:go_on",
        "api:contact",
        "api:eligibility",
    ),
    *("api:eligibility_confirm", "api:randomization", "api:kit_contents", "api:code_break"),
    *("api:unblinding", "api:arm"),
)
TASK_ROUTES = (
    *("tasks:task", "tasks:begin", "tasks:autosave", "tasks:decline", "tasks:give_back", "tasks:release"),
    *("api:task", "api:task_begin", "api:task_answers", "api:task_complete", "api:task_decline"),
    *("api:task_back", "api:rating_release"),
)
PERSON_ROUTES = (
    *("person", "person_name", "person_role", "person_training", "person_delegation", "person_password"),
    *("person_code", "person_address", "person_close"),
    *("api:person", "api:person_name", "api:person_roles", "api:person_trainings"),
    *("api:person_delegations", "api:person_password", "api:person_code", "api:person_address"),
    "api:person_close",
)
NAMING: dict[str, Callable[[Places], list[Kwargs]]] = {
    **dict.fromkeys(FORM_ROUTES, lambda known: [{"code": one} for one in (*known.forms, NEVER)]),
    **dict.fromkeys(
        PARTICIPANT_ROUTES,
        lambda known: [{"name": one} for one in (*known.participants, "FRONTLINE-SEA-999")],
    ),
    **dict.fromkeys(PERSON_ROUTES, lambda known: [{"person": one} for one in known.persons[:3]]),
    "capture:history": lambda known: [
        {"code": code, "item": item, "row": 0} for code, item in (*known.items, (NEVER, "systolic"))
    ],
    "api:history": lambda known: [
        {"code": code, "item": item} for code, item in (*known.items, (NEVER, "systolic"))
    ],
    **dict.fromkeys(
        ("api:query", "api:answer_query", "api:close_query"),
        lambda known: [{"code": one} for one in (*known.queries, NEVER)],
    ),
    "api:note_alert": lambda known: [{"code": one} for one in (*known.alerts, NEVER)],
    "api:version": lambda _: [{"number": 1}, {"number": 9}],
    "review:query": lambda known: [{"code": one} for one in (*known.queries, NEVER)],
    "review:alert": lambda known: [{"code": one} for one in (*known.alerts, NEVER)],
    **dict.fromkeys(TASK_ROUTES, lambda known: [{"code": one} for one in (*known.tasks, NEVER)]),
    **dict.fromkeys(
        ("tasks:answer", "api:task_question"),
        lambda known: [{"code": one, "place": 1} for one in (*known.tasks, NEVER)],
    ),
    "account_enter": lambda _: [{"secret": NEVER}],
    "api:token_revoke": lambda _: [{"code": NEVER}],
    **dict.fromkeys(
        ("person_role_end", "person_delegation_end", "api:person_role_end", "api:person_delegation_end"),
        lambda known: [{"person": known.persons[0], "number": 1}],
    ),
    **dict.fromkeys(("people_log", "people_log_sheet", "api:delegation_log"), lambda _: [{"site": "SEA"}]),
    **dict.fromkeys(
        ("enrollment:applicant", "api:applicant"),
        lambda known: [{"name": one} for one in (*known.applicants, "A-NONE")],
    ),
    "enrollment:letter": lambda known: [{"name": one} for one in known.applicants],
    "api:letter": lambda known: [{"name": one, "letter": 1} for one in known.applicants],
    "api:letter_text": lambda _: [{"kind": "declined"}, {"kind": "none"}],
    **dict.fromkeys(
        ("enrollment:consent_form", "enrollment:consent_approve", "api:consent_form", "api:consent_approval"),
        lambda _: [{"site": "SEA", "number": 1, "language": "en"}],
    ),
    "enrollment:reading_page": lambda _: [{"number": 1}],
    "enrollment:question": lambda _: [{"number": 1}],
}
"""Route to the ids it is asked with."""


def code_now() -> str:
    """Return the second factor's code of everybody, now."""
    return format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))


def confirmed(_: Kwargs) -> list[Mapping[str, Any]]:
    """Return a password that is wrong, and password and code that are right."""
    return [{"password": "guessed", "code": "000000"}, {"password": PASSWORD, "code": code_now()}]


def answers(kwargs: Kwargs) -> list[Mapping[str, Any]]:
    """Return answers to the questions of forms: right, wrong, and of a form that asks something else."""
    return [
        {"a:lassitude:0": "4", "a:systolic:0": "999", "a:term:0": "Headache", "a:guess:0": "1"},
        {"a:systolic:0": "120", "s:systolic:0": "0", "reason": "Read again", "complete": "1"},
        {"a:hidden_one:0": "5", "a:open_one:0": "5", "s:open_one:0": "1", "reason": "Again"},
        {"reason": "Nothing changed", "complete": "1"},
    ]


def always(*sent: Mapping[str, Any]) -> Callable[[Kwargs], list[Mapping[str, Any]]]:
    """Return answers that are the same whatever is asked."""
    return lambda _: list(sent)


SENT: dict[str, Callable[[Kwargs], list[Mapping[str, Any]]]] = {
    "account_login": always({"login": "coordinator@example.org", "password": "guessed"}),
    "mfa_authenticate": always({"code": "000000"}),
    "account_reauthenticate": always({"password": "guessed"}),
    "mfa_reauthenticate": always({"code": "000000"}),
    "account_change_password": always({"oldpassword": "guessed", "password1": "x", "password2": "y"}),
    "account_address": always({"email": "new@example.org"}),
    "mfa_activate_totp": always({"code": "000000"}),
    "mfa_deactivate_totp": always({}),
    "mfa_generate_recovery_codes": always({}),
    "people_add": always({"name": "New", "email": "coordinator@example.org"}),
    "person_name": always({"name": "Other", "reason": "Married"}),
    "person_role": always({"role": "coordinator", "site": "NYC"}),
    "person_role_end": always({"reason": "Left"}),
    "person_training": always({"training": "gcp", "evidence": "Shelf 2", "completed_on": "2026-01-05"}),
    "person_delegation": always({"site": "SEA", "tasks": "consent", "from_on": "2026-11-23"}),
    "person_delegation_end": always({"reason": "Left", "on": "2026-11-23"}),
    "person_password": always({"reason": ""}),
    "person_code": always({"reason": ""}),
    "person_address": always({"email": "", "reason": ""}),
    "person_close": always({"reason": ""}),
    "review:query": always(
        {"text": " ", "answer": "1"}, {"text": "Because", "answer": "1"}, {"text": "Thank you", "close": "1"}
    ),
    "review:ask": always({"about": "systolic:0", "text": "Sure?"}, {"about": ":0", "text": "Whole?"}),
    "review:verify": always({}),
    "review:sign": confirmed,
    "review:lock": always({}),
    "review:unlock": always({"reason": " "}, {"reason": "Typing error"}),
    "review:lock_participant": always(
        {"locked": "1", "reason": " "}, {"locked": "1", "reason": "Done"}, {"locked": "0", "reason": "More"}
    ),
    "review:alert": always(
        {"status": "seen", "text": "On my way", "next": "/alerts/"}, {"status": "closed", "text": ""}
    ),
    "enrollment:apply": always({"page": "0", "go": "next"}, {"page": "1", "answer": "41"}),
    "enrollment:decide": always({"everybody": "1", "decision": "declined", "reason": "E7"}),
    "enrollment:letter": always({"letter": "1"}),
    "enrollment:consent_form_new": always({"site": "SEA", "language": "en", "text": "# Nothing"}),
    "enrollment:consent_approve": always({"approved_on": "2026-11-01", "effective_from": "2026-11-02"}),
    "enrollment:take": always({"site": "SEA", "language": "xx"}, {"site": "SEA", "language": "en"}),
    "enrollment:take_again": always({"signing": "none"}),
    "enrollment:give_up": always({"signing": "none"}),
    "enrollment:renew": always({"language": "en"}),
    "enrollment:countersign": confirmed,
    "enrollment:withdraw": always({"degree": "contacts", "on": "", "reason": ""}),
    "enrollment:excuse": always({"reason": "In a hurry"}),
    "enrollment:hand_visit": always({"visit": "D28", "repeat": "1"}),
    "enrollment:eligibility": always({"criterion": "E9", "holds": "no", "reason": "ECG read again"}),
    "enrollment:eligibility_confirm": confirmed,
    "enrollment:randomize": always({}, {"confirmed": "yes"}),
    "enrollment:device_back": always({"password": "guessed"}),
    "enrollment:device_leave": always({}),
    "enrollment:reading_page": always({"choice": "1"}),
    "enrollment:question": always({"answer": "1", "seen": "0"}),
    "enrollment:downtime_report": always({"code": "0000", "status": "opened"}),
    "enrollment:downtime_kit": always({"code": "0000", "kit": "100000", "used_on": "2026-11-20"}),
    "capture:anchor": always(
        {"anchor": "dose", "date": "2026-12-20", "reason": "Moved"},
        {"anchor": "open_dose", "date": "2026-12-24", "reason": ""},
    ),
    "capture:visit": always(
        {"visit": "W8", "repeat": "1", "status": "missed", "reason": "Snow"},
        {"visit": "OL_DOSE", "repeat": "1", "status": "declined", "reason": "No"},
        {"visit": "HID", "repeat": "1", "status": "held", "date": "2026-11-03"},
        {"visit": "D7", "repeat": "1", "status": "held", "date": "2026-11-03", "reason": "Late"},
    ),
    "capture:begin": always({"visit": "UNS"}, {"visit": "OL_DOSE"}, {"visit": "HID"}),
    "capture:open": always(
        {"form": "adverse_events", "visit": "log"},
        {"form": "madrs", "visit": "D7", "visit_repeat": "1"},
        {"form": "guess", "visit": "D28", "visit_repeat": "1"},
        {"form": "whole", "visit": "log"},
        {"form": "secret", "visit": "log"},
        {"form": "vitals", "visit": "OL_DOSE", "visit_repeat": "1"},
    ),
    "account_enter": always({}),
    "api:tokens": always({"name": "Guess", "password": "guessed", "days": "30"}, {"name": ""}),
    "api:token_revoke": always({}),
    # Back to English at the end, or every later page would be in Spanish.
    "language": always({"language": "es"}, {"language": "en"}),
    "tasks:assign": always(
        {"participant": "FRONTLINE-SEA-001", "visit": "D28", "form": "madrs", "rater": "p-rater", "due": "x"},
        {
            "participant": "FRONTLINE-SEA-002",
            "visit": "PREP1",
            "form": "madrs",
            "rater": "p-rater",
            "due": "2026-12-14T17:00",
        },
    ),
    "tasks:task": always({"a:lassitude:0": "3", "s:lassitude:0": "0", "reason": "Misheard"}),
    "tasks:begin": always({}),
    "tasks:autosave": always({"a:lassitude:0": "4", "s:lassitude:0": "0"}),
    "tasks:answer": always({"text": "It is so"}),
    "tasks:decline": always({"reason": "I know them"}),
    "tasks:give_back": always({"reason": "On leave"}),
    "tasks:release": always({"reason": "Given to another"}),
    # Whoever breaks a code is not blind any more: these attempts tell nothing.
    "unblinding:break": always({"reason": "", "password": "guessed", "code": "000000"}, {"reason": "x"}),
    "unblinding:tell": always({"event": "unblinding_day_28"}, {"event": "none", "confirmed": "yes"}),
    "unblinding:arm": always({}),
    "unblinding:envelope_report": always({"code": "0000", "reason": "x"}),
    "api:days": always(
        {"anchor": "dose", "date": "2026-12-20", "reason": "Moved"}, {"anchor": "open_dose", "date": None}
    ),
    "api:visits": always(
        {"visit": "OL_DOSE", "status": "declined", "reason": "No"},
        {"visit": "HID", "status": "held", "date": "2026-11-03"},
        {"visit": "D7", "status": "held", "date": "2026-11-03", "reason": "Late"},
    ),
    "api:begin_visit": always({"visit": "UNS"}, {"visit": "OL_DOSE"}, {"visit": "HID"}),
    "api:open_form": always(
        {"form": "adverse_events"},
        {"form": "guess", "visit": "D28"},
        {"form": "secret"},
        {"form": "vitals", "visit": "OL_DOSE"},
    ),
    "api:lock_participant": always({"locked": True, "reason": " "}, {"locked": False, "reason": "More"}),
    "api:answers": always(
        {"answers": [{"item": "lassitude", "text": "4"}, {"item": "guess", "text": "1"}]},
        {"answers": [{"item": "systolic", "text": "130", "seen": 1}], "reason": "Read again"},
        {
            "answers": [{"item": "hidden_one", "text": "5"}, {"item": "open_one", "text": "5"}],
            "reason": "Again",
        },
    ),
    "api:complete": always({"reason": "Nothing changed"}),
    "api:verify": always({}),
    "api:sign": confirmed,
    "api:lock": always({}),
    "api:unlock": always({"reason": " "}, {"reason": "Typing error"}),
    "api:ask": always({"item": "systolic", "text": "Sure?"}, {"text": "Whole?"}),
    "api:answer_query": always({"text": " "}, {"text": "Because"}),
    "api:close_query": always({"text": "Thank you"}),
    "api:note_alert": always({"status": "seen", "text": "On my way"}, {"status": "closed", "text": ""}),
    "api:datasets": always({}),
    "api:decide_applications": always({"applicants": ["A-NONE"], "decision": "declined", "reason": "E7"}),
    "api:letter": always({}),
    "api:consent_forms": always({"site": "SEA", "language": "en", "text": "# Nothing"}),
    "api:consent_approval": always({"approved_on": "2026-11-01", "effective_from": "2026-11-02"}),
    "api:countersign": confirmed,
    "api:withdraw": always({"degree": "contacts", "on": "2026-01-01", "reason": ""}),
    "api:go_on": always({"reason": "In a hurry"}),
    "api:eligibility": always({"criterion": "E9", "holds": "no", "reason": "ECG read again"}),
    "api:eligibility_confirm": confirmed,
    "api:randomization": always({}),
    "api:kit_contents": always({"password": "guessed", "code": "000000"}),
    "api:next_kits": always({"password": "guessed", "code": "000000"}),
    "api:downtime_report": always({"code": "0000", "status": "opened"}),
    "api:downtime_kit": always(
        {"participant": "FRONTLINE-SEA-001", "code": "0000", "kit": "100000", "used_on": "2026-11-20"}
    ),
    # Whoever breaks a code is not blind any more: these attempts tell nothing.
    "api:code_break": always({"reason": "x", "password": "guessed", "code": "000000"}),
    "api:unblinding": always({"event": "unblinding_day_28", "password": "guessed", "code": "000000"}),
    "api:arm": always({"password": "guessed", "code": "000000"}),
    "api:sealed_file_report": always({"code": "0000", "status": "lost", "reason": "x"}),
    "api:task_begin": always({}),
    "api:task_answers": always({"answers": [{"item": "lassitude", "text": "4"}], "reason": "Misheard"}),
    "api:task_complete": always({"reason": "Read again"}),
    "api:task_decline": always({}),
    "api:task_question": always({"text": "It is so"}),
    "api:task_back": always({"reason": "On leave"}),
    "api:ratings": always(
        {
            "participant": "FRONTLINE-SEA-002",
            "visit": "PREP1",
            "form": "madrs",
            "rater": "p-rater",
            "due_at": "2026-12-14T17:00",
        }
    ),
    "api:rating_release": always({"reason": "Given to another"}),
    "api:people": always({"name": "New", "email": "coordinator@example.org"}),
    "api:person_name": always({"name": "Other", "reason": "Married"}),
    "api:person_roles": always({"role": "coordinator", "site": "NYC"}),
    "api:person_role_end": always({"reason": "Left"}),
    "api:person_trainings": always({"training": "gcp", "evidence": "Shelf 2", "completed_on": "2026-01-05"}),
    "api:person_delegations": always({"site": "SEA", "tasks": "consent", "from_on": "2026-11-23"}),
    "api:person_delegation_end": always({"reason": "Left", "on": "2026-11-23"}),
    "api:person_password": always({"reason": "", "password": "guessed", "code": "000000"}),
    "api:person_code": always({"reason": "", "password": "guessed", "code": "000000"}),
    "api:person_address": always({"email": "", "reason": "x", "password": "guessed", "code": "000000"}),
    "api:person_close": always({"reason": "x", "password": "guessed", "code": "000000"}),
    "capture:form": answers,
    "capture:autosave": answers,
}
"""Route to what is sent there, each in turn."""

SIGN_OUT = "account_logout"
SECOND = timedelta(seconds=40)
"""Between two sendings: a code of the second factor works once, and for half a minute."""
ODD = (
    *("/nowhere/", "/forms/", "/forms/1/", "/static/", "/static/frame/", "/admin/", "/favicon.ico"),
    *("/audit/?before=2026-11-04T00:00:00.000000Z~2", "/audit/?subject=list-1", "/find/?q=guess"),
    *("/find/?q=madrs", "/audit/?subject=form-" + NEVER, "/queries/?before=" + NEVER, "/find/?q=zebra"),
    *("/participants/?find=001", "/queries/?closed=1", "/alerts/?closed=1", "/audit/?action=form.saved"),
    *("/api/v1/find?q=guess", "/api/v1/find?q=madrs", "/api/v1/queries?closed=true&limit=1"),
    *(
        "/api/v1/alerts?closed=true",
        "/api/v1/audit?subject=list-1",
        "/api/v1/audit?action=form.saved&limit=3",
    ),
    *("/api/v1/audit?subject=form-" + NEVER, "/api/v1/code-breaks/find?q=1", "/api/v1/exposures?find=001"),
    # The trail behind 2026-11-04T00:00:00.000000Z~2.
    "/api/v1/audit?after=MjAyNi0xMS0wNFQwMDowMDowMC4wMDAwMDBafjI",
)
"""Addresses beside those of the matrix."""
