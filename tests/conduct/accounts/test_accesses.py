"""Who had access when can be told of any day: given, planned to end, ended and why, by whom."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.conduct.people import People

from equipoise.cli import user
from equipoise.conduct.accounts import services
from equipoise.conduct.accounts.accesses import accesses
from equipoise.conduct.config.operations import listing
from equipoise.errors import RecordError

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
NOON = "2026-11-23T12:00:00.000000Z"


@pytest.fixture
def staffed(study: Path, people: People) -> People:
    by = people.system_administrator.person
    noor = people.add(name="=Noor", site="SEA")
    given = services.grant_role(
        person=noor.person,
        role="coordinator",
        site="SEA",
        trainings=(),
        at=AT,
        by=by,
        until_at=AT + timedelta(9),
    )
    services.end_grant(grant=given, at=AT + timedelta(hours=3), by=by, reason="moved away")
    services.close_account(person=noor.person, at=AT + timedelta(hours=4), by=by, reason="left")
    people.add(name="Waiting")
    return people


def test_every_role_is_told_with_who_gave_and_ended_it(staffed: People) -> None:
    found = accesses()
    (noor,) = [one for one in found if one.name == "=Noor"]
    assert (noor.role, noor.site, noor.closed) == ("coordinator", "SEA", True)
    assert (noor.from_at, noor.until_at[:10]) == ("2026-11-23T09:00:00.000000Z", "2026-12-02")
    assert (noor.given_by, noor.given_at) == ("System administrator", "2026-11-23T09:00:00.000000Z")
    assert (noor.ended_at, noor.ended_by, noor.reason) == (NOON, "System administrator", "moved away")
    assert [(one.name, one.role, one.given_by) for one in found][-1] == ("Waiting", "", "system")
    assert "system_administrator" in {one.role for one in found}


def test_the_command_writes_it_for_a_spreadsheet_once(staffed: People, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "access.csv"
    done = CliRunner().invoke(user.command, ["list", "--home", str(study), "--out", str(out)])
    assert (done.exit_code, done.output) == (0, f"Listed     {out}: 2 roles of 3 people\n")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["name"] for row in rows] == ["System administrator", "'=Noor", "Waiting"]
    assert [row["closed"] for row in rows] == ["", "yes", ""]
    assert out.stat().st_mode & 0o077 == 0
    with pytest.raises(RecordError, match="there already"):
        listing.write(out)
