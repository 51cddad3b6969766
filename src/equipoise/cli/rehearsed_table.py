"""A rehearsal as lines of a terminal: one table a scenario, every probability with its Monte Carlo error.

Holds layout. Refuses to compute.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from equipoise.design.findings import Findings

Row = dict[str, Any]

PERCENT = 100
HEADINGS = ("estimand", "power %", "bias", "RMSE", "coverage %", "width", "estimated %", "wrong sign %")
UNKNOWN = "-"


def table_lines(found: Findings) -> Iterator[str]:
    """Yield the table of each cell, with what its enrollment takes."""
    for cell in found.cells:
        rows = [row for row in found.rows if row["scenario"] == cell["scenario"]]
        if not rows:
            continue
        takes = cell["enrollment"]
        yield ""
        yield f"{cell['scenario']}: {cell['label']}"
        yield (
            f"  n = {cell['n']}, {rows[0]['replicates']:,} trials, about {takes['screened']:.0f} screened, "
            f"{takes['duration_months']:.0f} months"
            f" ({takes['duration_months_low']:.0f} to {takes['duration_months_high']:.0f})"
        )
        for key, value in cell["coordinates"].items():
            yield f"  {key} = {value}"
        yield from _laid_out([HEADINGS, *(_cells(row) for row in rows)])
        yield from _further(rows, cell)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row['estimand']} ({row['role']})",
        _percent(row["power"], row["power_mcse"]),
        _number(row["bias"], row["bias_mcse"]),
        _number(row["rmse"]),
        _percent(row["coverage"], row["coverage_mcse"]),
        _number(row["mean_width"]),
        _percent(row["converged"]),
        _percent(row["wrong_sign"], row["wrong_sign_mcse"]),
    )


def _further(rows: Sequence[Row], cell: Row) -> Iterator[str]:
    """Yield what concerns some estimands only: type I error, functional unblinding, assurance."""
    for row in rows:
        if row["type_1_error"] is not None and row["role"] == "primary":
            value = _percent(row["type_1_error"], row["type_1_error_mcse"])
            yield f"  Type I error of {row['estimand']}: {value} %"
        if row["unblinding_alone"] is not None and row["role"] == "primary":
            value = _percent(row["unblinding_alone"], row["unblinding_alone_mcse"])
            yield f"  Significant by functional unblinding alone ({row['estimand']}): {value} %"
        if row["role"] == "primary" and row["pharmacological"] not in (None, row["true_value"]):
            yield (
                f"  {row['estimand']}: true value {row['true_value']:.2f}, of which the drug's own effect"
                f" {row['pharmacological']:.2f}"
            )
    for one in cell["assurance"]:
        if one["estimand"] == rows[0]["estimand"]:
            value = _percent(one["assurance"], one["assurance_mcse"])
            yield f"  Assurance over the prior `{one['prior']}` ({one['estimand']}): {value} %"


def look_line(row: Row) -> str:
    """Return what looks at an estimand do in a scenario."""
    return (
        f"{row['scenario']}, looks at {row['estimand']}: power"
        f" {_percent(row['power'], row['power_mcse'])} %, on"
        f" average {row['expected_n']:.0f} of {row['n']} participants"
    )


def comparison_lines(tables: Row) -> Iterator[str]:
    """Yield designs side by side, and the sizes found."""
    if tables["comparisons"]:
        yield ""
        yield "Designs side by side, on the same simulated participants"
        head = ("scenario", "design", "power %", "gain %", "error without sharing", "times sharper")
        yield from _laid_out([head, *(_compared(row) for row in tables["comparisons"])])
    for row in tables["search"]:
        yield f"{row['scenario']}, {row['estimand']}: {row['summary']}"


def _compared(row: Row) -> tuple[str, ...]:
    return (
        row["scenario"],
        row["design"],
        _percent(row["power"], row["power_mcse"]),
        _percent(row["difference"], row["difference_mcse"]),
        _percent(row["independent_mcse"]),
        _number(row["sharper"]),
    )


def _laid_out(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        first, *others = row
        padded = [one.rjust(width) for one, width in zip(others, widths[1:], strict=True)]
        yield "  " + "  ".join([first.ljust(widths[0]), *padded])


def _percent(value: float | None, error: float | None = None) -> str:
    if value is None:
        return UNKNOWN
    shown = f"{PERCENT * value:.1f}"
    return shown if error is None else f"{shown} ± {PERCENT * error:.1f}"


def _number(value: float | None, error: float | None = None) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:.2f}" if error is None else f"{value:.2f} ± {error:.2f}"
