"""Asking is no way to learn who has an account, who applied, or which ids there are: answers and work are alike."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conduct.pages.conftest import HERE, World, text_of

from equipoise.conduct.accounts import entry_links
from equipoise.conduct.stores import envelopes
from equipoise.conduct.tasks.models import Task

PASSWORD = "an old oak on a hill"  # noqa: S105 - a test's
ENOUGH_BITS = 60
"""Of a name that must not be found by trying, with waits between tries."""


@dataclass
class Work:
    """What an answer cost: digests of passwords, and statements to the store."""

    digests: list[str] = field(default_factory=list)

    def of(self, act: Any) -> tuple[Any, int, int]:
        self.digests.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = act()
        return answer, len(self.digests), len(asked)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    found = Work()
    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)

        def counted(self: Any, *args: Any, real: Any = real, **kwargs: Any) -> Any:
            found.digests.append("digest")
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Argon2PasswordHasher, name, counted)
    return found


def test_signing_in_costs_the_same_whoever_is_tried(world: World, work: Work) -> None:
    """Known, unknown, closed, never signed in: one digest each, the same page, as many statements but for one or two."""
    known, closed = world.people.coordinator, world.people.auditor
    for one in (known, closed):
        account = one.account
        account.set_password(PASSWORD)
        account.is_active = one is known
        account.save()
    tried = {
        "known": known.email,
        "unknown": "nobody@example.org",
        "closed": closed.email,
        "without a password": world.people.statistician.email,
    }
    told, digests, statements = {}, {}, {}
    for what, email in tried.items():
        client = Client()
        client.get("/sign-in/")
        sent = {"login": email, "password": "guessed"}
        answer, digests[what], statements[what] = work.of(
            lambda client=client, sent=sent: client.post("/sign-in/", sent)
        )
        told[what] = (answer.status_code, text_of(answer).replace(email, "_"))
    assert len(set(told.values())) == 1
    assert set(digests.values()) == {1}, digests
    assert max(statements.values()) - min(statements.values()) <= 2, statements


def test_there_is_no_page_that_resets_a_password_for_whoever_asks(world: World) -> None:
    client = Client()
    for path in ("password/reset/", "accounts/password/reset/", "sign-in/reset/", "account/password/reset/"):
        assert client.get(f"/{path}").status_code == 404
    assert client.get("/sign-up/").status_code == 404


def test_links_that_were_never_made_cost_and_say_the_same(world: World, work: Work) -> None:
    answers = [
        work.of(lambda one=one: Client().get(f"/sign-in/once/{one}/")) for one in ("a" * 48, "0" * 48, "x")
    ]
    assert {(answer.status_code, text_of(answer), done) for answer, done, _ in answers} == {
        (404, text_of(answers[0][0]), 0)
    }


def test_ids_that_lead_somewhere_are_too_many_to_try(world: World) -> None:
    """A form's code, a task's, a link's secret, an envelope's words: drawn or made with a key, and long."""
    form = world.opened("madrs", "PREP1")
    assert len(set(form)) > 4
    assert 5 * len(form) >= ENOUGH_BITS
    assert 5 * (Task._meta.get_field("code").max_length or 0) >= ENOUGH_BITS
    assert 8 * entry_links.TOKEN_BYTES >= 128
    assert 8 * envelopes.WORD_BYTES >= 120
    assert len({envelopes.new_words() for _ in range(50)}) == 50


def same(text: str) -> str:
    """Return a page without what was asked in its address, and without the word drawn for each application."""
    return re.sub(r'(\?.*?"|name="once" value="[0-9a-f]+")', '"', text)


def test_no_public_page_knows_whether_somebody_takes_part_or_applied(world: World) -> None:
    client = Client()
    for path in ("/help-now/", "/sign-in/", "/apply/"):
        plain = same(text_of(client.get(path)))
        for asked in (HERE, "A-0001", world.people.coordinator.email):
            shown = text_of(client.get(path, {"name": asked, "number": asked, "email": asked, "q": asked}))
            assert same(shown) == plain, (path, asked)
