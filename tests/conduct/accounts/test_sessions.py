"""Sessions: whoever reads the store cannot enter one."""

from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from tests.conduct.people import People

from equipoise.conduct.accounts.sessions import SessionStore, kept


def test_no_key_of_a_session_lies_in_the_store(study: object, people: People) -> None:
    client = people.client("coordinator")
    key = client.cookies["sessionid"].value
    rows = list(Session.objects.values_list("session_key", "session_data"))
    assert rows
    assert not [row for row in rows if key in str(row)]
    assert kept(key) in dict(rows)


def test_what_lies_in_the_store_enters_nothing(study: object, people: People) -> None:
    people.client("coordinator")
    thief = Client()
    thief.cookies["sessionid"] = Session.objects.get().session_key
    assert thief.get("/").status_code == 302


def test_a_key_of_ones_own_choosing_begins_no_session(study: object, people: People) -> None:
    """Who plants a key in somebody's browser knows no session of theirs afterwards."""
    client = Client()
    client.cookies["sessionid"] = planted = "a" * 32
    client.get("/sign-in/")
    assert client.cookies["sessionid"].value in ("", planted)
    assert not Session.objects.filter(session_key__in=(planted, kept(planted))).exists()


def test_a_session_is_kept_renewed_and_ended(study: object) -> None:
    assert import_module(settings.SESSION_ENGINE).SessionStore is SessionStore
    one = SessionStore()
    one["what"] = "kept"
    one.save()
    first = one.session_key
    assert SessionStore(first)["what"] == "kept"
    one.cycle_key()
    assert one.session_key != first
    assert "what" not in SessionStore(first)
    assert SessionStore(one.session_key)["what"] == "kept"
    assert one.exists(one.session_key)
    one.delete()
    assert not Session.objects.exists()
