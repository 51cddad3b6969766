"""What the trial is and asks: identity, registry, objectives, endpoints, and what was published of it."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.part import Name, Part, Slug, Text

Level = Literal["primary", "secondary", "exploratory"]


class Registry(Part):
    """Where the trial is registered."""

    nct: Annotated[str, Field(pattern=r"^NCT\d{8}$")] | None = None
    """ClinicalTrials.gov identifier."""
    euct: Text | None = None
    """EU trial number."""
    isrctn: Text | None = None
    """ISRCTN number."""
    other: Text | None = None
    """Any other registration, with the registry's name."""


class Trial(Part):
    """The trial's identity."""

    id: Slug
    """Short identifier; it opens file names and participant ids."""
    title: Text
    """Full title."""
    registry: Registry | None = None
    """Registrations."""
    phase: Text | None = None
    """Phase as registered; null when none applies."""
    sponsor: Text | None = None
    """Who is responsible for the trial."""
    protocol_number: Text | None = None
    """The sponsor's number."""
    version: Text | None = None
    """Version of the protocol text that this file encodes."""
    version_date: dt.date | None = None
    """Date of that version."""
    sites_planned: Annotated[int, Field(ge=1)] | None = None
    """Number of sites planned."""
    retention_years: Annotated[float, Field(gt=0)] | None = None
    """How long identities are kept after the last visit."""


class Objective(Part):
    """One question of the trial."""

    id: Name
    """Identifier."""
    level: Level
    """Primary, secondary or exploratory."""
    text: Text
    """The question in words."""
    endpoints: tuple[Name, ...] = ()
    """Endpoints that answer it."""


class Endpoint(Part):
    """What is measured to answer an objective."""

    id: Name
    """Identifier."""
    level: Level
    """Primary, secondary or exploratory."""
    text: Text
    """The endpoint in words."""
    score: Text | None = None
    """The score or item it rests on, as `form.score`."""
    visit: Name | None = None
    """The visit at which it is read."""


class Discrepancy(Part):
    """A place where sources disagree, and which of them this file follows."""

    topic: Text
    """What they disagree on."""
    sources: dict[Text, Text]
    """What each source says."""
    encoded: Text
    """What this file encodes, and why."""


class PublishedResult(Part):
    """A result somebody printed, shown beside ours and never mixed with it."""

    estimand: Name
    """The estimand it corresponds to."""
    estimate: float
    """Experimental minus reference, in the outcome's unit."""
    ci_low: float | None = None
    """Lower end of the interval."""
    ci_high: float | None = None
    """Upper end of the interval."""
    ci_level: float = 0.95
    """Level of the interval."""
    p_value: Text | None = None
    """P value as printed."""
    n: int | None = None
    """Participants analyzed."""
    citation: Text
    """Paper, with doi."""
