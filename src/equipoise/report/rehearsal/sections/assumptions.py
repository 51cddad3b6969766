"""What the scenarios rest on: sources, and numbers that nobody stands behind.

Holds lists from the protocol file. Refuses to judge them.
"""

from equipoise.report import numerals
from equipoise.report.blocks import Block, Entry, Facts, Heading, Listing, Prose, Section, missing
from equipoise.report.folder import Row
from equipoise.report.rehearsal.design import Design

ID, TITLE = "assumptions", "What the scenarios rest on"


def section(design: Design) -> Section:
    """Return the section."""
    rows = design.rows("scenarios")
    if not rows:
        return missing(ID, TITLE, "Nothing was written down about the scenarios.")
    blocks: list[Block] = []
    for place, row in enumerate(rows, start=1):
        blocks += [Heading(str(row.get("label") or row.get("id")), f"assumptions-{place}"), *_one(row)]
    return Section(ID, TITLE, tuple(blocks))


def _one(row: Row) -> list[Block]:
    blocks: list[Block] = [Facts(tuple(fact for fact in _facts(row) if fact[1]))]
    sources = [Entry(str(one.get("text")), lead=f"{one.get('path')}:") for one in row.get("sources") or []]
    if sources:
        blocks.append(Listing(tuple(sources)))
    assumed = [str(path) for path in row.get("assumptions") or []]
    told = (
        f"Assumed, without a source: {numerals.listing(assumed)}."
        if assumed
        else "Nothing is marked as an assumption."
    )
    return [*blocks, Prose(told, tone="note")]


def _facts(row: Row) -> list[tuple[str, str]]:
    dropout = row.get("dropout") or {}
    return [
        ("Sites", numerals.whole(row.get("sites"))),
        ("Randomized a month", f"{row.get('per_month') or 0:g}"),
        ("Leave within 28 days", leaving(dropout)),
        ("Guess their arm right", by_arm(row.get("right"))),
        ("Points by belief", by_arm(row.get("bias"), decimals=1) if row.get("bias") else ""),
    ]


def leaving(dropout: Row) -> str:
    """Return dropout in words: "1.5%, missing at random"; empty without it."""
    rate = dropout.get("per_28_days")
    if rate is None:
        return ""
    mechanism = {"mcar": "completely at random", "mar": "at random", "mnar": "not at random"}
    said = by_arm(rate) if isinstance(rate, dict) else f"{numerals.decimal(100 * rate)}%"
    return f"{said}, missing {mechanism.get(str(dropout.get('mechanism')), dropout.get('mechanism'))}"


def by_arm(values: object, *, decimals: int | None = None) -> str:
    """Return "psilocybin 93%, niacin 80%", or numbers with decimals; empty where nothing is known."""
    if not isinstance(values, dict):
        return ""
    numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
    if decimals is None:
        return ", ".join(f"{name} {numerals.decimal(100 * value)}%" for name, value in numbers.items())
    return ", ".join(f"{name} {numerals.decimal(value, decimals)}" for name, value in numbers.items())
