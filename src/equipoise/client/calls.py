"""Every call of the interface, with the types of what it takes and gives.

Holds the client. A call that changes something has a key of its own, so that one whose answer was lost on the
way is sent again without being carried out twice. Refuses to hide a refusal: it is raised with everything the
installation said.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

from equipoise.client.shapes import Page
from equipoise.client.shapes.forms import Completed, FormPage, Saved, VersionLine
from equipoise.client.shapes.participants import Found, Opened, ParticipantLine, Timeline
from equipoise.client.shapes.review import AlertLine, Asked, QueryLine, TrailLine
from equipoise.client.shapes.study import Home, Me, Recruited, Site, Study, Version, VersionNamed
from equipoise.client.transport import Response, Transport
from equipoise.errors import Problem, RequestRefused

ROOT = "/api/v1"
LOG = "log"
MOST = 100
TRIES = 3
KEY_BYTES = 16
FIRST_REFUSAL = 400
JSON = "application/json"
Status = Literal["held", "missed", "declined"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to save.

    text            a code, a number with a point, an ISO date; "" with no missing_reason takes it back
    missing_reason  in the place of an answer
    seen            version of the answer that was read (`seq`); 0 for none
    """

    item: str
    text: str = ""
    row: int = 0
    missing_reason: str = ""
    seen: int = 0


