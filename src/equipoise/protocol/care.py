"""Who may take part and how they are kept safe: eligibility, medication, sessions, alerts, retreatment."""

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.part import Name, Part, Positive, Role, Rule, Slug, Text

Minutes = tuple[Annotated[int, Field(ge=-1440, le=2880)], ...]


class Criterion(Part):
    """One eligibility criterion."""

    id: Name
    """Identifier, e.g. I4."""
    kind: Literal["inclusion", "exclusion"]
    """Whether it must hold or must not."""
    text: Text
    """The criterion in words."""
    rule: Rule | None = None
    """An expression over forms; null when a person judges it. Unknown is not yet eligible."""


class Application(Part):
    """What people who want to take part are asked on the public page, before anybody meets them."""

    items: tuple[Text, ...]
    """Items asked, as `form.item`, in order. Criteria that these decide sort the applications."""
    keep_days: Annotated[int, Field(ge=1, le=3650)]
    """After so many days somebody who does not take part is forgotten."""


class Washout(Part):
    """How long a medication must be stopped before an anchor."""

    id: Name
    """Identifier."""
    text: Text
    """The rule in words."""
    medication_class: Name
    """Code of the medication's class in the medications log."""
    days: Annotated[int, Field(ge=0)] | None = None
    """Days without it."""
    half_lives: Positive | None = None
    """Half-lives without it; with `days`, both must have passed one after the other."""
    before: Name
    """The anchor counted back from."""


class Prohibited(Part):
    """Medication that may not be taken during a period."""

    id: Name
    """Identifier."""
    text: Text
    """The rule in words."""
    medication_class: Name
    """Code of the medication's class in the medications log."""
    from_anchor: Name
    """The anchor that begins the period."""
    until_visit: Name | None = None
    """The visit that ends it; null for the whole trial."""


class Retreatment(Part):
    """Another dose after the first, and when."""

    id: Name
    """Identifier."""
    text: Text
    """The criteria in words."""
    rule: Rule | None = None
    """The criteria as an expression."""
    earliest_day: Annotated[int, Field(ge=0)]
    """First day it may be given."""
    latest_day: Annotated[int, Field(ge=0)] | None = None
    """Last day it may be given."""
    maximum: Annotated[int, Field(ge=1)] = 1
    """Most additional doses."""
    assignment: Literal["original", "open_label"]
    """Whether the original assignment is repeated, masking kept, or the dose is open."""
    visit: Name | None = None
    """The visit at which it is given."""


class Rescue(Part):
    """Treatment given outside the plan for a participant's sake."""

    id: Name
    """Identifier."""
    text: Text
    """When, in words."""
    rule: Rule | None = None
    """When, as an expression."""
    treatment: Text
    """What is given."""


class Staff(Part):
    """People who must be there."""

    role: Literal["facilitator", "lead_session_monitor", "assistant_session_monitor", "on_call_physician"]
    """Their part."""
    count: Annotated[int, Field(ge=1)] = 1
    """How many."""
    credentials: tuple[Text, ...] = ()
    """Licences and experience each must have."""
    training: tuple[Name, ...] = ()
    """Trainings each must have completed."""
    within_minutes: Annotated[int, Field(ge=0)] | None = None
    """For an on-call physician: how soon on site."""


class Timed(Part):
    """A form filled at times counted from the dose."""

    form: Name
    """The form."""
    minutes: Minutes
    """Minutes from the dose, rising."""
    late_after_minutes: Annotated[int, Field(ge=0)] | None = None
    """How late a reading may be before it counts as late."""


class Limit(Part):
    """A value at which a session changes course, or a condition for its end."""

    id: Name
    """Identifier."""
    text: Text
    """The limit in words."""
    rule: Rule | None = None
    """The limit as an expression; null when a person judges it."""
    action: Text | None = None
    """What is then done."""


class Session(Part):
    """A kind of session: preparation, dosing or integration."""

    id: Name
    """Identifier."""
    label: Text
    """Name as people read it."""
    kind: Literal["preparation", "dosing", "integration", "other"]
    """What it is for."""
    duration_hours: Positive | None = None
    """Planned length in hours."""
    staff: tuple[Staff, ...] = ()
    """Who must be there, with credentials."""
    vitals: Timed | None = None
    """Vital signs schedule."""
    ratings: tuple[Timed, ...] = ()
    """Other forms on a clock."""
    effects_log: Name | None = None
    """The log of effects on perception, cognition and mood."""
    before_dose: tuple[Limit, ...] = ()
    """Conditions that must hold before the dose is given."""
    stopping: tuple[Limit, ...] = ()
    """Limits that call for action."""
    discharge: tuple[Limit, ...] = ()
    """Conditions for going home."""
    reachable_hours: Positive | None = None
    """How long somebody can be reached afterwards."""


class SafetyRule(Part):
    """An answer that must reach somebody."""

    id: Name
    """Identifier."""
    when: Rule
    """The expression that raises it; when unknown it is listed for a person."""
    alert: Literal["urgent", "same_day", "routine"]
    """How urgent."""
    notify: tuple[Role, ...]
    """Who is told."""
    within_minutes: Annotated[int, Field(ge=0)]
    """How fast."""
    instruction: Text
    """What the person at the participant's side does now."""


class SpecialInterest(Part):
    """An adverse event of special interest, asked for systematically."""

    id: Name
    """Identifier."""
    label: Text
    """Name as people read it."""
    terms: tuple[Text, ...]
    """Terms it covers."""
    asked_by: tuple[Name, ...] = ()
    """Forms that ask for it."""


class Training(Part):
    """A training without which nobody is assigned."""

    id: Name
    """Identifier."""
    label: Text
    """Name as people read it."""
    roles: tuple[Role, ...]
    """Roles that need it."""
    valid_months: Annotated[int, Field(ge=1)] | None = None
    """How long it counts; null for good."""


class SupportModel(Part):
    """The psychological support that goes with the drug, and how bias from it is limited."""

    text: Text
    """The model in words."""
    manual: Text | None = None
    """Manual followed."""
    fidelity: Text | None = None
    """How adherence is assessed."""
    separation: Text | None = None
    """Who may not do what: for instance, a session monitor gives no later therapy."""


class ConsentElement(Part):
    """Something the consent form must say."""

    id: Name
    """Identifier."""
    text: Text
    """What it says."""
    reconsent_at: Slug | None = None
    """Event or visit at which it is confirmed again."""
