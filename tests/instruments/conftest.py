"""What the tests of instruments share: the reader of vector files and a toy scale."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from equipoise import instruments
from equipoise.errors import RecordError
from equipoise.instruments import Instrument

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 1e-9
ANSWERS = {None: "", True: "yes", False: "no"}


@dataclass(frozen=True)
class Vectors:
    """One vector file, compared with the scale it is about."""

    instrument: Instrument
    path: Path

    @property
    def rows(self) -> list[dict[str, str]]:
        with self.path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))

    def answers(self, row: dict[str, str]) -> dict[str, float | str | None]:
        return {
            item.id: row[item.id] if item.type == "text" else float(row[item.id]) if row[item.id] else None
            for item in self.instrument.items
        }

    def disagreements(self) -> list[str]:
        return [f"{row['case']}: {what}" for row in self.rows for what in self._disagreements(row)]

    def _disagreements(self, row: dict[str, str]) -> Iterator[str]:
        answers = self.answers(row)
        errors = [found for found in self.instrument.check(answers) if found.severity == "error"]
        if len(errors) != int(row["problems"]):
            yield f"{len(errors)} problems, expected {row['problems']}"
        if len(self.instrument.missing(answers)) != int(row["missing"]):
            yield f"missing {self.instrument.missing(answers)}, expected {row['missing']}"
        if errors:
            with pytest.raises(RecordError):
                self.instrument.score(answers)
            return
        scores = self.instrument.score(answers)
        for name, value in scores.items():
            wanted = float(row[name]) if row[name] else None
            same = value == wanted if None in {value, wanted} else abs(value - wanted) <= TOLERANCE
            if not same:
                yield f"{name} is {value}, expected {wanted}"
        yield from self._verdicts(row, scores)

    def _verdicts(self, row: dict[str, str], scores: dict[str, float | None]) -> Iterator[str]:
        for name, value in scores.items():
            band = self.instrument.band(name, value)
            if f"band {name}" in row and str(band or "") != row[f"band {name}"]:
                yield f"band of {name} is {band}, expected {row[f'band {name}']}"
        if "responded" not in row:
            return
        value = scores[self.instrument.score_ids[0]]
        baseline = float(row["baseline"]) if row["baseline"] else None
        for name, verdict in (
            ("responded", self.instrument.responded(baseline, value)),
            ("remitted", self.instrument.remitted(value)),
        ):
            if ANSWERS[verdict] != row[name]:
                yield f"{name} is {verdict}, expected {row[name] or 'unknown'}"

    def gaps(self) -> list[str]:
        """What a vector file must hold and this one does not."""
        rows = self.rows
        scale = self.instrument
        found = [f"no derivation: {row['case']}" for row in rows if not row["derivation"].strip()]
        if not any(int(row["missing"]) for row in rows):
            found.append("no row with a missing item")
        if not any(int(row["problems"]) for row in rows):
            found.append("no row with an impossible answer")
        for score in scale.scores[:1]:
            wanted = {score.low, score.high, *(end for band in score.bands for end in (band.low, band.high))}
            reached = {float(row[score.id]) for row in rows if row[score.id]}
            found += [f"no row where {score.id} is {value:g}" for value in sorted(wanted - reached)]
        for score in scale.scores:
            values = {row[score.id] for row in rows} - {""}
            if len(values) <= 1:
                found.append(f"{score.id} is always the same")
            if score.bands and f"band {score.id}" not in rows[0]:
                found.append(f"no column `band {score.id}`")
            if (score.response or score.remission) and "responded" not in rows[0]:
                found.append("no columns `baseline`, `responded` and `remitted`")
        return found


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def golden(root: Path) -> Path:
    return root / "tests" / "golden" / "instruments"


@pytest.fixture(scope="session")
def vectors() -> type[Vectors]:
    return Vectors


TOY = """\
id: toy
title: A toy
label: Toy
version: "1"
measures: nothing
filled_by: participant
recall_days: 7
recall_text: the past 7 days
codes:
  four: {0: none, 1: slight, 2: clear, 3: strong}
items:
  - {id: first, label: First, codes: four}
  - {id: second, label: Second, codes: four, reverse: true}
  - {id: third, label: Third, type: number, low: 1, high: 5}
  - {id: remark, label: Remark, type: text, required: false}
scores:
  - {id: total, label: Total, method: sum, items: all, answered_at_least: 2, range: [1, 11], higher_is: worse}
licence: Ours.
licence_kind: F
source: invented
"""


@pytest.fixture(scope="session")
def toy_text() -> str:
    return TOY


@pytest.fixture(scope="session")
def toy() -> Instrument:
    return instruments.parse(TOY, "toy.yaml")
