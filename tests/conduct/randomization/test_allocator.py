"""The allocation store by itself: lists, places, and what is written before an arm is shown."""

import json
import shutil
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections
from tests.conduct.randomization.conftest import ARMS, AT, MINIMIZED, SHORT, Trial, begin, protocol_text

from equipoise.allocation import verify as verify_commitment
from equipoise.conduct.allocator import lists, reads, services, verification
from equipoise.conduct.allocator.models import (
    AllocationList,
    ArmRead,
    Draw,
    Revelation,
    Slot,
    Unblinding,
)
from equipoise.conduct.allocator.sealing import ARM_BYTES, key, place_of
from equipoise.conduct.audit import chains
from equipoise.conduct.audit.models import Event
from equipoise.conduct.stores import triggers
from equipoise.errors import IntegrityError, ProtocolError, RecordError

HERE = {"prior_use": "never", "site": "site_01"}
STRATUM = "prior_use=never;site=site_01"


def assign(name: str, levels: dict[str, str] | None = None, **paper: str) -> reads.Assigned:
    return services.assign(
        participant=name, levels=levels or HERE, request=f"hash of {name}", at=AT, by="cora", **paper
    )


def arms() -> dict[str, str]:
    """Return kit to arm, opened with the key: what only a test may do."""
    row = AllocationList.objects.order_by("number").first()
    return {
        slot.kit: key().open(slot.arm, place=place_of(row.canonical_sha256, slot.stratum, slot.position))
        for slot in Slot.objects.all()
    }


@pytest.mark.both_stores
def test_a_list_is_drawn_sealed_and_committed_to(trial: Trial) -> None:
    drawn = reads.current()
    assert drawn is not None
    assert drawn.length == 6
    assert drawn.strata == tuple(
        f"prior_use={a};site=site_{n:02d}" for a in ("never", "ever") for n in range(1, 13)
    )
    assert Slot.objects.count() == 24 * 6
    assert set(arms().values()) == set(ARMS)
    assert verification.check() == []
    assert chains.check("allocation", anchors=[]).problems == ()


def test_nothing_in_the_store_s_rows_tells_one_arm_from_another(trial: Trial) -> None:
    slots = list(Slot.objects.all())
    assert len({len(slot.arm) for slot in slots}) == 1
    assert len({slot.arm for slot in slots}) == len(slots)
    data = (trial.home / "stores" / "allocation.sqlite3").read_bytes()
    # The other ids are so short that sealed bytes hold them by chance.
    assert b"middle" not in data


def test_a_list_is_not_drawn_anew_once_somebody_is_assigned(trial: Trial) -> None:
    second = services.draw_list(version=1, at=AT, by="system")
    assert (second.number, second.series) == (2, 2)
    assign("one")
    with pytest.raises(RecordError, match="participants are assigned already"):
        services.draw_list(version=1, at=AT, by="system")


@pytest.mark.both_stores
def test_places_are_given_in_order_and_once(trial: Trial) -> None:
    order = list(Slot.objects.filter(stratum=STRATUM).order_by("position").values_list("kit", flat=True))
    given = [assign(f"p{n}") for n in range(3)]
    assert [one.kit for one in given] == order[:3]
    assert assign("p1") == given[1]
    assert reads.count() == 3
    event = Event.objects.using("allocation").get(hash=given[2].event_hash)
    assert (event.action, event.subjects) == ("slot.assigned", "p2")


