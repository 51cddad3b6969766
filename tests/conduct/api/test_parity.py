"""Whatever a page does a program can do: each page's route beside the operation that does the same.

A route of pages that stands in neither table fails, and so does an operation that no page does. What the two ask
permission for is the same action.
"""

from tests.conduct.attack.addresses import ROWS, api

from equipoise.conduct.accounts.routes import OWN, PUBLIC

SHOWN = {
    "people": "people",
    "people_log": "delegation_log",
    "people_log_sheet": "delegation_log",
    "person": "person",
    "review:queries": "queries",
    "review:query": "query",
    "review:trail": "audit",
    "enrollment:applicants": "applicants applicant_counts",
    "enrollment:applicant": "applicant letter_text",
    "enrollment:consent_forms": "consent_forms",
    "enrollment:consent_form": "consent_form",
    "enrollment:consent": "consent",
    "enrollment:consent_copy": "consent_copy",
    "enrollment:contact": "contact",
    "enrollment:eligibility": "eligibility",
    "enrollment:randomization": "randomization",
    "enrollment:kits": "kits",
    "enrollment:downtime": "downtime_lists",
    "tasks:mine": "tasks",
    "tasks:task": "task",
    "tasks:ratings": "ratings",
    "unblinding:find": "code_break_find code_breaks",
    "unblinding:unblinding": "unblinding",
    "unblinding:exposures": "exposures",
    "unblinding:envelopes": "sealed_files",
    "capture:home": "today recruitment",
    "capture:find": "find",
    "capture:alerts": "alerts",
    "capture:participants": "participants",
    "capture:participant": "participant",
    "capture:form": "form",
    "capture:history": "history",
}
"""Page that shows something to the operations that give the same."""
DONE = {
    "people_add": "people",
    "person_name": "person_name",
    "person_role": "person_roles",
    "person_role_end": "person_role_end",
    "person_training": "person_trainings",
    "person_delegation": "person_delegations",
    "person_delegation_end": "person_delegation_end",
    "person_password": "person_password",
    "person_code": "person_code",
    "person_address": "person_address",
    "person_close": "person_close",
    "review:query": "answer_query close_query",
    "review:ask": "ask",
    "review:verify": "verify",
    "review:sign": "sign",
    "review:lock": "lock",
    "review:unlock": "unlock",
    "review:lock_participant": "lock_participant",
    "review:alert": "note_alert",
    "enrollment:decide": "decide_applications",
    "enrollment:letter": "letter",
    "enrollment:consent_form_new": "consent_forms",
    "enrollment:consent_approve": "consent_approval",
    "enrollment:countersign": "countersign",
    "enrollment:withdraw": "withdraw",
    "enrollment:excuse": "go_on",
    "enrollment:eligibility": "eligibility",
    "enrollment:eligibility_confirm": "eligibility_confirm",
    "enrollment:randomize": "randomization",
    "enrollment:downtime_report": "downtime_report",
    "enrollment:downtime_kit": "downtime_kit",
    "tasks:task": "task_answers task_complete",
    "tasks:begin": "task_begin",
    "tasks:autosave": "task_answers",
    "tasks:decline": "task_decline",
    "tasks:answer": "task_question",
    "tasks:give_back": "task_back",
    "tasks:assign": "ratings",
    "tasks:release": "rating_release",
    "unblinding:break": "code_break",
    "unblinding:envelope_report": "sealed_file_report",
    "unblinding:tell": "unblinding",
    "unblinding:arm": "arm",
    "capture:anchor": "days",
    "capture:visit": "visits",
    "capture:begin": "begin_visit",
    "capture:open": "open_form",
    "capture:form": "answers complete",
    "capture:autosave": "answers",
}
"""Page that changes something to the operations that do the same."""
WRITTEN_FIRST = {"enrollment:kit": "kit_contents", "enrollment:prepare": "next_kits"}
"""Page whose telling is written down before it is shown, to the operation, which is sent for that reason."""
APART = {
    "an empty form, whose sending has an operation": (
        *("people_add", "review:sign", "enrollment:consent_form_new", "enrollment:countersign"),
        *("enrollment:eligibility_confirm", "unblinding:code_break"),
    ),
    "signing in, out and up: a program shows a token": (
        *("account_login", "mfa_authenticate", "account_enter", "account_logout", "account_signup"),
        *("account_reauthenticate", "mfa_reauthenticate"),
    ),
    "one's own password, address, second factor and tokens: whoever found a token must not keep the account": (
        *("account_change_password", "account_address", "mfa_index", "mfa_activate_totp"),
        *("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
        *("api:tokens", "api:token_revoke"),
    ),
    "applications come in by the public page": ("enrollment:apply",),
    "participants consent and answer in person, on the clinic's device": (
        *("enrollment:take", "enrollment:take_again", "enrollment:give_up", "enrollment:renew"),
        *("enrollment:hand_visit", "enrollment:device", "enrollment:device_later", "enrollment:device_back"),
        *("enrollment:device_leave", "enrollment:device_ended", "enrollment:reading"),
        *("enrollment:reading_page", "enrollment:questions", "enrollment:question"),
    ),
    "nothing of a study": ("health", "language", "enrollment:help"),
}
"""Why there is no operation, to the pages."""
BESIDE = {
    "whose token it is, and what may be asked": ("me", "document"),
    "which study, sites and protocol, which pages name in passing": ("study", "sites", "versions", "version"),
    "what the command `equipoise export` does": ("datasets",),
}
"""Why there is an operation without a page, to the operations."""
PAGES = {(row.method, row.route): row for row in ROWS if not api(row)}
OPERATIONS = {(row.method, row.route.removeprefix("api:")): row for row in ROWS if api(row)}


def pairs() -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Return page and operation, each with its method."""
    kinds = (("GET", "GET", SHOWN), ("POST", "POST", DONE), ("GET", "POST", WRITTEN_FIRST))
    return [
        ((of_page, page), (of_operation, one))
        for of_page, of_operation, table in kinds
        for page, named in table.items()
        for one in named.split()
    ]


def without_operation(pages: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the routes of pages that nothing here says anything of."""
    apart = {page for those in APART.values() for page in those}
    return {one for one in pages - {page for page, _ in pairs()} if one[1] not in apart}


def test_every_page_has_an_operation_or_a_reason() -> None:
    assert without_operation(set(PAGES)) == set()


def test_a_page_that_is_new_is_found() -> None:
    new = {("POST", "review:burn"), ("POST", "people"), ("GET", "capture:burnt")}
    assert without_operation({*PAGES, *new}) == new


def test_no_table_names_what_is_not_there() -> None:
    assert {page for page, _ in pairs()} - set(PAGES) == set()
    assert {one for _, one in pairs()} - set(OPERATIONS) == set()
    apart = [page for those in APART.values() for page in those]
    assert set(apart) - {route for _, route in PAGES} == set()
    assert len(apart) == len(set(apart))


def test_every_operation_does_what_a_page_does_or_has_a_reason() -> None:
    beside = {one for those in BESIDE.values() for one in those}
    done = {one for _, one in pairs()}
    assert {name for method, name in OPERATIONS if (method, name) not in done} == beside


def test_page_and_operation_ask_permission_for_the_same() -> None:
    apart = {page[1]: one[1] for page, one in pairs() if PAGES[page].action != OPERATIONS[one].action}
    # One address takes answers and closings, from whoever sees queries; the service asks what each needs.
    # Letters are read where one is to be written, by who decides.
    assert apart == {"review:query": "close_query", "enrollment:applicant": "letter_text"}


def test_what_has_no_operation_is_nobodys_work_with_the_study() -> None:
    """No reason covers a page of the staff's own work: those are public, one's own, or in a participant's hands."""
    forms = {page for reason, those in APART.items() if reason.startswith("an empty form") for page in those}
    alone = {page for those in APART.values() for page in those} - forms
    actions = {row.action for (_, route), row in PAGES.items() if route in alone}
    assert actions == {PUBLIC, OWN, "consent.take", "device.hand_over"}
    for form in forms:
        assert ("POST", form) in PAGES or form == "unblinding:code_break"
