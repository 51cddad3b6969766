"""What a form's page and the server say to each other: answers as typed, and what came of them.

Holds the reading of what was sent and the words of what is answered, the same on every page with questions.
Refuses to know whose form it is.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture.lines import FormPage, ItemLine, Watch
from equipoise.conduct.capture.pages.answering import sentence
from equipoise.conduct.capture.pages.questions import key_of
from equipoise.conduct.capture.results import Conflict, Given, Instruction, Saved
from equipoise.conduct.frame.sentences import SOURCE_LANGUAGE
from equipoise.conduct.studies import wording
from equipoise.protocol.answer import Finding

JSON = "application/json"
ANSWER, SEEN, MISSING = "a:", "s:", "m:"
MOST_ROW = 10_000
CONFLICT, LOCKED, UNAVAILABLE = 409, 423, 503


@dataclass(frozen=True, slots=True)
class Entered:
    """What a page shows over what is stored: a person's own words are never taken from them.

    typed      key to the answer that was not stored
    problems   key to what is wrong with it, "" for the form as a whole
    reason     why answers change, as typed
    unreasoned what is wrong with that; empty for nothing
    lacking    whether the problems are answers still missing
    """

    typed: Mapping[str, Given]
    problems: Mapping[str, str]
    reason: str = ""
    unreasoned: str = ""
    lacking: bool = False


NOTHING = Entered({}, {})


def sent(request: SignedRequest) -> Mapping[str, str]:
    """Return the fields of a request: a form's, or the same as one JSON object, read ten times as fast."""
    if request.content_type != JSON:
        return request.POST
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("the answers are no JSON") from error
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise BadRequest("the answers are no object of texts")
    return found


def status(saved: Saved) -> int:
    """Return the status of an answer to an autosave."""
    if saved.problem is not None:
        return UNAVAILABLE if saved.problem.path == "store" else LOCKED
    return CONFLICT if saved.conflicts else 200


def lines_of(page: FormPage) -> Iterable[ItemLine]:
    """Yield every question of a page."""
    yield from page.items
    for group in page.groups:
        for row in (*group.rows, *([group.blank] if group.blank else [])):
            yield from row.items


def summary(page: FormPage, entered: Entered) -> list[tuple[str, str, str]]:
    """Return what is wrong as (where to go, question, problem), in the order of the questions."""
    labels = {key_of(one.item, one.row): one.label for one in lines_of(page)}
    found = [("reason", "", entered.unreasoned)] if entered.unreasoned else []
    places = [*labels, *(key for key in entered.problems if key not in labels)]
    for key in places:
        if key in entered.problems:
            where = f"field-{key}" if key in labels else ""
            found.append((where, labels.get(key, ""), entered.problems[key]))
    return found


def given(post: Mapping[str, str]) -> list[Given]:
    """Return the answers of a request: fields a:ITEM:ROW, with s: the version seen, m: the missing reason."""
    found, language = [], get_language() or SOURCE_LANGUAGE
    for name in post:
        # Two of three names are no answers.
        if not name.startswith(ANSWER):
            continue
        key = name.removeprefix(ANSWER)
        item, colon, row = key.rpartition(":")
        if not colon or not row.isdecimal() or int(row[:6]) > MOST_ROW:
            continue
        seen = post.get(SEEN + key, "0")
        found.append(
            Given(
                item=item,
                row=int(row[:6]),
                text=post.get(name, ""),
                missing_reason=post.get(MISSING + key, ""),
                seen=int(seen[:9]) if seen.isdecimal() else 0,
                language=language,
            )
        )
    return found


def problems_of(findings: Iterable[Finding]) -> dict[str, str]:
    """Return what is wrong with each answer, in a sentence."""
    found: dict[str, str] = {}
    for one in findings:
        found.setdefault(key_of(one.item, one.row), sentence(one.message, one.hint))
    return found


def entered(saved: Saved, answers: Iterable[Given], theirs: Mapping[str, str], *, reason: str) -> Entered:
    """Return what was not stored, and why."""
    unreasoned = [one for one in saved.refused if one.kind == "reason"]
    problems = problems_of(one for one in saved.refused if one.kind != "reason")
    for one in saved.conflicts:
        problems[key_of(one.item, one.row)] = _conflict(one, theirs)
    without = {key_of(one.item, one.row) for one in unreasoned}
    typed = {key_of(one.item, one.row): one for one in answers}
    # Where nothing at all was stored, everything typed stays.
    lost = {
        key: one
        for key, one in typed.items()
        if saved.problem or unreasoned or key in problems or key in without
    }
    why = sentence(unreasoned[0].message, unreasoned[0].hint) if unreasoned else ""
    return Entered(lost, problems, reason if lost else "", why)


