"""What every part of a protocol file shares: strictness, marks of origin, and the types of names and values.

Holds no trial vocabulary. The text under each field is its documentation: the field reference and the JSON
Schema are made from it.
"""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_]*$"
SLUG_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"

Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Slug = Annotated[str, Field(pattern=SLUG_PATTERN, max_length=64)]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Rule = Annotated[str, Field(min_length=1, max_length=2_000)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=16)]
"""A language tag, e.g. es."""
Translations = dict[Language, dict[Text, Text]]
"""Language to texts as the file says them, and what each says in that language."""
Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]

Role = Literal[
    "participant",
    "coordinator",
    "investigator",
    "facilitator",
    "session_monitor",
    "on_call_physician",
    "rater",
    "pharmacist",
    "data_manager",
    "monitor",
    "medical_monitor",
    "statistician",
    "unblinded_statistician",
    "dsmb_member",
    "auditor",
    "system_administrator",
]


class Part(BaseModel):
    """Any mapping of the protocol file: no unknown keys, no coercion, never changed once read."""

    # One validator for the whole protocol, built when the first file is read, instead of one for each part.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    assumption: bool = False
    """True where no source says this and somebody chose it."""
    source: Text | None = None
    """Where this comes from: a paper, a registry entry, a guidance row."""
    note: Text | None = None
    """Anything a reader should know."""


T = TypeVar("T")


class Stated(Part, Generic[T]):
    """A value with its marks, for values that stand inside a line: `{value: [2, 4], assumption: true}`."""

    value: T | None
    """The value itself; null when unknown."""
    concealed: bool = False
    """True when sites must never see it."""


def _is_stated(value: Any) -> str:
    return "stated" if isinstance(value, dict | Stated) else "plain"


Count = Annotated[int, Field(ge=1)]
Counts = tuple[Count, ...]
Share = Annotated[float, Field(gt=0, le=1)]

MarkedCount = Annotated[
    Annotated[Count, Tag("plain")] | Annotated[Stated[Count], Tag("stated")], Discriminator(_is_stated)
]
"""A whole number, or the same with marks of its origin."""
MarkedCounts = Annotated[
    Annotated[Counts, Tag("plain")] | Annotated[Stated[Counts], Tag("stated")], Discriminator(_is_stated)
]
"""Whole numbers, or the same with marks of their origin."""
MarkedShare = Annotated[
    Annotated[Share, Tag("plain")] | Annotated[Stated[Share], Tag("stated")], Discriminator(_is_stated)
]
"""A number above 0 and at most 1, or the same with marks of its origin."""


def value_of(marked: "T | Stated[T] | None") -> "T | None":
    """Return the value with or without its marks."""
    if isinstance(marked, Stated):
        return marked.value
    return marked


def _is_mapping(value: Any) -> str:
    return "by_arm" if isinstance(value, dict) else "number"


ByArm = Annotated[
    Annotated[float, Tag("number")] | Annotated[dict[Name, float], Tag("by_arm")], Discriminator(_is_mapping)
]
"""One number for every arm, or a mapping arm: number."""


def for_arm(values: float | dict[str, float], arm: str, *, default: float = 0.0) -> float:
    """Return the number that holds for an arm."""
    return values.get(arm, default) if isinstance(values, dict) else values
