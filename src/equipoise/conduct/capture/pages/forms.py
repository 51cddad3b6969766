"""The form page: answers, saved at once or together, and what came of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import FormPage, ItemLine
from equipoise.conduct.capture.results import Given, Instruction, Saved
from equipoise.protocol.answer import MISSING_REASONS, Finding

ANSWER, SEEN, MISSING = "a:", "s:", "m:"
MOST_ROW = 10_000
UNPROCESSABLE, CONFLICT, UNAVAILABLE = 422, 409, 503


@dataclass(frozen=True, slots=True)
class Entered:
    """What a page shows over what is stored: a person's own words are never taken from them.

    typed      key to text that was not stored
    problems   key to what is wrong with it
    """

    typed: Mapping[str, str]
    problems: Mapping[str, str]


NOTHING = Entered({}, {})
MOST_RADIOS = 8
LOCAL_MINUTES = len("2026-11-23T10:00")


@dataclass(frozen=True)
class Question:
    """A question as the template draws it: the line, and what follows from it for the page."""

    line: ItemLine

    def __getattr__(self, name: str) -> Any:
        return getattr(self.line, name)

    @property
    def key(self) -> str:
        """Name of the answer's place."""
        return key_of(self.line.item, self.line.row)

    @property
    def as_radios(self) -> bool:
        """Whether every possible answer stands on the page."""
        return len(self.line.codes) <= MOST_RADIOS

    @property
    def coded(self) -> bool:
        """Whether the codes are a rating's numbers, which raters know by heart."""
        return len(self.line.codes) > 2 and all(one.code.isdecimal() for one in self.line.codes)

    @property
    def changes(self) -> int:
        """How often the answer changed."""
        return self.line.versions - 1

    @property
    def local_answer(self) -> str:
        """An instant as the browser's control takes it: without seconds and offset."""
        return self.line.answer[:LOCAL_MINUTES]

    @property
    def missing_label(self) -> str:
        """Why there is no answer, in words."""
        return MISSING_REASONS.get(self.line.missing_reason, self.line.missing_reason)


def form(request: SignedRequest, number: int) -> HttpResponse:
    """Show a form; on POST save what was typed, and complete the form if asked."""
    if request.method == "POST":
        return _save(request, number)
    return _page(request, number)


def autosave(request: SignedRequest, number: int) -> JsonResponse:
    """Save some answers, and say in JSON what became of each."""
    saved = services.save(
        form=number,
        given=given(request.POST),
        reason=request.POST.get("reason", ""),
        at=request.at,
        by=request.viewer,
    )
    status = UNAVAILABLE if saved.problem else CONFLICT if saved.conflicts else 200
    return JsonResponse(_told(saved, request.POST), status=status)


def _save(request: SignedRequest, number: int) -> HttpResponse:
    answers = given(request.POST)
    reason = request.POST.get("reason", "")
    saved = services.save(form=number, given=answers, reason=reason, at=request.at, by=request.viewer)
    told = list(saved.instructions)
    clean = not (saved.problem or saved.refused or saved.conflicts)
    if clean and "complete" in request.POST:
        finished = services.complete(form=number, at=request.at, by=request.viewer, reason=reason)
        told += [one for one in finished.instructions if one.rule not in {known.rule for known in told}]
        if finished.done and not told:
            messages.success(request, _("The form is complete."), extra_tags="done")
            return HttpResponseRedirect(_back(request, number))
        entered = Entered({}, _problems(finished.gaps))
        if finished.problem:
            _tell(request, finished.problem.message, finished.problem.hint)
        return _page(request, number, entered=entered, told=told)
    if clean and not told:
        messages.success(request, _("Saved."), extra_tags="done")
        return HttpResponseRedirect(reverse("capture:form", args=[number]))
    if saved.problem:
        _tell(request, saved.problem.message, saved.problem.hint)
    return _page(request, number, entered=_entered(saved, answers), told=told)


def _back(request: SignedRequest, number: int) -> str:
    found = reads.form_page(number, viewer=request.viewer)
    if found is None:
        raise Http404
    where = reverse("capture:participant", args=[found.participant])
    return where if found.log else f"{where}?visit={found.visit}&repeat={found.visit_repeat}"


def _tell(request: SignedRequest, message: str, hint: str) -> None:
    text = message[:1].upper() + message[1:]
    messages.error(request, f"{text}. {hint[:1].upper()}{hint[1:]}.", extra_tags="late")


def history(request: SignedRequest, number: int, item: str, row: int) -> HttpResponse:
    """Show every version of one answer."""
    found = reads.form_page(number, viewer=request.viewer)
    versions = reads.item_history(number, item=item, row=row, viewer=request.viewer)
    if found is None or versions is None:
        raise Http404
    label = next((one.label for one in _lines(found) if one.item == item and one.row == row), item)
    template = "capture/history_part.html" if getattr(request, "htmx", False) else "capture/history.html"
    return render(request, template, {"page": found, "label": label, "versions": versions})


def _lines(page: FormPage) -> Iterable[ItemLine]:
    yield from page.items
    for group in page.groups:
        for row in (*group.rows, *([group.blank] if group.blank else [])):
            yield from row.items


