"""Text that would be a command elsewhere: to a database, a template, a spreadsheet, a shell or a file system.

Everywhere it is text: stored as typed, shown as typed, found as typed, and no more is found than was asked for.
"""

import re
from typing import Any

import pytest
from django.test import Client
from tests.conduct.attack.addresses import ROWS, address
from tests.conduct.pages.conftest import World, text_of, words_of

from equipoise.conduct.accounts.routes import PUBLIC
from equipoise.conduct.audit import chains
from equipoise.conduct.capture.models import Query

SQL = (
    *(
        "' OR '1'='1",
        "x' OR 1=1 --",
        "') OR ('1'='1",
        "1; DROP TABLE event; --",
        "' UNION SELECT key FROM x --",
    ),
    *('" OR ""="', "%", "_", "\\' OR 1=1 --", "$$", "'||(SELECT pg_sleep(9))||'"),
)
TEMPLATE = (
    "{{ 7191*7 }}",
    "{% debug %}",
    "${7191*7}",
    "#{7191*7}",
    "<%= 7191*7 %>",
    "%(password)s {0.__class__}",
)
EVALUATED = str(7191 * 7)
PATHS = (
    *("../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "....//....//etc/passwd", "/etc/passwd"),
    *(
        "..\\..\\settings.toml",
        "%2e%2e/%2e%2e/settings.toml",
        "settings.toml",
        "stores/trial.sqlite3",
        "C:\\x",
    ),
)
SECRETS = ("root:", "[allocation]", "trial_database", "SQLite format 3", "SECRET_KEY")
ASKED = (
    *(
        "find",
        "q",
        "before",
        "closed",
        "person",
        "subject",
        "action",
        "from_day",
        "to_day",
        "visit",
        "repeat",
    ),
    *("state", "verdict", "criterion", "page", "site", "sort", "order", "limit", "after", "count", "stratum"),
)
LISTS = (
    *(
        ("coordinator", "/participants/", "find"),
        ("coordinator", "/find/", "q"),
        ("monitor", "/queries/", "find"),
    ),
    *(
        ("data_manager", "/audit/", "subject"),
        ("data_manager", "/audit/", "person"),
        ("monitor", "/people/", "find"),
    ),
    *(("investigator", "/applicants/", "find"), ("investigator", "/code-break/", "q")),
)
NOTHING = "no-such-thing"
ID = re.compile(r"FRONTLINE-[A-Z]+-\d+|/people/p-[a-z-]+/")
AT_ONCE = (
    f"{SQL[0]} {TEMPLATE[0]} {TEMPLATE[1]} {PATHS[0]}",
    f"{SQL[3]} {' '.join(TEMPLATE[2:])} {PATHS[7]}",
)


def found(answer: Any) -> tuple[set[str], int]:
    """Return the ids on a page, and how many rows its tables have."""
    page = text_of(answer)
    return set(ID.findall(page)), page.count("<tr")


@pytest.mark.both_stores
def test_a_command_to_the_database_finds_no_more_than_its_letters_do(world: World) -> None:
    form = world.opened("madrs", "PREP1")
    world.save(form, suicidal_thoughts="5")
    world.post("monitor", f"/forms/{form}/query/", about="suicidal_thoughts:0", text="Is it so?")
    some = 0
    for who, path, field in LISTS:
        client = world.client(who)
        some += found(client.get(path)) != (nothing := found(client.get(path, {field: NOTHING})))
        for attack in SQL:
            answer = client.get(path, {field: attack})
            assert (answer.status_code, found(answer)) == (200, nothing), (path, attack)
    assert some > 3


def test_every_question_of_every_page_takes_them_as_text(world: World) -> None:
    """Each page is asked with all its parameters at once, as each of the people who may ask it."""
    tried = 0
    for attack in AT_ONCE:
        for row in ROWS:
            if row.method != "GET":
                continue
            role = next((one for one in ("coordinator", "data_manager", *row.roles) if one in row.roles), "")
            client = Client() if row.action == PUBLIC else world.client(role)
            client.raise_request_exception = False
            answer = client.get(address(row), dict.fromkeys(ASKED, attack))
            assert answer.status_code < 500, (row.pattern, attack)
            assert EVALUATED not in answer.content.decode(errors="replace"), (row.pattern, attack)
            tried += 1
    assert tried > 100


@pytest.mark.both_stores
def test_what_is_typed_is_stored_and_shown_as_typed(world: World) -> None:
    for attack in (*SQL, *TEMPLATE, *PATHS):
        form = world.opened("adverse_events")
        there = f"/forms/{form}/"
        answer = world.client("coordinator").post(there, {"a:term:0": attack, "s:term:0": "0"})
        assert answer.status_code < 400, attack
        assert attack in [line.answer for line in world.page(form).items]
        world.post("monitor", f"/forms/{form}/query/", about="term:0", text=attack)
        asked = Query.objects.get(form__code=form).code
        world.post("coordinator", f"/queries/{asked}/", text=attack, answer="1")
        for page in (there, f"/queries/{asked}/", f"/forms/{form}/history/term/0/"):
            shown = world.get("coordinator", page)
            assert attack.casefold() in words_of(shown).casefold(), (page, attack)
            assert EVALUATED not in shown
    assert chains.check("trial", anchors=[]).problems == ()


@pytest.mark.parametrize("attack", PATHS)
def test_no_id_names_a_file(world: World, attack: str) -> None:
    clients = {role: world.client(role) for role in ("coordinator", "data_manager", "pharmacist")}
    for row in ROWS:
        if "<str" not in row.pattern or row.method != "GET":
            continue
        role = next((one for one in clients if one in row.roles), "")
        client = clients.get(role, Client())
        client.raise_request_exception = False
        names = dict.fromkeys(("name", "code", "person", "site", "language", "secret", "item"), attack)
        answer = client.get(address(row, names))
        assert answer.status_code in (302, 400, 401, 403, 404), (row.pattern, answer.status_code)
        assert not any(secret in text_of(answer) for secret in SECRETS)


@pytest.mark.parametrize("attack", PATHS)
def test_no_static_address_leaves_its_folder(world: World, attack: str) -> None:
    for before in ("/static/", "/static/frame/", "/static//", "/static/frame/..;/"):
        answer = Client().get(before + attack)
        assert answer.status_code in (302, 404), (before, attack)
        assert not any(secret in text_of(answer) for secret in SECRETS)
