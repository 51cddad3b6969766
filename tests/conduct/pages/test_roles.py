"""Who sees which page, and that a foreign id is as unknown as one that never was."""

import pytest
from tests.conduct.pages.conftest import HERE, World, text_of

EVERYBODY = "home"
NEVER = "a" * 13
"""A code that nothing has."""
PAGES = {
    "/": EVERYBODY,
    "/participants/": "coordinator investigator session_monitor data_manager monitor medical_monitor auditor",
    "/find/?q=zebra": "coordinator investigator session_monitor data_manager monitor medical_monitor auditor",
    "/participants/new/": "coordinator investigator",
    f"/participants/{HERE}/": "coordinator investigator session_monitor data_manager monitor medical_monitor auditor",
    "/queries/": "coordinator investigator session_monitor data_manager monitor medical_monitor auditor",
    "/alerts/": "coordinator investigator session_monitor medical_monitor",
    "/audit/": "investigator data_manager monitor auditor",
}
ROLES = [
    *("coordinator", "investigator", "session_monitor", "rater", "pharmacist", "data_manager", "monitor"),
    *(
        "medical_monitor",
        "statistician",
        "unblinded_statistician",
        "dsmb_member",
        "auditor",
        "system_administrator",
    ),
]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_pages_and_no_others(world: World, role: str) -> None:
    client = world.client(role)
    for path, allowed in PAGES.items():
        expected = 200 if allowed == EVERYBODY or role in allowed.split() else 403
        # A rater's first page is the list of tasks: how the trial goes is not theirs to know.
        answer = client.get(path, follow=role == "rater" and path == "/")
        assert answer.status_code == expected, path
        assert answer.headers["Cache-Control"] == "no-store"
        if expected == 403:
            assert HERE not in text_of(answer)


def test_nobody_signed_in_is_sent_to_sign_in(world: World) -> None:
    client = world.client("coordinator")
    client.logout()
    for path in PAGES:
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"].startswith("/sign-in/?next=")) == (302, True)


@pytest.mark.parametrize(
    ("foreign", "unknown"),
    [
        (f"/participants/{HERE}/", "/participants/FRONTLINE-SEA-999/"),
        ("/forms/{form}/", f"/forms/{NEVER}/"),
        ("/forms/{form}/history/suicidal_thoughts/0/", f"/forms/{NEVER}/history/suicidal_thoughts/0/"),
        ("/queries/{query}/", f"/queries/{NEVER}/"),
    ],
)
def test_a_foreign_page_is_as_unknown_as_one_that_never_was(world: World, foreign: str, unknown: str) -> None:
    codes = {"form": noted(world), "query": world.query}
    outsider = world.client("outsider")
    there, nowhere = (outsider.get(path.format(**codes)) for path in (foreign, unknown))
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert text_of(there) == text_of(nowhere)
    assert HERE not in text_of(there)
    assert world.client("data_manager").get(foreign.format(**codes)).status_code == 200


POSTS = {
    "/participants/{participant}/anchor/": {"anchor": "dose", "date": "2026-12-20", "reason": "moved"},
    "/participants/{participant}/visit/": {
        "visit": "SCR",
        "repeat": "1",
        "status": "held",
        "date": "2026-11-23",
    },
    "/participants/{participant}/visit/new/": {"visit": "SCR"},
    "/participants/{participant}/form/": {"form": "screening", "visit": "SCR", "visit_repeat": "1"},
    "/participants/{participant}/lock/": {"locked": "1", "reason": "done"},
    "/forms/{form}/": {"a:suicidal_thoughts:0": "2"},
    "/forms/{form}/save/": {"a:suicidal_thoughts:0": "2"},
    "/forms/{form}/query/": {"about": ":0", "text": "Why?"},
    "/forms/{form}/verify/": {},
    "/forms/{form}/lock/": {},
    "/forms/{form}/unlock/": {"reason": "again"},
    "/queries/{query}/": {"text": "Because", "answer": "1"},
    "/alerts/{alert}/": {"status": "seen", "text": ""},
}


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_sent_to_a_foreign_id(world: World, path: str) -> None:
    here = {"participant": HERE, "form": noted(world), "query": world.query, "alert": world.alert}
    nowhere = {"participant": "FRONTLINE-SEA-999", "form": NEVER, "query": NEVER, "alert": NEVER}
    somebody = world.people.add(
        "coordinator", "investigator", "monitor", "data_manager", name="Everything elsewhere", site="NYC"
    )
    client = world.client(somebody)
    answers = [client.post(path.format(**ids), POSTS[path]) for ids in (here, nowhere)]
    assert [one.status_code for one in answers] == [404, 404]
    assert text_of(answers[0]) == text_of(answers[1])


def noted(world: World) -> str:
    """Return the code of a form here that has an alert and a query."""
    form = world.opened("madrs", "PREP1")
    world.save(form, suicidal_thoughts="5")
    answer = world.post("monitor", f"/forms/{form}/query/", about="suicidal_thoughts:0", text="Is it so?")
    assert answer.status_code == 302
    return form


@pytest.mark.parametrize(
    "role", ["rater", "statistician", "unblinded_statistician", "pharmacist", "system_administrator"]
)
def test_roles_without_participants_send_nothing(world: World, role: str) -> None:
    form, client = noted(world), world.client(role)
    ids = {"participant": HERE, "form": form, "query": world.query, "alert": world.alert}
    for path, given in POSTS.items():
        assert client.post(path.format(**ids), given).status_code == 403, path


def test_who_may_see_but_not_do_is_refused(world: World) -> None:
    form = noted(world)
    for role, path in (
        ("auditor", f"/forms/{form}/save/"),
        ("coordinator", f"/forms/{form}/verify/"),
        ("monitor", f"/forms/{form}/lock/"),
        ("data_manager", f"/participants/{HERE}/visit/"),
        ("coordinator", f"/forms/{form}/query/"),
    ):
        assert world.client(role).post(path, {"text": "x"}).status_code == 403, (role, path)


def test_a_form_is_filled_by_its_fillers_only(world: World) -> None:
    form = world.opened("vitals", "DOSE", by="session_monitor")
    answer = world.client("facilitator").post(
        f"/forms/{form}/save/", {"a:systolic:0": "120"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 403
    assert answer.json() == {"problem": "Your role does not include this."}
    page = world.get("facilitator", f"/forms/{form}/")
    assert "This form is filled by: Session monitor, Coordinator." in page
    assert "data-autosave" not in page
    assert "<button data-save" not in page
