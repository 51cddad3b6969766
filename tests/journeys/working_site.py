"""A site on an ordinary morning: run as a script with the folders of a study that is not set up yet.

Everybody has an account and a password for one sign-in; each participant is where somebody's first day begins.
Prints their ids, and the codes of forms and queries, as JSON.
"""

import json
import sys
from datetime import datetime, time, timedelta
from pathlib import Path

from equipoise.conduct.config import boot, installation

HOME, KEYS, PASSWORD, PROTOCOL = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
sys.path.insert(0, str(Path(__file__).parents[2]))
installation.lay_out(HOME, keys=KEYS, mode="simulated")
setting_up = boot.operation("setting_up", home=HOME)

from tests.conduct.consenting import enrolled, provide_form  # noqa: E402 - Django must be started first
from tests.journeys.answers import fill, viewer  # noqa: E402

from equipoise.conduct.accounts import reads as accounts  # noqa: E402
from equipoise.conduct.accounts.permission import Grant, Viewer  # noqa: E402
from equipoise.conduct.capture import services  # noqa: E402
from equipoise.conduct.capture.results import Given  # noqa: E402
from equipoise.conduct.enrollment.services import randomizing  # noqa: E402
from equipoise.conduct.review.people import staffing  # noqa: E402
from equipoise.conduct.stores import clock  # noqa: E402
from equipoise.conduct.studies import reads as studies  # noqa: E402
from equipoise.conduct.tasks import reads as desks  # noqa: E402
from equipoise.conduct.tasks import services as tasks  # noqa: E402

SITE, ZONE = "SEA", "America/Los_Angeles"
NOW = clock.now()
BEGAN = NOW - timedelta(days=90)
MORNING = time(17)
STAFF = {
    "coordinator": ("Cora Lindqvist", SITE),
    "investigator": ("Inés Marchetti", SITE),
    "facilitator": ("Femi Adeyemi", SITE),
    "session_monitor": ("Sana Petrov", SITE),
    "assistant": ("Asa Petit", SITE),
    "on_call_physician": ("Oskar Brandt", SITE),
    "rater": ("Rana Okafor", ""),
    "pharmacist": ("Phil Nakamura", SITE),
    "data_manager": ("Dana Kowalski", ""),
    "monitor": ("Mona Eriksen", ""),
    "medical_monitor": ("Mateo Silva", ""),
    "statistician": ("Stella Novak", ""),
    "unblinded_statistician": ("Uma Castellanos", ""),
    "dsmb_member": ("Dov Hartmann", ""),
    "auditor": ("Aud Sørensen", ""),
    "system_administrator": ("Sigrid Amari", ""),
}
ROLE = {"assistant": "session_monitor"}
FILLS = ("coordinator", "investigator", "facilitator", "session_monitor")
RATED = dict.fromkeys(
    (
        *("apparent_sadness", "reported_sadness", "inner_tension", "reduced_sleep", "reduced_appetite"),
        *("concentration", "lassitude", "inability_to_feel", "pessimistic_thoughts"),
    ),
    "3",
)
ANSWERS = {
    **RATED,
    **dict.fromkeys(("earlier_treatment", "english", "release", "driver", "support_person", "taper"), "1"),
    **dict.fromkeys(("critically_ill", "longer_hours", "deaths", "alone", "suicidal_thoughts"), "2"),
    **dict.fromkeys(("attended", "oriented", "vitals_near_baseline", "no_suicidality"), "1"),
    **dict.fromkeys(("escort_present", "told_not_to_drive", "fully_taken"), "1"),
    "age": "44",
    "frontline_months": "14",
    "symptom_months": "9",
    "duration_hours": "2",
    "systolic": "124",
    "diastolic": "78",
    "heart_rate": "72",
    "facilitator": "Femi Adeyemi",
}
SKIPPED = {
    *("method_thoughts", "some_intent", "plan_intent", "behavior_recent"),
    *("frequency", "duration", "control", "deterrents", "reasons"),
}
SCREENING = ("screening", "demographics", "exposure_index", "madrs", "cssrs", "vitals")
BASELINE = ("madrs", "spfi", "pcl5", "expectancy", "cssrs_since", "session_held")
GATES = ("madrs", "spfi", "pcl5", "expectancy")
DAY_28 = ("guess", "spfi", "pcl5", "cssrs_since")
DOSED, DUE_IN = 28, 6
"""Days since the dose of whoever is at day 28, and until it of whoever is to be randomized."""


def employ() -> None:
    """Give everybody an account, the trainings of the protocol and their role."""
    for slug, (name, site) in STAFF.items():
        email, role = f"{slug}@example.org", ROLE.get(slug, slug)
        setting_up.add_user(name=name, email=email, password=PASSWORD, at=BEGAN)
        person = accounts.person_of(email)
        assert person is not None
        for training in staffing.trainings():
            if role in training.roles:
                staffing.record_training(
                    person=person,
                    training=training.id,
                    completed_on=BEGAN.date(),
                    evidence="Folder 7",
                    today=BEGAN.date(),
                    at=BEGAN,
                    by="system",
                )
        setting_up.grant(email=email, roles=[role], site=site, at=BEGAN)


def days_ago(days: int) -> datetime:
    """Return the morning so many days ago, or now."""
    return NOW if days <= 0 else datetime.combine((NOW - timedelta(days=days)).date(), MORNING, NOW.tzinfo)


