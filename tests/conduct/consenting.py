"""Participants for tests: a consent form in force at a site, and people who read, understood and signed it."""

from datetime import date, datetime, timedelta

from equipoise.conduct.accounts.permission import Grant, Viewer
from equipoise.conduct.consent import reads, services
from equipoise.conduct.consent.reads import UnderWay
from equipoise.conduct.enrollment.services import consenting
from equipoise.conduct.studies import reads as studies

FORM = """# Taking part

## What the drug does
[acute_effects] For some hours you see, think and feel in another way.

[vulnerability] You may agree to things more easily than usual.

## How we treat you
- [touch] We touch you only as we agreed before.
- [confidentiality] Nobody learns that you take part, unless you tell them.

? When may you stop?
- Only when the study ends
+ Whenever I want
= You may stop at any time. You need not say why.

? What may happen for some hours?
+ I may see and think in another way
- I fall asleep
= The drug changes how you see and think for some hours.
"""
ADMINISTRATOR = Viewer("system", "System", (Grant("system_administrator"),))
EARLIER = timedelta(days=30)


def provide_form(
    site: str, *, at: datetime, text: str = FORM, on: date | None = None, language: str = "en"
) -> int:
    """Add a consent form to a site and have it in force; return its number."""
    where = studies.site(site)
    assert where is not None
    number = services.add_version(site=site, language=language, text=text, at=at, by=ADMINISTRATOR)
    day = on or where.today(at)
    services.approve(
        site=site,
        number=number,
        language=language,
        approved_on=min(day, where.today(at)),
        effective_from=day,
        at=at,
        by=ADMINISTRATOR,
    )
    return number


def _elements() -> tuple[str, ...]:
    latest = studies.latest()
    assert latest is not None
    return tuple(one.id for one in studies.resolved(latest.number).protocol.consent)


def form_for(elements: tuple[str, ...]) -> str:
    """Return a consent form that covers these elements of a protocol and no others."""
    said = "\n\n".join(f"[{one}] We tell you about {one.replace('_', ' ')}." for one in elements)
    _, _, questions = FORM.partition("? ")
    return f"# Taking part\n\n## What we tell you\n{said or 'We tell you everything.'}\n\n? {questions}"


def hand_over(site: str, *, at: datetime, by: Viewer, participant: str = "", holder: str = "") -> UnderWay:
    """Hand a form over; one is put in force where none is."""
    where = studies.site(site)
    assert where is not None
    if not reads.in_force(site, day=where.today(at)):
        provide_form(site, at=at, text=form_for(_elements()), on=where.today(at) - EARLIER)
    token = services.begin(site=site, language="en", at=at, by=by, participant=participant, holder=holder)
    found = reads.signing(token)
    assert found is not None
    return found


def understand(form: UnderWay, *, at: datetime, by: Viewer) -> None:
    """Answer every question right."""
    for place, question in enumerate(form.version.document.questions, start=1):
        right = next(n for n, choice in enumerate(question.choices, start=1) if choice.right)
        assert services.answer(signing=form.token, question=place, choice=right, at=at, by=by).right


def enrolled(site: str, *, at: datetime, by: Viewer, name: str = "Jo Doe", countersigned: bool = True) -> str:
    """Return a participant who consented at a site just now."""
    form = hand_over(site, at=at, by=by)
    understand(form, at=at, by=by)
    participant = consenting.sign(signing=form.token, name=name, at=at, by=by)
    if countersigned:
        services.countersign(participant=participant, at=at, by=by)
    return participant


def renewed(participant: str, site: str, *, at: datetime, by: Viewer, countersigned: bool = True) -> None:
    """Let a participant consent again."""
    form = hand_over(site, at=at, by=by, participant=participant)
    understand(form, at=at, by=by)
    assert consenting.sign(signing=form.token, name="Jo Doe", at=at, by=by) == participant
    if countersigned:
        services.countersign(participant=participant, at=at, by=by)
