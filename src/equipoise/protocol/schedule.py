"""When what is asked, and of whom: visits, logs, forms and items."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from equipoise.protocol.part import Name, Part, Role, Rule, Slug, Text

ItemType = Literal["number", "text", "code", "date", "partial_date", "time", "instant"]
Day = Annotated[int, Field(ge=-3650, le=36500)]


class Repeats(Part):
    """How often something may occur."""

    maximum: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Most occurrences; null for no limit."""
    every_days: Annotated[int, Field(ge=1)] | None = None
    """Days from one planned occurrence to the next."""


class Visit(Part):
    """A planned meeting, or one that may become necessary."""

    id: Name
    """Identifier, as in data and results."""
    label: Text | None = None
    """Name as people read it; the id when absent."""
    epoch: Name
    """The epoch it belongs to."""
    anchor: Name | None = None
    """The anchor its day counts from."""
    planned_anchor: bool = False
    """True when the day counts from the anchor's planned date, as it must before the anchor has happened."""
    day: Day | None = None
    """Target day, the anchor's day being 0; null when a source does not say or the visit is unscheduled."""
    window_days: tuple[Day, Day] | None = None
    """Allowed deviation from the target, as [earliest, latest] in days, e.g. [-3, 3]."""
    baseline: bool = False
    """True when its values are the baseline."""
    session: Name | None = None
    """The kind of session held, from `sessions`."""
    forms: tuple[Name, ...] = ()
    """Forms filled at this visit, in order."""
    arms: tuple[Name, ...] | None = None
    """Arms that have this visit; null for all. Such a visit is hidden from everybody still masked."""
    unscheduled: bool = False
    """True when it takes place only if needed."""
    repeats: Repeats | None = None
    """How often it may occur; once when absent."""
    offered: bool = False
    """True when participants may decline it without leaving the schedule."""
    place: Literal["in_person", "remote"] = "in_person"
    """Where it takes place."""
    hidden_from: tuple[Role, ...] = ()
    """Roles that must not learn that it exists."""
    until: Slug | None = None
    """The event that ends the hiding."""

    @property
    def name(self) -> str:
        """The label, or the id where none is given."""
        return self.label or self.id


class Cdisc(Part):
    """Where an item belongs in CDISC's tabulation model."""

    domain: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    """SDTM domain, e.g. VS."""
    testcd: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")] | None = None
    """Test code, at most 8 characters."""
    codelist: Text | None = None
    """Code list name or number."""


class EditCheck(Part):
    """A rule that plausible data keep."""

    id: Name
    """Identifier."""
    rule: Rule
    """An expression that must hold; unknown gives no finding."""
    message: Text
    """What the person who entered the value reads when it does not hold."""


class Item(Part):
    """One question."""

    id: Name
    """Identifier, unique within its form."""
    label: Text
    """The question."""
    hint: Text | None = None
    """Help beside the question."""
    type: ItemType
    """Type of its answer."""
    unit: Text | None = None
    """Unit in UCUM, e.g. mm[Hg]; numbers only."""
    range: tuple[float, float] | None = None
    """Least and greatest plausible number."""
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    """Digits after the point; numbers only."""
    codes: dict[str, Text] | None = None
    """Code to label; code items only."""
    required: bool = True
    """False when an empty answer needs no reason."""
    show_if: Rule | None = None
    """Asked only when this holds; unknown shows it."""
    cdisc: Cdisc | None = None
    """Mapping to CDISC."""
    hidden_from: tuple[Role, ...] = ()
    """Roles that must not see it."""
    until: Slug | None = None
    """The event that ends the hiding."""


class Group(Part):
    """Items that repeat together."""

    id: Name
    """Identifier."""
    label: Text
    """Name as people read it."""
    items: tuple[Item, ...]
    """The items of one row."""
    repeats: Repeats = Repeats()
    """How many rows there may be."""


def _is_list(value: object) -> str:
    return "one" if isinstance(value, str) else "many"


Fillers = Annotated[
    Annotated[Role, Tag("one")] | Annotated[tuple[Role, ...], Tag("many")], Discriminator(_is_list)
]
"""A role, or a list of them."""


class Form(Part):
    """Questions answered together: a rating scale, a standard form, or items of its own."""

    id: Name
    """Identifier."""
    label: Text | None = None
    """Name as people read it; the instrument's or the id when absent."""
    instrument: Name | None = None
    """A rating scale of the library."""
    standard: Name | None = None
    """A standard form of the library, e.g. adverse_events."""
    items: tuple[Item, ...] = ()
    """Own items; with `standard`, items added to it."""
    groups: tuple[Group, ...] = ()
    """Repeating groups of items."""
    filled_by: Fillers
    """Who fills it."""
    hidden_from: tuple[Role, ...] | None = None
    """Roles that must not learn of its answers; the instrument's default when absent."""
    until: Slug | None = None
    """The event that ends the hiding."""
    sealed: bool = False
    """True when nobody sees its answers until then, whoever filled it included: only that it was given."""
    recall_days: Annotated[int, Field(ge=0)] | None = None
    """Days its questions look back; the instrument's when absent."""
    codes: dict[Name, dict[str, Text]] | None = None
    """Codes that replace an instrument's, by item: a treatment guess lists the trial's arms."""
    arms: dict[str, Name] | None = None
    """Treatment guess: code to the arm it names; by the arms' roles when absent."""
    checks: tuple[EditCheck, ...] = ()
    """Edit checks over its items and other forms'."""
    safety: bool = False
    """True when somebody medically responsible must see it the same day."""
    central: bool = False
    """True when raters outside the sites fill it, who learn neither arm nor visit nor earlier scores."""

    @property
    def fillers(self) -> tuple[str, ...]:
        """Every role that may fill it."""
        return (self.filled_by,) if isinstance(self.filled_by, str) else self.filled_by
