"""Blinding: who must not know what until when, and whether the file keeps its own promise.

Holds the rules over masking, events, and what is hidden from whom.
"""

from collections.abc import Iterable, Iterator

from equipoise.errors import Problem
from equipoise.protocol.part import Stated, value_of
from equipoise.protocol.resolve import ResolvedForm
from equipoise.protocol.rules.draft import Draft, listed
from equipoise.protocol.rules.formulas import own_items, readings
from equipoise.protocol.schedule import Form, Item, Visit
from equipoise.source import Path

MEDICAL = ("investigator", "on_call_physician", "medical_monitor", "session_monitor")
"""Roles that answer for a participant's safety; one of them at least must see every safety answer."""
RATER = "rater"
LOCK = "lock"
GUIDING = ("facilitator", "session_monitor", "rater")
"""Roles whose knowledge of past arms can reach other participants."""
DAYS_A_MONTH = 365.25 / 12


def blinding(draft: Draft) -> Iterator[Problem]:
    """Yield where blinding contradicts itself, endangers somebody or will not hold."""
    alerting = _alerting(draft)
    for place, form in enumerate(draft.protocol.forms):
        yield from _form(draft, form, place, alerting=alerting.get(form.id, ()))
        yield from _telling(draft, form, place)
    for place, visit in enumerate(draft.protocol.visits):
        yield from _visit(draft, visit, ("visits", place), alerting)
    yield from _raters(draft)
    yield from _alerts(draft)
    yield from _events(draft)
    yield from _recruiting(draft)
    yield from _blocks(draft)
    yield from _verifying(draft)


def _alerting(draft: Draft) -> dict[str, set[str]]:
    """Return the forms that safety rules read, each with the items they read."""
    found: dict[str, set[str]] = {}
    for rule in draft.protocol.safety_rules:
        for reading in readings(draft, rule.when):
            found.setdefault(reading.form, set()).add(reading.value)
    return found


def _form(draft: Draft, form: Form, place: int, *, alerting: Iterable[str]) -> Iterator[Problem]:
    path: Path = ("forms", place)
    resolved = draft.forms.get(form.id)
    if resolved is None:
        return
    is_safety = form.safety or bool(alerting)
    fillers = form.fillers
    here = (*path, "hidden_from") if form.hidden_from is not None else path
    yield from _hiding(
        draft, here, what=form.id, hidden=resolved.hidden_from, fillers=fillers, is_safety=is_safety
    )
    if resolved.hidden_from and resolved.until is None:
        hint = "give `until`: an event, or lock"
        yield draft.error(here, f"nothing says until when {form.id} is hidden", hint)
    yield from _sealed(draft, form, path, is_safety=is_safety)
    if form.until is not None and not resolved.hidden_from and not form.sealed:
        message = f"{form.id} is hidden from nobody, so `until` means nothing"
        yield draft.error((*path, "until"), message, "give `hidden_from`, or remove it")
    for item_path, item in own_items(draft, place):
        yield from _until(draft, item, item_path)
        if item.hidden_from:
            yield from _hiding(
                draft,
                (*item_path, "hidden_from"),
                what=f"{form.id}.{item.id}",
                hidden=item.hidden_from,
                fillers=fillers,
                is_safety=form.safety or item.id in alerting,
            )
    yield from _shown_against_default(draft, resolved, here)


def _sealed(draft: Draft, form: Form, path: Path, *, is_safety: bool) -> Iterator[Problem]:
    """Yield where a sealed form would be needed, or would show, before its seal is broken."""
    if not form.sealed:
        return
    here = (*path, "sealed")
    if form.until is None and draft.forms[form.id].until is None:
        yield draft.error(
            here, f"nothing says until when {form.id} is sealed", "give `until`: an event, or lock"
        )
    if is_safety:
        message = f"{form.id} is sealed, and somebody must act on what it says"
        yield draft.error(here, message, "leave out `sealed`, or ask that question in another form")
    if form.id in draft.protocol.logs:
        yield draft.error(here, f"{form.id} is a log, which nobody completes", "leave out `sealed`")


def _raters(draft: Draft) -> Iterator[Problem]:
    """Yield what would tell a rater which visit a rating belongs to."""
    asked = {
        place: [name for name in visit.forms if RATER in _fillers(draft, name)]
        for place, visit in enumerate(draft.protocol.visits)
    }
    guesses = {name for names in asked.values() for name in names if draft.forms[name].arms}
    for guess in sorted(guesses):
        without = [
            draft.protocol.visits[place].id
            for place, names in asked.items()
            if guess not in names and any(name not in guesses for name in names)
        ]
        if without:
            message = f"raters guess in {guess} after some ratings and not at {listed(without)}"
            hint = "ask after every rating, so that nobody can tell visits apart by it"
            yield draft.warning(("forms", draft.form_place[guess]), message, hint)


def _telling(draft: Draft, form: Form, place: int) -> Iterator[Problem]:
    """Yield questions of raters that an answer elsewhere shows or hides: they tell visits apart."""
    if RATER not in form.fillers:
        return
    for path, item in own_items(draft, place):
        for reading in readings(draft, item.show_if, within=form.id) if item.show_if else ():
            if reading.form not in ("", form.id):
                message = f"raters are asked {item.id} or not by an answer in {reading.form}"
                hint = "ask it always: raters know neither the visit nor what was answered elsewhere"
                yield draft.warning((*path, "show_if"), message, hint)


def _fillers(draft: Draft, name: str) -> tuple[str, ...]:
    found = draft.forms.get(name)
    return found.fillers if found is not None else ()


