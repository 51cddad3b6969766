"""Keys are replaced with everything sealed anew, whole or not at all, whatever cuts it off; old ones open nothing."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import override_settings
from tests.conduct.conftest import PROTOCOL
from tests.conduct.people import SECRET, People

from equipoise.conduct.accounts import adapters
from equipoise.conduct.accounts import resealing as second_factors
from equipoise.conduct.allocator import sealing, verification
from equipoise.conduct.allocator import services as allocator
from equipoise.conduct.allocator.models import SealingKey, Slot
from equipoise.conduct.audit.models import Event
from equipoise.conduct.config import checks, settings
from equipoise.conduct.config.operations import rotating, verifying
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.identity import personal
from equipoise.conduct.identity.models.personal import Lookup
from equipoise.conduct.identity.reads import contacts as reads
from equipoise.conduct.identity.services import applicants, contacts
from equipoise.conduct.identity.services.applicants import Application
from equipoise.conduct.stores import keys
from equipoise.conduct.stores.names import ALIASES, STORES
from equipoise.conduct.studies import services as studies
from equipoise.errors import IntegrityError, RecordError

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
LATER = AT + timedelta(days=90)
OWNER = "FRONTLINE-SEA-001"


@pytest.fixture
def sealed(study: Path, tmp_path: Path, people: People) -> Iterator[Settings]:
    """A study with an arm, a person, a second factor and a session, and keys of its own."""
    found = settings.read(study)
    folder = tmp_path / "device" / "keys"
    shutil.copytree(found.keys, folder)
    own = replace(found, keys=folder)
    with override_settings(KEYS_FOLDER=str(folder)):
        text = PROTOCOL.read_text(encoding="utf-8")
        version = studies.add_version(text=text, name=PROTOCOL.name, at=AT, by="system")
        studies.set_up(simulated=True, at=AT, by="system")
        allocator.draw_list(version=version, at=AT, by="system", length=6)
        randomizing.publish_commitments(at=AT, by="system")
        contacts.keep_contact(owner=OWNER, name="Ada Doe", email="ada@example.org", at=AT, by="p-1")
        contacts.keep_contact(owner=OWNER, name="Ada Roe", email="ada@example.org", at=AT, by="p-1")
        given = Application(
            site="SEA",
            language="en",
            name="Bo Lind",
            email="bo@example.org",
            phone="",
            answers={},
            verdict="fit",
            unmet=(),
        )
        applicants.apply(given, at=AT, today=date(2026, 11, 23), keep_days=30)
        people.client("investigator")
        web = keys.read(folder, keys.WEB)
        for row in Authenticator.objects.all():
            # The people of tests have theirs from the process's own key.
            row.data = {"secret": adapters.close(SECRET, key=keys.second_factor(web))}
            row.save()
        yield own


def whole(study: Settings) -> None:
    """Everything that was sealed opens with the keys that are there now."""
    assert [one for one in verification.check() if one.severity == "error"] == []
    found = reads.contact(OWNER)
    assert found is not None
    assert (found.name, found.email) == ("Ada Roe", "ada@example.org")
    for kind, word in (("name", "doe"), ("name", "ROE"), ("email", "ada@example.org")):
        assert personal.find(kind, word) == {OWNER}  # type: ignore[arg-type]
    assert len(personal.find("name", "lind")) == 1
    web = keys.second_factor(keys.read(study.keys, keys.WEB))
    (row,) = Authenticator.objects.all()
    assert adapters.unclose(row.data["secret"], key=web) == SECRET


@pytest.mark.both_stores
def test_everything_opens_with_the_new_keys_and_nothing_with_the_old(sealed: Settings) -> None:
    before = {name: keys.read(sealed.keys, name) for name in keys.NAMES}
    codes, digests = keys.codes(sealed.keys), set(Lookup.objects.values_list("digest", flat=True))
    arms = list(Slot.objects.order_by("id").values_list("arm", flat=True))
    whole(sealed)
    assert Session.objects.count() == 1
    done = rotating.rotate(sealed, at=LATER)
    assert [(one.name, one.resumed) for one in done] == [(name, False) for name in keys.NAMES]
    whole(sealed)
    for name, kind in rotating.KINDS.items():
        assert keys.read(sealed.keys, name) != before[name]
        assert kind.opens(before[name]) is (name == "trial")
    assert keys.codes(sealed.keys) == codes
    assert not digests & set(Lookup.objects.values_list("digest", flat=True))
    assert Session.objects.count() == 0
    assert arms == list(Slot.objects.order_by("id").values_list("arm", flat=True))
    assert verifying.verify(sealed).problems == ()
    assert checks.problems(sealed) == []


@pytest.mark.both_stores
def test_each_key_leaves_an_event_that_names_both_by_their_marks(sealed: Settings) -> None:
    old = keys.fingerprint(keys.read(sealed.keys, "identity"))
    (one,) = rotating.rotate(sealed, names=["identity"], at=LATER)
    event = Event.objects.using("identity").latest("id")
    assert (event.action, event.subjects) == ("keys.rotated", "identity.key")
    assert event.reason == f"identity {old} -> {one.fingerprint}"
    assert Event.objects.using("allocation").filter(action="keys.rotated").count() == 0


def test_an_arm_drawn_after_is_sealed_with_a_key_that_the_old_one_never_knew(sealed: Settings) -> None:
    old = keys.read(sealed.keys, "allocation")
    before = sealing.Key(tuple(sealing.AESGCM(one) for one in sealing._drawn(old)))
    rotating.rotate(sealed, names=["allocation"], at=LATER)
    allocator.extend_list(length=8, at=LATER, by="system")
    assert SealingKey.objects.count() == 2
    assert verification.check() == []
    row = Slot.objects.select_related("list").order_by("id").last()
    assert row is not None
    with pytest.raises(IntegrityError):
        before.open(row.arm, place=sealing.place_of(row.list.canonical_sha256, row.stratum, row.position))


def test_a_list_drawn_before_arms_had_keys_of_their_own_still_opens(
    sealed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    SealingKey.objects.all().delete()
    with pytest.MonkeyPatch.context() as older:
        older.setattr("equipoise.conduct.allocator.services.listing.begin", lambda **_: None)
        allocator.draw_list(version=1, at=AT, by="system", length=7)
    assert not any("list 2" in one.path for one in verification.check())
    rotating.rotate(sealed, names=["allocation"], at=LATER)
    assert SealingKey.objects.count() == 2
    assert not any("list 2" in one.path for one in verification.check())


class Killed(BaseException):
    """What a process that is killed never catches."""


def kill_at(patch: pytest.MonkeyPatch, module: ModuleType, name: str, *, after: bool = False) -> None:
    """Let one function be where the process is killed: before it, or after it is done."""
    real: Callable[..., object] = getattr(module, name)

    def killed(*words: object, **named: object) -> None:
        if after:
            real(*words, **named)
        raise Killed

    patch.setattr(module, name, killed)


GAPS = {
    "before anything": (rotating.keys, "prepare", False),
    "after the key was written down": (rotating.keys, "prepare", True),
    "inside the transaction": (rotating, "reseal", True),
    "after the transaction": (rotating, "_reseal", True),
    "before one key was kept": (rotating.keys, "_write", False),
    "after one key was kept": (rotating.keys, "_write", True),
    "after everything": (rotating.keys, "replace", True),
}


def cut_off(patch: pytest.MonkeyPatch, study: Settings, name: str, gap: str) -> None:
    """Let the process be killed in a gap."""
    module, function, after = GAPS[gap]
    kind = rotating.KINDS[name]
    if function == "_write":
        # The first key that is written from then on is one that is kept.
        keys.prepare(study.keys, name)
    if function != "reseal":
        kill_at(patch, module, function, after=after)
        return

    def killed(**named: bytes) -> None:
        kind.reseal(**named)
        raise Killed

    patch.setitem(rotating.KINDS, name, replace(kind, reseal=killed))


@pytest.mark.both_stores
@pytest.mark.parametrize("gap", GAPS)
def test_cut_off_anywhere_it_is_finished_by_the_same_command(sealed: Settings, gap: str) -> None:
    finishes(sealed, "identity", gap)


@pytest.mark.parametrize("gap", ["inside the transaction", "after the transaction", "after one key was kept"])
@pytest.mark.parametrize("name", ["web", "trial", "allocation"])
def test_each_key_is_finished(sealed: Settings, name: str, gap: str) -> None:
    finishes(sealed, name, gap)


def finishes(sealed: Settings, name: str, gap: str) -> None:
    """Cut replacing a key off, see that it is said, and finish it."""
    with pytest.MonkeyPatch.context() as patch:
        cut_off(patch, sealed, name, gap)
        with pytest.raises(Killed):
            rotating.rotate(sealed, names=[name], at=LATER)
    half = keys.is_waiting(sealed.keys, name)
    said = "\n".join(str(one) for one in checks.problems(sealed))
    assert (f"replacing {name}.key was cut off (call `equipoise keys rotate` again)" in said) is half
    rotating.rotate(sealed, names=[name], at=LATER)
    assert not keys.is_waiting(sealed.keys, name)
    whole(sealed)
    assert checks.problems(sealed) == []
    assert verifying.verify(sealed).problems == ()


def test_while_the_study_is_served_no_key_is_replaced(sealed: Settings) -> None:
    with (sealed.home / rotating.LOCK).open("a") as serving:
        fcntl.flock(serving, fcntl.LOCK_EX)
        with pytest.raises(RecordError, match="stop `equipoise serve` first"):
            rotating.rotate(sealed, at=LATER)
    assert rotating.rotate(sealed, names=["trial"], at=LATER)


def test_a_key_that_is_not_the_stores_own_replaces_nothing(sealed: Settings) -> None:
    (sealed.keys / "identity.key").write_text(keys.read(sealed.keys, "web").hex())
    before = set(Lookup.objects.values_list("digest", flat=True))
    with pytest.raises(IntegrityError):
        rotating.rotate(sealed, names=["identity"], at=LATER)
    assert set(Lookup.objects.values_list("digest", flat=True)) == before


def test_the_key_of_codes_that_was_lost_is_missed(sealed: Settings) -> None:
    rotating.rotate(sealed, names=["web"], at=LATER)
    (sealed.keys / "codes.key").unlink()
    assert any("codes.key is missing" in str(one) for one in checks.problems(sealed))


def test_what_a_restored_backup_holds_sealed_with_former_keys_is_sealed_with_the_present_ones(
    sealed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotating.rotate(sealed, names=["web", "allocation", "identity"], at=LATER)
    for name in ("web", "allocation", "identity"):
        # The stores stay as they are, as a restored backup is; the keys move on.
        keys.prepare(sealed.keys, name)
        keys.replace(sealed.keys, name)
    assert not any(
        kind.opens(keys.read(sealed.keys, name)) for name, kind in rotating.KINDS.items() if name != "trial"
    )
    assert rotating.catch_up(sealed, at=LATER) == ("web", "allocation", "identity")
    whole(sealed)
    assert rotating.catch_up(sealed, at=LATER) == ()
    events = [Event.objects.using(ALIASES[store]).latest("id").reason for store in STORES]
    assert all(reason.endswith(", after a restore") for reason in events)
    assert second_factors.opens(keys.read(sealed.keys, "web"))
