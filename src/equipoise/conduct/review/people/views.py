"""Pages about people: the list, one person, adding one, the delegation log.

Holds views only. Who is not the viewer's to know of does not exist for them.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import presence, reads, services
from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.accounts.reads import Member
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.review.people import staffing
from equipoise.conduct.review.people.lines import EVERYWHERE, Rights, rights, role_lines, sees
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.errors import Problem, RecordError
from equipoise.exchange import spreadsheet

EARLIEST, LATEST = date(1950, 1, 1), date(2199, 12, 31)
"""Days beyond these are slips of the keyboard."""
UNPROCESSABLE = 422
LONGEST = 64


def everybody(request: SignedRequest) -> HttpResponse:
    """List everybody the viewer may know of."""
    trainings = staffing.trainings()
    found = reads.members(trainings=trainings, at=request.at, today=request.at.date())
    wanted = request.GET.get("find", "").strip()[:LONGEST]
    gone = request.GET.get("gone") == "1"
    sites = {one.site: one for one in studies.sites()}
    seen = [one for one in found if sees(request.viewer, one) and _matches(one, wanted)]
    named = {role for training in trainings for role in training.roles}
    rows = []
    for member in seen:
        held = member.roles(request.at)
        roles = role_lines(held, sites=sites, viewer=request.viewer, at=request.at)
        rows.append((member, roles, any(role.role in named for role in held)))
    working = {row[0].person for row in rows if not row[0].closed and (row[1] or not row[0].held)}
    shown = [row for row in rows if (row[0].person in working) != gone]
    context = {
        "people": shown,
        "find": wanted,
        "gone": gone,
        "sites": [one for one in sites.values() if request.viewer.may("people.view", site=one.site)],
        "manage": request.viewer.may("people.manage", site=EVERYWHERE),
    }
    return render(request, "review/people/everybody.html", context)


def add(request: SignedRequest) -> HttpResponse:
    """Add a person, and show the password for their first sign-in once."""
    request.viewer.require("people.manage", site=EVERYWHERE)
    if request.method != "POST":
        return render(request, "review/people/add.html")
    password = staffing.one_time_password()
    name, email = request.POST.get("name", ""), request.POST.get("email", "")
    try:
        person = services.add_person(
            name=name, email=email, password=password, one_time=True, at=request.at, by=request.viewer.person
        )
    except RecordError as error:
        context: dict[str, Any] = {"problems": _by_field(error), "name": name, "email": email}
        return render(request, "review/people/add.html", context, status=UNPROCESSABLE)
    shown: dict[str, Any] = {
        "person": person,
        "name": name.strip(),
        "email": email.strip(),
        "password": password,
        "new": True,
    }
    return render(request, "review/people/password.html", shown)


def one(request: SignedRequest, person: str) -> HttpResponse:
    """Show a person with roles, trainings and delegations."""
    member, may = _find(request, person)
    return _page(request, member, may)


def rename(request: SignedRequest, person: str) -> HttpResponse:
    """Correct a name."""
    member, may = _find(request, person, action="people.manage")
    return _answer(
        request,
        (member, may),
        "name",
        lambda: services.correct_name(
            person=person,
            name=request.POST.get("name", ""),
            reason=request.POST.get("reason", ""),
            at=request.at,
            by=request.viewer.person,
        ),
        said=_("The name was corrected."),
    )


def give(request: SignedRequest, person: str) -> HttpResponse:
    """Give a role."""
    site = request.POST.get("site", "")
    found = _find(request, person)
    request.viewer.require("people.manage", site=site)
    return _answer(
        request,
        found,
        "role",
        lambda: staffing.grant_role(
            person=person,
            role=request.POST.get("role", ""),
            site=site,
            from_at=staffing.begins(_day(request, "from_on"), site=site, at=request.at),
            until_at=staffing.ends(_day(request, "until_on"), site=site),
            at=request.at,
            by=request.viewer.person,
        ),
        said=_("The role was given."),
    )


def end(request: SignedRequest, person: str, number: int) -> HttpResponse:
    """End a role."""
    found = _find(request, person)
    held = next((held for held in found[0].held if held.number == number), None)
    if held is None:
        raise Http404
    request.viewer.require("people.manage", site=held.site)
    return _answer(
        request,
        found,
        f"end-{number}",
        lambda: services.end_grant(
            grant=number, reason=request.POST.get("reason", ""), at=request.at, by=request.viewer.person
        ),
        said=_("The role has ended. It stays on record."),
    )


def train(request: SignedRequest, person: str) -> HttpResponse:
    """Record a training."""
    found = _find(request, person)
    if not found[1].train:
        request.viewer.require("people.train", site=EVERYWHERE)
    return _answer(
        request,
        found,
        "training",
        lambda: staffing.record_training(
            person=person,
            training=request.POST.get("training", ""),
            completed_on=_required_day(request, "completed_on"),
            evidence=request.POST.get("evidence", ""),
            today=staffing.today(found[0], at=request.at),
            at=request.at,
            by=request.viewer.person,
        ),
        said=_("The training was recorded."),
    )


def delegate(request: SignedRequest, person: str) -> HttpResponse:
    """Delegate tasks."""
    found = _find(request, person)
    site = request.POST.get("site", "")
    request.viewer.require("people.delegate", site=site)
    return _answer(
        request,
        found,
        "delegation",
        lambda: services.delegate(
            person=person,
            site=site,
            tasks=request.POST.get("tasks", ""),
            from_on=_required_day(request, "from_on"),
            until_on=_day(request, "until_on"),
            at=request.at,
            by=request.viewer.person,
        ),
        said=_("The tasks were delegated."),
    )


def end_delegation(request: SignedRequest, person: str, number: int) -> HttpResponse:
    """End a delegation."""
    found = _find(request, person)
    line = next((line for line in reads.delegations(person=person) if line.number == number), None)
    if line is None:
        raise Http404
    request.viewer.require("people.delegate", site=line.site)
    return _answer(
        request,
        found,
        f"undelegate-{number}",
        lambda: services.end_delegation(
            delegation=number,
            on=_required_day(request, "on"),
            reason=request.POST.get("reason", ""),
            at=request.at,
            by=request.viewer.person,
        ),
        said=_("The delegation has ended. It stays in the log."),
    )


def password(request: SignedRequest, person: str) -> HttpResponse:
    """Set a password for one sign-in, and show it once."""
    member, may = _find(request, person, action="people.manage")
    chosen = staffing.one_time_password()
    try:
        _confirm(request)
        services.set_one_time_password(
            person=person,
            password=chosen,
            reason=request.POST.get("reason", ""),
            at=request.at,
            by=request.viewer.person,
        )
    except RecordError as error:
        return _page(request, member, may, form="password", problems=error.problems)
    context = {"person": person, "name": member.name, "email": member.email, "password": chosen, "new": False}
    return render(request, "review/people/password.html", context)


def code(request: SignedRequest, person: str) -> HttpResponse:
    """Remove somebody's second factor."""
    found = _find(request, person, action="people.manage")

    def remove() -> None:
        _confirm(request)
        services.remove_second_factor(
            person=person, reason=request.POST.get("reason", ""), at=request.at, by=request.viewer.person
        )

    return _answer(request, found, "code", remove, said=_("The second factor was removed."))


