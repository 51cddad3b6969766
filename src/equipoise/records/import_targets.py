"""What a protocol's `import:` section asks for: which column feeds which score or item.

Holds the mapping, made ready for reading. Refuses to read cells, which is `import_cells`.
"""

from dataclasses import dataclass
from typing import Literal

from equipoise.errors import Problem, ProtocolError
from equipoise.protocol import Resolved
from equipoise.protocol.plan import ImportMap
from equipoise.protocol.schedule import Item


@dataclass(frozen=True, slots=True)
class Target:
    """One score or item and the column it comes from.

    name      as the protocol writes it
    kind      number, text, code, date, partial_date, time or instant
    item      None for a score
    range     least and greatest value; None for no limits
    visit     the visit it belongs to; None where the row says it
    """

    name: str
    column: str
    form: str
    id: str
    kind: Literal["number", "text", "code", "date", "partial_date", "time", "instant"]
    item: Item | None
    range: tuple[float, float] | None
    visit: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything an import needs to know of the protocol.

    values     targets with one value a row
    baseline   targets with one value a participant, for the baseline visit
    visits     text in the visit column to visit id
    """

    map: ImportMap
    values: tuple[Target, ...]
    baseline: tuple[Target, ...]
    visits: dict[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the mapping reads, once each."""
        one = self.map
        named = [one.participant, one.visit, one.arm, one.site, one.day, one.date]
        named += [target.column for target in (*self.values, *self.baseline)]
        return tuple(dict.fromkeys(column for column in named if column is not None))


def plan_of(resolved: Resolved) -> Plan:
    """Return what the protocol's `import:` section asks for.

    Raises    ProtocolError when there is none, or it leaves a value without a visit
    """
    mapping = resolved.protocol.import_map
    if mapping is None:
        hint = "add `import:` with the columns of the participant, the visit and the values"
        raise ProtocolError(
            "the protocol does not say how to read a CSV file", [Problem("`import` is missing", hint)]
        )
    baseline_visit = resolved.protocol.baseline_visit
    values = [_target(resolved, name, column) for name, column in mapping.values.items()]
    baseline = [
        _target(resolved, name, column, visit=baseline_visit) for name, column in mapping.baseline.items()
    ]
    stray = [target for target in values if target.visit is None and mapping.visit is None]
    stray += [target for target in baseline if target.visit is None]
    if stray:
        hint = "name the column of visits, write `form.score@VISIT`, or mark a visit as baseline"
        raise ProtocolError(
            "the `import:` section is incomplete",
            [Problem(f"no visit for `{target.name}`", hint, "import") for target in stray],
        )
    return Plan(mapping, tuple(values), tuple(baseline), dict(mapping.visits))


def _target(resolved: Resolved, name: str, column: str, *, visit: str | None = None) -> Target:
    form, value = resolved.locate(name)
    is_score = resolved.is_score(name)
    item = None if is_score else resolved.forms[form].item(value)
    return Target(
        name=name,
        column=column,
        form=form,
        id=value,
        kind="number" if item is None else item.type,
        item=item,
        range=resolved.range_of(name),
        visit=name.partition("@")[2] or visit,
    )