def answer(participant: str, visit: str, *forms: str, at: datetime, **further: str) -> dict[str, str]:
    """Hold a visit and fill these of its forms; return form to its code."""
    site = studies.site(SITE)
    assert site is not None
    services.record_visit(
        participant=participant, visit=visit, status="held", date=site.today(at), at=at, by=hands
    )
    return {
        form: fill(
            services.open_form(participant=participant, visit=visit, form=form, at=at, by=hands),
            by=hands,
            at=at,
            answers=ANSWERS | further,
            skipped=SKIPPED,
        )
        for form in forms
    }


def screened(
    dose_in: int, *, forms: tuple[str, ...] = SCREENING, baseline: tuple[str, ...] = BASELINE
) -> str:
    """Enroll somebody, plan their dose, and take them through screening and baseline."""
    one = enrolled(SITE, at=days_ago(25 - dose_in), by=cora)
    dose = (NOW + timedelta(days=dose_in)).date()
    services.plan_anchor(participant=one, anchor="dose", date=dose, at=days_ago(25 - dose_in), by=cora)
    answer(one, "SCR", *forms, at=days_ago(21 - dose_in))
    answer(one, "PREP1", *baseline, at=days_ago(8 - dose_in))
    return one


def confirm(participant: str, *, at: datetime) -> None:
    """Judge what no rule decides, and confirm that somebody is eligible."""
    services.judge_criterion(
        participant=participant, criterion="E9", holds="no", reason="Nothing found", at=at, by=ines
    )
    services.confirm(participant=participant, at=at, by=ines)


def randomized(dose_in: int) -> str:
    """Take somebody as far as a kit, with the least that randomization asks."""
    one = screened(dose_in, baseline=GATES)
    confirm(one, at=days_ago(5 - dose_in))
    randomizing.randomize(participant=one, at=days_ago(5 - dose_in), by=ines)
    return one


def rate(participant: str, visit: str, *, at: datetime) -> None:
    """Have the rater do a rating and rather not guess."""
    code = give(participant, visit, at=at)
    tasks.begin(task=code, at=at, by=rana)
    page = desks.page(code, viewer=rana, at=at, language="en")
    given = [Given(one.item, text=ANSWERS[one.item], seen=one.seq) for one in page.form.items]
    tasks.save(task=code, given=given, at=at, by=rana)
    tasks.complete(task=code, at=at, by=rana)
    tasks.begin(task=code, at=at, by=rana)
    tasks.decline(task=code, at=at, by=rana)


def give(participant: str, visit: str, *, at: datetime) -> str:
    """Give the rater a rating."""
    return tasks.assign(
        participant=participant,
        visit=visit,
        form="madrs",
        rater=rana.person,
        due_at=at + timedelta(days=1),
        meeting="https://meet.example.org/k3x",
        at=at,
        by=cora,
    )


def at_day_28(*forms: str) -> str:
    """Take somebody from the dose to day 28, and fill these forms there."""
    one = randomized(-DOSED)
    given = randomizing.randomization(one)
    assert given is not None
    answer(one, "DOSE", "dose_given", "discharge", at=days_ago(DOSED), kit=given.kit)
    for visit in ("PREP2", "D1", "INT1", "D7", "INT2", "INT3"):
        services.record_visit(
            participant=one, visit=visit, status="missed", reason="On leave", at=days_ago(4), by=cora
        )
    answer(one, "D28", *forms, at=NOW)
    return one


def begin() -> None:
    """Set the study up as `equipoise init` does, three months ago."""
    text = PROTOCOL.read_text(encoding="utf-8")
    setting_up.begin(boot.current(), text=text, name=PROTOCOL.name, wordings={}, at=BEGAN)
    setting_up.add_site(site=SITE, name="Seattle", time_zone=ZONE, at=BEGAN)
    employ()
    provide_form(SITE, at=BEGAN)


def ask(form: str, item: str, text: str) -> str:
    """Let the monitor ask about an answer."""
    return services.open_query(form=form, item=item, row=0, text=text, at=NOW, by=mona)


begin()
cora, ines, mona, rana = (viewer(one, at=NOW) for one in ("coordinator", "investigator", "monitor", "rater"))
hands = Viewer(cora.person, cora.name, tuple(Grant(role, SITE) for role in FILLS))
made = {
    "judged": screened(DUE_IN),
    "ready": screened(DUE_IN),
    "dosing": randomized(0),
    "day_28": at_day_28(*DAY_28),
    "told": at_day_28(*DAY_28, "facilitator_guess"),
}
confirm(made["ready"], at=NOW)
rate(made["told"], "D28", at=NOW)
give(made["day_28"], "D28", at=NOW)
made["entered"] = enrolled(SITE, at=NOW, by=cora)
services.plan_anchor(
    participant=made["entered"], anchor="dose", date=(NOW + timedelta(days=21)).date(), at=NOW, by=cora
)
made |= answer(made["entered"], "SCR", "demographics", at=NOW)
made["verified"] = answer(made["entered"], "PREP1", "session_held", at=NOW)["session_held"]
services.verify(form=made["verified"], at=NOW, by=mona)
made["rating"] = services.open_form(participant=made["entered"], visit="SCR", form="madrs", at=NOW, by=hands)
services.save(
    form=made["rating"],
    given=[Given("suicidal_thoughts", text="5"), Given("reduced_sleep", text="3")],
    at=NOW,
    by=hands,
)
made["query"] = ask(made["rating"], "reduced_sleep", "Two or three? The note says two.")
print(json.dumps(made))  # noqa: T201 - what the tests read
