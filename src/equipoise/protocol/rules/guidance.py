"""What regulators ask of trials with psychedelics, as far as a file can show it. Warnings only.

Holds positions of FDA's final guidance "Psychedelic Drugs: Considerations for Clinical Investigations"
(July 2026), which binds nobody. Says nothing about trials without such a drug.
"""

from collections.abc import Iterator

from equipoise.errors import Problem
from equipoise.protocol.care import Session
from equipoise.protocol.rules.calendar import Calendar
from equipoise.protocol.rules.draft import Draft
from equipoise.source import Path

PSYCHEDELICS = (
    "psilocybin",
    "psilocin",
    "lsd",
    "lysergide",
    "mdma",
    "midomafetamine",
    "dmt",
    "dimethyltryptamine",
    "mebufotenin",
    "mescaline",
    "ayahuasca",
    "ibogaine",
    "noribogaine",
    "methylone",
)
"""Words that mark a substance as a psychedelic, in lower case."""
ON_CALL_MINUTES = 15
PHYSICIAN = ("physician", "psychiatrist", "medical doctor", "md")
SAID_BY = "FDA guidance of July 2026"


def guidance(draft: Draft) -> Iterator[Problem]:
    """Yield what a reader of the guidance would miss in a trial with a psychedelic."""
    substances = [(one.substance or "").lower() for one in draft.protocol.interventions]
    if not any(word in substance for word in PSYCHEDELICS for substance in substances):
        return
    yield from _expectancy(draft)
    yield from _guess(draft)
    yield from _prior_use(draft)
    for place, session in enumerate(draft.protocol.sessions):
        if session.kind == "dosing":
            yield from _session(draft, session, ("sessions", place))
    yield from _lists(draft)


def _expectancy(draft: Draft) -> Iterator[Problem]:
    calendar = Calendar(draft)
    asked = [
        draft.visits[visit]
        for form in draft.protocol.forms
        if form.instrument == "treatment_expectancy"
        for visit in draft.collected.get(form.id, ())
    ]
    if not any(not calendar.follows_dose(visit) for visit in asked):
        message = "nobody asks what participants expect before they are randomized"
        hint = f"add the scale treatment_expectancy before the dose and to `gates` ({SAID_BY})"
        yield draft.warning(("forms",), message, hint, key=True)


def _guess(draft: Draft) -> Iterator[Problem]:
    forms = [form.id for form in draft.protocol.forms if form.instrument == "treatment_guess"]
    if not draft.protocol.estimands:
        return
    visit = draft.protocol.primary.variable.visit
    asked = {at for form in forms for at in draft.collected.get(form, ())}
    if visit in draft.visits and visit not in asked:
        message = f"nobody guesses the arm at {visit}, where the primary outcome is read"
        hint = f"add the scale treatment_guess there ({SAID_BY})"
        yield draft.warning(("visits", draft.visit_place[visit], "forms"), message, hint)


def _prior_use(draft: Draft) -> Iterator[Problem]:
    strata = draft.protocol.allocation.strata or ()
    words = [f"{stratum.id} {stratum.item or ''} {stratum.label or ''}".lower() for stratum in strata]
    if not any("psychedelic" in word or "prior_use" in word for word in words):
        message = "randomization is not stratified by earlier use of psychedelics"
        hint = f"add a stratum, or say in `note` why not ({SAID_BY})"
        yield draft.warning(("allocation",), message, hint, key=True)


def _session(draft: Draft, session: Session, path: Path) -> Iterator[Problem]:
    staff = {one.role: one for one in session.staff}
    lacking = [role for role in ("lead_session_monitor", "assistant_session_monitor") if role not in staff]
    if lacking:
        message = f"{session.id} does not have two session monitors, a lead and an assistant"
        yield draft.warning((*path, "staff"), message, f"name both with their credentials ({SAID_BY})")
    lead = staff.get("lead_session_monitor")
    words = " ".join(lead.credentials).lower().split() if lead is not None else []
    on_call = staff.get("on_call_physician")
    minutes = on_call.within_minutes if on_call is not None else None
    if (minutes is None or minutes > ON_CALL_MINUTES) and not any(word in words for word in PHYSICIAN):
        message = f"no physician leads {session.id} or can be there within {ON_CALL_MINUTES} minutes"
        hint = f"add an on_call_physician with within_minutes: {ON_CALL_MINUTES} ({SAID_BY})"
        yield draft.warning((*path, "staff"), message, hint)
    if session.effects_log is None:
        message = f"{session.id} keeps no log of effects on perception, thinking and mood"
        yield draft.warning(path, message, f"give `effects_log` ({SAID_BY})")


def _lists(draft: Draft) -> Iterator[Problem]:
    if not draft.protocol.aesi:
        message = "no adverse event of special interest is asked for"
        yield draft.warning((), message, f"list them in `aesi` ({SAID_BY})")
    if not draft.protocol.consent:
        message = "nothing says what the consent form tells about effects on judgment and suggestibility"
        yield draft.warning((), message, f"list it in `consent` ({SAID_BY})")