def theirs_of(page: FormPage | None) -> dict[str, str]:
    """Return every answer of a page as it is stored, in words."""
    return {key_of(one.item, one.row): one.shown_answer for one in lines_of(page)} if page else {}


def _conflict(one: Conflict, theirs: Mapping[str, str]) -> str:
    name, answer = one.by or _("Somebody"), theirs.get(key_of(one.item, one.row)) or one.theirs
    if not answer:
        return _("%(name)s took this answer back meanwhile. Yours is not saved yet.") % {"name": name}
    return _("%(name)s answered “%(answer)s” meanwhile. Yours is not saved yet.") % {
        "name": name,
        "answer": answer,
    }


def overlaid(page: FormPage, entered: Entered) -> FormPage:
    """Return the page with what was typed and not stored in place of what is stored."""
    if not (entered.typed or entered.problems):
        return page

    def over(one: ItemLine) -> ItemLine:
        key = key_of(one.item, one.row)
        if key in entered.typed:
            typed = entered.typed[key]
            one = replace(one, answer=typed.text, missing_reason=typed.missing_reason)
        if key in entered.problems:
            one = replace(one, problems=(entered.problems[key],), visible=True)
        return one

    groups = tuple(
        replace(
            group,
            rows=tuple(replace(row, items=tuple(map(over, row.items))) for row in group.rows),
            blank=replace(group.blank, items=tuple(map(over, group.blank.items))) if group.blank else None,
        )
        for group in page.groups
    )
    return replace(page, items=tuple(map(over, page.items)), groups=groups)


def shown(one: Instruction) -> dict[str, Any]:
    """Return an instruction as pages and scripts show it."""
    notify = ", ".join(one.notify)
    failed = _("The alert could not be stored. Tell them yourself, now: %(notify)s.") % {"notify": notify}
    return {
        "rule": one.rule,
        "title": _title(one.level) if one.certain else _("Please look at this"),
        "instruction": wording.told(one.instruction),
        "notify": _told_whom() % {"notify": notify, "n": one.within_minutes},
        "failed": "" if one.stored else failed,
    }


def _told_whom() -> str:
    """Return whether people are told by mail, or must be told by whoever reads this."""
    if settings.ALERTS_BY_MAIL:
        return _("Told: %(notify)s, to act within %(n)s minutes.")
    return _("No mail is set up here: tell them yourself, to act within %(n)s minutes: %(notify)s.")


def watched(one: Watch) -> dict[str, Any]:
    """Return a rule with what the page shows when it holds, before the server said anything."""
    failed = _("Not sent yet. While this stays, tell them yourself: %(notify)s.")
    return {
        "rule": one.rule,
        "title": _title(one.level),
        "instruction": one.instruction,
        "failed": failed % {"notify": ", ".join(one.notify)},
        "when": one.when,
    }


def _title(level: str) -> str:
    return _("Act now") if level == "urgent" else _("This needs somebody today")


def told(saved: Saved, post: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, Any]:
    """Return what came of a save as JSON for the page's script."""
    problems = problems_of((*saved.refused, *(one for one in saved.doubts if one.item)))
    items: dict[str, dict[str, Any]] = {
        name.removeprefix(ANSWER): {} for name in post if name.startswith(ANSWER)
    }
    for kept in saved.kept:
        items.setdefault(key_of(kept.item, kept.row), {})["seq"] = kept.seq
    for key, text in problems.items():
        items.setdefault(key, {})["problem"] = text
    scores = (saved.scores or {}).items()
    return {
        "items": items,
        "hidden": [key_of(item, row) for item, row in saved.skipped],
        "scores": {name: "–" if value is None else f"{value:g}" for name, value in scores},
        "progress": _("%(answered)s of %(asked)s answered")
        % {"answered": saved.answered, "asked": saved.asked}
        if saved.problem is None
        else "",
        "alerts": [shown(one) for one in saved.instructions],
        "conflicts": [
            {
                "key": key_of(one.item, one.row),
                "message": _conflict(one, theirs),
                "theirs": one.theirs,
                "missing": one.theirs_missing,
                "seq": one.seq,
            }
            for one in saved.conflicts
        ],
        "refused": [key_of(one.item, one.row) for one in saved.refused],
        "problem": sentence(saved.problem.message, saved.problem.hint) if saved.problem else "",
        "state": saved.state,
    }