def test_a_rolled_back_place_is_the_next_one_given(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    first = assign("p0")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("equipoise.conduct.audit.services.linking.link", fail)
        with pytest.raises(RuntimeError, match="killed"):
            assign("p1")
    assert assign("p2").position == first.position + 1


def test_the_place_of_another_request_is_refused(trial: Trial) -> None:
    assign("p0")
    with pytest.raises(IntegrityError, match="another request"):
        services.assign(participant="p0", levels=HERE, request="other", at=AT, by="cora")


def test_an_exhausted_stratum_and_an_unknown_one_say_what_to_do(trial: Trial) -> None:
    for n in range(6):
        assign(f"p{n}")
    with pytest.raises(RecordError, match=r"all 6 places of stratum .* are taken.*allocation extend"):
        assign("p6")
    assert services.placeable(levels=HERE)[0].path == "list"
    with pytest.raises(RecordError, match="'sometimes' is not a level"):
        assign("p7", {"prior_use": "sometimes", "site": "site_01"})
    assert assign("p6", {**HERE, "site": "site_02"}).position == 1


@pytest.mark.both_stores
def test_a_list_is_drawn_on_from_the_same_seed(trial: Trial) -> None:
    before = list(Slot.objects.order_by("id").values_list("stratum", "position", "kit"))
    assign("p0")
    longer = services.extend_list(length=9, at=AT, by="system")
    assert (longer.number, longer.series, longer.length) == (2, 1, 9)
    assert (
        list(Slot.objects.order_by("id").values_list("stratum", "position", "kit"))[: len(before)] == before
    )
    assert Slot.objects.count() == 24 * 9
    assert reads.room(STRATUM) == 8
    assert verification.check() == []
    assert assign("p1").position == 2
    with pytest.raises(RecordError, match="it has 9 places"):
        services.extend_list(length=9, at=AT, by="system")


def test_assigning_from_a_list_needs_no_key_and_showing_an_arm_does(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "KEYS_FOLDER", str(trial.home / "nowhere"))
    given = assign("p0")
    with pytest.raises(IntegrityError, match=r"no allocation.key"):
        services.release(participant="p0", to="phil", role="pharmacist", cause="dispensing", at=AT)
    assert ArmRead.objects.count() == 0
    assert given.kit
    assert [one.severity for one in verification.check()] == ["warning"]


def test_another_key_opens_nothing_and_says_so(
    trial: Trial, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "keys"
    shutil.copytree(settings.KEYS_FOLDER, other)
    (other / "allocation.key").write_text("ab" * 32)
    assign("p0")
    monkeypatch.setattr(settings, "KEYS_FOLDER", str(other))
    with pytest.raises(IntegrityError, match="sealed under another allocation key") as caught:
        services.release(participant="p0", to="phil", role="pharmacist", cause="dispensing", at=AT)
    assert not any(arm in str(caught.value) for arm in ARMS)
    # Nothing could be shown, so no reading was written down.
    assert ArmRead.objects.count() == 0
    assert "sealed under another allocation key" in str(verification.check())


def test_what_is_shown_is_written_down_first(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    kit = assign("p0").kit
    arm = services.release(participant="p0", to="phil", role="pharmacist", cause="dispensing", at=AT)
    assert (arm.kit, arm.arm) == (kit, arms()[kit])
    assert arm.intervention in ("psi25", "psi10", "psi1")
    assert arm.arm not in repr(arm)
    services.release(participant="p0", to="phil", role="pharmacist", cause="dispensing", at=AT)
    assert ArmRead.objects.count() == 1
    assert reads.exposed("phil", "p0")
    assert not reads.exposed("rita", "p0")
    assert [one.cause for one in reads.exposures(participant="p0")] == ["dispensing"]

    def opened(*_: object) -> None:
        raise AssertionError("nothing may be opened before the reading is written")

    # Planted fault: an arm that is opened although its reading could not be written.
    monkeypatch.setattr(services.releasing, "_open", opened)
    monkeypatch.setattr("equipoise.conduct.audit.services.linking.link", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.release(participant="p0", to="other", role="pharmacist", cause="dispensing", at=AT)


def test_each_code_break_leaves_its_own_rows_and_a_reason(trial: Trial) -> None:
    assign("p0")
    asked = {"participant": "p0", "to": "dora", "role": "on_call_physician", "cause": "code_break"}
    with pytest.raises(RecordError, match="a code break needs a reason"):
        services.release(**asked, at=AT)
    for hours in (0, 1):
        services.release(**asked, at=AT + timedelta(hours=hours), reason="seizure")
    assert Unblinding.objects.count() == ArmRead.objects.count() == 2
    assert [(one.person, one.reason) for one in reads.unblindings("p0")] == [("dora", "seizure")] * 2
    with pytest.raises(RecordError, match="no cause"):
        services.release(**{**asked, "cause": "curiosity"}, at=AT)
    with pytest.raises(RecordError, match="not randomized"):
        services.release(**{**asked, "participant": "p9"}, at=AT, reason="x")


def test_whoever_prepares_a_kit_knows_the_arm_of_whoever_gets_it(trial: Trial) -> None:
    prepared = services.prepare(to="phil", role="pharmacist", strata=[STRATUM], count=2, at=AT)
    assert [one.position for one in prepared] == [1, 2]
    assert [one.contents.arm for one in prepared] == [arms()[one.contents.kit] for one in prepared]
    services.prepare(to="phil", role="pharmacist", strata=[STRATUM], count=2, at=AT)
    assert ArmRead.objects.count() == 2
    assign("p0")
    assert reads.exposed("phil", "p0")
    assert not reads.exposed("phil", "p1")
    assert reads.exposures(person="phil")[0].participant == "p0"


def test_the_commitment_is_checked_when_revealed(trial: Trial) -> None:
    published = reads.current().commitment
    shown = services.reveal(number=1, at=AT, by="stan")
    verify_commitment(published, shown.content, salt=shown.salt)
    assert Revelation.objects.count() == 1
    services.reveal(number=1, at=AT, by="stan")
    assert Revelation.objects.count() == 1
    assert not any(arm in repr(shown) for arm in ARMS)
    with pytest.raises(RecordError, match="there is no list 5"):
        services.reveal(number=5, at=AT, by="stan")


def tamper(statement: str, *values: object, store: str = "allocation") -> None:
    """Change a stored row as its owner could: the trigger taken off, the fault planted."""
    table = statement.removeprefix("UPDATE ").removeprefix("DELETE FROM ").split()[0]
    triggers.remove(store, table)
    with connections[store].cursor() as cursor:
        cursor.execute(statement, values)
    triggers.install(store, [table])


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE slot SET kit = '999999' WHERE id = 6", "kit numbers are not those its seed gives"),
        ("UPDATE slot SET arm = (SELECT arm FROM slot WHERE id = 2) WHERE id = 1", "altered or moved"),
        ("UPDATE assignment SET kit = '999999'", "another kit than its place"),
        ("UPDATE list SET commitment = '00'", "not the one committed to"),
    ],
)
def test_a_planted_fault_in_the_store_is_found(trial: Trial, statement: str, finding: str) -> None:
    assign("p0")
    assert verification.check() == []
    tamper(statement)
    assert any(finding in one.message for one in verification.check())
    assert chains.check("allocation", anchors=[]).problems


def test_a_place_given_out_of_order_is_found(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    second = Slot.objects.get(stratum=STRATUM, position=2)
    with monkeypatch.context() as planted:
        planted.setattr(services.assigning, "_next", lambda *_: second)
        assign("p0")
    assert [one.message for one in verification.check()] == ["position 2 was given while 1 was free"]
    assign("p1")
    assert len(verification.check()) == 1


def test_an_arm_sealed_again_for_its_place_is_found(trial: Trial) -> None:
    row = AllocationList.objects.get()
    slot = Slot.objects.filter(position=1).first()
    place = place_of(row.canonical_sha256, slot.stratum, slot.position)
    other = next(arm for arm in ARMS if arm != key().open(slot.arm, place=place))
    tamper(
        "UPDATE slot SET arm = %s WHERE id = %s", key().close(other, place=place, length=ARM_BYTES), slot.id
    )
    assert any("not the one drawn" in one.message for one in verification.check())


@pytest.mark.both_stores
@pytest.mark.parametrize("text", [protocol_text(**SHORT, **MINIMIZED)])
def test_minimization_draws_with_the_participant_and_can_be_drawn_again(trial: Trial) -> None:
    assert reads.current().strata == ("all",)
    people = [
        {"prior_use": ("never", "ever")[n % 2], "site": ("site_01", "site_02")[n // 3]} for n in range(6)
    ]
    for n, levels in enumerate(people):
        assert assign(f"p{n}", levels).position == n + 1
    assert [json.loads(one.levels) for one in Draw.objects.order_by("number")] == people
    assert len({len(b64decode(one.drawn)) for one in Draw.objects.all()}) == 1
    assert verification.check() == []
    row = AllocationList.objects.get()
    ground = lists.ground_of_row(row)
    arm = services.release(participant="p3", to="phil", role="pharmacist", cause="dispensing", at=AT)
    drawn = lists.open_draw(Draw.objects.get(number=4), key=key(), ground=ground)
    assert arm.arm == drawn.arm
    with pytest.raises(RecordError, match="all 6 places"):
        assign("p6")
    shown = services.reveal(number=1, at=AT, by="stan")
    assert b'"seed"' in shown.content


@pytest.mark.parametrize("text", [protocol_text(**SHORT, **MINIMIZED)])
def test_minimization_needs_its_key_and_cannot_be_done_on_paper(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RecordError, match="needs the system"):
        services.issue_downtime_list(strata=["all"], count=2, at=AT, by="cora")
    with pytest.raises(RecordError, match="no kit can be filled beforehand"):
        services.prepare(to="phil", role="pharmacist", strata=["all"], count=1, at=AT)
    monkeypatch.setattr(settings, "KEYS_FOLDER", str(trial.home / "nowhere"))
    with pytest.raises(IntegrityError, match=r"no allocation.key"):
        assign("p0")
    assert reads.count() == 0


@pytest.mark.parametrize("text", [protocol_text(**SHORT, **MINIMIZED)])
def test_a_planted_draw_is_found(trial: Trial) -> None:
    for n in range(3):
        assign(f"p{n}")
    ground = lists.ground_of_row(AllocationList.objects.get())
    drawn = lists.open_draw(Draw.objects.get(number=2), key=key(), ground=ground)
    planted = type(drawn)(2, drawn.levels, drawn.scores, drawn.preferred, (drawn.ticket + 1) % 3, "low")
    tamper("UPDATE draw SET drawn = %s WHERE number = 2", lists.close_draw(planted, key=key(), ground=ground))
    assert "draw 2 is not what seed and history give" in str(verification.check())


def test_an_emergency_list_is_followed_in_order(trial: Trial) -> None:
    listed = services.issue_downtime_list(strata=[STRATUM], count=3, at=AT, by="cora")
    kits = listed.kits[STRATUM]
    assert list(kits) == [
        *Slot.objects.filter(stratum=STRATUM).order_by("position").values_list("kit", flat=True)[:3]
    ]
    with pytest.raises(RecordError, match="no emergency list that was opened"):
        assign("p0", downtime=listed.code, kit=kits[0])
    services.note_downtime(code=listed.code.lower(), status="opened", at=AT, by="cora")
    with pytest.raises(RecordError, match=f"emergency list {listed.code} was used"):
        assign("p9")
    assert assign("elsewhere", {**HERE, "site": "site_02"}).position == 1
    with pytest.raises(RecordError, match="kit 123 is not on this list"):
        assign("p0", downtime=listed.code, kit="123")
    with pytest.raises(RecordError, match=f"kit {kits[0]} comes before it"):
        assign("p1", downtime=listed.code, kit=kits[1])
    assert assign("p0", downtime=listed.code, kit=kits[0]).kit == kits[0]
    with pytest.raises(RecordError, match="assigned to somebody else"):
        assign("p1", downtime=listed.code, kit=kits[0])
    passed_over = assign("p1", downtime=listed.code, kit=kits[2], reason="kit 2 was dropped")
    assert passed_over.position == 3
    services.note_downtime(code=listed.code, status="reconciled", at=AT, by="cora")
    assert reads.downtime_lists()[0].used == {kits[0], kits[2]}
    assert assign("p2").kit == kits[1]
    assert verification.check() == []
    with pytest.raises(RecordError, match="the list is reconciled"):
        services.note_downtime(code=listed.code, status="reconciled", at=AT, by="cora")
    with pytest.raises(RecordError, match="there is no emergency list"):
        services.note_downtime(code="ABC", status="opened", at=AT, by="cora")


@pytest.mark.both_stores
def test_many_at_once_get_each_place_once_and_in_order(trial: Trial) -> None:
    def one(n: int) -> reads.Assigned:
        try:
            return assign(
                f"p{n}", {"prior_use": ("never", "ever")[n % 2], "site": ("site_01", "site_02")[n // 12]}
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(one, range(24)))
    assert len({(place.stratum, place.position) for place in given}) == 24
    assert verification.check() == []


def test_a_study_without_a_list_says_so(study, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(protocol_text(), drawn=False)
    assert reads.current() is None
    assert reads.room(STRATUM) is None
    with pytest.raises(RecordError, match="no allocation list was drawn"):
        assign("p0")
    with pytest.raises(RecordError, match="none was drawn"):
        services.extend_list(length=9, at=AT, by="system")
    assert verification.check() == []
    with pytest.raises(ProtocolError, match="cannot be drawn"):
        services.draw_list(version=1, at=AT, by="system", length=-1)
