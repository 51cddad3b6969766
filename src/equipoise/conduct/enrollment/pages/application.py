"""The public page on which people apply: one question on a page, on a phone, without an account.

Holds the way through the questions. Nothing is kept until it is sent: what was answered travels in the page
itself, so that nobody's health lies on the server because they looked. Refuses floods: an address that sends
too many has to wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import language
from equipoise.conduct.accounts.request import StudyRequest
from equipoise.conduct.capture import spelling, words
from equipoise.conduct.capture.pages.answering import sentence
from equipoise.conduct.enrollment.services import applying
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.conduct.studies.reads import Site
from equipoise.errors import Problem, RecordError
from equipoise.protocol import Resolved
from equipoise.protocol.answer import Typed, read
from equipoise.protocol.schedule import Item

CONTACT = ("name", "email", "phone")
PREFIX = "q"
ONCE, ONCE_BYTES = "once", 16
"""Each first page carries a secret of its own: an application that is sent again is not kept again."""
SENT_AN_HOUR = 30
"""Applications from one address within an hour; a hospital's staff may share one."""
HOUR_SECONDS = 3600
LONGEST = 2_000
UNPROCESSABLE, TOO_MANY = 422, 429


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in the language of the page; `codes` are empty where the answer is typed."""

    label: str
    hint: str
    type: str
    unit: str
    codes: Mapping[str, str]


@dataclass(frozen=True)
class Way:
    """One person's way through the application, as it came in.

    number   the page they are on, from 1: the questions, then contact, then the check of everything
    given    what the pages so far carried
    """

    resolved: Resolved
    sites: tuple[Site, ...]
    number: int
    given: Mapping[str, str]

    @cached_property
    def items(self) -> tuple[tuple[str, Item], ...]:
        """`form.item` and item of each question."""
        plan = self.resolved.protocol.application
        names = plan.items if plan is not None else ()
        return tuple(
            (name, self.resolved.forms[name.partition(".")[0]].item(name.partition(".")[2])) for name in names
        )

    def said(self, text: str) -> str:
        """Return a text of the protocol in the language of the page."""
        return wording.said(text, self.resolved)

    @property
    def site(self) -> Site:
        """The site applied to, the only one or the one chosen; Http404 when there is no such."""
        wanted = self.given.get("site", "") if len(self.sites) > 1 else self.sites[0].site
        for one in self.sites:
            if one.site == wanted:
                return one
        raise Http404

    @property
    def on_question(self) -> bool:
        """Whether the page asks one of the protocol's questions."""
        return 1 <= self.number <= len(self.items)

    @property
    def on_contact(self) -> bool:
        """Whether the page asks how to reach them."""
        return self.number == len(self.items) + 1

    def answer(self, place: int) -> str:
        """Return what was answered to a question, as typed, or as it is stored where that is sure."""
        typed = self.given.get(f"{PREFIX}{place}", "").strip()
        return spelling.plain(typed, self.items[place][1].type, get_language() or "en")

    @property
    def answers(self) -> dict[str, str]:
        """`form.item` to what was answered, questions passed over left out."""
        return {
            name: self.answer(place) for place, (name, _item) in enumerate(self.items) if self.answer(place)
        }

    def problems(self) -> list[Problem]:
        """Return what is wrong with the page that was just answered."""
        if not self.on_question:
            return []
        _name, item = self.items[self.number - 1]
        text = self.answer(self.number - 1)
        if not text:
            return []
        _answer, findings = read(item, Typed(text))
        return [Problem(one.message, one.hint, "answer") for one in findings if one.severity == "error"]


def apply(request: StudyRequest) -> HttpResponse:
    """Lead through the application: the first page on GET, the next, the one before or the end on POST."""
    way = _way(request)
    spoken = language.known(request.POST.get("language", ""))
    if spoken:
        return _spoken(request, way, spoken)
    return _turned(request, way) if request.method == "POST" else _page(request, way)


def _turned(request: StudyRequest, way: Way) -> HttpResponse:
    """Return the page that comes after what was chosen."""
    go = request.POST.get("go", "next")
    if go == "back":
        return _page(request, _at(way, way.number - 1))
    problems = way.problems() if go == "next" else []
    if problems:
        return _page(request, way, problems, status=UNPROCESSABLE)
    if go == "next":
        return _page(request, _at(way, way.number + 1))
    if go.startswith("page-") and go.removeprefix("page-").isdecimal():
        return _page(request, _at(way, int(go.removeprefix("page-")[:3])))
    return _send(request, way)


