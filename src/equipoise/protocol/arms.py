"""Arms as sequences of interventions over epochs, who is masked until when, and how arms are allocated."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, SerializerFunctionWrapHandler, Tag, model_serializer

from equipoise.protocol.part import (
    MarkedCount,
    MarkedCounts,
    MarkedShare,
    Name,
    Part,
    Positive,
    Role,
    Slug,
    Text,
)

AllocationMethod = Literal["complete", "permuted_blocks", "big_stick", "efron", "minimization"]
LATER = ("imbalance", "weights")
"""Fields of the allocation that came later: where they are not used they leave the lists of others alone."""


def _is_list(value: object) -> str:
    return "one" if isinstance(value, str) else "many"


OneOrMany = Annotated[
    Annotated[Name, Tag("one")] | Annotated[tuple[Name, ...], Tag("many")], Discriminator(_is_list)
]
"""An id, or a list of them."""


class Intervention(Part):
    """Something given to participants."""

    id: Name
    """Identifier."""
    label: Text
    """Name as reports print it."""
    substance: Text | None = None
    """The substance; null for an intervention without a drug."""
    dose_mg: Annotated[float, Field(ge=0)] | None = None
    """Dose in milligrams."""
    dose_mg_per_kg: Positive | None = None
    """Dose in milligrams per kilogram, where the dose follows body weight."""
    route: Text | None = None
    """Route of administration."""
    therapy: Text | None = None
    """The psychological support that goes with it."""


class Arm(Part):
    """A sequence of interventions over epochs."""

    id: Name
    """Identifier."""
    label: Text | None = None
    """Name as reports print it; the id when absent."""
    role: Literal["experimental", "active_comparator", "control"]
    """Its part in the comparison."""
    elements: dict[Name, OneOrMany]
    """Epoch to intervention, or to a list of interventions given one after the other."""

    @property
    def name(self) -> str:
        """The label, or the id where none is given."""
        return self.label or self.id

    def doses(self, epoch: str) -> tuple[str, ...]:
        """Return the interventions given in an epoch, in order."""
        found = self.elements.get(epoch, ())
        return (found,) if isinstance(found, str) else found


class Anchor(Part):
    """A day from which other days are counted."""

    visit: Name | None = None
    """The visit whose date is the anchor."""
    event: Literal["consent", "randomization"] | None = None
    """Or the event whose date is the anchor."""


class Masked(Part):
    """Until when a role must not know the arm."""

    until: Slug
    """An event of `events`, or `lock` (the database is locked)."""


class TrialEvent(Part):
    """An event of the trial that changes what people know."""

    id: Slug
    """Identifier."""
    text: Text
    """What happens."""
    visit: Name | None = None
    """The visit after whose forms it happens, per participant; null for an event of the whole trial."""
    tells: tuple[Role, ...] = ()
    """Roles that learn the participant's arm by it."""
    planned: bool = True
    """False for events that may never happen."""


class Stratum(Part):
    """A factor that randomization is stratified by."""

    id: Name
    """Identifier."""
    label: Text | None = None
    """Name as reports print it."""
    item: Text | None = None
    """The item that decides the level, as `form.item@VISIT`; null when `id` is `site`."""
    levels: tuple[Name, ...]
    """Its levels, at least two. For `site`, the planned site ids."""


class Allocation(Part):
    """How participants come into arms."""

    method: AllocationMethod
    """Procedure."""
    ratio: dict[Name, Annotated[int, Field(ge=0)]]
    """Arm to its weight."""
    strata: tuple[Stratum, ...] | None = ()
    """Stratification factors; null when the source does not say."""
    block_sizes: MarkedCounts | None = None
    """Sizes of permuted blocks; several are mixed at random."""
    maximum_imbalance: MarkedCount | None = None
    """Big stick: the largest difference between arms that is allowed."""
    bias: MarkedShare | None = None
    """Efron: probability of the arm that is behind. Minimization: of the arm that balances best."""
    imbalance: Literal["range", "variance"] | None = None
    """Minimization: how unequal the arms' numbers within a level of a factor are said to be."""
    weights: dict[Name, Annotated[int, Field(ge=1)]] | None = None
    """Minimization: factor to its weight; 1 for a factor that is not named."""
    slots_per_stratum: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Length of the list per stratum; twice the sample size when absent."""
    gates: tuple[Name, ...] = ()
    """Forms that must be complete before anybody is randomized (baseline, expectancy)."""

    @model_serializer(mode="wrap")
    def _without_later(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what came later and is not used: a list depends on these bytes and must stay the same."""
        data: dict[str, Any] = written(self)
        return {name: value for name, value in data.items() if value is not None or name not in LATER}
