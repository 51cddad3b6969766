"""Exporting the study's records, with or without what blinded people may not know."""

from datetime import datetime
from pathlib import Path

from equipoise import allocation
from equipoise.conduct.accounts import reads as people
from equipoise.conduct.allocator import sealing
from equipoise.conduct.allocator import services as places
from equipoise.conduct.capture import dataset
from equipoise.conduct.unblinding.reads import doses
from equipoise.errors import PermissionRefused, Problem

ROLE = "unblinded_statistician"
RECORDS, ALLOCATION = "records", Path("allocation").with_suffix(".csv")


def export(folder: Path, *, at: datetime, by: str = "system") -> str:
    """Write the study's records to a dataset folder, and return in one line what is in it.

    by      id of the person who asked for it
    Raises  RecordError when no study is set up, or stored data do not fit the protocol any more
    """
    found = dataset.export(folder, at=at, by=by)
    return dataset.told(found, folder)


def export_unblinded(folder: Path, *, key: Path, email: str, at: datetime) -> str:
    """Write records with hidden items to DIR/records and every arm to DIR/allocation.csv.

    key     file with the allocation key
    email   the independent statistician who gets it: each arm is written down as read by them before any is
            opened
    Raises  PermissionRefused when they hold no such role; IntegrityError when the key is missing or not this
            store's; RecordError as `export` does
    """
    person = people.person_of(email)
    viewer = people.viewer_of(person, at=at) if person else None
    if person is None or viewer is None or ROLE not in viewer.roles:
        hint = "name the address of somebody who holds the role now: `--for ADDRESS`"
        problem = Problem(f"`{email[:64]}` is no independent statistician of this study", hint, "for")
        raise PermissionRefused("no unblinded data are handed out", [problem])
    sealed_with = sealing.key(key)
    taken = doses.kits_taken()
    lines = places.release_all(to=person, role=ROLE, sealing=sealed_with, kits_taken=taken, at=at, by=person)
    folder.mkdir(parents=True, exist_ok=True)
    found = dataset.export(folder / RECORDS, at=at, by=person, roles=dataset.NOBODY)
    rows = [
        {
            "participant": one.participant,
            "arm": one.arm,
            "stratum": one.stratum,
            "position": one.position,
            "kit": one.kit,
            "actual_intervention": one.actual,
            "unblinded_at": one.unblinded_at.isoformat(timespec="seconds").replace("+00:00", "Z")
            if one.unblinded_at
            else None,
        }
        for one in lines
    ]
    path = folder / ALLOCATION
    path.touch(mode=0o600)
    allocation.write(allocation.from_rows(rows), path)
    return f"{found.summary()}; {len(rows)} arms"
