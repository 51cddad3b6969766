"""Pages of review: queries, verification, signatures, locks, alerts answered, the audit trail."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import presence
from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import reads as capture
from equipoise.conduct.capture import services
from equipoise.conduct.capture.moves import MEANING
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, done, once_more
from equipoise.conduct.capture.reads.threads import PAGE
from equipoise.conduct.review import reads
from equipoise.conduct.review.reads import Wanted
from equipoise.source import UNREADABLE

LONGEST = 64


def queries(request: SignedRequest) -> HttpResponse:
    """List queries, open or closed."""
    closed = request.GET.get("closed") == "1"
    before = _asked(request, "before")
    wanted = _asked(request, "find")
    found = capture.queries(viewer=request.viewer, closed=closed, find=wanted, before=before)
    more = found[-1].query if len(found) >= PAGE else ""
    context = {"queries": found, "closed": closed, "find": wanted, "more": more, "before": before}
    return render(request, "review/queries.html", context)


def query(request: SignedRequest, code: str) -> HttpResponse:
    """Show a query with its thread; on POST answer or close it."""
    if request.method == "GET":
        return _query(request, code)
    text, closing = request.POST.get("text", ""), "close" in request.POST
    act = services.close_query if closing else services.answer_query
    return done(
        request,
        lambda: act(query=code, text=text, at=request.at, by=request.viewer),
        then=reverse("review:query", args=[code]),
        said=_("The query is closed.") if closing else _("The answer is on record."),
        again=lambda: _query(request, code, typed=text),
    )


def _query(request: SignedRequest, code: str, *, typed: str = "") -> HttpResponse:
    found = capture.query(code, viewer=request.viewer)
    if found is None:
        raise Http404
    return render(request, "review/query.html", {"query": found, "typed": typed})


def ask(request: SignedRequest, code: str) -> HttpResponse:
    """Open a query about an answer or a form."""
    item, _colon, row = request.POST.get("about", ":0").rpartition(":")

    def open_it() -> None:
        services.open_query(
            form=code,
            item=item,
            row=_number(row) or 0,
            text=request.POST.get("text", ""),
            at=request.at,
            by=request.viewer,
        )

    there = _form(code)
    again = once_more(request, "text", label=_("Question"), back=there)
    return done(request, open_it, then=there, said=_("The query is open."), again=again)


def verify(request: SignedRequest, code: str) -> HttpResponse:
    """State that a form agrees with its source."""
    return done(
        request,
        lambda: services.verify(form=code, at=request.at, by=request.viewer),
        then=_form(code),
        said=_("Verified."),
    )


def sign(request: SignedRequest, code: str) -> HttpResponse:
    """Sign a form: what is signed is shown again, and the person confirms with password and code."""
    page = capture.form_page(code, viewer=request.viewer, language=get_language() or "en")
    if page is None:
        raise Http404
    if "sign" not in page.moves:
        messages.warning(request, _("This form cannot be signed now. Look at its state."), extra_tags="due")
        return redirect(_form(code))
    unready = presence.to_second_factor(request)
    if unready is not None:
        return unready
    context = {"page": page, "meaning": _(MEANING), "wrong": False}
    if request.method == "GET":
        return render(request, "review/sign.html", context)
    if not presence.confirmed(request):
        return render(request, "review/sign.html", {**context, "wrong": True}, status=UNPROCESSABLE)
    return done(
        request,
        lambda: services.sign(form=code, meaning=MEANING, at=request.at, by=request.viewer),
        then=_form(code),
        said=_("Signed."),
    )


def lock(request: SignedRequest, code: str) -> HttpResponse:
    """Lock a signed form."""
    return done(
        request,
        lambda: services.lock(form=code, at=request.at, by=request.viewer),
        then=_form(code),
        said=_("Locked."),
    )


def unlock(request: SignedRequest, code: str) -> HttpResponse:
    """Unlock a form."""
    reason, there = request.POST.get("reason", ""), _form(code)
    return done(
        request,
        lambda: services.unlock(form=code, reason=reason, at=request.at, by=request.viewer),
        then=there,
        said=_("Unlocked."),
        again=once_more(request, "reason", label=_("Why is it unlocked?"), back=there),
    )


def lock_participant(request: SignedRequest, name: str) -> HttpResponse:
    """Lock all of a participant's data, or lift the lock."""
    locked, reason = request.POST.get("locked") == "1", request.POST.get("reason", "")

    def move() -> None:
        services.lock_participant(
            participant=name, locked=locked, reason=reason, at=request.at, by=request.viewer
        )

    there = reverse("capture:participant", args=[name])
    said = _("The participant's data are locked.") if locked else _("The lock is lifted.")
    again = once_more(request, "reason", label=_("Reason"), back=there)
    return done(request, move, then=there, said=said, again=again)


def alert(request: SignedRequest, code: str) -> HttpResponse:
    """Say that an alert was seen, or close it with what was done."""
    status, text = request.POST.get("status", ""), request.POST.get("text", "")

    def note() -> None:
        services.note_alert(alert=code, status=status, text=text, at=request.at, by=request.viewer)

    there = _next(request)
    said = _("The alert is closed.") if status == "closed" else _("Thank you. Others can see that you know.")
    again = once_more(request, "text", label=_("What was done"), back=there)
    return done(request, note, then=there, said=said, again=again)


def trail(request: SignedRequest) -> HttpResponse:
    """Show the audit trail."""
    get = {name: _asked(request, name) for name in ("person", "subject", "action")}
    days = {name: _day(request.GET.get(name, "")) for name in ("from_day", "to_day")}
    wanted = Wanted(**get, **days)
    found = reads.trail(wanted, viewer=request.viewer, before=_asked(request, "before"))
    rest = request.GET.copy()
    rest.pop("before", None)
    context = {
        "trail": found,
        "wanted": wanted,
        "actions": reads.actions(),
        "people": people.roster(),
        "rest": rest.urlencode(),
        "time_zone": "UTC",
    }
    return render(request, "review/trail.html", context)


def _asked(request: HttpRequest, name: str) -> str:
    """Return what is looked for, without characters that no store can hold."""
    return UNREADABLE.sub("", request.GET.get(name, "").strip()[:LONGEST])


def _form(code: str) -> str:
    return reverse("capture:form", args=[code])


def _next(request: HttpRequest) -> str:
    """Return the page to go back to: one of ours, whatever was sent."""
    there = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(there, allowed_hosts=None)
    return HttpResponseRedirect(there).url if ours and there.startswith("/") else "/"


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < len(str(10**18)) else None


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""
