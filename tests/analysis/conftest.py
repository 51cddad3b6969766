"""A pocket trial: its protocol, with whatever a test changes, and a builder of its records."""

import copy
import datetime as dt
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from equipoise import allocation, protocol, records, source
from equipoise.allocation import Allocation
from equipoise.analysis.evidence import Evidence, gather
from equipoise.protocol import Resolved
from equipoise.records import Records

FIRST_DOSE = dt.date(2030, 1, 10)
ANCHOR_DAY = {"DOSE": 0, "OL": 0}
TABLES = ("visits", "values", "adverse_events", "medications", "exposures", "sessions", "deviations")

Row = dict[str, Any]


def columns(rows: list[Row]) -> dict[str, list[Any]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}


@dataclass
class Study:
    """Records of the pocket trial, built one fact at a time. Days count from the first dose."""

    resolved: Resolved
    rows: dict[str, list[Row]] = field(default_factory=dict)
    assigned: list[Row] = field(default_factory=list)
    manifest: Row = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> "Study":
        self.rows.setdefault(table, []).append(row)
        return self

    def person(
        self, who: str, arm: str | None = None, *, dosed: bool = True, **scores: float | None
    ) -> "Study":
        """Randomize somebody and hold the visits named, with a MADRS total each; None holds it without one."""
        day = date_of(-7)
        self.add("participants", participant=who, randomized_date=day, consent_date=day, status="randomized")
        self.add("dispositions", participant=who, stage="randomization", status="randomized")
        if dosed:
            self.visit(who, "DOSE", 0)
            self.add("exposures", participant=who, dose_number=1, taken_at=instant_of(0), kit=f"K-{who}")
            self.add("dispositions", participant=who, stage="treatment", status="received", date=date_of(0))
        for visit, value in scores.items():
            self.visit(who, visit, self.resolved.protocol.visit(visit).day or 0)
            if value is not None:
                self.score(who, visit, "madrs", "total", value)
        if arm is not None:
            given = {"active": "drug", "control": "dummy"}.get(arm) if dosed else None
            self.assigned.append({"participant": who, "arm": arm, "actual_intervention": given})
        return self

    def visit(self, who: str, visit: str, day: int, *, repeat: int = 1) -> "Study":
        return self.add(
            "visits",
            participant=who,
            visit=visit,
            repeat=repeat,
            date=date_of(day),
            day=ANCHOR_DAY.get(visit, day),
        )

    def score(self, who: str, visit: str, form: str, item: str, value: float, *, repeat: int = 1) -> "Study":
        return self.add(
            "values",
            participant=who,
            visit=visit,
            repeat=repeat,
            form=form,
            item=item,
            row=1,
            number=value,
            origin="derived",
        )

    def code(self, who: str, visit: str, form: str, item: str, code: str, *, row: int = 1) -> "Study":
        return self.add(
            "values",
            participant=who,
            visit=visit,
            repeat=1,
            form=form,
            item=item,
            row=row,
            code=code,
            origin="staff",
        )

    def note(self, who: str, kind: str, day: int, *, row: int = 1) -> "Study":
        """Enter a row of the notes log."""
        self.code(who, "log", "notes", "kind", kind, row=row)
        return self.add(
            "values",
            participant=who,
            visit="log",
            repeat=1,
            form="notes",
            item="on",
            row=row,
            date=date_of(day),
            origin="staff",
        )

    def event(self, who: str, term: str, day: int, **more: Any) -> "Study":
        row = len(self.rows.get("adverse_events", [])) + 1
        defaults = {"severity": "mild", "serious": 0, "related": 1, "valence": "unwelcome"}
        return self.add(
            "adverse_events",
            participant=who,
            row=row,
            term=term,
            onset_at=instant_of(day),
            onset_day=day,
            **{**defaults, **more},
        )

    @property
    def records(self) -> Records:
        tables = {name: records.table(name, columns(rows)) for name, rows in self.rows.items()}
        return Records(manifest=records.manifest_of(self.resolved, simulated=True, **self.manifest), **tables)

    @property
    def allocation(self) -> Allocation:
        return allocation.from_rows(self.assigned)

    @property
    def evidence(self) -> Evidence:
        return gather(self.resolved, self.records, self.allocation)

    @property
    def pooled(self) -> Evidence:
        return gather(self.resolved, self.records, None)


@functools.cache
def load(text: str) -> Resolved:
    return protocol.resolve(protocol.load(text, name="pocket.yaml"))


def date_of(day: int) -> str:
    return (FIRST_DOSE + dt.timedelta(days=day)).isoformat()


def instant_of(day: int, hour: int = 10) -> str:
    return f"{date_of(day)}T{hour:02d}:00:00Z"


@pytest.fixture(scope="session")
def pocket_data() -> Any:
    path = Path(__file__).with_name("pocket.yaml")
    return source.read(path.read_bytes(), name=path.name).data


@pytest.fixture
def pocket(pocket_data: Any) -> Callable[..., Resolved]:
    """The pocket trial; `estimand` changes the primary estimand, other keywords replace sections."""

    def build(*, estimand: Row | None = None, **sections: Any) -> Resolved:
        data = {**copy.deepcopy(pocket_data), **sections}
        data["estimands"][0] |= estimand or {}
        return load(json.dumps(data))

    return build


@pytest.fixture
def study(pocket: Callable[..., Resolved]) -> Callable[..., Study]:
    """An empty study of the pocket trial, changed as `pocket` changes it."""

    def build(**changes: Any) -> Study:
        return Study(pocket(**changes))

    return build


@pytest.fixture
def six(study: Callable[..., Study]) -> Study:
    """Six people, three an arm, whose MADRS nobody has to compute by machine."""
    return fill(study())


def fill(empty: Study) -> Study:
    for who, start, end in (("P1", 30, 10), ("P2", 28, 12), ("P3", 32, 14)):
        empty.person(who, "active", BASE=start, D7=20, D28=end)
    for who, start, end in (("P4", 30, 24), ("P5", 26, 22), ("P6", 34, 29)):
        empty.person(who, "control", BASE=start, D7=26, D28=end)
    return empty


@pytest.fixture(scope="session")
def make_study() -> type[Study]:
    """The builder of records itself, for tests that bring their own protocol."""
    return Study


@pytest.fixture(scope="session")
def filled() -> Callable[[Study], Study]:
    return fill


@pytest.fixture(scope="session")
def crowd() -> Callable[..., Study]:
    """Fill a study with 20 people, ten an arm in turn: C00 active, C01 control, ...; some values missing."""

    def build(empty: Study, *, missing: dict[str, tuple[str, ...]] | None = None) -> Study:
        for number in range(20):
            who = f"C{number:02d}"
            active = number % 2 == 0
            start = 24 + (number * 7) % 13
            day_7 = start - 4 - (number * 5) % 7 - 3 * active
            day_28 = start - 6 - (number * 11) % 9 - 5 * active + (number % 3)
            scores = {"BASE": start, "D7": day_7, "D28": day_28}
            for visit in (missing or {}).get(who, ()):
                del scores[visit]
            empty.person(who, "active" if active else "control", **scores)
        return empty

    return build
