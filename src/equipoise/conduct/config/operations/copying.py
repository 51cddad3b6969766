"""Copies of participants' records for people to read, as one of them may see them."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

from django.http import Http404

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import reads
from equipoise.conduct.review import copies
from equipoise.errors import PermissionRefused, Problem, RecordError

SUMS = "SHA256SUMS"


def write(folder: Path, *, email: str, at: datetime, participant: str = "") -> str:
    """Write a document for each participant into a new folder, and return in one line what is in it.

    email         whose eyes it is made with: what is hidden from them is not in it
    participant   one participant; everybody they may know of when left out
    Each copy is an event. The event names no digest: what a person may see may depend on what others may not.
    Raises        PermissionRefused when there is no such person, or they may not read the audit trail;
                  RecordError when there is no such participant for them, or the folder holds something
    """
    viewer = _viewer(email, at)
    if folder.exists() and any(folder.iterdir()):
        problem = Problem("it holds something already", "name a new folder", source=str(folder))
        raise RecordError("nothing was copied", [problem])
    wanted = [participant] if participant else _known(viewer, at)
    documents = {one: _document(one, viewer, at) for one in wanted}
    folder.mkdir(parents=True, exist_ok=True)
    sums = []
    for one, text in documents.items():
        path = folder / f"{one}.html"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        sums.append(f"{sha256(text.encode()).hexdigest()}  {path.name}\n")
        with act("trial", "data.copied", at=at, by=viewer.person, subjects=[one]):
            pass
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")
    return f"{len(documents)} records as {viewer.name} may see them"


def _viewer(email: str, at: datetime) -> Viewer:
    person = people.person_of(email)
    viewer = people.viewer_of(person, at=at) if person else None
    if viewer is None:
        hint = "name the address of somebody who has access now: `--for ADDRESS`"
        raise PermissionRefused("nothing is copied", [Problem(f"`{email[:64]}` is nobody here", hint, "for")])
    viewer.require(copies.ACTION)
    return viewer


def _known(viewer: Viewer, at: datetime) -> list[str]:
    lines = reads.participants(viewer=viewer, at=at)
    return [one.participant for one in lines if viewer.may(copies.ACTION, site=one.site)]


def _document(participant: str, viewer: Viewer, at: datetime) -> str:
    try:
        return copies.document(participant, viewer=viewer, at=at)
    except Http404:
        problem = Problem(f"`{participant[:96]}` is no participant they may know of", "", "participant")
        raise RecordError("nothing was copied", [problem]) from None