def _page(
    request: SignedRequest, number: int, *, entered: Entered = NOTHING, told: Iterable[Instruction] = ()
) -> HttpResponse:
    found = reads.form_page(number, viewer=request.viewer, language=get_language() or "en")
    if found is None:
        raise Http404
    context = {
        "page": _overlaid(found, entered),
        "problems": [(key, text) for key, text in entered.problems.items()],
        "told": [_shown(one) for one in told],
        "viewer": request.viewer.person,
        "back": reverse("capture:participant", args=[found.participant])
        + ("" if found.log else f"?visit={found.visit}&repeat={found.visit_repeat}"),
    }
    wrong = bool(entered.problems or entered.typed)
    return render(request, "capture/form.html", context, status=UNPROCESSABLE if wrong else 200)


def given(post: QueryDict) -> list[Given]:
    """Return the answers of a request: fields a:ITEM:ROW, with s: the version seen, m: the missing reason."""
    found = []
    for name in post:
        key = name.removeprefix(ANSWER)
        item, colon, row = key.rpartition(":")
        if key == name or not colon or not row.isdecimal() or int(row[:6]) > MOST_ROW:
            continue
        seen = post.get(SEEN + key, "0")
        found.append(
            Given(
                item=item,
                row=int(row[:6]),
                text=post.get(name, ""),
                missing_reason=post.get(MISSING + key, ""),
                seen=int(seen[:9]) if seen.isdecimal() else 0,
            )
        )
    return found


def key_of(item: str, row: int) -> str:
    """Return the name of an answer's place in a page."""
    return f"{item}:{row}"


def _problems(findings: Iterable[Finding]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in findings:
        text = one.message[:1].upper() + one.message[1:]
        hint = f". {one.hint[:1].upper()}{one.hint[1:]}" if one.hint else ""
        found.setdefault(key_of(one.item, one.row), text + hint)
    return found


def _entered(saved: Saved, answers: Iterable[Given]) -> Entered:
    problems = _problems(saved.refused)
    for one in saved.conflicts:
        problems[key_of(one.item, one.row)] = _conflict(one.by, one.theirs or one.theirs_missing)
    lost = {key_of(one.item, one.row): one.text for one in answers}
    return Entered({key: lost[key] for key in problems if key in lost}, problems)


def _conflict(by: str, theirs: str) -> str:
    return _("%(name)s answered “%(answer)s” meanwhile. Yours is not saved: keep it or take theirs.") % {
        "name": by or _("Somebody"),
        "answer": theirs,
    }


def _overlaid(page: FormPage, entered: Entered) -> FormPage:
    """Return the page with what was typed and not stored in place of what is stored."""

    def over(one: ItemLine) -> Any:
        key = key_of(one.item, one.row)
        if key not in entered.problems:
            return Question(one)
        answer = entered.typed.get(key, one.answer)
        return Question(replace(one, answer=answer, problems=(entered.problems[key],)))

    groups = tuple(
        replace(
            group,
            rows=tuple(replace(row, items=tuple(map(over, row.items))) for row in group.rows),
            blank=replace(group.blank, items=tuple(map(over, group.blank.items))) if group.blank else None,
        )
        for group in page.groups
    )
    return replace(page, items=tuple(map(over, page.items)), groups=groups)


def _shown(one: Instruction) -> dict[str, Any]:
    """Return an instruction as pages and scripts show it."""
    notify = ", ".join(one.notify)
    title = _("Act now") if one.level == "urgent" else _("This needs somebody today")
    if not one.certain:
        title = _("Please look at this")
    failed = _("The alert could not be stored. Tell them yourself, now: %(notify)s.") % {"notify": notify}
    return {
        "rule": one.rule,
        "title": title,
        "instruction": one.instruction,
        "notify": _("Told: %(notify)s, to act within %(n)s minutes.")
        % {"notify": notify, "n": one.within_minutes},
        "failed": "" if one.stored else failed,
    }


def _told(saved: Saved, post: QueryDict) -> dict[str, Any]:
    """Return what came of a save as JSON for the page's script."""
    problems = _problems((*saved.refused, *(one for one in saved.doubts if one.item)))
    items: dict[str, dict[str, Any]] = {
        name.removeprefix(ANSWER): {} for name in post if name.startswith(ANSWER)
    }
    for kept in saved.kept:
        items.setdefault(key_of(kept.item, kept.row), {})["seq"] = kept.seq
    for key, text in problems.items():
        items.setdefault(key, {})["problem"] = text
    return {
        "items": items,
        "hidden": [key_of(item, row) for item, row in saved.skipped],
        "scores": {
            name: "–" if value is None else f"{value:g}" for name, value in (saved.scores or {}).items()
        },
        "progress": _("%(answered)s of %(asked)s answered")
        % {"answered": saved.answered, "asked": saved.asked},
        "alerts": [_shown(one) for one in saved.instructions],
        "conflicts": [
            {
                "key": key_of(one.item, one.row),
                "message": _conflict(one.by, one.theirs or one.theirs_missing),
                "theirs": one.theirs,
                "missing": one.theirs_missing,
                "seq": one.seq,
            }
            for one in saved.conflicts
        ],
        "refused": bool(saved.refused),
        "problem": f"{saved.problem.message}: {saved.problem.hint}" if saved.problem else "",
        "state": saved.state,
    }