class Client:
    """Somebody's program at an installation.

    transport   the line, e.g. `over_http(address)`
    token       made on the page of one's account
    language    of labels and sentences
    keys        gives each change its key; None sends none, and repeats nothing
    Every call raises RequestRefused when the installation refuses, OSError when nothing answers.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        token: str,
        language: str = "en",
        keys: Callable[[], str] | None = lambda: secrets.token_hex(KEY_BYTES),
    ) -> None:
        self._transport, self._keys = transport, keys
        self._headers = {"Authorization": f"Bearer {token}", "Accept": JSON, "Accept-Language": language}

    def me(self) -> Me:
        """Say whose token this is and what it allows."""
        return self._get("/me")  # type: ignore[no-any-return]

    def study(self) -> Study:
        """Say which study this is."""
        return self._get("/study")  # type: ignore[no-any-return]

    def sites(self) -> list[Site]:
        """List the study's sites."""
        return self._get("/sites")  # type: ignore[no-any-return]

    def protocol_versions(self) -> list[VersionNamed]:
        """List the protocol versions, the oldest first."""
        return self._get("/protocol-versions")  # type: ignore[no-any-return]

    def protocol_version(self, number: int) -> Version:
        """Give a protocol version with its text."""
        return self._get(f"/protocol-versions/{number}")  # type: ignore[no-any-return]

    def today(self) -> Home:
        """Say what is due, what is late and what waits."""
        return self._get("/today")  # type: ignore[no-any-return]

    def recruitment(self) -> Recruited:
        """Say how recruitment goes against the plan."""
        return self._get("/recruitment")  # type: ignore[no-any-return]

    def participants(self, *, find: str = "") -> Iterator[ParticipantLine]:
        """List participants in the order they were enrolled."""
        return self._all("/participants", find=find)

    def participant(self, name: str) -> Timeline:
        """Give a participant's course."""
        return self._get(f"/participants/{_word(name)}")  # type: ignore[no-any-return]

    def find(self, words: str) -> Found:
        """Find participants by parts of their id, or their forms by words."""
        return self._get("/find", q=words)  # type: ignore[no-any-return]

    def plan_day(self, name: str, anchor: str, date: str | None, *, reason: str = "") -> None:
        """Plan the day of an anchor (ISO); None withdraws the plan."""
        self._post(f"/participants/{_word(name)}/days", anchor=anchor, date=date, reason=reason)

    def record_visit(
        self,
        name: str,
        visit: str,
        status: Status,
        *,
        date: str | None = None,
        repeat: int = 1,
        reason: str = "",
    ) -> None:
        """Record that a visit was held on a day (ISO), missed or declined."""
        there = f"/participants/{_word(name)}/visits"
        self._post(there, visit=visit, status=status, date=date, repeat=repeat, reason=reason)

    def begin_visit(self, name: str, visit: str) -> None:
        """Begin an unscheduled visit, or another one of its kind."""
        self._post(f"/participants/{_word(name)}/visits/begin", visit=visit)

    def open_form(
        self, name: str, form: str, *, visit: str = LOG, visit_repeat: int = 1, repeat: int | None = None
    ) -> str:
        """Begin a form, or find the one that was begun, and return its code."""
        there = f"/participants/{_word(name)}/forms"
        opened: Opened = self._post(there, form=form, visit=visit, visit_repeat=visit_repeat, repeat=repeat)
        return opened["form"]

    def lock_participant(self, name: str, *, locked: bool, reason: str) -> None:
        """Lock all of a participant's data, or lift the lock."""
        self._post(f"/participants/{_word(name)}/lock", locked=locked, reason=reason)

    def form(self, code: str) -> FormPage:
        """Give a form with its questions and answers."""
        return self._get(_form(code))  # type: ignore[no-any-return]

    def history(self, code: str, item: str, *, row: int = 0) -> list[VersionLine]:
        """Give every version of one answer, the newest first."""
        return self._get(f"{_form(code)}/history/{_word(item)}", row=row)  # type: ignore[no-any-return]

    def save(self, code: str, answers: Iterable[Answer], *, reason: str = "") -> Saved:
        """Save answers. What a refusal stored all the same, and what to do now, is its `result`."""
        sent = [asdict(one) for one in answers]
        return self._post(f"{_form(code)}/answers", answers=sent, reason=reason)  # type: ignore[no-any-return]

    def complete(self, code: str, *, reason: str = "") -> Completed:
        """Declare a form complete."""
        return self._post(f"{_form(code)}/complete", reason=reason)  # type: ignore[no-any-return]

    def verify(self, code: str) -> None:
        """State that a complete form agrees with its source."""
        self._post(f"{_form(code)}/verify")

    def sign(self, code: str, *, password: str, second_factor: str) -> None:
        """Sign a verified form as one has read it."""
        self._post(f"{_form(code)}/sign", password=password, code=second_factor)

    def lock(self, code: str) -> None:
        """Lock a signed form."""
        self._post(f"{_form(code)}/lock")

    def unlock(self, code: str, *, reason: str) -> None:
        """Unlock a form."""
        self._post(f"{_form(code)}/unlock", reason=reason)

    def queries(self, *, closed: bool = False, find: str = "") -> Iterator[QueryLine]:
        """List queries, the newest first."""
        return self._all("/queries", closed=_flag(closed), find=find)

    def query(self, code: str) -> QueryLine:
        """Give a query with its thread."""
        return self._get(f"/queries/{_word(code)}")  # type: ignore[no-any-return]

    def ask(self, form: str, text: str, *, item: str = "", row: int = 0) -> str:
        """Ask about an answer, or about the whole form, and return the query's code."""
        asked: Asked = self._post(f"{_form(form)}/queries", item=item, row=row, text=text)
        return asked["query"]

    def answer_query(self, code: str, text: str) -> None:
        """Answer a query."""
        self._post(f"/queries/{_word(code)}/answer", text=text)

    def close_query(self, code: str, text: str) -> None:
        """Close a query."""
        self._post(f"/queries/{_word(code)}/close", text=text)

    def alerts(self, *, closed: bool = False) -> Iterator[AlertLine]:
        """List alerts, those due first on top."""
        return self._all("/alerts", closed=_flag(closed))

    def note_alert(self, code: str, status: Literal["seen", "closed"], text: str = "") -> None:
        """Say that an alert was seen, or close it with what was done."""
        self._post(f"/alerts/{_word(code)}/notes", status=status, text=text)

    def audit(
        self, *, person: str = "", subject: str = "", action: str = "", from_day: str = "", to_day: str = ""
    ) -> Iterator[TrailLine]:
        """Give the audit trail, the newest event first; days as ISO text, in UTC."""
        asked = {
            "person": person,
            "subject": subject,
            "action": action,
            "from_day": from_day,
            "to_day": to_day,
        }
        return self._all("/audit", **{name: text for name, text in asked.items() if text})

    def export(self) -> bytes:
        """Export the whole study's records as a ZIP archive of a dataset folder, fit for blinded people."""
        return self._sent("POST", "/datasets", b"{}").body

    def _all(self, path: str, **asked: str) -> Iterator[Any]:
        """Yield a list's things, part after part."""
        after = ""
        while True:
            part: Page[Any] = self._get(path, **asked, limit=MOST, after=after)
            yield from part["items"]
            after = part["next"]
            if not after:
                return

    def _get(self, path: str, **asked: str | int) -> Any:
        question = f"?{urlencode(asked)}" if asked else ""
        return _held(self._sent("GET", path + question, b""))

    def _post(self, path: str, **given: Any) -> Any:
        return _held(self._sent("POST", path, json.dumps(given).encode()))

    def _sent(self, method: str, path: str, body: bytes) -> Response:
        headers = dict(self._headers)
        if method == "POST":
            headers["Content-Type"] = JSON
            if self._keys is not None:
                headers["Idempotency-Key"] = self._keys()
        repeatable = method == "GET" or self._keys is not None
        for left in reversed(range(TRIES if repeatable else 1)):
            try:
                found = self._transport(method, ROOT + path, headers, body)
            except OSError:
                if not left:
                    raise
            else:
                break
        if found.status >= FIRST_REFUSAL:
            raise _refusal(found)
        return found


def _held(found: Response) -> Any:
    return json.loads(found.body) if found.body else None


def _refusal(found: Response) -> RequestRefused:
    said = _read(found)
    problems = [
        Problem(str(one.get("message", "")), str(one.get("hint", "")), _place(one))
        for one in said.get("problems", [])
    ]
    return RequestRefused(
        "the installation refused this", problems, status=found.status, result=said.get("result")
    )


def _read(found: Response) -> dict[str, Any]:
    """Return what a refusal says; nothing where something else answered, such as a proxy."""
    try:
        said = json.loads(found.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _place(one: Mapping[str, Any]) -> str:
    """Return what a problem is about: the question of a form, or the place in what was sent."""
    if one.get("field"):
        return f"{one['field']}.{one['row']}" if one.get("row") else str(one["field"])
    return str(one.get("where", ""))


def _form(code: str) -> str:
    return f"/forms/{_word(code)}"


def _word(text: str) -> str:
    return quote(text, safe="")


def _flag(value: bool) -> str:  # noqa: FBT001 - what it is about
    return "true" if value else "false"
