"""How visits hang together in a model: correlations as a picture, their structure, and what was tried first.

Holds blocks for the section of the model. Refuses to draw values that are no correlations.
"""

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Figure, Line, Prose, Table
from equipoise.report.drawing import figure
from equipoise.report.figures import matrix
from equipoise.report.figures.matrix import Matrix, Numbers, Panel
from equipoise.report.folder import Row
from equipoise.report.models import Model, effects_of
from equipoise.report.trial import Trial, number

SPELLED = 5
"""Visits whose correlations have room for numbers on every screen."""
STRUCTURES = {
    "us": "unstructured",
    "cs": "compound symmetry",
    "csh": "heterogeneous compound symmetry",
    "ar1": "first-order autoregressive",
    "ar1h": "heterogeneous first-order autoregressive",
    "ad": "ante-dependence",
    "adh": "heterogeneous ante-dependence",
    "toep": "Toeplitz",
    "toeph": "heterogeneous Toeplitz",
    "sp_exp": "spatial exponential",
}
"""A structure to its words, where the analysis gives none."""


def blocks(trial: Trial, model: Model, *, name: str) -> list[Block]:
    """Return the picture, the table it repeats and what is to be said of the structure; none without one."""
    rows = [row for row in model.covariances if _visits(row) and _square(row)]
    if not rows:
        return []
    unit = next((effect.unit for effect in effects_of(trial, model) if effect.unit), "")
    return [
        _figure(trial, rows, name=f"figure-{name}", unit=unit),
        *(Prose(text, tone="note") for text in dict.fromkeys(_fallbacks(row) for row in rows) if text),
        _table(trial, rows, name=f"table-{name}"),
    ]


def _figure(trial: Trial, rows: list[Row], *, name: str, unit: str) -> Figure:
    panels = tuple(_panel(trial, row) for row in rows)
    structures = numerals.listing(dict.fromkeys(_structure(row) for row in rows))
    content = Matrix(
        title=f"Correlations between visits {_range(panels)} ({structures} covariance)",
        description=" ".join(_told(row, panel) for row, panel in zip(rows, panels, strict=True)),
        visits=_visits(rows[0]),
        panels=panels,
    )
    whose = "by arm" if len(rows) > 1 else "in all arms alike"
    many = len(_visits(rows[0])) > SPELLED
    small = "; where cells are too small for numbers, a minus marks a negative one" if many else ""
    caption = (
        f"Numbers in the cells are correlations of the residuals, {whose}; the stronger, the fuller the "
        f"color{small}. SD: standard deviation at the visit{f', {unit}' if unit else ''}."
    )
    return figure(content, matrix.draw, name=name, caption=caption)


def _panel(trial: Trial, row: Row) -> Panel:
    label = trial.arm_label(row["arm"]) if row.get("arm") is not None else ""
    return Panel(label, tuple(_numbers(one) for one in row["correlation"]), _numbers(row.get("sd")))


def _range(panels: tuple[Panel, ...]) -> str:
    """Return "from .57 to .81" over everything below the diagonals."""
    found = [
        value
        for panel in panels
        for place, row in enumerate(panel.correlation)
        for value in row[:place]
        if value is not None
    ]
    if not found:
        return "are unknown"
    low, high = (matrix.coefficient(one) for one in (min(found), max(found)))
    return f"are {low}" if low == high else f"run from {low} to {high}"


def _told(row: Row, panel: Panel) -> str:
    visits = _visits(row)
    pairs = [
        f"{visits[place]} with {visits[other]} {matrix.coefficient(values[other])}"
        for place, values in enumerate(panel.correlation)
        for other in range(place)
    ]
    opened = f"{panel.label}. " if panel.label else ""
    return f"{opened}{'; '.join(pairs)}."


def _structure(row: Row) -> str:
    known = str(row.get("structure") or "unnamed")
    return wording.inline(str(row.get("structure_label") or STRUCTURES.get(known, known)))


def _fallbacks(row: Row) -> str:
    """Return what was tried before the structure in use, and why it was left; empty if nothing was."""
    tried = [one for one in row.get("tried") or [] if isinstance(one, dict)]
    failed = [one for one in tried if one.get("converged") is False]
    if not failed:
        return ""
    told = "; ".join(f"{_structure(one)}{_why(one)}" for one in failed)
    return f"Tried first, as the protocol orders: {told}. Used: {_structure(row)}."


def _why(one: Row) -> str:
    return f" ({wording.inline(str(one['reason']))})" if one.get("reason") else " (did not converge)"


def _table(trial: Trial, rows: list[Row], *, name: str) -> Table:
    visits, lines = _visits(rows[0]), []
    for row in rows:
        panel = _panel(trial, row)
        if panel.label:
            lines.append(Line(panel.label, heading=True))
        for place, visit in enumerate(visits):
            values = panel.correlation[place] if place < len(panel.correlation) else ()
            sd = panel.sd[place] if place < len(panel.sd) else None
            texts = [matrix.coefficient(one) for one in values[:place]] + ["1"]
            texts += [""] * (len(visits) - len(texts))
            lines.append(Line(visit, (*texts, numerals.decimal(sd, 2))))
    return Table(
        id=name,
        caption="Correlations between visits and standard deviations, as numbers",
        stub="Visit",
        heads=(*visits, "SD"),
        lines=tuple(lines),
        folded=True,
    )


def _visits(row: Row) -> tuple[str, ...]:
    labels = row.get("visit_labels") or row.get("visits") or []
    return tuple(str(one) for one in labels)


def _square(row: Row) -> bool:
    """Return whether there is a row of correlations for every visit, and each a list."""
    rows = row.get("correlation") or []
    return len(rows) == len(_visits(row)) and all(
        isinstance(one, list) and len(one) == len(rows) for one in rows
    )


def _numbers(values: object) -> Numbers:
    return tuple(number(one) for one in values) if isinstance(values, list) else ()