def address(request: SignedRequest, person: str) -> HttpResponse:
    """Let somebody sign in with another address."""
    found = _find(request, person, action="people.manage")

    def change() -> None:
        _confirm(request)
        services.change_address(
            person=person,
            email=request.POST.get("email", ""),
            reason=request.POST.get("reason", ""),
            at=request.at,
            by=request.viewer.person,
        )

    return _answer(request, found, "address", change, said=_("The address was changed."))


def close(request: SignedRequest, person: str) -> HttpResponse:
    """End somebody's access at once."""
    found = _find(request, person, action="people.manage")

    def end_access() -> None:
        _confirm(request)
        services.close_account(
            person=person, reason=request.POST.get("reason", ""), at=request.at, by=request.viewer.person
        )

    return _answer(
        request, found, "close", end_access, said=_("Their access has ended. Who they were stays.")
    )


def _confirm(request: SignedRequest) -> None:
    """Raise RecordError unless whoever acts gave their own password and code."""
    if not presence.confirmed(request):
        hint = "check both; after too many attempts wait a little"
        raise RecordError(
            "not confirmed", [Problem("password and code do not go together", hint, "password")]
        )


def log(request: SignedRequest, site: str) -> HttpResponse:
    """Show the delegation log of a site, to be printed and signed."""
    found = next((one for one in studies.sites() if one.site == site), None)
    if found is None or not request.viewer.may("people.view", site=site):
        raise Http404
    today = found.today(request.at)
    lines = [(line, _standing(line.from_on, line.until_on, today)) for line in reads.delegations(site=site)]
    return render(request, "review/people/log.html", {"site": found, "lines": lines, "today": today})