def _spoken(request: StudyRequest, way: Way, spoken: str) -> HttpResponse:
    """Return the page somebody is on in another language, with everything they answered."""
    translation.activate(spoken)
    response = _page(request, way)
    language.choose(request, response, spoken)
    return response


def _way(request: StudyRequest) -> Way:
    """Return where somebody is; Http404 where no site takes applications."""
    known = {one: studies.version_at(one.site, day=one.today(request.at)) for one in studies.sites()}
    versions = [version for version in known.values() if version is not None]
    resolved = studies.resolved(max(versions)) if versions else None
    if resolved is None or resolved.protocol.application is None:
        raise Http404
    sites = tuple(one for one, version in known.items() if version is not None)
    number = request.POST.get("page", "0")
    given = {name: value[:LONGEST] for name, value in request.POST.items() if isinstance(value, str)}
    return _at(Way(resolved, sites, 0, given), int(number[:3]) if number.isdecimal() else 0)


def _at(way: Way, number: int) -> Way:
    """Return the way at another page, or at the nearest there is."""
    return Way(way.resolved, way.sites, max(0, min(number, len(way.items) + 2)), way.given)


def _page(
    request: HttpRequest, way: Way, problems: list[Problem] | None = None, *, status: int = 200
) -> HttpResponse:
    question = f"{PREFIX}{way.number - 1}" if way.on_question else ""
    shown = (question,) if question else CONTACT if way.on_contact else ("site",) if way.number == 0 else ()
    carried = {f"{PREFIX}{place}": way.answer(place) for place in range(len(way.items))}
    carried |= {name: way.given.get(name, "") for name in (*CONTACT, "site")}
    carried[ONCE] = way.given.get(ONCE) or token(ONCE_BYTES).hex()
    context = {
        "way": way,
        "title": way.said(way.resolved.protocol.trial.title),
        "last": len(way.items) + 2,
        "item": _asked(way, way.items[way.number - 1][1]) if way.on_question else None,
        "answer": way.answer(way.number - 1) if way.on_question else "",
        "field": question,
        "carried": {name: value for name, value in carried.items() if value and name not in shown},
        "given": way.given,
        "problems": {one.path: sentence(one.message, one.hint) for one in problems or []},
        "answered": [
            (place + 1, way.said(item.label), _words(way, item, way.answer(place)))
            for place, (_name, item) in enumerate(way.items)
        ],
    }
    return render(request, "enrollment/application.html", context, status=status)


def _asked(way: Way, item: Item) -> Asked:
    """Return a question as the page asks it."""
    codes = {code: way.said(label) for code, label in (item.codes or {}).items()}
    return Asked(
        way.said(item.label), way.said(item.hint or ""), item.type, words.unit(item.unit or ""), codes
    )


def _words(way: Way, item: Item, typed: str) -> str:
    """Return an answer as people read it."""
    if not typed:
        return _("No answer")
    return way.said((item.codes or {}).get(typed, typed))


def _send(request: StudyRequest, way: Way) -> HttpResponse:
    if _too_many(request):
        return render(request, "enrollment/application_wait.html", status=TOO_MANY)
    try:
        name = applying.apply(
            way.resolved,
            site=way.site,
            language=get_language() or "en",
            contact={one: way.given.get(one, "").strip() for one in CONTACT},
            answers=way.answers,
            at=request.at,
            once=way.given.get(ONCE, ""),
        )
    except RecordError as error:
        contact = any(one.path in CONTACT for one in error.problems)
        page = len(way.items) + 1 if contact else way.number
        return _page(request, _at(way, page), list(error.problems), status=UNPROCESSABLE)
    plan = way.resolved.protocol.application
    context = {"name": name, "days": plan.keep_days if plan is not None else 0}
    return render(request, "enrollment/application_sent.html", context)


def _too_many(request: HttpRequest) -> bool:
    """Count what an address sends within an hour, in this process's memory and nowhere else."""
    key = f"applications:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, timeout=HOUR_SECONDS)
    return cache.incr(key) > SENT_AN_HOUR