def _hiding(
    draft: Draft,
    path: Path,
    *,
    what: str,
    hidden: Iterable[str],
    fillers: Iterable[str],
    is_safety: bool,
) -> Iterator[Problem]:
    both = [role for role in fillers if role in hidden]
    if both:
        message = f"{what} is hidden from {listed(both)}, who fills it"
        yield draft.error(path, message, "take the role out of `hidden_from` or `filled_by`")
    if is_safety and all(role in hidden for role in MEDICAL):
        message = f"{what} is a safety answer and hidden from everybody medically responsible"
        yield draft.error(path, message, f"let one of {listed(MEDICAL)} see it")


def _until(draft: Draft, part: Item | Visit, path: Path) -> Iterator[Problem]:
    if part.hidden_from and part.until is None:
        message = f"nothing says until when {part.id} is hidden"
        yield draft.error((*path, "hidden_from"), message, "give `until`: an event, or lock")
    if part.until is not None and not part.hidden_from:
        message = f"{part.id} is hidden from nobody, so `until` means nothing"
        yield draft.error((*path, "until"), message, "give `hidden_from`, or remove it")


def _visit(draft: Draft, visit: Visit, path: Path, alerting: dict[str, set[str]]) -> Iterator[Problem]:
    yield from _until(draft, visit, path)
    if not visit.hidden_from:
        return
    for name in visit.forms:
        form = draft.forms.get(name)
        if form is not None:
            yield from _hiding(
                draft,
                (*path, "hidden_from"),
                what=f"{visit.id} with its form {name}",
                hidden=visit.hidden_from,
                fillers=form.fillers,
                is_safety=form.safety or name in alerting,
            )


def _shown_against_default(draft: Draft, form: ResolvedForm, path: Path) -> Iterator[Problem]:
    default = form.instrument.hidden_from if form.instrument else ()
    shown_to = [role for role in default if role not in form.hidden_from and role not in form.fillers]
    if shown_to:
        message = f"{form.id} hints at the arm and is not hidden from {listed(shown_to)}"
        yield draft.warning(path, message, f"add {listed(shown_to)} to `hidden_from`")


def _alerts(draft: Draft) -> Iterator[Problem]:
    """Yield alerts that would tell a role of an answer hidden from it."""
    for place, rule in enumerate(draft.protocol.safety_rules):
        path: Path = ("safety_rules", place, "notify")
        if not rule.notify:
            yield draft.error(path, f"the alert {rule.id} reaches nobody", "name a role")
        told: set[tuple[str, str]] = set()
        for reading in readings(draft, rule.when):
            form = draft.forms[reading.form]
            told.update((role, form.id) for role in rule.notify if role in form.hidden_from)
        for role, form_id in sorted(told):
            message = f"the alert tells {role} of an answer in {form_id}, which is hidden from that role"
            yield draft.error(path, message, "notify another role, or show the form")


def _events(draft: Draft) -> Iterator[Problem]:
    for place, event in enumerate(draft.protocol.events):
        path: Path = ("events", place)
        for number, role in enumerate(event.tells):
            masked = draft.protocol.masking.get(role)
            if event.planned and masked is not None and masked.until != event.id:
                message = f"{event.id} tells the {role} the arm, who is masked until {masked.until}"
                yield draft.error((*path, "tells", number), message, "change `tells` or `masking`")
        guiding = [role for role in GUIDING if role in event.tells]
        if event.planned and event.visit is not None and guiding:
            message = (
                f"{listed(guiding)} learn each participant's arm at {event.visit}, while others are treated"
            )
            hint = "what they learn can color how they guide or rate the next participant"
            yield draft.warning((*path, "tells"), message, hint)


def _recruiting(draft: Draft) -> Iterator[Problem]:
    """Yield events that tell participants their arm before the last one is randomized."""
    for place, visit in draft.told:
        day = draft.visits[visit].day
        if day is not None and 0 < _recruitment_days(draft) <= day:
            continue
        message = f"participants learn their arm at {visit} while others are still being randomized"
        hint = "past arms help to guess the next ones: keep block sizes concealed and raters apart"
        yield draft.warning(("events", place), message, hint)


def _recruitment_days(draft: Draft) -> float:
    """Return the longest planned recruitment in days; 0 when no scenario says."""
    scenarios = draft.protocol.simulation.scenarios if draft.protocol.simulation else ()
    n = draft.protocol.planned_n or 0
    return max(
        ((one.participants or n) / one.accrual.per_month * DAYS_A_MONTH for one in scenarios), default=0.0
    )


def _blocks(draft: Draft) -> Iterator[Problem]:
    marked = draft.protocol.allocation.block_sizes
    sizes = value_of(marked)
    if not sizes:
        return
    path: Path = ("allocation", "block_sizes")
    if not (isinstance(marked, Stated) and marked.concealed):
        message = "block sizes are not concealed, so sites can foresee the last arms of a block"
        yield draft.warning(path, message, "write {value: [...], concealed: true}")


def _verifying(draft: Draft) -> Iterator[Problem]:
    """Yield visits of one arm that nobody could verify before the lock."""
    of_one_arm = [visit.id for visit in draft.protocol.visits if visit.arms is not None and visit.forms]
    told = any(event.planned and event.tells for event in draft.protocol.events)
    masked = draft.protocol.masking.get("monitor")
    if of_one_arm and told and (masked is None or masked.until == LOCK):
        message = f"nobody can verify {listed(of_one_arm)} before the lock: the monitor is masked until then"
        hint = "name the monitor in `masking`, until the event that opens them, or verify them after the lock"
        yield draft.warning(("masking",), message, hint)