def log_sheet(request: SignedRequest, site: str) -> HttpResponse:
    """Give the delegation log of a site as CSV for a spreadsheet."""
    if not request.viewer.may("people.view", site=site) or site not in {one.site for one in studies.sites()}:
        raise Http404
    header = [_("Who"), _("Tasks"), _("From"), _("Until"), _("Delegated by"), _("At")]
    rows = [
        (
            line.name,
            line.tasks,
            line.from_on.isoformat(),
            line.until_on.isoformat() if line.until_on else "",
            line.by,
            instant(line.at),
        )
        for line in reads.delegations(site=site)
    ]
    # A byte order mark, or spreadsheets take UTF-8 for something else.
    sheet = spreadsheet.write(header, rows).encode("utf-8-sig")
    response = HttpResponse(sheet, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="delegation-log.csv"'
    return response


def _find(request: SignedRequest, person: str, *, action: str = "") -> tuple[Member, Rights]:
    """Return somebody the viewer may know of; 404 for anybody else. An action is one about every site."""
    member = staffing.member(person, viewer=request.viewer, at=request.at, action=action)
    return member, rights(member, sites=studies.sites(), viewer=request.viewer, at=request.at)


def _answer(
    request: SignedRequest,
    found: tuple[Member, Rights],
    form: str,
    act: Callable[[], object],
    *,
    said: str,
) -> HttpResponse:
    """Call a service; show the page again with what was typed and everything that was wrong, or go on."""
    try:
        act()
    except RecordError as error:
        return _page(request, *found, form=form, problems=error.problems)
    messages.success(request, said, extra_tags="done")
    return redirect("person", found[0].person)


def _page(
    request: SignedRequest,
    member: Member,
    may: Rights,
    *,
    form: str = "",
    problems: tuple[Problem, ...] = (),
) -> HttpResponse:
    sites = {one.site: one for one in studies.sites()}
    visible = [
        line
        for line in reads.delegations(person=member.person)
        if member.person == request.viewer.person or request.viewer.may("people.view", site=line.site)
    ]
    today = staffing.today(member, at=request.at)
    ending = {site.site for site in may.delegate}
    named = staffing.trainings()
    context: dict[str, Any] = {
        "member": member,
        "may": may,
        "roles": role_lines(member.held, sites=sites, viewer=request.viewer, at=request.at),
        "delegations": [
            (
                line,
                sites[line.site].name,
                _standing(line.from_on, line.until_on, today),
                line.site in ending,
            )
            for line in visible
        ],
        "trainings": named,
        "all_roles": [
            (role, label, [training.label for training in named if role in training.roles])
            for role, label in ROLES.items()
        ],
        "today": today.isoformat(),
        "form": form,
        "problems": problems,
        "typed": {form: request.POST},
        "own": member.person == request.viewer.person,
    }
    return render(request, "review/people/person.html", context, status=UNPROCESSABLE if form else 200)


def _matches(member: Member, wanted: str) -> bool:
    return wanted.casefold() in f"{member.name} {member.email}".casefold()


def _standing(from_on: date, until_on: date | None, today: date) -> str:
    if from_on > today:
        return "planned"
    return "ended" if until_on is not None and until_on < today else "held"


def _by_field(error: RecordError) -> dict[str, str]:
    return {problem.path: f"{capfirst(wording.told(problem.message))}." for problem in error.problems}


def _day(request: SignedRequest, name: str) -> date | None:
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not EARLIEST <= day <= LATEST:
        raise RecordError("no date", [Problem("this is no date", "year-month-day", name)])
    return day


def _required_day(request: SignedRequest, name: str) -> date:
    day = _day(request, name)
    if day is None:
        raise RecordError("no date", [Problem("the date is missing", "year-month-day", name)])
    return day
